"""Options of an export to LeRobot, and what is settled from the selection: one rate and one picture size for all."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from engine.export.formats.base import ExportOptions
from engine.features.hands import HandsSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.export.formats.base import ClipToExport

__all__ = ["CHUNK_FRAMES", "ActionMode", "LerobotOptions", "settle"]

ActionMode = Literal["none", "hands", "pseudo"]

CHUNK_FRAMES = 100
"""Steps that the policy ACT predicts at once, by its default: a shorter clip gives it mostly padding."""
_SAME_RATE = 1e-3
_SAME_SHAPE = 0.01
_MOST_RATES = 4


class LerobotOptions(ExportOptions):
    """How clips become episodes. Rate and size that are left out are those of most clips."""

    actions: ActionMode = Field(
        default="none",
        title="Actions",
        description="none: pictures only. hands: landmarks of both hands in each frame. pseudo: how the palms move, as "
        "state and action; human motion, not a robot's commands.",
    )
    fps: int | None = Field(
        default=None,
        ge=1,
        le=240,
        title="Frames a second",
        description="A whole number, for all clips. Empty: the rate of most clips, rounded.",
    )
    width: int | None = Field(
        default=None, ge=16, le=8192, title="Width (px)", description="Even, for all clips. Empty: that of most clips."
    )
    height: int | None = Field(
        default=None, ge=16, le=8192, title="Height (px)", description="Even, for all clips. Empty: that of most clips."
    )
    crf: int = Field(
        default=20,
        ge=1,
        le=51,
        title="Quality (CRF)",
        description="Of H.264: less is better and larger; 18 is hard to tell from the original.",
    )
    video_mb: int = Field(
        default=200, ge=1, le=100_000, title="Largest video (MB)", description="Clips are joined up to this size."
    )
    data_mb: int = Field(
        default=100, ge=1, le=500, title="Largest table (MB)", description="Frames are rows of tables of this size."
    )
    hands: HandsSettings = Field(
        default_factory=HandsSettings,
        title="Hand landmarker",
        description="As in features.yaml; every frame is looked at, whatever its rate.",
    )
    weights_folders: tuple[str, ...] = Field(
        default=(), title="Model files", description="Where the landmarker's file is looked for first."
    )

    @model_validator(mode="after")
    def _has_whole_even_size(self) -> Self:
        if (self.width is None) != (self.height is None):
            raise ValueError("width and height go together: give both or neither")
        if any(side is not None and side % 2 for side in (self.width, self.height)):
            raise ValueError("width and height must be even: H.264 has no odd ones here")
        return self


def settle(options: LerobotOptions, clips: Sequence[ClipToExport]) -> tuple[LerobotOptions, tuple[str, ...]]:
    """The options with rate and size filled in, and what a person should know: how many clips are changed for it."""
    if not clips:
        return options, ()
    fps = options.fps or _common(max(1, min(240, round(clip.fps))) for clip in clips)[0]
    width, height = (options.width, options.height)
    if width is None or height is None:
        width, height = _common(_even(clip.width, clip.height) for clip in clips)
    settled = options.model_copy(update={"fps": fps, "width": width, "height": height})
    notes = (_rates(clips, fps), *_sizes(clips, width, height), _short(clips, fps))
    return settled, tuple(filter(None, notes))


def _common(values: object) -> tuple[int, ...]:
    """The most common value, the greatest where several are."""
    counts = Counter(value if isinstance(value, tuple) else (value,) for value in values)  # type: ignore[attr-defined]
    return max(counts, key=lambda value: (counts[value], value))


def _even(width: int, height: int) -> tuple[int, int]:
    return max(16, width // 2 * 2), max(16, height // 2 * 2)


def _of(count: int, clips: Sequence[ClipToExport]) -> str:
    return f"All {count:,} clips" if count == len(clips) > 1 else f"{count:,} of {len(clips):,} clips"


def _rates(clips: Sequence[ClipToExport], fps: int) -> str:
    others = Counter(f"{clip.fps:.4g}" for clip in clips if abs(clip.fps - fps) > _SAME_RATE * fps * 0.5)
    if not others:
        return ""
    named = ", ".join(f"{rate} ({count:,})" for rate, count in others.most_common(_MOST_RATES))
    more = ", and others" if len(others) > _MOST_RATES else ""
    return (
        f"{_of(others.total(), clips)} have another rate than {fps} frames a second: {named}{more}. Their frames are "
        "repeated or left out so that each is shown at its time."
    )


def _sizes(clips: Sequence[ClipToExport], width: int, height: int) -> tuple[str, ...]:
    others = [clip for clip in clips if _even(clip.width, clip.height) != (width, height)]
    bars = [clip for clip in others if abs(clip.width * height / (clip.height * width) - 1) > _SAME_SHAPE]
    notes = []
    if others:
        notes.append(f"{_of(len(others), clips)} have pictures of another size than {width} × {height} and are scaled.")
    if bars:
        notes.append(f"{_of(len(bars), clips)} have pictures of another shape and get black bars (letterbox).")
    return tuple(notes)


def _short(clips: Sequence[ClipToExport], fps: int) -> str:
    short = sum(round((clip.end_s - clip.start_s) * fps) < CHUNK_FRAMES for clip in clips)
    if not short:
        return ""
    return (
        f"{_of(short, clips)} are shorter than {CHUNK_FRAMES} frames, which the policy ACT predicts at once: set its "
        "chunk_size to less, or choose longer clips."
    )
