"""Validation and ablation: write down what they need, start them, and keep what they find."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from app.workflows.kinds import JobKind, register
from app.workflows.reward_data import clip_table, pair_table
from engine.reward.settings import ModelSettings, TrainingSettings
from engine.runtime.spec import Item, JobSpec
from engine.settings.jobs import usable_cores
from engine.validation.inputs import ValidationInputs, write_inputs
from engine.validation.settings import ValidationSettings
from storage.errors import StorageError
from storage.validation import AblationRun, ValidationRun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.reward.types import ClipTable
    from engine.runtime.shards import ShardFolder
    from storage import Workspace
    from storage.jobs import Outcome
    from storage.rewards import RewardModel

__all__ = ["Readiness", "ablate_spec", "feature_groups", "readiness", "run_of_job", "use_gains", "validate_spec"]

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
    found = _model(workspace, model)
    run_id = _run_id("validation")
    return _spec(workspace, VALIDATE, run_id, found, seed, effort, gains={}, extra={}, tracks=True)


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
    gains = {row["clip_id"]: row["gain"] for row in workspace.validation.gains(run.run_id)}
    extra = {"groups": [list(group) for group in groups], "validation_run_id": run.run_id}
    found = _model(workspace, model)
    return _spec(workspace, ABLATE, _run_id("ablation"), found, seed, effort, gains=gains, extra=extra, tracks=False)


def feature_groups(workspace: Workspace) -> list[str]:
    """The groups of features that a reward is made from."""
    from engine.validation.ablation import known_groups

    return known_groups(clip_table(workspace))


def use_gains(workspace: Workspace, run_id: str) -> int:
    """Let the robot head learn from a run's gains at the next training; returns how many."""
    return workspace.validation.use_gains(run_id)


def run_of_job(spec: JobSpec) -> str:
    """The run that a job makes."""
    return str(spec.settings["run_id"])


def _ready(workspace: Workspace) -> None:
    missing = readiness(workspace).missing
    if missing:
        raise StorageError("this workspace can't be validated yet", remedy=missing)


def _run_id(kind: str) -> str:
    return f"{kind}-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def _model(workspace: Workspace, name: str | None) -> RewardModel | None:
    found = workspace.rewards.get(name) if name else workspace.rewards.current()
    if name and found is None:
        msg = f"there is no reward model called {name!r}"
        raise StorageError(msg, remedy='`handpicked query "SELECT model_id, name FROM reward_model"` lists them.')
    return found


def _spec(
    workspace: Workspace,
    kind: str,
    run_id: str,
    model: RewardModel | None,
    seed: int,
    effort: str | None,
    *,
    gains: dict[str, float],
    extra: dict[str, Any],
    tracks: bool,
) -> JobSpec:
    settings = workspace.settings.load(ValidationSettings)
    counts = workspace.labels.counts()
    # People's labels where there are enough of them; simulated and human labels never together.
    simulated = counts.people < LEAST_PAIRS
    inputs = _inputs(workspace, model, gains, simulated=simulated, tracks=tracks)
    folder = workspace.paths.run_inputs(run_id)
    fingerprint = write_inputs(inputs, folder)
    cache = workspace.paths.cache / "validation"
    cache.mkdir(parents=True, exist_ok=True)
    return JobSpec(
        kind,
        (Item(run_id),),
        {
            "run_id": run_id,
            "model_id": model.model_id if model else None,
            "fingerprint": fingerprint,
            "inputs": str(folder),
            "cache": str(cache),
            "validation": settings.model_dump(mode="json"),
            "effort": effort or settings.effort,
            "seed": seed,
            "workers": usable_cores(),
            "labels": {
                "people": 0 if simulated else counts.people,
                "simulated": counts.simulated if simulated else 0,
                "pairs": len(inputs.pairs),
            },
            **_reward_settings(workspace, model),
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


def apply(workspace: Workspace, settings: dict[str, Any], shard: ShardFolder) -> list[Outcome]:
    """Keep the run and its gains."""
    for row in shard.rows("validation_result"):
        gains = shard.table("clip_gain")
        if gains is None:
            continue
        run = ValidationRun(
            settings["run_id"],
            settings["model_id"],
            datetime.now(UTC),
            settings["seed"],
            settings["fingerprint"],
            _kept(settings),
            json.loads(row["results"]),
        )
        workspace.validation.add(run, gains)
    for row in shard.rows("ablation_result"):
        workspace.validation.add_ablation(
            AblationRun(
                settings["run_id"],
                settings["model_id"],
                settings["validation_run_id"],
                datetime.now(UTC),
                settings["seed"],
                settings["fingerprint"],
                _kept(settings),
                json.loads(row["results"]),
            )
        )
    return []


def _kept(settings: dict[str, Any]) -> dict[str, Any]:
    return {key: settings[key] for key in ("effort", "validation", "model", "training", "labels")}


register(JobKind(VALIDATE, apply, workers=1))
register(JobKind(ABLATE, apply, workers=1))
