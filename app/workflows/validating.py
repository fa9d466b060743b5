"""Validation and ablation: write down what they need, start them, and keep what they find."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from pydantic import ValidationError

from app.workflows.jobs.kinds import JobKind
from app.workflows.jobs.prepared import Prepared
from app.workflows.reward_data import clip_table, pair_table
from app.workflows.rewarding import find_model, train_spec
from engine.contracts.validation import (
    AblateSettings,
    AblationResultRow,
    Effort,
    GainRow,
    RunInputs,
    ValidateSettings,
    ValidationResultRow,
)
from engine.errors import RewardError
from engine.files.read_json import explain
from engine.reward.settings import ModelSettings, TrainingSettings
from engine.runtime.spec import Item, ItemPayload, JobSpec
from engine.settings.jobs import usable_cores
from engine.settings_model import SettingsModel
from engine.validation.inputs import ValidationInputs, write_inputs
from engine.validation.settings import ValidationSettings
from storage.errors import StorageError
from storage.validation import AblationRun, ValidationRun

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from engine.runtime.shards import ShardFolder
    from engine.tables.types import ClipTable
    from storage import Workspace
    from storage.jobs import Outcome
    from storage.rewards import RewardModel

__all__ = [
    "ABLATE_KIND",
    "VALIDATE_KIND",
    "Readiness",
    "ablate_spec",
    "feature_groups",
    "readiness",
    "run_of_job",
    "train_on_gains",
    "validate_spec",
]

VALIDATE, ABLATE = "validate", "ablate"
LEAST_PAIRS = 20


class Readiness:
    """Whether a workspace can be validated, and what is missing."""

    def __init__(self, workspace: Workspace) -> None:
        counts = workspace.labels.counts()
        self.people, self.simulated = counts.people, counts.simulated
        self.clips = workspace.clips.count()
        self.hands = workspace.features.measured().get("hands", 0)

    @property
    def missing(self) -> str:
        """What to do first, as a sentence; empty where nothing is missing."""
        if not self.clips:
            return "Import videos first."
        if not self.hands:
            return "Extract features first: gain is measured on hand tracks."
        if max(self.people, self.simulated) < LEAST_PAIRS:
            return f"Label at least {LEAST_PAIRS} pairs first: there is no reward to question yet."
        return ""


def readiness(workspace: Workspace) -> Readiness:
    """Whether a workspace can be validated."""
    return Readiness(workspace)


def validate_spec(
    workspace: Workspace, *, model: str | None = None, seed: int = 0, effort: Effort | None = None
) -> JobSpec:
    """The job that measures gains and holds a reward against them.

    `model`: a reward model's id or name, or None for the current one; where there is none, the reward is trained as the
    settings are. Raises `StorageError` where something is missing first.
    """
    _ready(workspace)
    settings = _settings(workspace, "validation", model, seed, effort)
    return JobSpec(VALIDATE, (Item(settings.run_id, ItemPayload()),), settings)


def ablate_spec(
    workspace: Workspace,
    *,
    model: str | None = None,
    groups: Sequence[Sequence[str]] = (),
    seed: int = 0,
    effort: Effort | None = None,
    run_id: str | None = None,
) -> JobSpec:
    """The job that trains the reward without each of `groups` (the usual ones where empty), against measured gains.

    Raises `StorageError` where nothing was validated yet, or for a group that no clip has.
    """
    _ready(workspace)
    run = workspace.validation.get(run_id) if run_id else workspace.validation.latest()
    if run is None:
        msg = "there are no measured gains to hold an ablation against"
        raise StorageError(msg, remedy="Run `handpicked validate` first, or start it on the Validate page.")
    known = feature_groups(workspace)
    for name in {name for group in groups for name in group}:
        if name not in known:
            msg = f"no clip has features of a group called {name!r}"
            raise StorageError(msg, remedy=f"Known: {', '.join(known)}.")
    settings = AblateSettings(
        **dict(_settings(workspace, "ablation", model, seed, effort)),
        groups=tuple(tuple(group) for group in groups),
        validation_run_id=run.run_id,
    )
    return JobSpec(ABLATE, (Item(settings.run_id, ItemPayload()),), settings)


def feature_groups(workspace: Workspace) -> list[str]:
    """The groups of features that a reward is made from."""
    from engine.validation.ablation import known_groups

    return known_groups(clip_table(workspace))


def train_on_gains(workspace: Workspace, run_id: str, *, seed: int = 0) -> JobSpec:
    """Let the robot head learn from a run's gains; returns the job that trains a reward on them.

    Raises `StorageError` for a run that is not there or whose data can't support its gains, `RewardError` where a
    reward can't be trained. The gains count for every later training too.
    """
    run = workspace.validation.get(run_id)
    if run is None or not run.results["supported"]:
        msg = f"there are no gains of {run_id!r} to learn from"
        raise StorageError(msg, remedy="Validate again: gains count only where the robot model learned something.")
    spec = train_spec(workspace, seed=seed)
    workspace.validation.use_gains(run_id)
    return spec


def run_of_job(spec: JobSpec) -> str:
    """The run that a job makes."""
    return spec.settings_as(ValidateSettings).run_id


def _ready(workspace: Workspace) -> None:
    missing = readiness(workspace).missing
    if missing:
        raise StorageError("this workspace can't be validated yet", remedy=missing)


def _run_id(kind: str) -> str:
    return f"{kind}-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def _settings(workspace: Workspace, what: str, model: str | None, seed: int, effort: Effort | None) -> ValidateSettings:
    settings = workspace.settings.load(ValidationSettings)
    found = find_model(workspace, model) if model else workspace.rewards.current()
    kept = found.settings if found else {}
    return ValidateSettings(
        run_id=_run_id(what),
        model_id=found.model_id if found else None,
        validation=settings,
        effort=effort or settings.effort,
        seed=seed,
        workers=usable_cores(),
        model=_as_trained(kept.get("model"), ModelSettings) or workspace.settings.load(ModelSettings),
        training=_as_trained(kept.get("training"), TrainingSettings) or workspace.settings.load(TrainingSettings),
    )


M = TypeVar("M", bound=SettingsModel)


def _as_trained(kept: object, model: type[M]) -> M | None:
    """The settings that a model was trained with; None where it does not say. Raises `RewardError` for those of another
    version."""
    if not kept:
        return None
    try:
        return model.model_validate(kept)
    except ValidationError as error:
        msg = f"the settings that the reward was trained with can't be used: {explain(error)}"
        raise RewardError(msg, remedy="Train it again with this version.") from error


class PreparedRun(Prepared):
    """What a run that is kept says of its inputs."""

    fingerprint: str
    labels: dict[str, int]
    """How many labels by `people` and `simulated` annotators, and how many `pairs` they make."""
    own_gains: dict[str, int]
    """Validation run → how many of its gains the model's robot head learned from."""


