"""WebDataset tars as a source: each video member is a video, read where it lies."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pydantic import Field

from engine.errors import FormatError, SourceError
from engine.files.place import FilePlace
from engine.files.problems import Problem, Problems
from engine.files.tar_headers import tar_members
from engine.sources.base import DataSource, KnownScore, ListedFile, SourceListing, SourceOptions
from engine.sources.folder import list_files, printable
from engine.sources.names import has_video_suffix
from engine.sources.origin import SYNTHETIC
from engine.sources.types import Segment
from engine.sources.webdataset.record import MOST_TEXT_BYTES, Record, read_record
from engine.sources.webdataset.samples import read_samples

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from engine.files.place import TarMember
    from engine.sources.webdataset.samples import Sample

__all__ = ["WebDatasetOptions", "WebDatasetSource"]

_TAR: Final = ".tar"
_ENDINGS: Final = (_TAR, ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst")
"""Files inside folders that are opened: compressed ones are refused with a reason, not passed over."""
_LOOKED_AT: Final = 1000
"""Most entries of a folder that are looked at to recognise it."""


class WebDatasetOptions(SourceOptions):
    """How folders are searched."""

    follow_links: bool = Field(
        default=True,
        title="Follow links",
        description="Enter links to folders inside folders; what is reached twice is taken once.",
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """A video of a sample."""

    place: FilePlace
    folder: str
    """The folder in the sample's key."""
    number: int
    """Of the sample in its tar, from 1."""
    record: Record


@dataclass(slots=True)
class _Tars:
    """What was found so far."""

    videos: list[_Found] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    count: int = 0


class WebDatasetSource(DataSource[WebDatasetOptions]):
    """Tars of WebDataset: Egocentric-10K and its kind, and Handpicked's own export."""

    name = "webdataset"
    title = "WebDataset"
    description = (
        "Tars of samples such as `000123.mp4`, `000123.json`, `000123.txt`: a tar, or a folder of them. "
        "They are read where they lie, not unpacked; compressed ones can't be."
    )
    has_windows = True

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Whether it is a tar by its name and its first header, or a folder that holds tars and no video."""
        if path.name.lower().endswith(_TAR):
            return _is_tar(path)
        try:
            with os.scandir(path) as entries:
                names = [entry.name for entry, _ in zip(entries, range(_LOOKED_AT), strict=False)]
        except OSError:
            return False
        tar = next((name for name in names if name.lower().endswith(_TAR)), None)
        return tar is not None and not any(map(has_video_suffix, names)) and _is_tar(path / tar)

    def listing(self, paths: Sequence[Path]) -> SourceListing:
        """The videos in every tar at or below the paths, of which only headers and small texts are read.

        Where any sample says something of its video (a caption, a score), the samples are clips: each gets a window
        from its video's begin to its end. Raises `SourceError` where no tar holds a video.
        """
        given = sorted({os.path.abspath(path) for path in paths})  # noqa: PTH100 - links stay as they were named
        listed = list_files(given, follow_links=self.options.follow_links, endings=_ENDINGS)
        found = _Tars(problems=list(listed.problems))
        for tar in listed.files:
            _read_tar(tar, found)
        if not found.videos:
            raise SourceError(
                _nothing(given, len(listed.files), found.problems),
                remedy="Give a .tar that holds .mp4 files, or a folder with such tars.",
            )
        return _as_listing(found)


def _is_tar(path: Path) -> bool:
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return next(tar_members(file, path.stat().st_size, lambda _reason: None), None) is not None
    except (FormatError, OSError):
        return False


def _nothing(given: Sequence[str], tars: int, problems: Sequence[Problem]) -> str:
    where = printable(given[0]) if len(given) == 1 else "these paths"
    first = f"; {problems[0]}" if problems else ""
    return f"No video in a tar was found under {where} ({tars:,} looked into){first}."


# --- reading a tar ----------------------------------------------------------------------------------------------------


def _read_tar(tar: Path, found: _Tars) -> None:
    """Add the videos of a tar, and a problem for what can't be used."""
    problems = Problems(printable(tar))
    count = len(found.videos)
    try:
        with tar.open("rb", buffering=0) as file:
            size_bytes = os.fstat(file.fileno()).st_size
            members = tar_members(file, size_bytes, lambda reason: problems.report(None, reason))
            for number, sample in enumerate(read_samples(members, lambda reason: problems.report(None, reason)), 1):
                found.videos += _videos(tar, file, sample, number, problems)
    except FormatError as error:
        compressed = ": make a plain tar of it first" if "compressed" in str(error) else ""
        problems.report(None, f"{error}{compressed}")
    except OSError as error:
        problems.report(None, f"it can't be read ({error.strerror or error})")
    found.count += len(found.videos) > count
    found.problems += problems.listed(by_line=False)


