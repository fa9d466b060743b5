"""Trains reward models on labels in a job, stores them with their report, and scores clips with them."""

from __future__ import annotations

import contextlib
import json
import shutil
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.workflows.jobs.kinds import FollowUp, JobKind
from app.workflows.label_kinds import FEWEST_LABELS, training_kind
from app.workflows.reward_data import write_all_clips
from app.workflows.training_inputs import PreparedTraining, prepare_training
from engine.contracts.reward import (
    CLIPS_FILE,
    CURVE_FILE,
    CurvePoint,
    RewardModelRow,
    ScorePayload,
    ScoreRow,
    TrainPayload,
    TrainSettings,
    UnscoredRow,
)
from engine.errors import RewardError
from engine.files.replace_whole import copy_whole, write_whole
from engine.files.values import BadValueError, clean_name, shown
from engine.preference.kinds import counted_by
from engine.reward.judging.training_report import TrainingReport
from engine.reward.settings import ModelSettings, TrainingSettings
from engine.runtime.machine import usable_cores
from engine.runtime.spec import Item, JobSpec, StepSettings
from storage.errors import StorageError
from storage.rewards import RewardModel

if TYPE_CHECKING:
    from pathlib import Path

    from engine.preference.kinds import LabelKind
    from engine.runtime.shards import ShardFolder
    from storage import Workspace
    from storage.jobs import Outcome

__all__ = [
    "SCORE_KIND",
    "TRAIN_KIND",
    "delete_model",
    "export_model",
    "find_model",
    "live_curve",
    "model_of_job",
    "rename_model",
    "score_job",
    "train_spec",
]

TRAIN, SCORE = "train", "score"
MAX_NAME_CHARS = 80
NAME_REMEDY = f"Give up to {MAX_NAME_CHARS} characters, on one line."


# --- training ---------------------------------------------------------------------------------------------------------


def train_spec(
    workspace: Workspace, *, name: str | None = None, seed: int = 0, labels: LabelKind | None = None
) -> JobSpec:
    """The job that trains a reward on all labels of one kind: by default people's, or else another of which there are
    enough.

    Raises `RewardError` where there are too few labels, or no features.
    """
    kind = labels or training_kind(workspace)
    check_answers(workspace, kind)
    if not any(workspace.features.measured().values()):
        raise RewardError("no clip has features yet", remedy="Extract features first.")
    model_id = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:6]}"
    called = checked_name(name) if name else default_name(workspace, workspace.labels.counts().of(kind), kind)
    settings = TrainSettings(
        model=workspace.settings.load(ModelSettings),
        training=workspace.settings.load(TrainingSettings),
        threads=usable_cores(),
        labels=kind,
    )
    return JobSpec(TRAIN, (Item("reward", TrainPayload(model_id=model_id, name=called, seed=seed)),), settings)


def model_of_job(spec: JobSpec) -> str:
    """The model that a training makes, or that a scoring uses."""
    (item,) = spec.items
    if not isinstance(item.payload, TrainPayload | ScorePayload):
        raise RewardError(f"a job of kind {spec.kind!r} has no model")
    return item.payload.model_id


def check_answers(workspace: Workspace, kind: LabelKind) -> None:
    """Raises `RewardError` where the labels of a kind are too few, or none prefers one clip to another."""
    rows = [row for row in workspace.labels.by_annotator() if row.kind == kind]
    labels, ties, skips = (sum(getattr(row, name) for row in rows) for name in ("labels", "ties", "skips"))
    if labels and labels == ties + skips:
        what = "ties" if not skips else "skips" if not ties else f"ties or skips ({ties:,} and {skips:,})"
        raise RewardError(
            f"all {counted_by(labels, kind)} are {what}: none says which of two clips is better",
            remedy="Answer pairs with left or right on the Label page, wherever one clip is the better one.",
        )
    if labels - skips < FEWEST_LABELS:
        beside = f" besides {skips:,} skips" if skips else ""
        raise RewardError(
            f"there are {counted_by(labels - skips, kind)}{beside}, and a reward needs {FEWEST_LABELS} at least",
            remedy="Answer pairs on the Label page, or `handpicked labels simulate` in a sample workspace.",
        )


def default_name(workspace: Workspace, labels: int, kind: LabelKind) -> str:
    """`Reward 3 (300 simulated labels)`."""
    return f"Reward {len(workspace.rewards.find()) + 1} ({counted_by(labels, kind)})"


def checked_name(name: str) -> str:
    """A valid name without surrounding blanks. Raises `RewardError` for one that is not valid."""
    try:
        cleaned = clean_name(name)
    except BadValueError as error:
        raise RewardError(f"{shown(name)} can't be a model's name: {error}", remedy=NAME_REMEDY) from error
    if len(cleaned) > MAX_NAME_CHARS:
        raise RewardError(f"{shown(name)} can't be a model's name: it is too long", remedy=NAME_REMEDY)
    return cleaned


