"""What the training of a reward is given: clips with features, labels, and what else is known of the clips."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.workflows.jobs.prepared import Prepared
from app.workflows.label_kinds import training_kind
from app.workflows.reward_data import pairs_among, write_all_clips
from engine.contracts.reward import CLIPS_FILE, EXTRA_FILE, PAIRS_FILE
from engine.preference.kinds import LabelKind  # noqa: TC001  # read at run time by the model
from engine.tables.parquet import write_extra, write_pairs

if TYPE_CHECKING:
    from pathlib import Path

    from engine.contracts.reward import TrainSettings
    from engine.reward.judging.training_report import TrainingReport
    from storage import Workspace

__all__ = ["PreparedTraining", "prepare_training"]


class PreparedTraining(Prepared):
    """What the report of a model says of the labels and numbers that it learned from."""

    kind: LabelKind
    """Who gave the labels."""
    annotators: tuple[str, ...]
    skipped: int
    ties: int
    gain_sources: dict[str, int]
    """Where measured gains came from → how many of them."""
    feature_versions: dict[str, int]
    """Extractor → the oldest version of its numbers."""

    def stated_in(self, report: TrainingReport) -> TrainingReport:
        """The report of the training, with this in it."""
        return replace(
            report,
            kind=self.kind,
            annotators=self.annotators,
            skipped=self.skipped,
            ties=self.ties,
            gain_sources=self.gain_sources,
            feature_versions=self.feature_versions,
        )


def prepare_training(workspace: Workspace, settings: TrainSettings, folder: Path) -> PreparedTraining:
    """Write clips, labels of one kind, and what else is known of the clips."""
    kind = settings.labels or training_kind(workspace)
    labels = workspace.labels.find(kind)
    clips = write_all_clips(workspace, folder / CLIPS_FILE)
    pairs = pairs_among(clips.clip_ids, labels)
    write_pairs(pairs, folder / PAIRS_FILE)
    extra = {"gain": clips.column(workspace.rewards.gains())}
    if "composite_score" in workspace.features.columns():
        extra["composite"] = workspace.features.numbers(clips.clip_ids, ["composite_score"])[:, 0]
    if kind == "simulated":
        # The annotators' own ceiling is known where they are simulated: they answered from this.
        truth = {clip.clip_id: clip.quality for clip in workspace.sample.clip_quality()}
        extra["quality"] = clips.column(truth)
    write_extra(extra, folder / EXTRA_FILE)
    return PreparedTraining(
        kind=kind,
        annotators=tuple(sorted(set(pairs.annotators))),
        skipped=sum(label.answer == "skip" for label in labels),
        ties=int((pairs.target == 0.5).sum()),
        gain_sources=workspace.rewards.gain_sources(),
        feature_versions={
            name: version for name, version in workspace.features.oldest_versions().items() if name in clips.groups
        },
    )
