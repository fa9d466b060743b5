"""Which stretch of which video file each episode of a LeRobot data set is, from the files in its folder `meta`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from engine.errors import FormatError
from engine.files.problems import Problems
from engine.files.read_json import parse_json, read_within
from engine.files.read_parquet import TableLimits, read_parquet
from engine.files.values import BadValueError, clean_text
from engine.sources.folder import printable
from engine.sources.lerobot.info import video_file
from engine.sources.times import check_window

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.sources.lerobot.info import DataSet

__all__ = ["Episode", "Episodes", "read_episodes"]

MOST_EPISODES = 2_000_000
_MOST_FILES = 20_000
_LIMITS = TableLimits(rows=MOST_EPISODES, columns=50_000, bytes=1 << 30, list_width=64)
"""Of one file of episodes: LeRobot starts another at 100 MB. Most of its columns are statistics, which are not read."""
_MAX_LIST_BYTES = 512 << 20
"""Of meta/episodes.jsonl."""
_SLACK_FRAMES = 2.0
"""How far an episode's window may differ from its number of frames."""

_NUMBER = pa.int64()
_FIXED = {"episode_index": _NUMBER, "length": _NUMBER}


@dataclass(frozen=True, kw_only=True)
class Episode:
    """One episode: the window `[start_s, end_s)` of a video file below the data set's folder."""

    index: int
    file: str
    start_s: float
    end_s: float
    length: int
    """Its number of frames."""
    task: str
    """Its tasks, in words; empty where none is said."""


@dataclass(frozen=True)
class Episodes:
    """The episodes that can be used, by index, of how many in all, and a problem for each that can't."""

    usable: tuple[Episode, ...]
    count: int
    problems: Problems


def read_episodes(data_set: DataSet, camera: str) -> Episodes:
    """The episodes as one camera shows them. Opens no video."""
    reading = _Reading(data_set, camera)
    rows = reading.packed_rows() if data_set.packed else reading.listed_rows()
    count = 0
    for row in rows:
        count += 1
        if count > MOST_EPISODES:
            reading.problems.report(None, f"it has more than {MOST_EPISODES:,} episodes; the others are left out")
            break
        reading.take(row)
    usable = sorted(reading.episodes.values(), key=lambda episode: episode.index)
    return Episodes(tuple(usable), count, reading.problems)


