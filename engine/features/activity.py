"""Detects active stretches of a video: windows of the `activity` clipping method, and trimming of idle ends.

Works on the series stored by `motion` and `hands`, so it decodes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from engine.features.hand.tracks import MISSING, palm_centre, palm_length
from engine.settings_model import SettingsModel
from engine.video.windows import Window

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Track = Mapping[str, Sequence[Any] | NDArray[Any]]

__all__ = ["ActivitySettings", "active_windows", "is_active", "trimmed"]


class ActivitySettings(SettingsModel):
    """What counts as activity, and how long a pause may be."""

    needs_hands: bool = Field(
        default=True,
        title="Only with hands",
        description="Something goes on only while a hand is in view. Turn off for video without visible hands.",
    )
    min_hand_speed: float = Field(
        default=0.3,
        ge=0,
        le=20,
        title="Least hand speed (palm lengths/s)",
        description="A hand that moves less in the picture, with nothing else moving, is at rest.",
    )
    min_residual: float = Field(
        default=0.015,
        ge=0,
        le=1,
        title="Least other motion (diagonals/s)",
        description="Motion beside the camera's from which something goes on.",
    )
    min_change: float = Field(
        default=12.0,
        ge=0,
        le=255,
        title="Least change (grey levels)",
        description="Change beside the camera's, in some part of the picture, from which something goes on.",
    )
    max_pause_s: float = Field(
        default=1.5, ge=0, le=60, title="Longest pause (s)", description="A shorter pause does not end a window."
    )
    margin_s: float = Field(
        default=0.3, ge=0, le=10, title="Margin (s)", description="Kept before and after what goes on."
    )
    min_active_s: float = Field(
        default=0.3, ge=0, le=60, title="Least activity (s)", description="Shorter bursts are passed over."
    )


def is_active(
    motion: Track, hands: Track | None, settings: ActivitySettings
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """`(t_s, active)`, both `(n_steps,)`: whether there is activity in the step that ends at each time.

    `motion` and `hands` are the tracks of those extractors over one window; without hands, motion alone decides.
    """
    t_s = np.asarray(motion["t_s"], np.float64)
    moving = np.nan_to_num(np.asarray(motion["residual"], np.float64), nan=np.inf) >= settings.min_residual
    moving |= np.nan_to_num(np.asarray(motion["change"], np.float64), nan=np.inf) >= settings.min_change
    moving &= ~np.asarray(motion["frozen"], bool)
    if hands is None:
        return t_s, moving
    in_view, speed = _hands_at(t_s, hands)
    moving |= speed >= settings.min_hand_speed
    return t_s, moving & in_view if settings.needs_hands else moving


def active_windows(
    motion: Track, hands: Track | None, window: Window, settings: ActivitySettings | None = None
) -> list[Window]:
    """The active stretches of `window`, in order and disjoint; short pauses are included."""
    settings = settings or ActivitySettings()
    t_s, active = is_active(motion, hands, settings)
    starts_s = np.concatenate([[window.start_s], t_s[:-1]])
    spans: list[list[float]] = []
    for start_s, end_s in zip(starts_s[active].tolist(), t_s[active].tolist(), strict=True):
        if spans and start_s - spans[-1][1] <= settings.max_pause_s:
            spans[-1][1] = end_s
        else:
            spans.append([start_s, end_s])
    found: list[Window] = []
    for start_s, end_s in spans:
        if end_s - start_s < settings.min_active_s:
            continue
        begin_s = max(window.start_s, start_s - settings.margin_s, found[-1].end_s if found else 0.0)
        found.append(Window(begin_s, min(window.end_s, end_s + settings.margin_s)))
    return found


def trimmed(
    motion: Track, hands: Track | None, window: Window, settings: ActivitySettings | None = None
) -> Window | None:
    """`window` without its idle ends; None where there is no activity."""
    found = active_windows(motion, hands, window, settings)
    return Window(found[0].start_s, found[-1].end_s) if found else None


def _hands_at(t_s: NDArray[np.float64], hands: Track) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """`(in view, fastest palm in palm lengths/s)` at each time, from the nearest hand frames."""
    frames_s = np.asarray(hands["t_s"], np.float64)
    count = len(frames_s)
    state = np.asarray(hands["state"]).reshape(count, -1)
    track = np.asarray(hands["track"]).reshape(count, -1)
    landmarks = np.asarray(hands["landmarks"], np.float32).reshape(count, -1, 21, 3)
    size = (int(hands["frame_size"][0]), int(hands["frame_size"][1]))
    here = state != MISSING
    speed = np.zeros(here.shape)
    if count > 1:
        same = here[1:] & here[:-1] & (track[1:] == track[:-1])
        centre = palm_centre(landmarks, size)
        step_px = np.linalg.norm(centre[1:] - _carried(centre[:-1], hands, size), axis=-1)
        palms_px = np.maximum(palm_length(landmarks, size)[1:], 1e-6)
        speed[1:] = np.where(same, step_px / palms_px / np.diff(frames_s)[:, None], 0.0)
    nearest = np.abs(frames_s[None, :] - t_s[:, None]).argmin(axis=1) if count and len(t_s) else np.zeros(len(t_s), int)
    return here.any(axis=1)[nearest], speed.max(axis=1)[nearest]


def _carried(centre_px: NDArray[np.float64], hands: Track, size: tuple[int, int]) -> NDArray[np.float64]:
    """Positions of each frame's points `(n − 1, slots, 2)` in the next frame if only the camera moved.

    Where the camera's motion is not known (an all-zero homography), they stay where they are.
    """
    known = np.asarray(hands["homography"], np.float64).reshape(-1, 3, 3)[1:]
    known = np.where(np.abs(known).sum(axis=(1, 2), keepdims=True) > 0, known, np.eye(3))
    points = np.concatenate([centre_px / np.array(size), np.ones((*centre_px.shape[:2], 1))], axis=-1)
    moved = np.einsum("nij,nsj->nsi", known, points)
    return np.asarray(moved[..., :2] / moved[..., 2:] * np.array(size))
