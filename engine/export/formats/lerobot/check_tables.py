"""Rules of a LeRobot data set's tables: tasks, episodes, frames, and the statistics of both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from engine.errors import FormatError
from engine.export.formats.lerobot import layout
from engine.export.formats.lerobot.check_motion import motion_problem
from engine.export.formats.lerobot.layout import CAMERA
from engine.export.formats.lerobot.ledger import Episodes, Frames
from engine.export.formats.lerobot.reading import MOST_ROWS, BrokenFileError, table_within
from engine.export.formats.lerobot.statistics import (
    QUANTILES,
    STATISTICS,
    RunningStatistics,
    statistics_of,
)
from engine.files.problems import Problem
from engine.files.read_json import read_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.arrays import Floats, Rows
    from engine.export.formats.lerobot.declared import Declared
    from engine.export.formats.lerobot.statistics import Statistics
    from engine.files.problems import Problems

__all__ = ["check_episodes", "check_frames", "check_statistics", "check_tasks"]

_EPISODES = "meta/episodes"
_RELATIVE, _ABSOLUTE = 1e-5, 1e-7
"""How far a stored statistic may be from that of the data: the difference of float32 and float64."""
_TIME_S = 1e-6
_ROWS_AT_ONCE = 100


def check_tasks(folder: Path, declared: Declared, problems: Problems) -> list[str]:
    """The texts of the tasks, in order."""
    path = layout.TASKS_FILE
    table = table_within(folder, path, {"task": pa.string(), "task_index": pa.int64()})
    tasks = [str(text) for text in table.column("task").to_pylist()]
    if table.column("task_index").to_pylist() != list(range(len(tasks))):
        problems.add(Problem(path, None, "task_index must count rows from 0: readers take a row's place for it"))
    if len(set(tasks)) < len(tasks):
        problems.add(Problem(path, None, "a task stands there twice"))
    if len(tasks) != declared.tasks:
        problems.add(Problem(path, None, f"it has {len(tasks):,} tasks, where {declared.tasks:,} are stated"))
    try:
        index = (pq.read_schema(folder / path).pandas_metadata or {}).get("index_columns")
    except (OSError, ValueError, pa.ArrowException):
        index = None
    if index != ["task"]:
        problems.add(Problem(path, None, "its texts must be pandas' index, named task: LeRobot looks tasks up in that"))
    return tasks


def _numbered(folder: Path, pattern: str) -> Iterator[str]:
    """The paths of the files of one kind, without a gap from the first on."""
    number = 0
    while (folder / (path := _path(pattern, number))).is_file():
        yield path
        number += 1


def _path(pattern: str, number: int) -> str:
    chunk, file = layout.place(number)
    return pattern.format(video_key=CAMERA, chunk_index=chunk, file_index=file)


def check_episodes(folder: Path, declared: Declared, tasks: Sequence[str], problems: Problems) -> Episodes:
    """The ledger of episodes, held against itself and the tasks."""
    schema = layout.episode_schema(declared.actions)
    wanted = {field.name: field.type for field in schema if not field.name.startswith("stats/")}
    parts = []
    for number, path in enumerate(_numbered(folder, layout.EPISODES_PATH)):
        part = table_within(folder, path, wanted)
        if _files_of(part, _EPISODES).tolist() != [number] * part.num_rows:
            problems.add(Problem(path, None, f"{_EPISODES}/chunk_index and file_index must be those of this file"))
        parts.append(part)
    if not parts:
        raise BrokenFileError(layout.EPISODES_PATH.format(chunk_index=0, file_index=0), "it is missing")
    table = pa.concat_tables(parts)
    places = {text: place for place, text in enumerate(tasks)}
    texts = table.column("tasks").to_pylist()
    found = Episodes(
        length=_whole(table, "length"),
        first=_whole(table, "dataset_from_index"),
        data_file=_files_of(table, "data"),
        video_file=_files_of(table, f"videos/{CAMERA}"),
        from_s=table.column(f"videos/{CAMERA}/from_timestamp").to_numpy().astype(np.float64),
        to_s=table.column(f"videos/{CAMERA}/to_timestamp").to_numpy().astype(np.float64),
        task=tuple(places.get(text[0], -1) if text and len(text) == 1 else -1 for text in texts),
    )
    for reason in _ledger_problems(table, found, declared):
        problems.add(Problem(_EPISODES, None, reason))
    if (found.length < 1).any() or found.length.sum() > MOST_ROWS:
        raise BrokenFileError(_EPISODES, "an episode without a frame, or more frames than are read")
    return found


def _whole(table: pa.Table, name: str) -> Rows:
    column = table.column(name)
    if column.null_count:
        raise BrokenFileError(_EPISODES, f"the column {name} has a gap")
    return np.asarray(column.to_numpy(), np.intp)


def _files_of(table: pa.Table, prefix: str) -> Rows:
    return _whole(table, f"{prefix}/chunk_index") * layout.CHUNK_FILES + _whole(table, f"{prefix}/file_index")


def _ledger_problems(table: pa.Table, found: Episodes, declared: Declared) -> Iterator[str]:
    n = len(found)
    if n != declared.episodes:
        yield f"it lists {n:,} episodes, where {declared.episodes:,} are stated"
    if _whole(table, "episode_index").tolist() != list(range(n)):
        yield "episode_index must count from 0"
    ends = np.cumsum(found.length)
    if (found.first != ends - found.length).any() or (_whole(table, "dataset_to_index") != ends).any():
        yield "dataset_from_index and dataset_to_index must follow one another by the episodes' lengths"
    if n and ends[-1] != declared.frames:
        yield f"its episodes have {ends[-1]:,} frames, where {declared.frames:,} are stated"
    if -1 in found.task:
        yield "each episode must have one task, of those in meta/tasks.parquet"
    for name, files in (("data", found.data_file), ("videos", found.video_file)):
        steps = np.diff(files, prepend=0)
        if n and (files[0] != 0 or not np.isin(steps, (0, 1)).all()):
            yield f"the files of {name} must be numbered from 0 without a gap, in the order of episodes"
    begins = np.diff(found.video_file, prepend=-1) != 0
    expected = np.where(begins, 0.0, np.append(0.0, found.to_s[:-1]))
    if not np.allclose(found.from_s, expected, rtol=0, atol=_TIME_S):
        yield "from_timestamp must be 0 at the beginning of a video file, and else where the episode before ends"
    if not np.allclose(found.to_s - found.from_s, found.length / declared.fps, rtol=0, atol=_TIME_S):
        yield "to_timestamp less from_timestamp must be the episode's length in seconds"


def check_frames(folder: Path, declared: Declared, episodes: Episodes, problems: Problems) -> Frames:
    """Every row of the frames' table, by episode, and each episode's stored statistics."""
    wanted = {field.name: field.type for field in layout.data_schema(declared.actions)}
    running = {name: RunningStatistics() for name in wanted}
    stored = stored_statistics(folder, declared)
    rewards = np.zeros((3, len(episodes)))
    pictures: list[Statistics] = []
    done = 0
    for number, path in enumerate(_numbered(folder, layout.DATA_PATH)):
        here = np.flatnonzero(episodes.data_file == number)
        table = _data_file(folder, path, wanted, episodes.length[here], declared, problems)
        offset = 0
        for episode in here.tolist():
            length = int(episodes.length[episode])
            columns = _columns(path, table.slice(offset, length), declared)
            own = next(stored)
            for reason in _episode_problems(columns, episode, episodes, declared):
                problems.add(Problem(path, None, f"episode {episode:,}: {reason}"))
            expected = {name: statistics_of(values) for name, values in columns.items()}
            for reason in _statistics_problems(own, expected, most_pictures=length):
                problems.add(Problem(_EPISODES, None, f"episode {episode:,}: {reason}"))
            for name, values in columns.items():
                running[name].add(values)
            rewards[:, episode] = [columns[key][0] for key in (layout.REWARD, layout.REWARD_STD, layout.REWARD_KNOWN)]
            pictures.append(own[CAMERA])
            offset += length
        done += len(here)
    if done != len(episodes):
        raise BrokenFileError("data", f"it holds {done:,} episodes, where {len(episodes):,} are listed")
    return Frames(
        statistics={name: gathered.result() for name, gathered in running.items()},
        pictures=_joined(pictures),
        reward=rewards[0],
        std=rewards[1],
        known=rewards[2],
    )


def _data_file(
    folder: Path, path: str, wanted: Mapping[str, pa.DataType], lengths: Rows, declared: Declared, problems: Problems
) -> pa.Table:
    """A file of frames that holds episodes of these lengths, one row group each, and is not too large."""
    table = table_within(folder, path, wanted)
    if table.num_rows != lengths.sum():
        raise BrokenFileError(path, f"it has {table.num_rows:,} rows, where its episodes have {lengths.sum():,}")
    about = pq.read_metadata(folder / path)
    groups = [about.row_group(group).num_rows for group in range(about.num_row_groups)]
    if groups != lengths.tolist():
        problems.add(Problem(path, None, "it must have one row group an episode: readers fetch episodes by that"))
    if about.num_columns != len(wanted):
        problems.add(Problem(path, None, "it has columns that meta/info.json does not state"))
    if (folder / path).stat().st_size > declared.data_bytes and len(lengths) > 1:
        problems.add(Problem(path, None, f"it is larger than {declared.data_bytes / layout.MEGABYTE:,.0f} MB"))
    return table


def _columns(path: str, rows: pa.Table, declared: Declared) -> dict[str, NDArray[Any]]:
    """An episode's columns as arrays, `(n,)` or `(n, d)`."""
    found = {}
    for name, feature in layout.features_of(declared.actions).items():
        column = rows.column(name).combine_chunks()
        values = column if feature.width == 1 else column.flatten()
        if column.null_count or values.null_count:
            raise BrokenFileError(path, f"the column {name} has a gap")
        array = values.to_numpy()
        found[name] = array if feature.width == 1 else array.reshape(-1, feature.width)
    return found


