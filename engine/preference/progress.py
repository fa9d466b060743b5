"""Labelling progress: how stable the ranking is, and whether more labels are worth their time.

All numbers come from the linear Bradley–Terry fit that the choice of pairs uses too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.preference.answers import TARGETS
from engine.preference.design import design_rows
from engine.preference.linear import fit_linear_evidence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.arrays import Floats
    from engine.preference.answers import GivenAnswer
    from engine.preference.linear import LinearFit
    from engine.tables.types import ClipTable

__all__ = ["Progress", "kendall_tau", "ranking_progress"]

_FEWEST: Final = 20
MOST_CLIPS: Final = 1000
STEPS: Final = 12
_WORTH: Final = 0.005
_ROUND: Final = 50
_FARTHEST: Final = 5_000
_SHOWN: Final = 300


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Stability and reliability of the ranking from the labels so far."""

    labels: int
    """Number of decided or tied labels of existing clips."""
    moved: tuple[tuple[int, float], ...]
    """(n, Kendall's τ between the ranking by the first n labels and the ranking by all)."""
    reliability: float
    """Expected correlation of the scores with those from infinitely many labels."""
    expected: tuple[tuple[int, float], ...]
    """(n, expected `reliability` after n labels)."""
    worthwhile: int
    """How many more labels are worthwhile: every 50 of them add 0.005 or more to `reliability`; 0 for none."""


def ranking_progress(clips: ClipTable, answers: Sequence[GivenAnswer]) -> Progress | None:
    """Compute the progress; None with fewer than 20 labels, or without features."""
    row = {clip_id: k for k, clip_id in enumerate(clips.clip_ids)}
    known = [a for a in answers if a.answer in TARGETS and a.left_clip_id in row and a.right_clip_id in row]
    if len(known) < _FEWEST:
        return None
    wanted = {clip_id for answer in known for clip_id in answer.pair}
    spare = np.linspace(0, len(clips) - 1, min(MOST_CLIPS, len(clips))).astype(np.intp)
    rows = np.unique(np.concatenate([spare, [row[clip_id] for clip_id in wanted]])).astype(np.intp)
    design, embedded = design_rows(clips, rows)
    if not design.shape[1]:
        return None
    place = {int(k): at for at, k in enumerate(rows)}
    left = np.array([place[row[a.left_clip_id]] for a in known])
    right = np.array([place[row[a.right_clip_id]] for a in known])
    differences, target = design[left] - design[right], np.array([TARGETS[a.answer] for a in known])
    spare_design = design[[place[int(k)] for k in spare]]
    fit = fit_linear_evidence(differences, target, embedded)
    moved = []
    for count in np.unique(np.linspace(_FEWEST, len(known), STEPS).astype(int)):
        early = fit_linear_evidence(differences[:count], target[:count], embedded)
        moved.append((int(count), kendall_tau(spare_design @ early.weights, spare_design @ fit.weights)))
    curve = _expected_reliability(spare_design, fit, len(known))
    more = worthwhile(curve)
    shown = tuple(point for point in curve if point[0] <= len(known) + max(_SHOWN, 2 * more))
    return Progress(labels=len(known), moved=tuple(moved), reliability=curve[0][1], expected=shown, worthwhile=more)


def _expected_reliability(design: Floats, fit: LinearFit, labels: int) -> list[tuple[int, float]]:
    """Expected reliability with more labels: (labels, expected correlation), in steps of 50.

    In the posterior a clip's score is its mean plus an error of variance x'Σx, so the true scores have the variance
    S + N (of means and of errors, over clips), and their expected correlation with the means is √(S / (S + N)).
    m labels like the n so far scale their information by m/n: Σ(m) = (Λ + m/n · (H − Λ))⁻¹.
    """
    centred = design - design.mean(axis=0)
    signal = float(np.var(centred @ fit.weights))
    spread = centred.T @ centred / len(centred)
    prior = np.diag(fit.precision)
    brought = np.linalg.inv(fit.covariance) - prior
    total = signal + float(np.sum(spread * fit.covariance))
    curve = []
    for count in range(labels, labels + _FARTHEST + _ROUND, _ROUND):
        covariance = np.linalg.inv(prior + brought * (count / labels))
        left_open = float(np.sum(spread * covariance))
        curve.append((count, math.sqrt(max(0.0, 1 - left_open / total)) if total else 0.0))
    return curve


def worthwhile(curve: Sequence[tuple[int, float]]) -> int:
    """Number of labels until 50 more add less than 0.005."""
    for (count, now), (_, later) in pairwise(curve):
        if later - now < _WORTH:
            return count - curve[0][0]
    return curve[-1][0] - curve[0][0]


def kendall_tau(a: Floats, b: Floats) -> float:
    """Kendall's τ-a over all pairs: 1 for the same order, 0 for no relation (M. G. Kendall, Biometrika 30, 1938)."""
    above = np.triu_indices(len(a), 1)
    alike = np.sign(a[:, None] - a)[above] * np.sign(b[:, None] - b)[above]
    return float(alike.mean()) if len(alike) else math.nan
