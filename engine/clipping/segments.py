"""Plans clips from the annotations of one video, and from the windows that a data set names as its clips."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from engine.clipping.ms import equal_parts, floor_ms, to_ms, to_s, video_bounds_ms
from engine.clipping.types import ClipPlan, LeftOut, PlannedClip
from engine.clipping.windows import NO_LENGTH, OUTSIDE, TOO_MANY, TOO_SHORT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.clipping.settings import ClippingSettings
    from engine.sources.types import Segment

__all__ = ["plan_annotations", "plan_windows"]

_TOO_LONG = "too long"
_DUPLICATE = "the same annotation again"

_Window = tuple[int, int]
_Bounds = tuple[int, int | None]


def plan_annotations(
    segments: Iterable[Segment], duration_s: float | None, settings: ClippingSettings, *, start_s: float = 0.0
) -> ClipPlan:
    """Clips from the segments of one video, by start and then by row.

    In this order: padding is added; the window is cut to the video (None: not imported yet, so no end is known); then
    `too_short` and `too_long` apply; then duplicates are removed. Other overlapping clips stay: actions do overlap.
    """
    bounds: _Bounds = (to_ms(start_s), None)
    if duration_s is not None:
        bounds = video_bounds_ms(start_s, duration_s)
    min_ms = to_ms(settings.min_s)
    changed: Counter[str] = Counter()
    clips: list[PlannedClip] = []
    left_out: list[LeftOut] = []
    for segment in segments:
        if len(clips) >= settings.max_clips_per_video:
            left_out.append(LeftOut(segment.start_s, segment.end_s, TOO_MANY, segment.row))
            continue
        window = _fit(segment, bounds, settings)
        if window[0] >= window[1]:
            reason = NO_LENGTH if bounds[0] == bounds[1] else OUTSIDE
            left_out.append(LeftOut(segment.start_s, segment.end_s, reason, segment.row))
            continue
        if window[1] - window[0] < min_ms:
            window = _extend(window, bounds, min_ms) if settings.too_short == "extend" else window
            changed["extended"] += settings.too_short == "extend"
        parts, how = _shorten(window, settings, settings.max_clips_per_video - len(clips))
        changed[how] += 1
        if window[1] - window[0] < min_ms or not parts:
            reason = _TOO_LONG if not parts else TOO_SHORT
            left_out.append(LeftOut(segment.start_s, segment.end_s, reason, segment.row))
            continue
        room = settings.max_clips_per_video - len(clips)
        clips += [_clip(segment, part) for part in parts[:room]]
        if len(parts) > room:
            left_out.append(LeftOut(to_s(parts[room][0]), to_s(window[1]), TOO_MANY, segment.row))
    clips.sort(key=lambda clip: (clip.start_s, clip.end_s, clip.row or 0))
    if settings.overlap == "drop_duplicates":
        clips, again = _without_duplicates(clips, to_ms(settings.duplicate_tolerance_s))
        left_out += again
    return ClipPlan(
        clips=tuple(clips),
        left_out=tuple(left_out),
        extended_count=changed["extended"],
        trimmed_count=changed["trimmed"],
        split_count=changed["split"],
    )


def plan_windows(segments: Iterable[Segment], duration_s: float) -> ClipPlan:
    """Clips that are the segments themselves, by start and then by row: neither padded, trimmed, split nor dropped for
    their length. Only what lies beyond the video's end is cut off.

    Times are rounded down to the millisecond: a frame that starts at a window's start is in it, and one that starts at
    its end (the next episode's first, where a file holds several) is not.
    """
    first_ms, last_ms = video_bounds_ms(0.0, duration_s)
    clips: list[PlannedClip] = []
    left_out: list[LeftOut] = []
    for segment in segments:
        window = max(first_ms, floor_ms(segment.start_s)), min(last_ms, floor_ms(segment.end_s))
        if window[0] < window[1]:
            clips.append(_clip(segment, window))
        else:
            reason = NO_LENGTH if first_ms == last_ms else OUTSIDE
            left_out.append(LeftOut(segment.start_s, segment.end_s, reason, segment.row))
    clips.sort(key=lambda clip: (clip.start_s, clip.end_s, clip.row or 0))
    return ClipPlan(clips=tuple(clips), left_out=tuple(left_out))


def _fit(segment: Segment, bounds: _Bounds, settings: ClippingSettings) -> _Window:
    first_ms, last_ms = bounds
    start_ms, end_ms = to_ms(segment.start_s), to_ms(segment.end_s)
    if end_ms <= first_ms or (last_ms is not None and start_ms >= last_ms):
        return start_ms, start_ms  # padding must not pull in what lies outside
    start_ms = max(first_ms, to_ms(segment.start_s - settings.padding_s))
    end_ms = to_ms(segment.end_s + settings.padding_s)
    return start_ms, end_ms if last_ms is None else min(end_ms, last_ms)


def _extend(window: _Window, bounds: _Bounds, min_ms: int) -> _Window:
    """Widen a window evenly to `min_ms`, shifted at the video's ends; the whole of a shorter video."""
    first_ms, last_ms = bounds
    start_ms = window[0] - (min_ms - (window[1] - window[0])) // 2
    if last_ms is not None:
        start_ms = min(start_ms, last_ms - min_ms)
    start_ms = max(start_ms, first_ms)
    end_ms = start_ms + min_ms
    return start_ms, end_ms if last_ms is None else min(end_ms, last_ms)


def _shorten(window: _Window, settings: ClippingSettings, most: int) -> tuple[list[_Window], str]:
    """Split or trim a window that is too long: its parts (`most` + 1 at most), and what was done to it."""
    start_ms, end_ms = window
    max_ms = to_ms(settings.max_s)
    if end_ms - start_ms <= max_ms:
        return [window], "kept"
    if settings.too_long == "drop":
        return [], "dropped"
    if settings.too_long == "trim":
        return [(start_ms, start_ms + max_ms)], "trimmed"
    return equal_parts(start_ms, end_ms, to_ms(settings.min_s), max_ms, most=most), "split"


def _clip(segment: Segment, window: _Window) -> PlannedClip:
    return PlannedClip(
        start_s=to_s(window[0]),
        end_s=to_s(window[1]),
        origin="annotations",
        narration=segment.narration,
        verb=segment.verb,
        noun=segment.noun,
        row=segment.row,
    )


def _without_duplicates(clips: list[PlannedClip], tolerance_ms: int) -> tuple[list[PlannedClip], list[LeftOut]]:
    """`clips` (by start) without those whose label and times, within the tolerance, equal an earlier one's."""
    kept: list[PlannedClip] = []
    left_out: list[LeftOut] = []
    latest: dict[tuple[str, str, str], list[PlannedClip]] = {}
    for clip in clips:
        start_ms = to_ms(clip.start_s)
        near = latest.setdefault((clip.narration.strip().casefold(), clip.verb, clip.noun), [])
        near[:] = [other for other in near if start_ms - to_ms(other.start_s) <= tolerance_ms]
        if any(abs(to_ms(clip.end_s) - to_ms(other.end_s)) <= tolerance_ms for other in near):
            left_out.append(LeftOut(clip.start_s, clip.end_s, _DUPLICATE, clip.row))
        else:
            near.append(clip)
            kept.append(clip)
    return kept, left_out