def _episode_problems(
    columns: Mapping[str, NDArray[Any]], episode: int, episodes: Episodes, declared: Declared
) -> Iterator[str]:
    n = int(episodes.length[episode])
    frame = np.arange(n)
    if (columns["frame_index"] != frame).any():
        yield "frame_index must count from 0"
    if not np.allclose(columns["timestamp"], frame / declared.fps, rtol=1e-6, atol=_TIME_S):
        yield "timestamp must be frame_index divided by the rate"
    if (columns["index"] != episodes.first[episode] + frame).any():
        yield "index must count on from the episode before"
    if (columns["episode_index"] != episode).any():
        yield "episode_index must be the episode's own in each row"
    if (columns["task_index"] != episodes.task[episode]).any():
        yield "task_index must be the place of the episode's task in meta/tasks.parquet"
    for name, values in columns.items():
        if not np.isfinite(values).all():
            yield f"{name} holds a number that is not finite"
    for name in (layout.REWARD, layout.REWARD_STD, layout.REWARD_KNOWN):
        if (columns[name] != columns[name][0]).any():
            yield f"{name} must be the same in all frames of an episode"
    if reason := motion_problem(columns, declared):
        yield reason


def stored_statistics(folder: Path, declared: Declared) -> Iterator[dict[str, Statistics]]:
    """Feature → its stored statistics, of one episode after the other."""
    schema = layout.episode_schema(declared.actions)
    wanted = {field.name: field.type for field in schema if field.name.startswith("stats/")}
    for path in _numbered(folder, layout.EPISODES_PATH):
        table = table_within(folder, path, wanted)
        for batch in table.to_batches(max_chunksize=_ROWS_AT_ONCE):
            for row in batch.to_pylist():
                found: dict[str, Statistics] = {}
                for name, value in row.items():
                    feature, _, statistic = name.removeprefix("stats/").rpartition("/")
                    found.setdefault(feature, {})[statistic] = value
                yield found


