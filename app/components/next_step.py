"""Suggests the next step once the clips are measured: label, train, validate, export."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from app.markdown_text import plain
from app.reports.verdicts import reward_verdict
from engine.preference.kinds import counted_by

if TYPE_CHECKING:
    from storage import Workspace
    from storage.labels import LabelCounts

__all__ = ["NextStep", "next_step"]

ENOUGH_LABELS = 200
"""The least number of labels before training is suggested; 200 to 500 are the usual target."""


class NextStep(NamedTuple):
    """One step: a sentence, its button, and the page that it opens."""

    text: str
    button: str
    icon: str
    file: str


def next_step(workspace: Workspace, labels: LabelCounts) -> NextStep:
    """The next step of a workspace whose clips are measured."""
    model = workspace.rewards.current()
    if not labels.kinds:
        return NextStep(
            "**Say which clips are better.** Two at a time, one key an answer; 200 to 500 pairs are enough.",
            "Label pairs",
            ":material/compare:",
            "label.py",
        )
    kind = labels.kinds[0]
    if model is None and (kind != "people" or labels.people >= ENOUGH_LABELS):
        count = counted_by(labels.of(kind), kind)
        said = "" if kind == "people" else " People gave none: it will not be what people prefer."
        return NextStep(f"**Train a reward on {count}.**{said}", "Train", ":material/model_training:", "train.py")
    if model is None:
        return NextStep(
            f"**{counted_by(labels.people, 'people')} so far**, {ENOUGH_LABELS - labels.people} more make a reward "
            "that can be judged. Training works earlier, and says how sure it is.",
            "Go on labelling",
            ":material/compare:",
            "label.py",
        )
    validated = workspace.validation.latest()
    if validated is None:
        return NextStep(
            f"**Is “{plain(model.name)}” worth believing?** "
            "Compare it with how much clips help a behaviour-cloning model.",
            "Validate",
            ":material/fact_check:",
            "validate.py",
        )
    judged = reward_verdict(model.report)
    if judged.standing == "bad":
        return NextStep(
            f"**The reward “{plain(model.name)}” can't be relied on.** {plain(judged.sentence)}",
            "Go on labelling",
            ":material/compare:",
            "label.py",
        )
    asked = "the reward was validated" if validated.report.supported else "no gain could be measured to validate it"
    return NextStep(
        f"**The clips are ranked, and {asked}.** Export the best of them.",
        "Export the best clips",
        ":material/ios_share:",
        "export_sync.py",
    )
