"""Kinds `import`, `receive` and `look_again`: what a video's file says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import Field

from engine.clipping.settings import ClippingSettings
from engine.clipping.types import Method
from engine.runtime.rows import Row
from engine.runtime.spec import ItemPayload, StepSettings

if TYPE_CHECKING:
    from engine.clipping.types import Origin

__all__ = [
    "FileFacts",
    "FilePayload",
    "ImportSettings",
    "LookAgainPayload",
    "LookAgainRow",
    "PlannedClipRow",
    "ReceiveSettings",
    "ReceivedFilePayload",
    "VideoRow",
]

Chapters = dict[str, tuple[str, int]]
"""File → the recording that it is a chapter of, and which: as jobs of version 0.1 say it."""


class ImportSettings(StepSettings):
    """Where files come from, and how they become clips."""

    source: str
    clips: Method | None
    clipping: ClippingSettings
    pictures: bool
    """Whether thumbnails and previews follow."""
    chapters: Chapters = Field(default_factory=dict)
    scores: str | None = None
    """The file of scores that the data set states (`app/workflows/known_scores.py`); None where it states none."""


class FilePayload(ItemPayload):
    """A file to look at, and what the source says of it."""

    path: str
    named: bool = False
    """Whether a person named this very file: then it is news to them that it is no video."""
    name: str = ""
    """What people call the video; empty for the file's own name."""
    group: str = ""
    """The recording, scene or worker whose clips stay on one side of splits; empty for the video alone."""
    chapter: int | None = None
    """Which file of the recording `group` it is, from 1."""
    source: str = ""
    """Where its pictures come from, as the data set states it; empty where it does not."""


class ReceiveSettings(StepSettings):
    """Files that come with what others know of them."""

    note: str
    """The file that says, by SHA-256, what others know."""
    bundle: str | None
    """The folder of the bundle that they come from; None for a shared bucket."""
    sums: dict[str, str]
    """File → the SHA-256 that was promised."""
    source: str = ""
    chapters: Chapters = Field(default_factory=dict)


class ReceivedFilePayload(FilePayload):
    """A file to look at, and the SHA-256 that was promised."""

    sha256: str


class LookAgainPayload(ItemPayload):
    """A video that an earlier version imported."""

    path: str
    video_id: str
    played: bool
    """Whether a browser was given the file itself."""
    fps: float


@dataclass(frozen=True, kw_only=True)
class FileFacts:
    """The columns of the video table that come from the file's content alone, and that a later version may correct."""

    duration_s: float
    first_frame_s: float
    fps: float
    width: int
    height: int
    variable_rate: bool
    browser_playable: bool
    header_damage: str


@dataclass(frozen=True, kw_only=True)
class VideoRow(FileFacts, Row):
    """A file that is a video."""

    TABLE = "video"

    item: str
    path: str
    name: str
    sha256: str
    size_bytes: int
    codec: str
    pix_fmt: str
    container: str
    rotation_deg: int
    has_audio: bool
    has_telemetry: bool
    recorded_at: str | None
    """ISO 8601, in UTC."""
    few_clips: str
    """Why there are no clips, or not as many as its length would give; empty where that is not so."""
    group: str = ""
    chapter: int | None = None
    source: str = ""


@dataclass(frozen=True)
class PlannedClipRow(Row):
    """A clip planned from the video's length alone."""

    TABLE = "clip"

    item: str
    start_s: float
    end_s: float
    origin: Origin


@dataclass(frozen=True, kw_only=True)
class LookAgainRow(FileFacts, Row):
    """What the file of a known video says, as this version reads it."""

    TABLE = "facts"

    video_id: str
