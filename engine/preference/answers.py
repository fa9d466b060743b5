"""Types of asked pairs and answers, and shares with confidence intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "ANSWERS",
    "DECIDED",
    "ENTRIES",
    "TARGETS",
    "Answer",
    "AskedPair",
    "Entry",
    "GivenAnswer",
    "Share",
    "by_annotator",
    "first_answers",
    "share",
]

Answer = Literal["left", "right", "tie", "skip"]
"""The possible answers to a pair."""
Entry = Literal[Answer, "undone"]
"""An entry in the journal of labels: an answer, or that one was undone."""
ANSWERS: Final[tuple[Answer, ...]] = get_args(Answer)
ENTRIES: Final[tuple[Entry, ...]] = get_args(Entry)
DECIDED: Final = ("left", "right")
TARGETS: Final = {"left": 1.0, "right": 0.0, "tie": 0.5}
"""Training target of each answer: the share of the win that goes to the left clip."""
_Z95: Final = 1.959964


@dataclass(frozen=True)
class AskedPair:
    """A pair that an annotator was asked about. Lists of them are ordered oldest first."""

    left_clip_id: str
    right_clip_id: str
    answer: str | None
    """left, right, tie or skip; None while it is unanswered."""
    annotator: str
    strategy: str

    @cached_property
    def clips(self) -> frozenset[str]:
        """The two clips, as a set."""
        return frozenset((self.left_clip_id, self.right_clip_id))


@dataclass(frozen=True, kw_only=True)
class GivenAnswer:
    """One answer. Lists of them are ordered oldest first, and hold those of one kind only."""

    left_clip_id: str
    right_clip_id: str
    answer: str
    """left, right, tie or skip."""
    annotator: str
    strategy: str = "random"
    response_ms: int | None = None

    @property
    def pair(self) -> tuple[str, str]:
        """The two clips in alphabetical order, whichever side each was on."""
        one, other = sorted((self.left_clip_id, self.right_clip_id))
        return one, other

    @property
    def verdict(self) -> int | None:
        """1 where the first clip of `pair` was chosen, −1 where the second was, 0 for a tie; None for a skip."""
        if self.answer == "tie":
            return 0
        if self.answer not in DECIDED:
            return None
        chosen = self.left_clip_id if self.answer == "left" else self.right_clip_id
        return 1 if chosen == self.pair[0] else -1


def by_annotator(answers: Iterable[GivenAnswer]) -> dict[str, list[GivenAnswer]]:
    """Annotator → their answers, annotators in alphabetical order."""
    found: dict[str, list[GivenAnswer]] = {}
    for answer in answers:
        found.setdefault(answer.annotator, []).append(answer)
    return dict(sorted(found.items()))


def first_answers(answers: Sequence[GivenAnswer]) -> dict[str, dict[tuple[str, str], int]]:
    """Annotator → pair → first verdict, without repeats and skips: the basis of agreement."""
    found: dict[str, dict[tuple[str, str], int]] = {}
    for name, own in by_annotator(answers).items():
        for answer in own:
            if answer.verdict is not None:
                found.setdefault(name, {}).setdefault(answer.pair, answer.verdict)
    return found


@dataclass(frozen=True)
class Share:
    """`count` of `total`, with the 95 % confidence interval of the underlying share."""

    count: float
    total: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """The share; NaN where `total` is 0."""
        return self.count / self.total if self.total else math.nan


def share(count: float, total: int) -> Share:
    """A share with its Wilson score interval (E. B. Wilson, "Probable inference", JASA 22, 1927)."""
    if total == 0:
        return Share(0, 0, 0.0, 1.0)
    p, z2 = count / total, _Z95**2
    middle = (p + z2 / (2 * total)) / (1 + z2 / total)
    half = _Z95 / (1 + z2 / total) * math.sqrt(p * (1 - p) / total + z2 / (4 * total**2))
    return Share(count, total, max(0.0, middle - half), min(1.0, middle + half))
