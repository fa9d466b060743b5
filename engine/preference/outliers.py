"""Flags annotators with unusual answers, with reasons. Nobody is excluded automatically: a person decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.preference.agreement import self_agreement, side_bias
from engine.preference.answers import DECIDED, by_annotator
from engine.preference.habits import response_times

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.preference.answers import GivenAnswer
    from engine.preference.skill import Skill

__all__ = ["Outlier", "outliers"]

_FEWEST: Final = 20
_BIAS: Final = 0.60
_HASTY: Final = 0.25
_RUN: Final = 20
_SELF: Final = 0.60
_SKILL: Final = 0.50
_UNDECIDED: Final = 0.60


@dataclass(frozen=True)
class Outlier:
    """One reason to check an annotator's answers."""

    annotator: str
    reason: str


def outliers(answers: Sequence[GivenAnswer], skills: Sequence[Skill] = ()) -> list[Outlier]:
    """Find outliers: the whole confidence interval must lie beyond the limit, not only the value.

    Annotators with fewer than 20 answers are not judged.
    """
    of_skill = {skill.annotator: skill for skill in skills}
    found: list[Outlier] = []
    for name, own in by_annotator(answers).items():
        if len(own) < _FEWEST:
            continue
        found.extend(Outlier(name, reason) for reason in (*reasons(own), *_skill_reason(of_skill.get(name))))
    return found


def reasons(own: Sequence[GivenAnswer]) -> list[str]:
    """The reasons to check one annotator's answers."""
    found = []
    bias = side_bias(own)
    for side, low, value in (("left", bias.low, bias.value), ("right", 1 - bias.high, 1 - bias.value)):
        # Random sides give one half: the interval must exclude it, and the deviation must be large enough to matter.
        if bias.total and low > 0.5 and value > _BIAS:
            found.append(f"chooses the {side} clip in {value:.0%} of answers, where half is expected")
    run, side = _longest_run(own)
    if run >= _RUN:
        found.append(f"chose {side} {run} times in a row")
    times = response_times(own)
    if times is not None and times.hasty_share > _HASTY:
        found.append(f"answers within 0.4 s in {times.hasty_share:.0%} of pairs")
    same = self_agreement(own)
    if same.total and same.high < _SELF:
        found.append(f"says the same again for only {same.count:.0f} of {same.total} repeated pairs")
    undecided = float(np.mean([answer.answer not in DECIDED for answer in own]))
    if undecided > _UNDECIDED:
        found.append(f"decides only {1 - undecided:.0%} of pairs; the rest are ties and skips")
    return found


def _skill_reason(skill: Skill | None) -> list[str]:
    """A reason where at least half of the answers are random, by the whole interval."""
    if skill is None or skill.high >= _SKILL:
        return []
    return [f"follows what the clips show in at most {skill.high:.0%} of answers; the rest are as good as random"]


def _longest_run(own: Sequence[GivenAnswer]) -> tuple[int, str]:
    """The longest run of equal answers, left or right, and its side."""
    best, side, run, before = 0, "", 0, ""
    for answer in own:
        run = run + 1 if answer.answer == before else 1
        before = answer.answer
        if before in DECIDED and run > best:
            best, side = run, before
    return best, side
