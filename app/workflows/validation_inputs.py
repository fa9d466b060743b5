"""What a validation or an ablation is given: clips, pairs, footage and hand tracks as they stand when it starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from app.workflows.jobs.prepared import Prepared
from app.workflows.label_kinds import validation_kind
from app.workflows.named_views import view_called
from app.workflows.reward_data import clip_table, pair_table
from app.workflows.rewarding import find_model
from engine.contracts.validation import AblateSettings, RunInputs
from engine.preference.kinds import LABEL_KINDS
from engine.validation.inputs import ValidationInputs, write_inputs

if TYPE_CHECKING:
    from pathlib import Path

    from engine.contracts.validation import ValidateSettings
    from engine.preference.kinds import LabelKind
    from engine.tables.types import ClipTable
    from storage import Workspace
    from storage.rewards import RewardModel

__all__ = ["PreparedRun", "composite_scores", "prepare"]


class PreparedRun(Prepared):
    """What a run that is kept says of its inputs."""

    fingerprint: str
    labels: dict[str, int]
    """How many labels of each kind (all of one), and how many `pairs` they make."""
    own_gains: dict[str, int]
    """Validation run → how many of its gains the model's robot head learned from."""


def prepare(workspace: Workspace, settings: ValidateSettings, folder: Path) -> PreparedRun:
    """Write what a run is about, as it stands now. Raises `RewardError` where the model was deleted meanwhile."""
    run_id = settings.validation_run_id if isinstance(settings, AblateSettings) else None
    model = find_model(workspace, settings.model_id) if settings.model_id else None
    target = set(workspace.library.ids(view_called(workspace, settings.target))) if settings.target else None
    gains = {clip.clip_id: clip.gain for clip in workspace.validation.gains(run_id)} if run_id else {}
    kind = validation_kind(workspace, model)
    inputs = _inputs(workspace, model, gains, target, kind, tracks=run_id is None)
    counts = workspace.labels.counts()
    labels: dict[str, int] = {each: counts.of(each) if each == kind else 0 for each in LABEL_KINDS}
    labels["pairs"] = len(inputs.pairs)
    cache = workspace.paths.cache / "validation"
    cache.mkdir(parents=True, exist_ok=True)
    fingerprint = write_inputs(inputs, folder)
    RunInputs(cache=str(cache), labels=labels).write(folder)
    return PreparedRun(fingerprint=fingerprint, labels=labels, own_gains=_own_gains(workspace, model))


def _own_gains(workspace: Workspace, model: RewardModel | None) -> dict[str, int]:
    """Validation run → how many of its gains the model's robot head learned from."""
    sources = (model.report.gain_sources or {}) if model and model.report else {}
    return {run: count for run, count in sources.items() if workspace.validation.get(run) is not None}


def _inputs(
    workspace: Workspace,
    model: RewardModel | None,
    gains: dict[str, float],
    target: set[str] | None,
    kind: LabelKind,
    *,
    tracks: bool,
) -> ValidationInputs:
    clips = clip_table(workspace)
    truth = {clip.clip_id: clip for clip in workspace.sample.clip_quality()}
    footage = {clip.clip_id: clip for clip in workspace.validation.footage()}
    stored: dict[str, float] = {}
    if model is not None:
        rows = workspace.rewards.scores(model.model_id).to_pylist()
        stored = {row["clip_id"]: row["reward"] for row in rows}
    return ValidationInputs(
        clips=clips,
        pairs=pair_table(clips, workspace.labels.find(kind)),
        paths=tuple(footage[clip_id].path for clip_id in clips.clip_ids),
        windows=tuple((footage[clip_id].start_s, footage[clip_id].end_s) for clip_id in clips.clip_ids),
        composite=composite_scores(workspace, clips),
        stored=np.array([stored.get(clip_id, np.nan) for clip_id in clips.clip_ids], np.float64),
        gains=np.array([gains.get(clip_id, np.nan) for clip_id in clips.clip_ids], np.float64),
        quality=np.array([truth[c].quality if c in truth else np.nan for c in clips.clip_ids], np.float64),
        useful=np.array([truth[c].useful if c in truth else np.nan for c in clips.clip_ids], np.float64),
        measuring=np.array([target is None or clip_id in target for clip_id in clips.clip_ids], bool),
        tracks=workspace.validation.hand_tracks() if tracks else None,
    )


def composite_scores(workspace: Workspace, clips: ClipTable) -> np.ndarray[Any, np.dtype[np.float64]]:
    """`(n,)`: the composite score of each clip; NaN where there is none."""
    if "composite_score" not in workspace.features.columns():
        return np.full(len(clips), np.nan)
    table = workspace.features.read(["composite_score"])
    found = dict(zip(table.column("clip_id").to_pylist(), table.column("composite_score").to_pylist(), strict=True))
    return np.array([np.nan if found.get(c) is None else found[c] for c in clips.clip_ids], np.float64)
