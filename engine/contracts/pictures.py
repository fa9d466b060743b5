"""Kinds `pictures` and `previews`: what the app shows of videos and clips."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.contracts.clips import ClipWindow
from engine.runtime.rows import Row
from engine.runtime.spec import ItemPayload, StepSettings

__all__ = ["MediaJobSettings", "MediaRow", "PicturesPayload", "PreviewPayload"]


class MediaJobSettings(StepSettings):
    """Sizes of pictures and previews: the `media` section of data.yaml as it was when the job was made."""

    thumbnail_short_side_px: int
    sprite_frames: int
    preview_short_side_px: int


class PicturesPayload(ItemPayload):
    """A video, and those of its clips that need pictures."""

    path: str
    video_id: str
    poster: bool
    """Whether the video needs a picture of itself."""
    duration_s: float
    clips: tuple[ClipWindow, ...]


class PreviewPayload(ItemPayload):
    """A video that a browser can't play."""

    path: str
    video_id: str


@dataclass(frozen=True)
class MediaRow(Row):
    """A file for the media folder: a file of the shard, and which clip or video it shows."""

    TABLE = "media"

    subject_id: str
    kind: Literal["poster", "thumbnail", "sprite", "preview"]
    file: str
    details: str = "{}"
    """JSON: how the tiles of a sprite lie."""
