"""Runs validations and ablations of rewards: writes their inputs, makes their jobs, stores their results."""

from __future__ import annotations

import json
import secrets
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from app.workflows.jobs.kinds import JobKind
from app.workflows.label_kinds import LEAST_PAIRS, training_kind
from app.workflows.named_views import view_called
from app.workflows.reward_data import clip_table
from app.workflows.rewarding import find_model, train_spec
from app.workflows.validation_inputs import PreparedRun, prepare
from engine.contracts.validation import (
    AblateSettings,
    AblationResultRow,
    Effort,
    GainRow,
    ValidateSettings,
    ValidationResultRow,
)
from engine.errors import RewardError
from engine.files.read_json import explain
from engine.preference.kinds import LABEL_KINDS
from engine.reward.settings import ModelSettings, TrainingSettings
from engine.runtime.machine import usable_cores
from engine.runtime.spec import Item, ItemPayload, JobSpec
from engine.settings.jobs import JobSettings
from engine.settings_model import SettingsModel
from engine.validation.ablation_report import AblationReport
from engine.validation.settings import ValidationSettings
from engine.validation.validation_report import ValidationReport
from storage.errors import StorageError
from storage.validation import AblationRun, ValidationRun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.runtime.shards import ShardFolder
    from storage import Workspace
    from storage.jobs import Outcome

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


class Readiness:
    """Whether a workspace can be validated, and what is missing."""

    def __init__(self, workspace: Workspace) -> None:
        counts = workspace.labels.counts(skips=False)
        self.pairs = max(counts.of(kind) for kind in LABEL_KINDS)
        self.clips = workspace.clips.count()
        self.hands = workspace.features.measured().get("hands", 0)

    @property
    def missing(self) -> str:
        """What to do first, as a sentence; empty where nothing is missing."""
        if not self.clips:
            return "Import videos first."
        if not self.hands:
            return "Extract features first: gain is measured on hand tracks."
        if self.pairs < LEAST_PAIRS:
            return f"Label at least {LEAST_PAIRS} pairs first: there is no reward to validate yet."
        return ""


def readiness(workspace: Workspace) -> Readiness:
    """Whether a workspace can be validated."""
    return Readiness(workspace)


def validate_spec(
    workspace: Workspace,
    *,
    model: str | None = None,
    seed: int = 0,
    effort: Effort | None = None,
    target: str | None = None,
) -> JobSpec:
    """The job that measures clips' gains and compares a reward with them.

    `target`: a saved view, or filters as an address, whose clips alone measure the loss; None for all.

    `model`: a reward model's id or name, or None for the current one; where there is none, a reward is trained by the
    settings. Raises `StorageError` where something is missing.
    """
    _ready(workspace)
    if target and not workspace.library.ids(view_called(workspace, target), limit=1):
        raise StorageError(f"no clip is in the target {target!r}", remedy="Choose a view that has clips.")
    settings = _settings(workspace, "validation", model, seed, effort).model_copy(update={"target": target or None})
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

    Raises `StorageError` where there is no validation yet, or for a group that no clip has.
    """
    _ready(workspace)
    run = workspace.validation.get(run_id) if run_id else workspace.validation.latest()
    if run is None:
        raise StorageError(
            "there are no measured gains, which an ablation needs",
            remedy="Run `handpicked validate` first, or start it on the Validate page.",
        )
    known = feature_groups(workspace)
    for name in {name for group in groups for name in group}:
        if name not in known:
            raise StorageError(f"no clip has features of a group called {name!r}", remedy=f"Known: {', '.join(known)}.")
    settings = AblateSettings(
        **dict(_settings(workspace, "ablation", model, seed, effort)),
        groups=tuple(tuple(group) for group in groups),
        validation_run_id=run.run_id,
    )
    return JobSpec(ABLATE, (Item(settings.run_id, ItemPayload()),), settings)


def feature_groups(workspace: Workspace) -> list[str]:
    """The feature groups that a reward is trained on."""
    from engine.validation.ablation import known_groups

    return known_groups(clip_table(workspace, among=()))


def train_on_gains(workspace: Workspace, run_id: str, *, seed: int = 0) -> JobSpec:
    """Use a run's gains for the robot head; returns the job that trains a reward on them.

    Raises `StorageError` for an unknown run or one whose data can't support its gains, `RewardError` where a
    reward can't be trained. The gains count for every later training too. The reward learns from labels of the kind
    that the run's learned from, where there are enough.
    """
    run = workspace.validation.get(run_id)
    if run is None or not run.report.supported:
        raise StorageError(
            f"there are no gains of {run_id!r} to learn from",
            remedy="Validate again: gains count only where the robot model learned something.",
        )
    spec = train_spec(workspace, seed=seed, labels=training_kind(workspace, run.report.labels.kind))
    workspace.validation.use_gains(run_id)
    return spec


def run_of_job(spec: JobSpec) -> str:
    """The id of the run that a job makes."""
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
        device=workspace.settings.load(JobSettings).compute.device,
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
        raise RewardError(
            f"the settings that the reward was trained with can't be used: {explain(error)}",
            remedy="Train it again with this version.",
        ) from error


def apply_validation(
    workspace: Workspace, settings: ValidateSettings, shard: ShardFolder, prepared: PreparedRun
) -> list[Outcome]:
    """Store the run and its gains in one transaction."""
    for row in shard.read(ValidationResultRow):
        gains = shard.table(GainRow.TABLE)
        if gains is not None:
            report = replace(ValidationReport.from_json(json.loads(row.results)), own_gains=prepared.own_gains)
            workspace.validation.add(ValidationRun(**_run(settings, prepared), report=report), gains)
    return []


def apply_ablation(
    workspace: Workspace, settings: AblateSettings, shard: ShardFolder, prepared: PreparedRun
) -> list[Outcome]:
    """Keep the run."""
    for row in shard.read(AblationResultRow):
        report = replace(AblationReport.from_json(json.loads(row.results)), own_gains=prepared.own_gains)
        kept = _run(settings, prepared)
        run = AblationRun(**kept, validation_run_id=settings.validation_run_id, report=report)
        workspace.validation.add_ablation(run)
    return []


def _run(settings: ValidateSettings, prepared: PreparedRun) -> dict[str, Any]:
    kept = settings.model_dump(mode="json", include={"effort", "validation", "model", "training", "target"})
    return {
        "run_id": settings.run_id,
        "model_id": settings.model_id,
        "created_at": datetime.now(UTC),
        "seed": settings.seed,
        "fingerprint": prepared.fingerprint,
        "settings": {**kept, "labels": prepared.labels},
    }


VALIDATE_KIND = JobKind(
    kind=VALIDATE,
    settings=ValidateSettings,
    portable=True,
    apply=apply_validation,
    prepare=prepare,
    prepared=PreparedRun,
    workers=1,
    cancelled="Cancelled: nothing of it is kept but frames and trained networks. Resume goes on from those.",
)
ABLATE_KIND = JobKind(
    kind=ABLATE,
    settings=AblateSettings,
    portable=True,
    apply=apply_ablation,
    prepare=prepare,
    prepared=PreparedRun,
    workers=1,
    cancelled="Cancelled: nothing of it is kept. Resume starts over.",
)
