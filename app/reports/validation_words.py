"""What the numbers of a validation mean, one plain sentence each: the page and the exported report say the same."""

from __future__ import annotations

from typing import Any

__all__ = ["UNSUPPORTED", "WORDS", "believed", "circularity", "foretelling", "headline", "labels_behind", "numbers"]

SURE = ("Reliability of ΔM", "Skill of the robot model")
"""What a gain that the data can't support does not touch."""
UNSUPPORTED = "No ρ is reported: a gain that a model which learned nothing would show is no gain."

WORDS = {
    "scatter": (
        "Reward against gain",
        (
            "Each point is a clip: to the right people like it more, upwards a robot model learns more from it. "
            "Choose a point to watch the clip."
        ),
    ),
    "controls": (
        "Does something simpler explain it?",
        (
            "The same correlation for clip length, hands in view, every single feature, the composite score and "
            "chance: whatever reaches the coloured band does as well as the reward."
        ),
    ),
    "keep": (
        "What if only the best clips were kept?",
        (
            "The loss of the robot model when it learns from the best share of clips by each score. “ΔM itself” is the "
            "limit: it was chosen on this very loss."
        ),
    ),
    "groups": (
        "Gain of whole groups",
        "Clips sorted by reward into groups of equal size: bars should grow to the right.",
    ),
    "bases": (
        "Other base sizes",
        (
            "How much a clip helps depends on how much data there is already. The size of the base was fixed in "
            "advance; this shows what the others would have said."
        ),
    ),
    "lds": (
        "Against training from scratch",
        (
            "Whole networks were trained on random subsets. If the points fall to the right, the gains foretell what "
            "real training does."
        ),
    ),
}


def headline(results: dict[str, Any]) -> str:
    """The verdict."""
    return str(results["verdict"]["sentence"])


def labels_behind(results: dict[str, Any]) -> str:
    """Whose labels the reward was learned from."""
    labels = results["labels"]
    if labels["people"]:
        return f"learned from {labels['people']:,} labels by people"
    return f"learned from {labels['simulated']:,} labels by simulated annotators, not by people"


def circularity(results: dict[str, Any]) -> str:
    """A caution where the model learned from measured gains what it is now held against; else empty."""
    count = sum(results.get("own_gains", {}).values())
    if not count:
        return ""
    return (
        f"The robot head of this model learned from {count:,} gains that validations measured here. To hold its own "
        "scores against such gains goes round in a circle: ρ of the model's own scores proves nothing. The ρ of the "
        "verdict stands: it is of rewards that were trained anew, from labels alone."
    )


def foretelling(found: dict[str, Any] | None) -> str:
    """What the networks that were trained from scratch can tell, and how far they agree with themselves."""
    if not found or found.get("share") is None:
        return ""
    if not found["learned"]:
        return (
            f"Their loss is {found['share']:.1%} under that of doing nothing: they learned too little, from too few "
            "clips or in too few steps, to tell anything. The thorough setting trains them longer."
        )
    said = f"Their loss is {found['share']:.1%} under that of doing nothing."
    if found["ceiling"] is None:
        return said
    return (
        f"{said} {found['twice']} of them were trained twice, and as far as the two agree no prediction could come "
        f"above a ρ of {found['ceiling']:.2f}."
    )


def numbers(results: dict[str, Any]) -> list[dict[str, str]]:
    """Rows `number`, `value`, `interval`, `meaning`, all text."""
    rows = [
        _row("ρ", results["rho"], "1: clips that people prefer are those that help; 0: no relation."),
        _row(
            "ρ of the model's own scores",
            results["rho_stored"],
            "The same for the scores in the workspace, which may have seen labels of these very clips.",
        ),
        _given(results),
        _row("Ceiling", results["ceiling"], "The highest ρ that two measures as noisy as these could show."),
        _row(
            "Reliability of ΔM",
            results["reliability_gain"],
            "How well repeating the measurement would agree: 1 is all.",
        ),
        _row("Reliability of the reward", results["reliability_reward"], "The same for training the reward again."),
        _row(
            "ρ of groups", results["groups"]["bins_rho"], "ρ between a group's reward and the gain of adding it whole."
        ),
        _row("ρ of source videos", results["groups"]["sources_rho"], "The same with each source video as a group."),
        _row(
            "LDS",
            results["lds"]["rho"] if results["lds"] and results["lds"].get("learned", True) else None,
            "Agreement of summed gains with training whole networks from scratch on random subsets.",
        ),
        _row(
            "p across sources",
            results["p_across"],
            "How often shuffled rewards would correlate as much: small is sure.",
        ),
        _row("p within sources", results["p_within"], "The same when clips are shuffled only within their own video."),
        _row(
            "Skill of the robot model",
            results["skill"]["share"],
            "Share by which its loss is under standing still and constant velocity, the better of them.",
        ),
    ]
    return [row for row in rows if row["value"] != "–"]


def _given(results: dict[str, Any]) -> dict[str, str]:
    """The partial correlation, under the names of what it holds fixed; older reports name none and mean both."""
    given = results.get("partial_given", ["clip length", "hands in view"])
    named = " and ".join(given)
    return _row(f"ρ given {named}", results["partial"], f"What remains once {named} is accounted for.")


def believed(results: dict[str, Any]) -> list[dict[str, str]]:
    """The rows that can be believed: all of them, or, where the data can't support a ΔM, those that say why."""
    return [row for row in numbers(results) if results["supported"] or row["number"] in SURE]


def _row(number: str, found: Any, meaning: str) -> dict[str, str]:
    if isinstance(found, dict):
        known = found["low"] is not None
        interval = f"{found['low']:.2f} to {found['high']:.2f}" if known else ""
        found = found["value"]
    else:
        interval = ""
    value = "–" if found is None else f"{found:.3f}" if number.startswith("p ") else f"{found:.2f}"
    return {"number": number, "value": value, "interval": interval, "meaning": meaning}
