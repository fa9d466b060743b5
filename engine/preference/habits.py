"""Response times of annotators, and how often each clip was seen."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.preference.answers import GivenAnswer

__all__ = ["HASTE_MS", "Coverage", "ResponseTimes", "coverage", "response_times"]

HASTE_MS: Final = 400
"""Faster answers were given without watching: two clips can't be compared in less time."""


@dataclass(frozen=True, kw_only=True)
class ResponseTimes:
    """Response times of the answers whose time is known, in milliseconds."""

    answers: int
    median_ms: float
    low_ms: float
    """10th percentile."""
    high_ms: float
    """90th percentile."""
    hasty_share: float
    """Share of answers in less than 0.4 s."""


def response_times(answers: Sequence[GivenAnswer]) -> ResponseTimes | None:
    """Summarise response times; None where none is known, as for imported labels."""
    times = np.array([answer.response_ms for answer in answers if answer.response_ms is not None], dtype=np.float64)
    if not len(times):
        return None
    low, median, high = np.quantile(times, [0.1, 0.5, 0.9])
    return ResponseTimes(
        answers=len(times),
        median_ms=float(median),
        low_ms=float(low),
        high_ms=float(high),
        hasty_share=float(np.mean(times < HASTE_MS)),
    )


@dataclass(frozen=True)
class Coverage:
    """How often clips were seen, over the clips that were seen at least once."""

    clips: int
    histogram: dict[int, int]
    """Labels per clip → number of clips, ascending."""
    median: float
    enough_share: float
    """Share of clips with at least four labels."""


def coverage(answers: Sequence[GivenAnswer], enough: int = 4) -> Coverage:
    """Coverage by answers other than skips."""
    seen = Counter(clip_id for answer in answers if answer.verdict is not None for clip_id in answer.pair)
    counts = list(seen.values())
    return Coverage(
        len(counts),
        dict(sorted(Counter(counts).items())),
        float(np.median(counts)) if counts else 0.0,
        float(np.mean([count >= enough for count in counts])) if counts else 0.0,
    )
