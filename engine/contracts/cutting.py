"""Kind `clips`: clips of videos that are here already, by a method that needs no pictures."""

from __future__ import annotations

from dataclasses import dataclass

from engine.clipping.settings import ClippingSettings
from engine.clipping.types import Method
from engine.runtime.rows import Row
from engine.runtime.spec import StepSettings

__all__ = ["MakeClipsSettings", "VideoToCutRow"]


class MakeClipsSettings(StepSettings):
    """How the videos become clips."""

    method: Method
    clipping: ClippingSettings


@dataclass(frozen=True)
class VideoToCutRow(Row):
    """A video whose turn has come."""

    TABLE = "to_cut"

    item: str
