"""What the numbers of a report come to, in sentences for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.reward.metrics import interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.reward.metrics import Interval

__all__ = ["verdict"]

FEW_LABELS = 50
NEAR = 0.03
"""As near to the ceiling as this counts as reached."""


def verdict(judges: Sequence[dict[str, Any]], ceiling: dict[str, Any] | None, held_out: int) -> list[dict[str, str]]:
    """Sentences, each with a `tone`: good, plain or bad. `judges` carry their bootstrap draws."""
    by_key = {row["key"]: row for row in judges}
    said = []
    if held_out < FEW_LABELS:
        said.append(note("bad", f"Only {held_out} labels could be held out: the intervals are wide. More labels help."))
    over_chance = by_key["ensemble"]["accuracy"]
    if over_chance["low"] <= 0.5:
        said.append(note("bad", "The ensemble can't be told from a coin on sources that it never saw."))
    baselines = [row for row in judges if row["kind"] == "baseline" and row["key"] != "chance"]
    said += [compared(by_key["ensemble"], row) for row in baselines]
    features = [row for row in judges if row["kind"] == "feature"]
    best = max(features, key=lambda row: row["accuracy"]["value"], default=None)
    if best is not None and best["accuracy"]["value"] >= over_chance["value"]:
        said.append(
            note(
                "bad",
                f"One feature alone, {best['key']}, does as well ({points(best['accuracy']['value'])}); the best of "
                "many is flattered by being picked afterwards.",
            )
        )
    if ceiling is not None:
        said.append(against_ceiling(by_key["ensemble"], ceiling))
    return said


def compared(ensemble: dict[str, Any], other: dict[str, Any]) -> dict[str, str]:
    """Whether the ensemble beats a baseline, by the paired bootstrap of the difference."""
    gap = interval(ensemble["draws"]["accuracy"] - other["draws"]["accuracy"])
    name = {"linear": "the linear Bradley–Terry fit", "composite": "the composite score"}[other["key"]]
    values = f"{points(ensemble['accuracy']['value'])} against {points(other['accuracy']['value'])}"
    if gap.low > 0:
        return note("good", f"The ensemble beats {name}: {values} pair accuracy, {gained(gap)}.")
    if gap.high < 0:
        return note("bad", f"{name[0].upper()}{name[1:]} does better than the ensemble: {values}, {gained(gap)}.")
    if gap.value < 0:
        return note(
            "bad", f"The ensemble is behind {name} ({values}), but by no more than chance may give: {gained(gap)}."
        )
    if gap.value == 0:
        return note("bad", f"{name[0].upper()}{name[1:]} does as well: {values} pair accuracy, {gained(gap)}.")
    return note(
        "plain", f"The ensemble is ahead of {name} ({values}), but by no more than chance may give: {gained(gap)}."
    )


def against_ceiling(ensemble: dict[str, Any], ceiling: dict[str, Any]) -> dict[str, str]:
    """How far the ensemble is from what a perfect reward would score."""
    top, own = ceiling["accuracy"]["value"], ensemble["accuracy"]["value"]
    what = (
        "a reward that knew the sample's hidden quality would score"
        if ceiling["kind"] == "truth"
        else f"the annotators' agreement with themselves over {ceiling['pairs']} repeats allows"
    )
    short = 100 * (top - own)
    if own >= top:
        return note("good", f"It does as well as the {points(top)} that {what}.")
    if top - own <= NEAR:
        return note("good", f"It is within {short:.1f} points of the {points(top)} that {what}.")
    return note("plain", f"It is {short:.1f} points short of the {points(top)} that {what}.")


def note(tone: str, text: str) -> dict[str, str]:
    return {"tone": tone, "text": text}


def points(share: float) -> str:
    return f"{100 * share:.1f} %"


def gained(gap: Interval) -> str:
    return f"{100 * gap.value:+.1f} points ({100 * gap.low:+.1f} to {100 * gap.high:+.1f})"