def prepare(workspace: Workspace, settings: ValidateSettings, folder: Path) -> PreparedRun:
    """Write what a run is about, as it stands now. Raises `RewardError` where the model was deleted meanwhile."""
    run_id = settings.validation_run_id if isinstance(settings, AblateSettings) else None
    model = find_model(workspace, settings.model_id) if settings.model_id else None
    gains = {row["clip_id"]: row["gain"] for row in workspace.validation.gains(run_id)} if run_id else {}
    counts = workspace.labels.counts()
    # People's labels where there are enough of them; simulated and human labels never together.
    simulated = counts.people < LEAST_PAIRS
    inputs = _inputs(workspace, model, gains, simulated=simulated, tracks=run_id is None)
    labels = {
        "people": 0 if simulated else counts.people,
        "simulated": counts.simulated if simulated else 0,
        "pairs": len(inputs.pairs),
    }
    cache = workspace.paths.cache / "validation"
    cache.mkdir(parents=True, exist_ok=True)
    fingerprint = write_inputs(inputs, folder)
    RunInputs(cache=str(cache), labels=labels).write(folder)
    return PreparedRun(fingerprint=fingerprint, labels=labels, own_gains=_own_gains(workspace, model))


def _own_gains(workspace: Workspace, model: RewardModel | None) -> dict[str, int]:
    """Validation run → how many of its gains the model's robot head learned from."""
    sources = model.metrics.get("gain_sources", {}) if model else {}
    return {run: count for run, count in sources.items() if workspace.validation.get(run) is not None}


