"""Checks segments against the lengths of their videos."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.files.problems import Problems
from engine.sources.names import match_key
from engine.sources.types import LengthCheck, Segment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["TOLERANCE_S", "check_against_length"]

TOLERANCE_S = 1.0
"""How far a segment may run past its video unreported: rounding, or a container longer than its stream."""


def check_against_length(
    segments: Iterable[Segment],
    durations_s: Mapping[str, float],
    *,
    path: str = "",
    tolerance_s: float = TOLERANCE_S,
) -> LengthCheck:
    """Trim segments to their videos and report those that lie beyond them.

    A segment that starts at or after its video's end is dropped and reported. One that ends past it is trimmed,
    and reported too where it is more than `tolerance_s` over. Videos that are not in `durations_s` (keyed by name,
    compared through `match_key`) are not here yet: their segments pass as they are.
    """
    by_key = {match_key(name): duration_s for name, duration_s in durations_s.items()}
    keys: dict[str, str] = {}
    kept: list[Segment] = []
    problems = Problems(path)
    for segment in segments:
        key = keys.setdefault(segment.video_name, match_key(segment.video_name))
        duration_s = by_key.get(key)
        if duration_s is None or segment.end_s <= duration_s:
            kept.append(segment)
            continue
        video = f"{segment.video_name} ({duration_s:.2f} s)"
        if segment.start_s >= duration_s:
            problems.report(segment.row, f"it starts at {segment.start_s:.2f} s, after the end of {video}")
            continue
        if segment.end_s > duration_s + tolerance_s:
            reason = f"it ends at {segment.end_s:.2f} s, after the end of {video}; it was cut there"
            problems.report(segment.row, reason)
        kept.append(replace(segment, end_s=duration_s))
    return LengthCheck(tuple(kept), problems.listed())
