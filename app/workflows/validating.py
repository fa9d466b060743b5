"""Validation and ablation: write down what they need, start them, and keep what they find."""

from __future__ import annotations

import json
import secrets
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from app.workflows.jobs.kinds import JobKind, register
from app.workflows.reward_data import clip_table, pair_table
from app.workflows.rewarding import find_model, train_spec
from engine.reward.settings import ModelSettings, TrainingSettings
from engine.runtime.spec import Item, JobSpec
from engine.settings.jobs import usable_cores
from engine.validation.ablation_report import AblationReport
from engine.validation.inputs import ValidationInputs, write_inputs
from engine.validation.settings import ValidationSettings
from engine.validation.validation_report import ValidationReport
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
    workspace: Workspace, *, model: str | None = None, seed: int = 0, effort: str | None = None
) -> JobSpec:
    """The job that measures gains and holds a reward against them.

    `model`: a reward model's id or name, or None for the current one; where there is none, the reward is trained as the
    settings are. Raises `StorageError` where something is missing first.
    """
    _ready(workspace)
    return _spec(workspace, VALIDATE, model, seed, effort, {})


def ablate_spec(
    workspace: Workspace,
    *,
    model: str | None = None,
    groups: Sequence[Sequence[str]] = (),
    seed: int = 0,
    effort: str | None = None,
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
    extra = {"groups": [list(group) for group in groups], "validation_run_id": run.run_id}
    return _spec(workspace, ABLATE, model, seed, effort, extra)


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
    if run is None or not run.report.supported:
        msg = f"there are no gains of {run_id!r} to learn from"
        raise StorageError(msg, remedy="Validate again: gains count only where the robot model learned something.")
    spec = train_spec(workspace, seed=seed)
    workspace.validation.use_gains(run_id)
    return spec


def run_of_job(spec: JobSpec) -> str:
    """The run that a job makes."""
    return str(spec.settings["run_id"])


def _ready(workspace: Workspace) -> None:
    missing = readiness(workspace).missing
    if missing:
        raise StorageError("this workspace can't be validated yet", remedy=missing)


def _run_id(kind: str) -> str:
    return f"{kind}-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def _spec(
    workspace: Workspace, kind: str, model: str | None, seed: int, effort: str | None, extra: dict[str, Any]
) -> JobSpec:
    settings = workspace.settings.load(ValidationSettings)
    found = find_model(workspace, model) if model else workspace.rewards.current()
    run_id = _run_id({VALIDATE: "validation", ABLATE: "ablation"}[kind])
    return JobSpec(
        kind,
        (Item(run_id),),
        {
            "run_id": run_id,
            "model_id": found.model_id if found else None,
            "validation": settings.model_dump(mode="json"),
            "effort": effort or settings.effort,
            "seed": seed,
            "workers": usable_cores(),
            **_reward_settings(workspace, found),
            **extra,
        },
    )


def _reward_settings(workspace: Workspace, model: RewardModel | None) -> dict[str, Any]:
    """The settings that the model was trained with, or those of the workspace."""
    kept = model.settings if model else {}
    found = {}
    for key, settings in (("model", ModelSettings), ("training", TrainingSettings)):
        found[key] = kept.get(key) or workspace.settings.load(settings).model_dump(mode="json")
    return found


def prepare(workspace: Workspace, settings: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Write what a run is about, as it stands now; what is told of it comes back with the results.

    Raises `RewardError` where the model was deleted meanwhile.
    """
    model_id, run_id = settings["model_id"], settings.get("validation_run_id")
    model = find_model(workspace, model_id) if model_id else None
    gains = {clip.clip_id: clip.gain for clip in workspace.validation.gains(run_id)} if run_id else {}
    counts = workspace.labels.counts()
    # People's labels where there are enough of them; simulated and human labels never together.
    simulated = counts.people < LEAST_PAIRS
    inputs = _inputs(workspace, model, gains, simulated=simulated, tracks=run_id is None)
    about = {
        "fingerprint": write_inputs(inputs, folder),
        "labels": {
            "people": 0 if simulated else counts.people,
            "simulated": counts.simulated if simulated else 0,
            "pairs": len(inputs.pairs),
        },
        "own_gains": _own_gains(workspace, model),
    }
    cache = workspace.paths.cache / "validation"
    cache.mkdir(parents=True, exist_ok=True)
    return {"about": about, "cache": str(cache)}


def _own_gains(workspace: Workspace, model: RewardModel | None) -> dict[str, int]:
    """Validation run → how many of its gains the model's robot head learned from."""
    sources = (model.report.gain_sources or {}) if model and model.report else {}
    return {run: count for run, count in sources.items() if workspace.validation.get(run) is not None}


def _inputs(
    workspace: Workspace, model: RewardModel | None, gains: dict[str, float], *, simulated: bool, tracks: bool
) -> ValidationInputs:
    clips = clip_table(workspace)
    footage = {clip.clip_id: clip for clip in workspace.validation.footage()}
    stored: dict[str, float] = {}
    if model is not None:
        rows = workspace.rewards.scores(model.model_id).to_pylist()
        stored = {row["clip_id"]: row["reward"] for row in rows}
    return ValidationInputs(
        clips,
        pair_table(clips, workspace.labels.find(simulated=simulated)),
        tuple(footage[clip_id].path for clip_id in clips.clip_ids),
        tuple((footage[clip_id].start_s, footage[clip_id].end_s) for clip_id in clips.clip_ids),
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


def apply(workspace: Workspace, settings: dict[str, Any], shard: ShardFolder) -> list[Outcome]:
    """Keep the run and its gains, in one transaction: there is no half of a run."""
    for row in shard.rows("validation_result"):
        gains = shard.table("clip_gain")
        if gains is not None:
            report = replace(ValidationReport.from_json(json.loads(row["results"])), own_gains=_about(row)["own_gains"])
            workspace.validation.add(ValidationRun(**_run(settings, row), report=report), gains)
    for row in shard.rows("ablation_result"):
        drops = replace(AblationReport.from_json(json.loads(row["results"])), own_gains=_about(row)["own_gains"])
        run_id = settings["validation_run_id"]
        workspace.validation.add_ablation(AblationRun(**_run(settings, row), validation_run_id=run_id, report=drops))
    return []


def _about(row: dict[str, Any]) -> dict[str, Any]:
    """What `prepare` said of the data, as it came back with the results."""
    found: dict[str, Any] = json.loads(row["about"])
    return found


def _run(settings: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    about = _about(row)
    kept = {key: settings[key] for key in ("effort", "validation", "model", "training")}
    return {
        "run_id": settings["run_id"],
        "model_id": settings["model_id"],
        "created_at": datetime.now(UTC),
        "seed": settings["seed"],
        "fingerprint": about["fingerprint"],
        "settings": {**kept, "labels": about["labels"]},
    }


register(
    JobKind(
        VALIDATE,
        apply,
        prepare=prepare,
        workers=1,
        cancelled="Cancelled: nothing of it is kept but frames and trained networks. Resume goes on from those.",
    )
)
register(
    JobKind(
        ABLATE,
        apply,
        prepare=prepare,
        workers=1,
        cancelled="Cancelled: nothing of it is kept. Resume starts over.",
    )
)
