"""Chooses the pairs of clips to ask about next.

Pure and fast, because it runs while a person waits: numpy only, and no state between calls. Everything that was asked
before is passed in as `AskedPair`s, people's or simulated ones, never both.

The mix: `first_random` random pairs; then every annotator gets `repeat_share` of swapped repeats of own earlier pairs,
`random_share` of random pairs, `near_tie_share` of near ties, and the most informative pairs for the rest, of which
`across_share` compare two videos as a whole.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.preference.answers import TARGETS, AskedPair
from engine.preference.belief import Belief
from engine.preference.pool import active_clips

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from engine.preference.settings import PairSettings
    from engine.tables.types import ClipTable

__all__ = ["STRATEGIES", "ChosenPair", "choose_pairs"]

STRATEGIES: Final = ("random", "near_tie", "information", "across", "repeat")
"""Strategies by which a pair may be chosen: the `strategy` of its label."""
REPEAT_GAP: Final = 20
"""A pair is repeated after this many others of the same annotator at the earliest: long enough to forget the answer."""
_TRIES: Final = 200
_MOST_COMPARED: Final = 400


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
    """The next `count` pairs for `annotator`, in order; fewer where there are no more.

    `asked` holds what all annotators were asked so far, oldest first, including unanswered pairs.
    `among` restricts the choice to these clips. The same arguments give the same pairs.
    """
    wanted = None if among is None else set(among)
    eligible = [clip_id for clip_id in clips.clip_ids if wanted is None or clip_id in wanted]
    if len(eligible) < 2 or count < 1:
        return []
    chooser = _Chooser(clips, asked, annotator, settings, eligible, np.random.default_rng([seed, len(asked)]))
    return list(chooser.pairs(count))


class _Chooser:
    """The state of one call of `choose_pairs`: asked pairs, chosen pairs, and the posterior, fitted on demand."""

    def __init__(
        self,
        clips: ClipTable,
        asked: Sequence[AskedPair],
        annotator: str,
        settings: PairSettings,
        eligible: list[str],
        rng: np.random.Generator,
    ) -> None:
        self.clips, self.settings, self.eligible, self.rng = clips, settings, eligible, rng
        self.annotator = annotator
        self.asked = list(asked)
        self.mine = [pair for pair in asked if pair.annotator == annotator]
        self.seen = {pair.clips for pair in self.mine}
        answered = sum(pair.answer in TARGETS for pair in asked)
        self.pool = active_clips(eligible, answered, settings)
        steered = [p for place, p in enumerate(asked) if place >= settings.first_random and p.annotator == annotator]
        self.mixed = [pair.strategy for pair in steered if pair.strategy in STRATEGIES]
        self.belief: Belief | None = None

    def pairs(self, count: int) -> Iterator[ChosenPair]:
        """Choose `count` pairs, each taking the earlier ones into account."""
        for _ in range(count):
            chosen = self.next()
            if chosen is None:
                return
            self.take(chosen)
            yield chosen

    def next(self) -> ChosenPair | None:
        """The next pair by the mix; from another strategy where the one whose turn it is has none."""
        ways = {
            "repeat": self.repeat,
            "random": self.random,
            "near_tie": self.near_tie,
            "across": self.across,
            "information": self.inform,
        }
        turn = self.turn()
        for strategy in dict.fromkeys((turn, "information", "random")):
            if strategy == "information" and turn == "random":
                continue
            found = ways[strategy]()
            if found is not None:
                return found
        return None

    def turn(self) -> str:
        """The strategy whose turn it is, so that every share holds at any time."""
        if len(self.asked) < self.settings.first_random:
            return "random"
        due = len(self.mixed) + 1
        shares = {
            "repeat": self.settings.repeat_share,
            "random": self.settings.random_share,
            "near_tie": self.settings.near_tie_share,
        }
        for strategy, share in shares.items():
            if self.mixed.count(strategy) < math.floor(share * due + 1e-9):
                return strategy
        across = self.mixed.count("across")
        informative = across + self.mixed.count("information") + 1
        return "across" if across < math.floor(self.settings.across_share * informative + 1e-9) else "information"

    def take(self, chosen: ChosenPair) -> None:
        """Record a pair as chosen."""
        if len(self.asked) >= self.settings.first_random:
            self.mixed.append(chosen.strategy)
        pair = AskedPair(chosen.left_clip_id, chosen.right_clip_id, None, self.annotator, chosen.strategy)
        self.asked.append(pair)
        self.mine.append(pair)
        self.seen.add(pair.clips)
        if self.belief is not None:
            self.belief.ask(chosen.left_clip_id, chosen.right_clip_id)

    def sides(self, one: str, other: str, strategy: str) -> ChosenPair:
        """The pair with its sides drawn at random."""
        first, second = (one, other) if self.rng.random() < 0.5 else (other, one)
        return ChosenPair(first, second, strategy)

    # --- the strategies: each returns a pair, or None where it has none ---

    def repeat(self) -> ChosenPair | None:
        """An earlier pair of the same annotator, sides swapped, not too soon and not for a third time."""
        count = bisect_left(self.repeatable, len(self.mine) - REPEAT_GAP)
        if not count:
            return None
        pair = self.mine[self.repeatable[int(self.rng.integers(count))]]
        for place in self.repeatable_of[pair.clips]:
            del self.repeatable[bisect_left(self.repeatable, place)]
        return ChosenPair(pair.right_clip_id, pair.left_clip_id, "repeat")

    @cached_property
    def repeatable(self) -> list[int]:
        """Indices in `mine` of the pairs that were answered and not yet repeated, ascending.

        Pairs chosen in this call are unanswered, so none is added.
        """
        known = set(self.eligible)
        done = {pair.clips for pair in self.mine if pair.strategy == "repeat"}
        return [
            place
            for place, pair in enumerate(self.mine)
            if pair.answer in TARGETS and pair.clips not in done and pair.clips <= known
        ]

    @cached_property
    def repeatable_of(self) -> dict[frozenset[str], list[int]]:
        """`repeatable` by pair of clips: repeating one of them removes all with the same clips."""
        found: dict[frozenset[str], list[int]] = {}
        for place in self.repeatable:
            found.setdefault(self.mine[place].clips, []).append(place)
        return found

    def random(self) -> ChosenPair | None:
        """A pair drawn independently of all answers.

        Where others have had random pairs, every second one is one of theirs, so that annotators can be compared.
        """
        if sum(pair.strategy == "random" for pair in self.mine) % 2 == 0:
            shared = self.shared()
            if shared is not None:
                return shared
        return self.fresh(self.pool) or self.fresh(self.eligible)

    def shared(self) -> ChosenPair | None:
        """A random pair that another annotator had and this one did not."""
        theirs = [pair for pair in self.random_of_others if frozenset(pair) not in self.seen]
        if not theirs:
            return None
        one, other = theirs[int(self.rng.integers(len(theirs)))]
        return self.sides(one, other, "random")

    @cached_property
    def random_of_others(self) -> list[list[str]]:
        """Random pairs of the pool that other annotators had, in the order of clip ids."""
        known = set(self.pool)
        theirs = {
            pair.clips
            for pair in self.asked
            if pair.strategy == "random" and pair.annotator != self.annotator and pair.clips <= known
        }
        return sorted(map(sorted, theirs))

    def fresh(self, pool: list[str]) -> ChosenPair | None:
        """A uniformly random pair of `pool` that this annotator has not seen."""
        n = len(pool)
        if n < 2:
            return None
        for _ in range(_TRIES):
            i, j = (int(k) for k in self.rng.choice(n, 2, replace=False))
            if frozenset((pool[i], pool[j])) not in self.seen:
                return self.sides(pool[i], pool[j], "random")
        # Nearly all were seen: go through all pairs.
        left = [
            (one, other)
            for place, one in enumerate(pool)
            for other in pool[place + 1 :]
            if frozenset((one, other)) not in self.seen
        ]
        return self.sides(*left[int(self.rng.integers(len(left)))], "random") if left else None

    def near_tie(self) -> ChosenPair | None:
        """A pair of clips with almost equal rewards by the fit."""
        found = self.fitted_belief().near_tie(self.rng)
        return self.sides(*found, "near_tie") if found else None

    def inform(self) -> ChosenPair | None:
        """The most informative pair."""
        found = self.fitted_belief().most_informative(self.settings.information)
        return self.sides(*found, "information") if found else None

    def across(self) -> ChosenPair | None:
        """The pair of two videos that tells most about which of them has the better clips."""
        found = self.fitted_belief().across_videos()
        return self.sides(*found, "across") if found else None

    def compared(self) -> list[str]:
        """The clips whose pairs are compared: of a large pool those shown least, because pairs grow with its square."""
        if len(self.pool) <= _MOST_COMPARED:
            return self.pool
        shown = Counter(clip_id for pair in self.asked for clip_id in pair.clips)
        return sorted(self.pool, key=lambda clip_id: shown[clip_id])[:_MOST_COMPARED]

    def fitted_belief(self) -> Belief:
        """The posterior after all answers so far, fitted when first needed."""
        if self.belief is None:
            self.belief = Belief(self.clips, self.asked, self.compared(), self.seen, self.settings.most_shown)
        return self.belief