def _inputs(
    workspace: Workspace, model: RewardModel | None, gains: dict[str, float], *, simulated: bool, tracks: bool
) -> ValidationInputs:
    clips = clip_table(workspace)
    sources = {row["clip_id"]: row for row in workspace.validation.sources()}
    stored: dict[str, float] = {}
    if model is not None:
        rows = workspace.rewards.scores(model.model_id).to_pylist()
        stored = {row["clip_id"]: row["reward"] for row in rows}
    return ValidationInputs(
        clips,
        pair_table(clips, workspace.labels.find(simulated=simulated)),
        tuple(sources[clip_id]["path"] for clip_id in clips.clip_ids),
        tuple((sources[clip_id]["start_s"], sources[clip_id]["end_s"]) for clip_id in clips.clip_ids),
        _composite(workspace, clips),
        np.array([stored.get(clip_id, np.nan) for clip_id in clips.clip_ids], np.float64),
        np.array([gains.get(clip_id, np.nan) for clip_id in clips.clip_ids], np.float64),
        workspace.validation.hand_tracks() if tracks else None,
    )


def _composite(workspace: Workspace, clips: ClipTable) -> np.ndarray[Any, np.dtype[np.float64]]:
    if "composite_score" not in workspace.features.columns():
        return np.full(len(clips), np.nan)
    table = workspace.features.read(["composite_score"])
    found = dict(zip(table.column("clip_id").to_pylist(), table.column("composite_score").to_pylist(), strict=True))
    return np.array([np.nan if found.get(c) is None else found[c] for c in clips.clip_ids], np.float64)


def apply_validation(
    workspace: Workspace, settings: ValidateSettings, shard: ShardFolder, prepared: PreparedRun
) -> list[Outcome]:
    """Keep the run and its gains, in one transaction: there is no half of a run."""
    for row in shard.read(ValidationResultRow):
        gains = shard.table(GainRow.TABLE)
        if gains is not None:
            workspace.validation.add(ValidationRun(**_run(settings, prepared, json.loads(row.results))), gains)
    return []


def apply_ablation(
    workspace: Workspace, settings: AblateSettings, shard: ShardFolder, prepared: PreparedRun
) -> list[Outcome]:
    """Keep the run."""
    for row in shard.read(AblationResultRow):
        kept = _run(settings, prepared, json.loads(row.results))
        workspace.validation.add_ablation(AblationRun(**kept, validation_run_id=settings.validation_run_id))
    return []


def _run(settings: ValidateSettings, prepared: PreparedRun, results: dict[str, Any]) -> dict[str, Any]:
    kept = settings.model_dump(mode="json", include={"effort", "validation", "model", "training"})
    return {
        "run_id": settings.run_id,
        "model_id": settings.model_id,
        "created_at": datetime.now(UTC),
        "seed": settings.seed,
        "fingerprint": prepared.fingerprint,
        "settings": {**kept, "labels": prepared.labels},
        "results": {**results, "own_gains": prepared.own_gains},
    }


VALIDATE_KIND = JobKind(
    kind=VALIDATE,
    settings=ValidateSettings,
    apply=apply_validation,
    prepare=prepare,
    prepared=PreparedRun,
    workers=1,
    cancelled="Cancelled: nothing of it is kept but frames and trained networks. Resume goes on from those.",
)
ABLATE_KIND = JobKind(
    kind=ABLATE,
    settings=AblateSettings,
    apply=apply_ablation,
    prepare=prepare,
    prepared=PreparedRun,
    workers=1,
    cancelled="Cancelled: nothing of it is kept. Resume starts over.",
)
