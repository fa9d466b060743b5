"""Summaries of clip plans, shown before they are applied."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.clipping.windows import TOO_MANY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.clipping.types import ClipPlan

__all__ = ["PlanSummary", "clip_shortfall", "summarise"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSummary:
    """Counts and lengths over some plans. `left_out` counts windows by reason; `sentence` is the summary in words."""

    count: int
    shortest_s: float
    longest_s: float
    total_s: float
    left_out: Mapping[str, int]
    extended_count: int
    trimmed_count: int
    split_count: int
    sentence: str


def summarise(plans: Iterable[ClipPlan]) -> PlanSummary:
    """Summarise the plans of one or more videos. With no clips, lengths are 0."""
    count = total_ms = longest_ms = extended = trimmed = split = 0
    shortest_ms: int | None = None
    left_out: Counter[str] = Counter()
    for plan in plans:
        for clip in plan.clips:
            length_ms = round((clip.end_s - clip.start_s) * 1000)
            count, total_ms = count + 1, total_ms + length_ms
            longest_ms = max(longest_ms, length_ms)
            shortest_ms = length_ms if shortest_ms is None else min(shortest_ms, length_ms)
        left_out.update(window.reason for window in plan.left_out)
        extended += plan.extended_count
        trimmed += plan.trimmed_count
        split += plan.split_count
    shortest_s, longest_s = (shortest_ms or 0) / 1000, longest_ms / 1000
    changes = {"widened": extended, "trimmed": trimmed, "split": split}
    sentence = _sentence(count, shortest_s, longest_s, changes, left_out)
    return PlanSummary(
        count=count,
        shortest_s=shortest_s,
        longest_s=longest_s,
        total_s=total_ms / 1000,
        left_out=dict(left_out),
        extended_count=extended,
        trimmed_count=trimmed,
        split_count=split,
        sentence=sentence,
    )


def clip_shortfall(plans: Iterable[ClipPlan], max_clips: int) -> str:
    """Why a video gives no clips, or fewer than its length allows; empty where it gives all."""
    listed = list(plans)
    left_out = [window for plan in listed for window in plan.left_out]
    if any(window.reason == TOO_MANY for window in left_out):
        from_s = min(window.start_s for window in left_out if window.reason == TOO_MANY)
        return (
            f"only the first {max_clips:,} clips were made, none from {from_s:,.1f} s on "
            "(the setting max_clips_per_video)"
        )
    if any(plan.clips for plan in listed):
        return ""
    reasons = Counter(window.reason for window in left_out)
    causes = ", ".join(f"{reason} ({number:,}×)" if number > 1 else reason for reason, number in reasons.most_common())
    return f"no clip was made: {causes or 'nothing names a window of it'}"


def _sentence(
    count: int, shortest_s: float, longest_s: float, changes: Mapping[str, int], left_out: Counter[str]
) -> str:
    if not count:
        made = "this makes no clips"
    elif count == 1:
        made = f"this makes 1 clip, {longest_s:.1f} s"
    elif f"{shortest_s:.1f}" == f"{longest_s:.1f}":
        made = f"this makes {count:,} clips, {longest_s:.1f} s each"
    else:
        made = f"this makes {count:,} clips, {shortest_s:.1f} s to {longest_s:.1f} s"
    parts = [f"{number:,} {change}" for change, number in changes.items() if number]
    if left_out:
        reasons = ", ".join(f"{number:,} {reason}" for reason, number in left_out.most_common())
        parts.append(f"{left_out.total():,} left out ({reasons})")
    return "; ".join([made, *parts])
