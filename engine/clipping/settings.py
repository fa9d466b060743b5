"""How videos are cut into clips: the `clipping` part of data.yaml."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from engine.settings_model import SettingsModel

__all__ = ["ClippingSettings"]


class ClippingSettings(SettingsModel):
    """Lengths in seconds, and what to do with windows that are too short, too long or duplicates."""

    length_s: float = Field(
        default=4.0,
        ge=0.1,
        le=600,
        title="Clip length (s)",
        description="Length of a clip at fixed stride, in seconds.",
    )
    stride_s: float = Field(
        default=4.0,
        ge=0.1,
        le=600,
        title="Stride (s)",
        description="From the start of one clip to the start of the next, in seconds; less than the length overlaps.",
    )
    keep_tail: bool = Field(
        default=True,
        title="Keep the last piece",
        description="At fixed stride, keep the shorter clip at the video's end if it reaches the shortest length.",
    )
    min_s: float = Field(
        default=0.5,
        ge=0.05,
        le=60,
        title="Shortest clip (s)",
        description="Windows shorter than this make no clip as they are.",
    )
    max_s: float = Field(
        default=60.0,
        ge=0.1,
        le=3600,
        title="Longest clip (s)",
        description="Windows longer than this are trimmed, split or left out.",
    )
    too_short: Literal["extend", "drop"] = Field(
        default="extend",
        title="Annotations that are too short",
        description="extend: widen evenly to the shortest length; drop: leave out. Short shots are always left out.",
    )
    too_long: Literal["trim", "split", "drop"] = Field(
        default="trim",
        title="Annotations that are too long",
        description="trim: keep the beginning; split: into equal parts; drop: leave out. Long shots are always split.",
    )
    padding_s: float = Field(
        default=0.0,
        ge=0,
        le=30,
        title="Padding (s)",
        description="Seconds added before and after each annotation, as far as the video goes.",
    )
    overlap: Literal["drop_duplicates", "keep"] = Field(
        default="drop_duplicates",
        title="Overlapping annotations",
        description="drop_duplicates: of annotations with the same words and times, keep the first; keep: keep all. "
        "Annotations that merely overlap are always kept.",
    )
    duplicate_tolerance_s: float = Field(
        default=0.05,
        ge=0,
        le=5,
        title="Duplicate tolerance (s)",
        description="How far apart the times of duplicates may be, in seconds.",
    )

    max_clips_per_video: int = Field(
        default=10_000,
        ge=1,
        le=1_000_000,
        title="Most clips of a video",
        description="Of a video that would give more clips than this, only the first become clips, and the import says "
        "so: usually its header lies about its length.",
    )

    @model_validator(mode="after")
    def _shortest_below_longest(self) -> Self:
        if self.min_s > self.max_s:
            raise ValueError(f"min_s ({self.min_s:g} s) is more than max_s ({self.max_s:g} s)")
        return self
