"""A simulated annotator that answers pairs from the hidden quality of sample clips; its answers are so marked.

Sources: R. A. Bradley, M. E. Terry, "Rank analysis of incomplete block designs", Biometrika 39, 1952 (left against
right); R. R. Davidson, "On extending the Bradley–Terry model to accommodate ties in paired comparison experiments",
Journal of the American Statistical Association 65, 1970 (ties, most likely between equals); skill as the share of
answers that are not random follows the noisy Bradley–Terry model of crowd-kit.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from engine.preference.answers import ANSWERS, Answer

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Ceiling", "SimulatedAnnotator", "SimulatedAnswer", "annotator_ceiling"]


@dataclass(frozen=True)
class SimulatedAnswer:
    """One answer to a pair, after `response_ms`. Its kind is always `simulated`."""

    annotator: str
    answer: Answer
    response_ms: int
    kind: Literal["simulated"] = "simulated"


@dataclass(frozen=True, kw_only=True)
class SimulatedAnnotator:
    """An annotator who knows the hidden quality, with noise.

    Where it pays attention, P(left) = σ(β (q_left − q_right) / noise + side_bias) among decided answers.
    """

    name: str
    skill: float = 1.0
    """Share of the pairs that it pays attention to; the others it answers at random (with its side bias)."""
    noise: float = 1.0
    """Above 1, answers are more random than Bradley–Terry with β = 1."""
    tie_rate: float = 0.1
    """Probability of a tie for two equally good clips."""
    side_bias: float = 0.0
    """In logits; above 0 favours the left."""
    seed: int = 0
    skip_rate: float = 0.0
    """Probability of a skip."""
    beta: float = 1.0

    def __post_init__(self) -> None:
        for field in ("skill", "skip_rate"):
            if not 0 <= getattr(self, field) <= 1:
                raise ValueError(f"{field} is {getattr(self, field)}, but must lie between 0 and 1.")
        if not 0 <= self.tie_rate < 1:
            raise ValueError(f"tie_rate is {self.tie_rate}, but must lie between 0 and 1, 1 excluded.")
        if self.noise <= 0:
            raise ValueError(f"noise is {self.noise}, but must be more than 0.")

    def probabilities(self, left_quality: float, right_quality: float) -> dict[str, float]:
        """The probability of each answer."""
        left, tie = (float(p[0]) for p in self.decide(np.array([left_quality - right_quality])))
        answered = 1 - self.skip_rate
        return {
            "left": answered * left,
            "right": answered * (1 - left - tie),
            "tie": answered * tie,
            "skip": self.skip_rate,
        }

    def answer(
        self, left_clip: str, right_clip: str, left_quality: float, right_quality: float, repeat: int = 0
    ) -> SimulatedAnswer:
        """The answer to a pair, independent of when and in which order pairs are asked.

        `repeat` counts how often the same pair was asked.
        """
        rng = self._rng(left_clip, right_clip, repeat)
        draw = float(rng.random())
        p = self.probabilities(left_quality, right_quality)
        chosen: Answer = "skip"
        for name in ANSWERS:
            draw -= p[name]
            if draw < 0:
                chosen = name
                break
        # People take longer the closer the two are; response times are skewed to the right.
        close = math.exp(-abs(left_quality - right_quality) / self.noise)
        response_ms = (900 + 1700 * close) * math.exp(0.35 * float(rng.standard_normal()))
        return SimulatedAnswer(self.name, chosen, max(round(response_ms), 250))

    def _rng(self, left_clip: str, right_clip: str, repeat: int) -> np.random.Generator:
        # Lengths distinguish ("ab", "c") from ("a", "bc"); crc32 is the same on every machine, hash() is not.
        words = [zlib.crc32(text.encode()) for text in (self.name, left_clip, right_clip)]
        lengths = [len(left_clip), len(right_clip)]
        entropy = [self.seed & 0xFFFFFFFFFFFFFFFF, *words, *lengths, repeat]
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy)))

    def decide(self, difference: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """P(left) and P(tie) for `difference` (n,) = q_left − q_right, given that it is not a skip."""
        seen = self._davidson(self.beta * difference / self.noise + self.side_bias)
        blind = self._davidson(np.full_like(difference, self.side_bias, dtype=np.float64))
        k = self.skill
        return k * seen[0] + (1 - k) * blind[0], k * seen[1] + (1 - k) * blind[1]

    def _davidson(self, logit: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """P(left) and P(tie): strengths e^±logit/2, and ν times their geometric mean (1) for a tie."""
        nu = 2 * self.tie_rate / (1 - self.tie_rate)
        half = np.clip(logit, -60, 60) / 2
        left, right = np.exp(half), np.exp(-half)
        total = left + right + nu
        return left / total, nu / total


@dataclass(frozen=True)
class Ceiling:
    """The best expected accuracy on an annotator's decided answers (without ties and skips)."""

    against_truth: float
    """Share of its answers that name the truly better clip: what a perfect reward would score on its labels."""
    against_itself: float
    """Share of pairs, asked twice with the sides drawn anew, that it answers the same both times."""


def annotator_ceiling(
    annotator: SimulatedAnnotator, left_quality: NDArray[Any], right_quality: NDArray[Any]
) -> Ceiling:
    """The exact expected ceiling over pairs. Qualities are (n_pairs,); sides are random.

    Raises `ValueError` where there are no pairs.
    """
    left, right = np.asarray(left_quality, np.float64), np.asarray(right_quality, np.float64)
    if left.shape != right.shape or left.size == 0:
        raise ValueError(
            f"Qualities of the two sides have shapes {left.shape} and {right.shape}; give one of each a pair."
        )
    better = np.abs(left - right)
    win_left, tie_left = annotator.decide(better)
    win_swapped, tie_right = annotator.decide(-better)
    # With sides at random, the better clip is on the left half of the time.
    win = (win_left + (1 - tie_right - win_swapped)) / 2
    decided = 1 - (tie_left + tie_right) / 2
    p = win / decided
    truth = float(np.sum(win) / np.sum(decided))
    alike = float(np.sum(decided**2 * (p**2 + (1 - p) ** 2)) / np.sum(decided**2))
    return Ceiling(truth, alike)
