"""Which pair of clips to ask about next.

Pure and quick, for it runs while a person waits: numpy only, no fit is kept between calls. Everything that was asked
before comes in as `AskedPair`s, people's or simulated ones, never both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from engine.preference.settings import PairSettings
    from engine.reward.types import ClipTable

__all__ = ["STRATEGIES", "AskedPair", "ChosenPair", "choose_pairs"]

STRATEGIES = ("random", "near_tie", "information", "repeat")
"""How a pair can have been chosen: the `strategy` of its label."""


@dataclass(frozen=True)
class AskedPair:
    """A pair that somebody was asked about; oldest first wherever there are several."""

    left_clip_id: str
    right_clip_id: str
    answer: str | None
    """left, right, tie or skip; None where it was handed out and is not answered yet."""
    annotator: str
    strategy: str


@dataclass(frozen=True)
class ChosenPair:
    """A pair to ask about next, sides as they should be shown."""

    left_clip_id: str
    right_clip_id: str
    strategy: str


def choose_pairs(
    clips: ClipTable,
    asked: Sequence[AskedPair],
    annotator: str,
    count: int,
    settings: PairSettings,
    *,
    seed: int,
    among: Collection[str] | None = None,
) -> list[ChosenPair]:
    """The next `count` pairs for `annotator`, in order; fewer where the clips give no more.

    `asked` holds what all annotators were asked so far, oldest first, pairs handed out and unanswered among them.
    `among` restricts the choice to these clips. The same arguments give the same pairs.
    """
    pool = [i for i, clip_id in enumerate(clips.clip_ids) if among is None or clip_id in among]
    rng = np.random.default_rng([seed, len(asked)])
    seen = {frozenset((a.left_clip_id, a.right_clip_id)) for a in asked if a.annotator == annotator}
    chosen: list[ChosenPair] = []
    if len(pool) < 2:
        return chosen
    for _ in range(20 * count):
        if len(chosen) == count:
            break
        left, right = (clips.clip_ids[pool[int(k)]] for k in rng.choice(len(pool), 2, replace=False))
        if frozenset((left, right)) not in seen:
            seen.add(frozenset((left, right)))
            chosen.append(ChosenPair(left, right, "random"))
    return chosen
