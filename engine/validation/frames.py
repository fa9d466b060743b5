"""The pixels that behaviour cloning sees: a few small frames a clip, each with the one shown 0.2 s before.

One forward pass a video, for all its clips; frames that nobody asked for are not kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.validation.actions import ACTION_HZ, PAST_STEPS
from engine.video.reader import read
from engine.video.types import ClipRequest, FrameRequest, Sample

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.validation.actions import ClipActions
    from engine.video.types import CancelCheck
    from engine.video.windows import Window

__all__ = ["CHANNELS", "FrameWish", "clip_frames"]

CHANNELS = 6
"""Red, green, blue of the frame, then the same of 0.2 s before."""
_LATE_S = 0.5 / ACTION_HZ


@dataclass(frozen=True)
class FrameWish:
    """Which frames of a clip are wanted: `rows` `(k,)` index the clip's hand track, in order."""

    clip_id: str
    window: Window
    actions: ClipActions
    rows: NDArray[np.intp]


def clip_frames(
    path: str | Path,
    wishes: Sequence[FrameWish],
    size: tuple[int, int],
    *,
    cancelled: CancelCheck | None = None,
) -> dict[str, NDArray[np.uint8]]:
    """Clip → `(k, CHANNELS, height, width) uint8` for its `rows`, from one pass over the video.

    `size` is `(width, height)`. A clip whose frames could not all be read is left out. Raises `VideoError` where the
    file can't be opened, `Cancelled` where `cancelled()` says so.
    """
    import cv2

    width, height = size
    rate_hz = _rate_hz(wishes)
    request = FrameRequest(rate_hz, min(size), "rgb")
    needed: dict[str, set[int]] = {}
    for wish in wishes:
        back = PAST_STEPS * wish.actions.step
        needed[wish.clip_id] = {int(i) for row in wish.rows for i in (row, row - back)}
    kept: dict[str, dict[int, NDArray[np.uint8]]] = {wish.clip_id: {} for wish in wishes}
    by_key = {wish.clip_id: wish for wish in wishes}
    clips = [ClipRequest(wish.clip_id, wish.window, (request,)) for wish in wishes if len(wish.rows)]
    for event in read(path, clips, cancelled=cancelled):
        if not isinstance(event, Sample):
            continue
        key = str(event.key)
        t_s = by_key[key].actions.t_s
        place = int(np.argmin(np.abs(t_s - event.t_s)))
        if place in needed[key] and abs(t_s[place] - event.t_s) <= _LATE_S:
            kept[key][place] = cv2.resize(event.image, (width, height), interpolation=cv2.INTER_AREA)
    return {
        wish.clip_id: _stack(wish, kept[wish.clip_id])
        for wish in wishes
        if len(wish.rows) and needed[wish.clip_id] <= kept[wish.clip_id].keys()
    }


def _rate_hz(wishes: Sequence[FrameWish]) -> float:
    """The rate that the hand tracks were sampled at: the same instants give the same frames."""
    gaps = np.concatenate([np.array([1 / ACTION_HZ]), *(np.diff(wish.actions.t_s) for wish in wishes)])
    step = max((wish.actions.step for wish in wishes), default=1)
    return ACTION_HZ * step if abs(np.median(gaps) * ACTION_HZ * step - 1) < 0.1 else 1 / float(np.median(gaps))


def _stack(wish: FrameWish, images: dict[int, NDArray[np.uint8]]) -> NDArray[np.uint8]:
    back = PAST_STEPS * wish.actions.step
    pairs = [(images[int(row)], images[int(row) - back]) for row in wish.rows]
    return np.stack([np.concatenate([now, before], axis=2).transpose(2, 0, 1) for now, before in pairs])