def _videos(tar: Path, file: BinaryIO, sample: Sample, number: int, problems: Problems) -> Iterable[_Found]:
    for video in sample.videos:
        texts = {suffix: sample.text_of(video, suffix) for suffix in ("json", "txt")}
        record = Record()
        try:
            json_text, text = (_content(file, texts[suffix]) for suffix in ("json", "txt"))
            record = read_record(json_text, text)
        except FormatError as error:
            problems.report(None, f"what {sample.key!r} says of {video.name!r} is left out: {error}")
        yield _Found(FilePlace(tar, video), sample.folder, number, record)


def _content(file: BinaryIO, member: TarMember | None) -> bytes | None:
    """A small text. Raises `FormatError` for one that is too large."""
    if member is None:
        return None
    if member.size_bytes > MOST_TEXT_BYTES:
        raise FormatError(f"{member.name!r} is larger than {MOST_TEXT_BYTES:,} bytes")
    file.seek(member.offset)
    return file.read(member.size_bytes)


# --- what it comes to -------------------------------------------------------------------------------------------------


def _as_listing(found: _Tars) -> SourceListing:
    stems = {video.place.stem for video in found.videos}
    # A bare number says little, and another tar has it too.
    say_enough = len(stems) == len(found.videos) and not any(stem.isdigit() for stem in stems)
    folders = {video.folder for video in found.videos}
    files, segments, scores = [], [], []
    are_clips = any(video.record.narration or video.record.is_clip for video in found.videos)
    for video in found.videos:
        place, record = video.place, video.record
        address, data_set = place.address, str(place.file.parent)
        files.append(
            ListedFile(
                path=address,
                name=place.stem if say_enough else f"{place.file.stem} {place.stem}",
                group=_group(video, several_folders=len(folders) > 1),
                source=record.source,
                size_bytes=place.size_bytes,
                named=True,
            )
        )
        if are_clips:
            segments.append(
                Segment(
                    video_name=address,
                    start_s=0.0,
                    end_s=math.inf,
                    narration=record.narration,
                    verb=record.verb,
                    noun=record.noun,
                    row=video.number,
                    file=data_set,
                )
            )
        if record.reward is not None:
            scores.append(
                KnownScore(
                    video_path=address,
                    start_s=0.0,
                    end_s=math.inf,
                    reward=record.reward.reward,
                    reward_std=record.reward.reward_std,
                    file=data_set,
                    model_name=record.reward.model_name,
                    settings_hash=record.reward.settings_hash,
                    simulated=record.reward.simulated,
                )
            )
    return SourceListing(
        files=tuple(files),
        segments=tuple(segments),
        scores=tuple(scores),
        problems=tuple(found.problems),
        notes=_notes(found, len({file.group for file in files} - {""})),
    )


def _group(video: _Found, *, several_folders: bool) -> str:
    """Whose clips a video's belong to: the export's source video, else the named worker, else the folder."""
    if video.record.is_clip or video.record.group:
        return video.record.group
    return video.folder if several_folders else ""  # one folder for all tells nothing apart


def _notes(found: _Tars, groups: int) -> tuple[str, ...]:
    many = f"{found.count:,} tars, which are read where they lie: keep them there."
    tars = many if found.count > 1 else "one tar, which is read where it lies: keep it there."
    notes = [f"{len(found.videos):,} video{'s' * (len(found.videos) != 1)} in {tars}"]
    if groups > 1:
        notes.append(f"Splits keep the clips of each of {groups:,} workers, folders or source videos on one side.")
    synthetic = sum(video.record.source == SYNTHETIC for video in found.videos)
    if synthetic:
        notes.append(f"{synthetic:,} of the videos are synthetic: rendered samples, not recordings.")
    return tuple(notes)
