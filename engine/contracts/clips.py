"""The window of a clip, as the payload of an item names it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

__all__ = ["ClipWindow"]


class ClipWindow(BaseModel):
    """A clip and its half-open window `[start_s, end_s)` in its video."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    clip_id: str
    start_s: float
    end_s: float
