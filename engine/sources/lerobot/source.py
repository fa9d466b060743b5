"""LeRobot data sets as a source: each episode is a window of a video file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from engine.errors import FormatError, SourceError
from engine.files.problems import Problem
from engine.sources.base import DataSource, KnownScore, ListedFile, SourceListing, SourceOptions
from engine.sources.folder import printable
from engine.sources.lerobot.episodes import read_episodes
from engine.sources.lerobot.info import INFO, chosen_camera, is_data_set, read_info
from engine.sources.lerobot.provenance import PROVENANCE, read_provenance, read_sources
from engine.sources.origin import SYNTHETIC, lasting_source
from engine.sources.types import Segment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from engine.sources.lerobot.episodes import Episode
    from engine.sources.lerobot.info import DataSet
    from engine.sources.lerobot.provenance import Provenance

__all__ = ["Lerobot", "LerobotOptions"]

_MOST_LEVELS = 3
"""How far below a folder data sets are looked for: an organisation's folder holds one for each."""
_MOST_FOLDERS = 10_000
_INSIDE = frozenset({"data", "meta", "videos", "images"})


class LerobotOptions(SourceOptions):
    """Which of the cameras to import."""

    camera: str = Field(
        default="",
        max_length=500,
        title="Camera",
        description="The key of the camera to import, such as observation.images.wrist. Without one: the first "
        "whose name says ego, wrist, head or top, else the first. Empty: by its name.",
    )


class Lerobot(DataSource[LerobotOptions]):
    """Data sets of LeRobot v3 (many episodes a file) and v2 (one)."""

    name = "lerobot"
    title = "LeRobot"
    description = (
        "The folder of a LeRobot data set (with `meta/info.json`), v3 or v2: each episode becomes a clip, its task the "
        "narration, of one camera."
    )
    has_windows = True

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Whether it has a meta/info.json of LeRobot's."""
        return is_data_set(path)

    def listing(self, paths: Sequence[Path]) -> SourceListing:
        """The episodes of every data set below the paths.

        A data set that can't be read is a problem. Raises `SourceError` where none can be.
        """
        found = _Found()
        errors: list[SourceError] = []
        roots = list(dict.fromkeys(root for path in paths for root in _roots(path)))
        for root in roots:
            try:
                self._add(root, found)
            except SourceError as error:
                errors.append(error)
        if len(errors) == len(roots):
            where = ", ".join(printable(path) for path in paths) or "nowhere"
            raise (
                errors[0]
                if errors
                else SourceError(
                    f"There is no LeRobot data set in {where}.", remedy=f"Name the folder that holds its {INFO}."
                )
            )
        found.problems += [Problem("", None, str(error)) for error in errors]
        return found.listing()

    def _add(self, root: Path, found: _Found) -> None:
        data_set = read_info(root)
        camera = chosen_camera(data_set, self.options.camera)
        episodes = read_episodes(data_set, camera)
        known: dict[int, Provenance] = {}
        of_all = ""
        try:
            known = read_provenance(root, episodes)
        except FormatError as error:
            episodes.problems.report(None, f"the scores in its {PROVENANCE} are left out: {error}")
            of_all = read_sources(root)
        found.problems += episodes.problems.listed(by_line=False)
        sources = _sources(episodes.usable, known, of_all)
        found.notes += _notes(data_set, camera, episodes.usable, sources)
        found.add(data_set, camera, episodes.usable, known, sources)