def check_statistics(folder: Path, declared: Declared, frames: Frames, problems: Problems) -> None:
    """meta/stats.json, held against the data and the episodes' statistics of pictures."""
    path = layout.STATS_FILE
    try:
        stored = read_json(folder / path, max_bytes=16 << 20)
    except FormatError as error:
        raise BrokenFileError(path, error.message) from error
    if not isinstance(stored, dict) or not all(isinstance(value, dict) for value in stored.values()):
        raise BrokenFileError(path, "it is no object of features with their statistics")
    expected = dict(frames.statistics)
    for reason in _statistics_problems(stored, expected, most_pictures=declared.frames):
        problems.add(Problem(path, None, reason))
    whole, joined = stored.get(CAMERA, {}), frames.pictures
    if joined is not None and not all(_same(whole.get(name), joined[name]) for name in ("min", "max", "mean", "count")):
        problems.add(Problem(path, None, f"the statistics of {CAMERA} are not those of the episodes, joined"))


def _statistics_problems(
    stored: Mapping[str, Statistics], expected: Mapping[str, Statistics], *, most_pictures: int
) -> Iterator[str]:
    for key in expected.keys() | {CAMERA}:
        if key not in stored:
            yield f"the statistics of {key} are missing"
        elif missing := [name for name in STATISTICS if stored[key].get(name) is None]:
            yield f"{key} lacks the statistic {missing[0]}"
        elif key == CAMERA:
            yield from _picture_problems(stored[key], most_pictures)
        elif wrong := [name for name in STATISTICS if not _same(stored[key][name], expected[key][name])]:
            yield f"the statistic {wrong[0]} of {key} is not that of the data"
    for key in stored.keys() - expected.keys() - {CAMERA}:
        yield f"there are statistics of {key[:100]!r}, which is no feature"


