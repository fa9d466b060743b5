"""Settings of an export, stored with it so that it can be repeated."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from engine.settings_model import SettingsModel

__all__ = ["ExportSettings"]


class ExportSettings(SettingsModel):
    """Which clips are exported, and how they are cut."""

    ranked_by: Literal["reward", "robot", "composite"] = "reward"
    model_id: str | None = None
    """The model whose scores rank; None for the composite score."""
    top: int | None = Field(default=None, ge=1)
    threshold: float | None = None
    """The lowest score that is exported."""
    where: str | None = None
    """A condition in SQL over clip, video and clip_features."""
    clip_ids: tuple[str, ...] | None = None
    """Only these clips, where given."""
    tags: tuple[str, ...] = ()
    """Only clips with one of these tags, where any is given."""
    diversity: float | None = Field(default=None, gt=0.0, le=1.0)
    """No two exported clips have embeddings with a cosine similarity above this."""
    per_video: int | None = Field(default=None, ge=1)
    """At most so many clips of one video."""
    crf: int = Field(default=18, ge=0, le=51)
    """x264's constant rate factor of cut clips: less is better and larger."""
    max_short_side_px: int | None = Field(default=None, ge=90, le=4320)
    """Cut clips are scaled down to this shorter side; None leaves the source's size."""
    with_labels: bool = True
    """Put the labels about the exported clips into the bundle, with the annotators' names."""