class _Found:
    """What was found so far."""

    def __init__(self) -> None:
        self.files: dict[str, ListedFile] = {}
        self.segments: list[Segment] = []
        self.scores: list[KnownScore] = []
        self.problems: list[Problem] = []
        self.notes: list[str] = []

    def add(
        self,
        data_set: DataSet,
        camera: str,
        episodes: Sequence[Episode],
        known: dict[int, Provenance],
        sources: dict[str, str],
    ) -> None:
        root = str(data_set.root)
        for episode in episodes:
            path = os.path.join(root, *episode.file.split("/"))  # noqa: PTH118 - a Path for each of a million takes long
            if path not in self.files:
                name = f"{data_set.name} {_short_name(episode.file, camera)}"
                self.files[path] = ListedFile(
                    path=path, name=name, source=sources[episode.file], size_bytes=_size_bytes(path), named=True
                )
            came = known.get(episode.index)
            self.segments.append(
                Segment(
                    video_name=path,
                    start_s=episode.start_s,
                    end_s=episode.end_s,
                    narration=came.narration if came else episode.task,
                    participant=came.video_sha256 if came else "",
                    row=episode.index,
                    file=root,
                )
            )
            if came and came.reward is not None and came.reward_std is not None:
                self.scores.append(
                    KnownScore(
                        video_path=path,
                        start_s=episode.start_s,
                        end_s=episode.end_s,
                        reward=came.reward,
                        reward_std=came.reward_std,
                        file=root,
                        model_name=came.model_name,
                        settings_hash=came.settings_hash,
                        simulated=came.simulated,
                    )
                )

    def listing(self) -> SourceListing:
        return SourceListing(
            files=tuple(self.files.values()),
            segments=tuple(self.segments),
            scores=tuple(self.scores),
            problems=tuple(self.problems),
            notes=tuple(self.notes),
        )


def _roots(path: Path) -> Iterator[Path]:
    """The data sets at or below a path, by name; a folder that is one is not looked into."""
    given = Path(os.path.abspath(path))  # noqa: PTH100 - without `..`, with links as they were named
    if given.name == "info.json" and given.parent.name == "meta":
        given = given.parent.parent
    level = [given]
    looked_at = 0
    for _ in range(_MOST_LEVELS + 1):
        deeper: list[Path] = []
        for folder in level:
            looked_at += 1
            if (folder / INFO).is_file():
                yield folder
            elif looked_at <= _MOST_FOLDERS:
                deeper += _folders(folder)
        level = deeper


def _folders(folder: Path) -> list[Path]:
    try:
        return sorted(inner for inner in folder.iterdir() if inner.name not in _INSIDE and _is_open_folder(inner))
    except OSError:
        return []


def _is_open_folder(path: Path) -> bool:
    return not path.name.startswith(".") and path.is_dir()


def _sources(episodes: Sequence[Episode], known: dict[int, Provenance], of_all: str) -> dict[str, str]:
    """File → where its pictures come from, by what the export says of its episodes; else `of_all`."""
    stated: dict[str, set[str]] = {}
    for episode in episodes:
        came = known.get(episode.index)
        stated.setdefault(episode.file, set()).add(came.source if came else of_all)
    return {file: lasting_source(sources) for file, sources in stated.items()}


def _notes(data_set: DataSet, camera: str, episodes: Sequence[Episode], sources: dict[str, str]) -> list[str]:
    """Which camera was taken, where there are several; and how many episodes are synthetic."""
    notes = []
    if others := [key for key in data_set.cameras if key != camera]:
        more = ", ".join(others[:10]) + (f" and {len(others) - 10} more" if len(others) > 10 else "")
        said = f"{data_set.name}: {len(episodes):,} episodes of the camera {camera}"
        notes.append(f"{said}; it also has {more}. Another is chosen by the option camera.")
    if synthetic := sum(sources[episode.file] == SYNTHETIC for episode in episodes):
        said = "are marked synthetic: they lie in files that hold rendered samples"
        notes.append(f"{data_set.name}: {synthetic:,} of {len(episodes):,} episodes {said}.")
    return notes


def _short_name(file: str, camera: str) -> str:
    """The camera and a file's numbers: `videos/observation.images.top/chunk-000/file-001.mp4` → `top 000-001`."""
    inner = file.rpartition(".")[0].removeprefix("videos/").replace(f"{camera}/", "")
    for word in ("chunk-", "file-"):
        inner = inner.replace(word, "")
    return f"{camera.rpartition('.')[2]} {inner.replace('/', '-')}"


def _size_bytes(path: str) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116 - as above
    except OSError:
        return 0