def apply_training(
    workspace: Workspace, _settings: TrainSettings, shard: ShardFolder, prepared: PreparedTraining
) -> list[Outcome]:
    """Store the checkpoint, the logs, the report and the scores; the model becomes the current one."""
    for row in shard.read(RewardModelRow):
        model_id = row.model_id
        for name, path in shard.files().items():
            folder = workspace.paths.log(model_id) if name.startswith("log/") else workspace.paths.model(model_id)
            folder.mkdir(parents=True, exist_ok=True)
            copy_whole(path, folder / path.name)
        if workspace.rewards.get(model_id) is None:
            workspace.rewards.add(
                RewardModel(
                    model_id=model_id,
                    name=row.name,
                    created_at=datetime.now(UTC),
                    seed=row.seed,
                    settings=json.loads(row.settings),
                    report=prepared.stated_in(TrainingReport.from_json(json.loads(row.metrics))),
                )
            )
    take_scores(workspace, shard)
    return []


def live_curve(workspace: Workspace, job_id: int) -> list[CurvePoint]:
    """The losses of a training that is under way, as far as it has come."""
    file = workspace.paths.job(job_id) / "inputs" / CURVE_FILE
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    return [point for line in lines if (point := CurvePoint.from_line(line)) is not None]


# --- scoring ----------------------------------------------------------------------------------------------------------


def score_job(workspace: Workspace, model_id: str | None = None) -> FollowUp | None:
    """The job that scores all clips with a model, or with the current one; None where there is none.

    Raises `RewardError` for an unknown model.
    """
    model = workspace.rewards.current() if model_id is None else find_model(workspace, model_id)
    if model is None:
        return None
    payload = ScorePayload(model_id=model.model_id, folder=str(workspace.paths.model(model.model_id)))
    return FollowUp(f"Score clips with {model.name}", JobSpec(SCORE, (Item("clips", payload),)))


def prepare_scoring(workspace: Workspace, _settings: StepSettings, folder: Path) -> None:
    """Write all clips with their features for the worker."""
    write_all_clips(workspace, folder / CLIPS_FILE)


def apply_scores(workspace: Workspace, _settings: StepSettings, shard: ShardFolder, _prepared: None) -> list[Outcome]:
    """Take in what a scoring found."""
    take_scores(workspace, shard)
    return []


def take_scores(workspace: Workspace, shard: ShardFolder) -> None:
    """Replace the model's scores by the new ones."""
    scores, unscored = shard.table(ScoreRow.TABLE), shard.table(UnscoredRow.TABLE)
    tables = [table for table in (scores, unscored) if table is not None]
    models = {model_id for table in tables for model_id in table.column("model_id").unique().to_pylist()}
    for model_id in models:
        workspace.rewards.clear_scores(model_id)
    if scores is not None:
        workspace.rewards.add_scores(scores)
    if unscored is not None:
        workspace.rewards.add_unscored(unscored)


TRAIN_KIND = JobKind(
    kind=TRAIN,
    settings=TrainSettings,
    payload=TrainPayload,
    apply=apply_training,
    prepare=prepare_training,
    prepared=PreparedTraining,
    workers=1,
)
SCORE_KIND = JobKind(
    kind=SCORE,
    lane="quick",
    settings=StepSettings,
    payload=ScorePayload,
    apply=apply_scores,
    prepare=prepare_scoring,
    workers=1,
)


# --- the models -------------------------------------------------------------------------------------------------------


def find_model(workspace: Workspace, key: str) -> RewardModel:
    """A model by its id or name. Raises `RewardError` where there is none."""
    model = workspace.rewards.get(key)
    if model is None:
        names = ", ".join(f"{found.name!r}" for found in workspace.rewards.find()[:8])
        raise RewardError(f"there is no model {key!r}", remedy=f"There are {names}." if names else "Train one first.")
    return model


def rename_model(workspace: Workspace, key: str, name: str) -> None:
    """Give a model another name. Raises `RewardError` for an unknown model or a name that is not valid."""
    workspace.rewards.rename(find_model(workspace, key).model_id, checked_name(name))


def delete_model(workspace: Workspace, key: str) -> RewardModel:
    """Delete a model with its scores, checkpoint and logs."""
    model = find_model(workspace, key)
    workspace.rewards.delete(model.model_id)
    for folder_of in (workspace.paths.model, workspace.paths.log):
        with contextlib.suppress(StorageError):  # older versions accepted ids that name no folder
            shutil.rmtree(folder_of(model.model_id), ignore_errors=True)
    return model


def export_model(workspace: Workspace, key: str, out: Path) -> list[Path]:
    """Copy a model's checkpoint and report into the folder `out`, created if absent; returns the files.

    Raises `RewardError` where the checkpoint is gone, `StorageError` where `out` can't be written.
    """
    model = find_model(workspace, key)
    files = sorted(path for path in workspace.paths.model(model.model_id).glob("*") if path.is_file())
    if not files:
        raise RewardError(f"the checkpoint of {model.name!r} is gone", remedy="Train it again.")
    try:
        out.mkdir(parents=True, exist_ok=True)
        made = [out / path.name for path in files]
        for path, target in zip(files, made, strict=True):
            copy_whole(path, target)
        report = out / "report.json"
        write_whole(report, json.dumps(model.report_json, indent=1, ensure_ascii=False))
    except OSError as error:
        raise StorageError(
            f"{out}: can't be written: {error.strerror or error}", remedy="Give another folder."
        ) from error
    return [*made, report]
