"""Suggests the next step once the clips are measured: label, train, validate, export."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from app.components.feedback import plain
from app.text import plural

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
    if not labels.people and not labels.simulated:
        return NextStep(
            "**Say which clips are better.** Two at a time, one key an answer; 200 to 500 pairs are enough.",
            "Label pairs",
            ":material/compare:",
            "label.py",
        )
    if model is None and (labels.people >= ENOUGH_LABELS or not labels.people):
        simulated = "" if labels.people else " They are simulated: it will say nothing about people."
        count = plural(labels.people or labels.simulated, "label")
        return NextStep(f"**Train a reward on {count}.**{simulated}", "Train", ":material/model_training:", "train.py")
    if model is None:
        return NextStep(
            f"**{plural(labels.people, 'label')} so far**, {ENOUGH_LABELS - labels.people} more make a reward that "
            "can be judged. Training works earlier, and says how sure it is.",
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
    asked = "the reward was validated" if validated.report.supported else "no gain could be measured to validate it"
    return NextStep(
        f"**The clips are ranked, and {asked}.** Export the best of them.",
        "Export the best clips",
        ":material/ios_share:",
        "export_sync.py",
    )
