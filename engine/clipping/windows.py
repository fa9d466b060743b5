"""Plans clips without annotations: at a fixed stride, the whole file, shots, activity."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from engine.clipping.ms import equal_parts, to_ms, to_s, video_bounds_ms
from engine.clipping.types import ClipPlan, LeftOut, Origin, PlannedClip
from engine.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.clipping.settings import ClippingSettings

__all__ = ["plan_activity", "plan_shots", "plan_stride", "plan_whole"]

NO_LENGTH = "the video's length is not known"
_TAIL = "the last piece of the video is too short"
TOO_SHORT = "too short"
OUTSIDE = "outside the video"
TOO_MANY = "beyond the most clips of a video"


def plan_stride(
    duration_s: float,
    length_s: float,
    stride_s: float,
    *,
    start_s: float = 0.0,
    min_s: float = 0.5,
    keep_tail: bool = True,
    most: int | None = None,
) -> ClipPlan:
    """Windows of `length_s`, one every `stride_s`, over a video that starts at `start_s` and lasts `duration_s`.

    Window k starts at k · stride_s, rounded to the millisecond once, so that rounding does not add up. After the
    last whole window comes, with `keep_tail`, the next one cut at the video's end, if it shows anything that the last
    does not and is at least `min_s` (or `length_s`, if less) long. After `most` windows there are no more, and what
    is left of the video is left out.

    Raises SettingsError when a length or stride is below one millisecond or not a number.
    """
    for name, value_s in (("length", length_s), ("stride", stride_s)):
        if not math.isfinite(value_s) or value_s < 0.001:
            raise SettingsError(f"The {name} of clips is {value_s} s.", remedy="Give a positive number of seconds.")
    first_ms, last_ms = video_bounds_ms(start_s, duration_s)
    if last_ms == first_ms:
        return _nothing(start_s)
    clips: list[PlannedClip] = []
    k, end_ms = 0, first_ms
    while True:
        begin_ms = to_ms(start_s + k * stride_s)
        stop_ms = max(to_ms(start_s + k * stride_s + length_s), begin_ms + 1)
        if stop_ms > last_ms:
            break
        if most is not None and k >= most:
            return ClipPlan(clips=tuple(clips), left_out=(LeftOut(to_s(begin_ms), to_s(last_ms), TOO_MANY),))
        clips.append(PlannedClip(start_s=to_s(begin_ms), end_s=to_s(stop_ms), origin="stride"))
        k, end_ms = k + 1, stop_ms
    if begin_ms >= last_ms or end_ms >= last_ms:
        return ClipPlan(clips=tuple(clips))
    if keep_tail and last_ms - begin_ms >= min(to_ms(min_s), to_ms(length_s)):
        clips.append(PlannedClip(start_s=to_s(begin_ms), end_s=to_s(last_ms), origin="stride"))
        return ClipPlan(clips=tuple(clips))
    return ClipPlan(clips=tuple(clips), left_out=(LeftOut(to_s(begin_ms), to_s(last_ms), _TAIL),))


def plan_whole(duration_s: float, *, start_s: float = 0.0) -> ClipPlan:
    """One clip: the whole video, however long."""
    first_ms, last_ms = video_bounds_ms(start_s, duration_s)
    if last_ms == first_ms:
        return _nothing(start_s)
    return ClipPlan(clips=(PlannedClip(start_s=to_s(first_ms), end_s=to_s(last_ms), origin="whole"),))


def plan_shots(
    shots: Iterable[tuple[float, float]], duration_s: float, settings: ClippingSettings, *, start_s: float = 0.0
) -> ClipPlan:
    """Clips from detected shots `[start_s, end_s)`.

    A shot shorter than `settings.min_s` is left out (widening it would cross the cut); one longer than
    `settings.max_s` is split into equal parts. Overlapping shots are kept as they are.
    """
    return _plan_windows(shots, duration_s, settings, "shots", start_s)


def plan_activity(
    windows: Iterable[tuple[float, float]], duration_s: float, settings: ClippingSettings, *, start_s: float = 0.0
) -> ClipPlan:
    """Clips from windows in which something happens, by the rules of `plan_shots`."""
    return _plan_windows(windows, duration_s, settings, "activity", start_s)


def _plan_windows(
    windows: Iterable[tuple[float, float]],
    duration_s: float,
    settings: ClippingSettings,
    origin: Origin,
    start_s: float,
) -> ClipPlan:
    first_ms, last_ms = video_bounds_ms(start_s, duration_s)
    if last_ms == first_ms:
        return _nothing(start_s)
    clips: list[PlannedClip] = []
    left_out: list[LeftOut] = []
    split_count = 0
    min_ms, max_ms = to_ms(settings.min_s), to_ms(settings.max_s)
    for begin_s, stop_s in sorted(windows):
        begin_ms, stop_ms = max(first_ms, to_ms(begin_s)), min(last_ms, to_ms(stop_s))
        if stop_ms - begin_ms < min_ms:
            left_out.append(LeftOut(begin_s, stop_s, TOO_SHORT if stop_ms > begin_ms else OUTSIDE))
            continue
        room = settings.max_clips_per_video - len(clips)
        parts = equal_parts(begin_ms, stop_ms, min_ms, max_ms, most=room)
        split_count += len(parts) > 1
        clips += [PlannedClip(start_s=to_s(begin), end_s=to_s(stop), origin=origin) for begin, stop in parts[:room]]
        if len(parts) > room:
            left_out.append(LeftOut(to_s(parts[room][0]), to_s(last_ms), TOO_MANY))
            break
    return ClipPlan(clips=tuple(clips), left_out=tuple(left_out), split_count=split_count)


def _nothing(start_s: float) -> ClipPlan:
    return ClipPlan(left_out=(LeftOut(start_s, start_s, NO_LENGTH),))