class _Reading:
    """The reading of one data set's metadata; an episode that can't be used is reported."""

    def __init__(self, data_set: DataSet, camera: str) -> None:
        self._set, self._camera = data_set, camera
        self._files: dict[tuple[int, int], str | BadValueError] = {}
        self._windows: dict[tuple[str, float, float], int] = {}
        self.problems = Problems(printable(data_set.root))
        self.episodes: dict[int, Episode] = {}

    def take(self, row: Mapping[str, Any]) -> None:
        """Add the episode of one row of the metadata."""
        index = row.get("episode_index")
        try:
            episode = self._episode(row)
            if episode.index in self.episodes:
                raise BadValueError("there are two of this number; the first was taken")
            window = (episode.file, episode.start_s, episode.end_s)
            if (twin := self._windows.setdefault(window, episode.index)) != episode.index:
                raise BadValueError(f"it has the same window as episode {twin}")
        except BadValueError as error:
            said = f"episode {index}" if _is_count(index) else "an episode without a number"
            self.problems.report(None, f"{said} is left out: {error}")
        else:
            self.episodes[episode.index] = episode

    def packed_rows(self) -> Iterator[Mapping[str, Any]]:
        """Rows of meta/episodes/*/*.parquet, of which a file that can't be read is reported."""
        files = sorted((self._set.root / "meta" / "episodes").glob("*/*.parquet"))
        if not files:
            self.problems.report(None, "it has no meta/episodes/chunk-000/file-000.parquet, so no episodes")
        if len(files) > _MOST_FILES:
            self.problems.report(None, f"it has more than {_MOST_FILES:,} files of episodes; the others are left out")
        own = f"videos/{self._camera}/"
        wanted = _FIXED | {
            f"{own}chunk_index": _NUMBER,
            f"{own}file_index": _NUMBER,
            f"{own}from_timestamp": pa.float64(),
            f"{own}to_timestamp": pa.float64(),
        }
        for file in files[:_MOST_FILES]:
            try:
                table = read_parquet(file, _LIMITS, wanted, optional={"tasks": pa.list_(pa.string())})
            except FormatError as error:
                name = file.relative_to(self._set.root)
                self.problems.report(None, f"its episodes in {printable(name)} are left out: {error}")
                continue
            for batch in table.to_batches(max_chunksize=4096):
                for row in batch.to_pylist():
                    yield {name.removeprefix(own): value for name, value in row.items()}

    def listed_rows(self) -> Iterator[Mapping[str, Any]]:
        """Lines of meta/episodes.jsonl; each episode has a file of its own."""
        try:
            content = read_within(self._set.root / "meta" / "episodes.jsonl", _MAX_LIST_BYTES)
        except FormatError as error:
            self.problems.report(None, f"its meta/episodes.jsonl can't be read: {error}")
            return
        for number, line in enumerate(content.split(b"\n"), start=1):
            if not line.strip():
                continue
            try:
                row = parse_json(line, max_bytes=1 << 20)
                if not isinstance(row, dict):
                    raise FormatError("it is no object")
            except FormatError as error:
                self.problems.report(None, f"line {number} of meta/episodes.jsonl is left out: {error}")
                continue
            yield row

    def _episode(self, row: Mapping[str, Any]) -> Episode:
        index, length = _count(row, "episode_index"), _count(row, "length")
        if not length:
            raise BadValueError("it has no frames")
        start_s, end_s = 0.0, math.inf
        if self._set.packed:
            place = _count(row, "chunk_index"), _count(row, "file_index")
            start_s, end_s = (_time(row, name) for name in ("from_timestamp", "to_timestamp"))
            check_window(start_s, end_s)
            frames = (end_s - start_s) * (self._set.fps or length / (end_s - start_s))
            if abs(frames - length) > _SLACK_FRAMES:
                said = (
                    f"episode {index} has {length:,} frames, and its window holds {frames:,.0f}: the window was taken"
                )
                self.problems.report(None, said)
        else:
            place = index // self._set.chunks_size, index
        return Episode(
            index=index,
            file=self._file(place),
            start_s=start_s,
            end_s=end_s,
            length=length,
            task=_task(row.get("tasks")),
        )

    def _file(self, place: tuple[int, int]) -> str:
        """The path of a video file that is there, by its numbers. Raises `BadValueError`."""
        found = self._files.get(place)
        if found is None:
            found = self._files[place] = self._looked_up(place)
        if isinstance(found, BadValueError):
            raise found
        return found

    def _looked_up(self, place: tuple[int, int]) -> str | BadValueError:
        names = ("chunk_index", "file_index") if self._set.packed else ("episode_chunk", "episode_index")
        try:
            path = video_file(self._set, self._camera, **dict(zip(names, place, strict=True)))
            if not (self._set.root / path).is_file():
                return BadValueError(f"its file {path} is not there")
        except BadValueError as error:
            return error
        except OSError as error:
            return BadValueError(f"its file can't be looked at ({error.strerror})")
        return path


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 53


def _count(row: Mapping[str, Any], name: str) -> int:
    value = row.get(name)
    if value is None:
        raise BadValueError(f"{name} is missing")
    if not _is_count(value):
        raise BadValueError(f"{name} is no count")
    return int(value)


def _time(row: Mapping[str, Any], name: str) -> float:
    value = row.get(name)
    if not isinstance(value, float) or not math.isfinite(value):
        raise BadValueError(f"{name} is missing or no finite number")
    return value


def _task(tasks: object) -> str:
    """The tasks of an episode as its narration."""
    listed = tasks if isinstance(tasks, list) else [] if tasks is None else [tasks]
    said = [task for task in listed if isinstance(task, str)]
    if any(task is not None and not isinstance(task, str) for task in listed):
        raise BadValueError("its tasks are no texts")
    return clean_text("; ".join(task.strip() for task in said), "task")
