"""Kind `shots`: where the picture changes from one shot to the next."""

from __future__ import annotations

from dataclasses import dataclass

from engine.clipping.settings import ClippingSettings
from engine.runtime.rows import Row
from engine.runtime.spec import ItemPayload, StepSettings

__all__ = ["ShotPayload", "ShotRow", "ShotSettings"]


class ShotSettings(StepSettings):
    """How shots become clips."""

    clipping: ClippingSettings


class ShotPayload(ItemPayload):
    """A video."""

    path: str


@dataclass(frozen=True)
class ShotRow(Row):
    """A shot of the video that the item is named after."""

    TABLE = "shot"

    item: str
    start_s: float
    end_s: float
