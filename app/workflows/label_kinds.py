"""Which kind of labels a reward learns from: people's where there are enough, else another kind, never two together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.preference.kinds import USED_FIRST

if TYPE_CHECKING:
    from engine.preference.kinds import LabelKind
    from storage import Workspace
    from storage.rewards import RewardModel

__all__ = ["FEWEST_LABELS", "LEAST_PAIRS", "training_kind", "validation_kind"]

FEWEST_LABELS = 10
"""A reward is trained on as many labels at least, skips not counted."""
LEAST_PAIRS = 20
"""A validation needs as many labels of one kind at least, skips not counted."""


def training_kind(workspace: Workspace, like: LabelKind | None = None) -> LabelKind:
    """The kind of labels that a reward is trained on unless another is chosen; `like` where there are enough of it."""
    return _first_with(workspace, FEWEST_LABELS, like)


def validation_kind(workspace: Workspace, model: RewardModel | None) -> LabelKind:
    """The kind of labels that the rewards of a validation are trained on: the model's own where there are enough."""
    return _first_with(workspace, LEAST_PAIRS, None if model is None else model.labels_by)


def _first_with(workspace: Workspace, least: int, preferred: LabelKind | None) -> LabelKind:
    """The preferred kind, or the first in order, with `least` labels; or else the first with any at all."""
    counts = workspace.labels.counts(skips=False)
    order = USED_FIRST if preferred is None else (preferred, *USED_FIRST)
    enough = [kind for kind in order if counts.of(kind) >= least]
    return (enough or workspace.labels.counts().kinds or USED_FIRST)[0]
