"""Family `preference`: what the reward of these clips is worth, and the clips that it can't place.

Nothing is made up: without a reward, or without held-out labels, the answer is that it is unknown, and why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.audit.outcome import Hit, Outcome, clip_outcome
from engine.audit.rule import Rule

if TYPE_CHECKING:
    from engine.audit.facts import AuditFacts
    from engine.audit.settings import AuditSettings

__all__ = ["RULES"]

_COIN = 0.5


def reward_no_better_than_chance(facts: AuditFacts, _settings: AuditSettings) -> Outcome:
    """The reward does not tell better clips from worse ones on videos that it never saw."""
    known = facts.preference
    if known.why_unknown:
        return _unknown(known.why_unknown)
    accuracy = known.accuracy
    if accuracy is None or accuracy.value is None:
        return _unknown("no label could be held out to judge the reward by")
    if accuracy.low is None:
        return _unknown(f"right in {accuracy.value:.0%} of pairs, of too few videos to be sure")
    words = f"right in {accuracy.value:.0%} of pairs on videos that it never saw, {accuracy.low:.0%} at least"
    return _of_model(facts, words if accuracy.low <= _COIN else "")


def reward_not_validated(facts: AuditFacts, _settings: AuditSettings) -> Outcome:
    """Clips that the reward prefers were not found to teach a robot model more."""
    known = facts.preference
    if known.why_unknown:
        return _unknown(known.why_unknown)
    if known.validation is None:
        return _unknown("the reward was never validated")
    if known.validation in ("undecided", "unsupported"):
        return _unknown(known.validation_words)
    return _of_model(facts, known.validation_words if known.validation == "not met" else "")


def reward_simulated(facts: AuditFacts, _settings: AuditSettings) -> Outcome:
    """The reward learned from labels that no person gave."""
    known = facts.preference
    if known.why_unknown:
        return _unknown(known.why_unknown)
    if known.labels_by is None:
        return _unknown("nobody knows who gave the labels that the reward learned from")
    by = {"simulated": "simulated labels", "model": "a model's judgements"}.get(known.labels_by, "")
    count = f"{known.labels:,} " if known.labels and known.labels_by == "simulated" else ""
    return _of_model(facts, f"it learned from {count}{by}" if by else "")


def unscored(facts: AuditFacts, _settings: AuditSettings) -> Outcome:
    """Clips that the reward can't score."""
    if facts.preference.why_unknown:
        return _unknown(facts.preference.why_unknown, facts.clips.num_rows)
    missing = ~np.isfinite(facts.numbers("reward"))
    return clip_outcome(facts, missing, np.ones(len(missing), bool), "", lambda _row: "it has no score")


def reward_uncertain(facts: AuditFacts, settings: AuditSettings) -> Outcome:
    """Clips about which the ensemble disagrees more than the clips differ."""
    if facts.preference.why_unknown:
        return _unknown(facts.preference.why_unknown, facts.clips.num_rows)
    if facts.preference.is_selection:
        why = "these clips were chosen, maybe by this reward: how far the rewards of all clips spread is not known"
        return _unknown(why, facts.clips.num_rows)
    reward, doubt = facts.numbers("reward"), facts.numbers("reward_std")
    known = np.isfinite(reward) & np.isfinite(doubt)
    if known.sum() < 2:
        return _unknown("fewer than two clips have a score", facts.clips.num_rows)
    spread = float(np.std(reward[known]))
    with np.errstate(invalid="ignore"):
        found = doubt > settings.preference.uncertain * spread
    words = "reward {:.2f} ± {:.2f}, where all clips spread by {:.2f}"
    return clip_outcome(
        facts, found, known, "they have no score", lambda row: words.format(reward[row], doubt[row], spread)
    )


def _unknown(why: str, count: int = 1) -> Outcome:
    return Outcome(unknown=count, why=why, applies=count > 0)


def _of_model(facts: AuditFacts, wrong: str) -> Outcome:
    name = facts.preference.model_name
    return Outcome(hits=(Hit(name, "", wrong),) if wrong else (), checked=1)


RULES: tuple[Rule, ...] = (
    Rule(
        name="reward-no-better-than-chance",
        family="preference",
        severity="warning",
        subject="model",
        title="Reward no better than a coin",
        meaning="On videos that it never saw, the reward does not tell the better of two clips with certainty.",
        remedy="Label more pairs, of more videos.",
        check=reward_no_better_than_chance,
        limit=lambda _settings: "lower end of the 95 % interval at or under 50 % of pairs",
    ),
    Rule(
        name="reward-not-validated",
        family="preference",
        severity="warning",
        subject="model",
        title="Reward fails validation",
        meaning="Clips that the reward prefers were not found to teach a behaviour-cloning model more.",
        remedy="Label more pairs, or import more videos, and validate again.",
        check=reward_not_validated,
    ),
    Rule(
        name="reward-simulated",
        family="preference",
        severity="note",
        subject="model",
        title="Reward of no person's labels",
        meaning="The reward learned from labels that no person gave: its scores are no person's preference.",
        remedy="Label pairs yourself before anything rests on it.",
        check=reward_simulated,
    ),
    Rule(
        name="unscored",
        family="preference",
        severity="note",
        subject="clip",
        title="Not scored",
        meaning="The reward has no score of the clip.",
        remedy="Measure it and score again: `handpicked score`.",
        check=unscored,
    ),
    Rule(
        name="reward-uncertain",
        family="preference",
        severity="note",
        subject="clip",
        title="Reward can't place it",
        meaning="The members of the reward's ensemble disagree about the clip more than clips differ.",
        remedy="Label pairs with these clips.",
        check=reward_uncertain,
        limit=lambda settings: (
            f"disagreement over {settings.preference.uncertain:g} standard deviations of the rewards"
        ),
    ),
)
