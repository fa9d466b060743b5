"""The pixels that behaviour cloning sees: a few small frames a clip, each with the one shown 0.2 s before.

One forward pass a video, for all its clips; frames that nobody asked for are not kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from engine.validation.actions import PAST_STEPS
from engine.validation.hand_series import LONGEST_STEP_S
from engine.video.reader import read
from engine.video.types import ClipRequest, FrameRequest, Sample
from engine.video.windows import Window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.arrays import Rows
    from engine.files.place import AnyPlace
    from engine.validation.actions import ClipActions
    from engine.video.types import CancelCheck

__all__ = ["CHANNELS", "FrameWish", "clip_frames"]

CHANNELS = 6
"""Red, green, blue of the frame, then the same of 0.2 s before."""
_OFF_S = LONGEST_STEP_S / 2
"""How far a frame's time may be from that of its row: half of what rows are interpolated over."""


@dataclass(frozen=True)
class FrameWish:
    """Which frames of a clip are wanted: `rows` `(k,)` index its pseudo-actions, in order."""

    clip_id: str
    actions: ClipActions
    rows: Rows


def clip_frames(
    path: AnyPlace,
    wishes: Sequence[FrameWish],
    size: tuple[int, int],
    *,
    cancelled: CancelCheck | None = None,
) -> dict[str, NDArray[np.uint8]]:
    """Clip → `(k, CHANNELS, height, width) uint8` for its `rows`, from one pass over the video.

    A row's picture is the frame shown nearest to its time. `size` is `(width, height)`. A clip whose frames could not
    all be read is left out. Raises `VideoError` where the file can't be opened, `Cancelled` where `cancelled()` says
    so.
    """
    import cv2

    width, height = size
    every = (FrameRequest(None, min(size), "rgb"),)
    times = {
        (wish.clip_id, int(place)): float(wish.actions.t_s[place])
        for wish in wishes
        for place in np.union1d(wish.rows, wish.rows - PAST_STEPS)
    }
    clips = [ClipRequest(key, Window(max(0.0, t_s - _OFF_S), t_s + _OFF_S), every) for key, t_s in times.items()]
    nearest: dict[tuple[str, int], tuple[float, NDArray[np.uint8]]] = {}
    for event in read(path, clips, cancelled=cancelled):
        if not isinstance(event, Sample):
            continue
        key = cast("tuple[str, int]", event.key)
        off_s = abs(event.t_s - times[key])
        if key not in nearest or off_s < nearest[key][0]:
            nearest[key] = off_s, cv2.resize(event.image, (width, height), interpolation=cv2.INTER_AREA)
    pictures = {key: picture for key, (_, picture) in nearest.items()}
    return {
        wish.clip_id: _stack(wish, pictures)
        for wish in wishes
        if len(wish.rows) and all((wish.clip_id, int(p)) in pictures for p in [*wish.rows, *(wish.rows - PAST_STEPS)])
    }


def _stack(wish: FrameWish, pictures: dict[tuple[str, int], NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """`(k, CHANNELS, height, width)` of one clip's rows."""
    pairs = [[pictures[wish.clip_id, int(place)] for place in (row, row - PAST_STEPS)] for row in wish.rows]
    return np.stack([np.concatenate(pair, axis=2).transpose(2, 0, 1) for pair in pairs])