def _picture_problems(stored: Statistics, most: int) -> Iterator[str]:
    numbers = [_numbers(stored[name]) for name in STATISTICS if name != "count"]
    if any(values is None or values.shape != (3, 1, 1) for values in numbers):
        yield f"the statistics of {CAMERA} must have the shape [3][1][1]"
        return
    if any(values.min() < 0 or values.max() > 1 for values in numbers if values is not None):
        yield f"the statistics of {CAMERA} must lie between 0 and 1"
    ordered = [_numbers(stored[name]) for name in ("min", *QUANTILES, "max")]
    steps = np.diff(np.array(ordered, np.float64), axis=0)
    if (steps < -_ABSOLUTE).any():
        yield f"the quantiles of {CAMERA} are out of order"
    count = _numbers(stored["count"])
    if count is None or count.shape != (1,) or not 1 <= count[0] <= most:
        yield f"the count of {CAMERA} must be a list of one number, of frames that there are"


def _joined(pictures: Sequence[Statistics]) -> Statistics | None:
    """Least, greatest, mean and count of all pictures; None where an episode's can't be used."""
    parts = {name: [_numbers(each.get(name)) for each in pictures] for name in ("min", "max", "mean", "count")}
    shapes = {"count": (1,)}
    for name, values in parts.items():
        if any(value is None or value.shape != shapes.get(name, (3, 1, 1)) for value in values):
            return None
    stacked = {name: np.array(values, np.float64) for name, values in parts.items()}
    weight = stacked["count"][:, :, None, None]
    if not pictures or not (weight > 0).all():
        return None
    return {
        "min": stacked["min"].min(axis=0).tolist(),
        "max": stacked["max"].max(axis=0).tolist(),
        "mean": ((stacked["mean"] * weight).sum(axis=0) / weight.sum()).tolist(),
        "count": stacked["count"].sum(axis=0).tolist(),
    }


def _numbers(stored: object) -> Floats | None:
    """A stored statistic as an array; None where it is none of finite numbers."""
    try:
        found = np.asarray(stored, np.float64)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if isinstance(stored, list) and found.size and np.isfinite(found).all() else None


def _same(stored: object, expected: object) -> bool:
    one, other = _numbers(stored), _numbers(expected)
    if one is None or other is None or one.shape != other.shape:
        return False
    span = max(1.0, float(np.abs(other).max()))
    return bool((np.abs(one - other) <= _ABSOLUTE * span + _RELATIVE * np.abs(other)).all())
