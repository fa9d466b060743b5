"""Rewards: trained on labels in a job, kept with their report, and used to score clips."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from app.workflows.jobs.kinds import FollowUp, JobKind, register
from app.workflows.reward_data import clip_table, pair_table
from engine.errors import RewardError
from engine.files.replace_whole import copy_whole, write_whole
from engine.reward.judging.training_report import TrainingReport
from engine.reward.settings import ModelSettings, TrainingSettings
from engine.runtime.spec import Item, JobSpec
from engine.settings.jobs import usable_cores
from engine.tables.parquet import write_clips, write_extra, write_pairs
from storage.errors import StorageError
from storage.rewards import RewardModel

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from engine.runtime.shards import ShardFolder
    from engine.tables.types import ClipTable
    from storage import Workspace
    from storage.jobs import Outcome

__all__ = [
    "CurvePoint",
    "delete_model",
    "export_model",
    "find_model",
    "live_curve",
    "rename_model",
    "score_frame",
    "score_job",
    "train_spec",
]

TRAIN, SCORE = "train", "score"
CURVE = "curve.jsonl"
"""What a training writes as it goes, in its inputs (`engine/steps/train_reward.py`)."""
FEWEST_LABELS = 10
NAME = re.compile(r"[^\x00-\x1f\x7f]{1,80}")


# --- training ---------------------------------------------------------------------------------------------------------


def train_spec(workspace: Workspace, *, name: str | None = None, seed: int = 0) -> JobSpec:
    """The job that trains a reward on all labels that there are: people's, or simulated ones where people gave none.

    Raises `RewardError` where there are too few labels, or no features.
    """
    counts = workspace.labels.counts()
    simulated = counts.people == 0
    labels = counts.simulated if simulated else counts.people
    check_answers(workspace, simulated=simulated)
    if not any(workspace.features.measured().values()):
        raise RewardError("no clip has features yet", remedy="Extract features first.")
    model_id = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:6]}"
    called = checked_name(name) if name else default_name(workspace, labels, simulated=simulated)
    settings = {
        "model": workspace.settings.load(ModelSettings).model_dump(mode="json"),
        "training": workspace.settings.load(TrainingSettings).model_dump(mode="json"),
        "threads": usable_cores(),
    }
    return JobSpec(TRAIN, (Item("reward", {"model_id": model_id, "name": called, "seed": seed}),), settings)


def check_answers(workspace: Workspace, *, simulated: bool) -> None:
    """Raises `RewardError` where the labels are too few, or none of them says which of two clips is better."""
    rows = [row for row in workspace.labels.by_annotator() if row["simulated"] == simulated]
    labels, ties, skips = (sum(row[name] for row in rows) for name in ("labels", "ties", "skips"))
    if labels and labels == ties + skips:
        what = "ties" if not skips else "skips" if not ties else f"ties or skips ({ties:,} and {skips:,})"
        raise RewardError(
            f"all {labels:,} labels are {what}: none says which of two clips is better",
            remedy="Answer pairs with left or right on the Label page, wherever one clip is the better one.",
        )
    if labels - skips < FEWEST_LABELS:
        beside = f" besides {skips:,} skips" if skips else ""
        raise RewardError(
            f"there are {labels - skips} labels{beside}, and a reward needs {FEWEST_LABELS} at least",
            remedy="Answer pairs on the Label page, or `handpicked labels simulate` in a sample workspace.",
        )


def default_name(workspace: Workspace, labels: int, *, simulated: bool) -> str:
    """`Reward 3 (300 simulated labels)`."""
    number = len(workspace.rewards.find()) + 1
    return f"Reward {number} ({labels:,} {'simulated ' if simulated else ''}labels)"


def checked_name(name: str) -> str:
    """A name that fits. Raises `RewardError` for one that does not."""
    name = name.strip()
    if not NAME.fullmatch(name):
        raise RewardError(f"{name!r} can't be a model's name", remedy="Give up to 80 characters, on one line.")
    return name


def prepare_training(workspace: Workspace, _settings: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Write clips, labels, and what else is known of the clips; says what the report should say of them."""
    simulated = workspace.labels.counts().people == 0
    labels = workspace.labels.find(simulated=simulated)
    clips = clip_table(workspace)
    pairs = pair_table(clips, labels)
    write_clips(clips, folder / "clips.parquet")
    write_pairs(pairs, folder / "pairs.parquet")
    extra = {"gain": column(clips, workspace.rewards.gains())}
    if "composite_score" in workspace.features.columns():
        table = workspace.features.read(["composite_score"])
        scores = table.column("composite_score").to_numpy(zero_copy_only=False)
        extra["composite"] = column(clips, dict(zip(table.column("clip_id").to_pylist(), scores, strict=True)))
    if simulated:
        # The annotators' own ceiling is known where they are simulated: they answered from this.
        truth = {row["clip_id"]: row["quality"] for row in workspace.sample.clip_quality()}
        extra["quality"] = column(clips, truth)
    write_extra(extra, folder / "extra.parquet")
    about = {
        "simulated": simulated,
        "annotators": sorted(set(pairs.annotators)),
        "skipped": sum(label.answer == "skip" for label in labels),
        "ties": int((pairs.target == 0.5).sum()),
        "gain_sources": workspace.rewards.gain_sources(),
        "feature_versions": {
            name: version for name, version in workspace.features.oldest_versions().items() if name in clips.groups
        },
    }
    return {"about": about}


def column(clips: ClipTable, numbers: dict[str, float]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """`(n_clips,)`: a number for each clip, NaN where there is none."""
    return np.array([numbers.get(clip_id, np.nan) for clip_id in clips.clip_ids], dtype=np.float64)


def apply_training(workspace: Workspace, _settings: dict[str, Any], shard: ShardFolder) -> list[Outcome]:
    """Keep the checkpoint, the logs, the report and the scores; the model is the current one from now on."""
    for row in shard.rows("reward_model"):
        model_id = row["model_id"]
        for name, path in shard.files().items():
            folder = workspace.paths.log(model_id) if name.startswith("log/") else workspace.paths.model(model_id)
            folder.mkdir(parents=True, exist_ok=True)
            copy_whole(path, folder / path.name)
        if workspace.rewards.get(model_id) is None:
            workspace.rewards.add(
                RewardModel(
                    model_id=model_id,
                    name=row["name"],
                    created_at=datetime.now(UTC),
                    seed=row["seed"],
                    settings=json.loads(row["settings"]),
                    report=TrainingReport.from_json(json.loads(row["metrics"])),
                )
            )
    return apply_scores(workspace, _settings, shard)


@dataclass(frozen=True)
class CurvePoint:
    """The losses of a training that is under way, after some epoch."""

    epoch: int
    train: float
    held_out: float


def live_curve(workspace: Workspace, job_id: int) -> list[CurvePoint]:
    """The losses of a training that is under way, as far as it has come."""
    file = workspace.paths.job(job_id) / "inputs" / CURVE
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    points = []
    for line in lines:
        try:
            points.append(CurvePoint(**json.loads(line)))
        except ValueError:
            continue  # being written
    return points


# --- scoring ----------------------------------------------------------------------------------------------------------


def score_job(workspace: Workspace, model_id: str | None = None) -> FollowUp | None:
    """The job that scores all clips anew with a model, or with the current one; None where there is none.

    Raises `RewardError` for a model that is not there.
    """
    model = workspace.rewards.current() if model_id is None else find_model(workspace, model_id)
    if model is None:
        return None
    payload = {"model_id": model.model_id, "folder": str(workspace.paths.model(model.model_id))}
    return FollowUp(f"Score clips with {model.name}", JobSpec(SCORE, (Item("clips", payload),)))


def prepare_scoring(workspace: Workspace, _settings: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Write all clips with their features."""
    write_clips(clip_table(workspace), folder / "clips.parquet")
    return {}


def apply_scores(workspace: Workspace, _settings: dict[str, Any], shard: ShardFolder) -> list[Outcome]:
    """Put the new scores in the place of the model's old ones."""
    scores, unscored = shard.table("reward_score"), shard.table("reward_unscored")
    tables = [table for table in (scores, unscored) if table is not None]
    models = {model_id for table in tables for model_id in table.column("model_id").to_pylist()}
    for model_id in models:
        workspace.rewards.clear_scores(model_id)
    if scores is not None:
        workspace.rewards.add_scores(scores)
    if unscored is not None:
        workspace.rewards.add_unscored(unscored)
    return []


def score_frame(workspace: Workspace, model_id: str) -> pd.DataFrame:
    """A model's clips by rank, with what the Scores page draws; `decision` is kept, dropped or undecided, by tag."""
    frame: pd.DataFrame = workspace.rewards.score_table(model_id).to_pandas()
    kept, dropped = (frame["tags"].str.contains(rf"(?:^|, ){tag}(?:,|$)", regex=True) for tag in ("keep", "drop"))
    frame["decision"] = np.where(kept, "kept", np.where(dropped, "dropped", "undecided"))
    frame["tags"] = frame["tags"].replace("", "no tag")
    return frame


register(JobKind(TRAIN, apply_training, prepare=prepare_training, workers=1))
register(JobKind(SCORE, apply_scores, prepare=prepare_scoring, workers=1))


# --- the models -------------------------------------------------------------------------------------------------------


def find_model(workspace: Workspace, key: str) -> RewardModel:
    """A model by its id or name. Raises `RewardError` where there is none."""
    model = workspace.rewards.get(key)
    if model is None:
        names = ", ".join(f"{found.name!r}" for found in workspace.rewards.find()[:8])
        raise RewardError(f"there is no model {key!r}", remedy=f"There are {names}." if names else "Train one first.")
    return model


def rename_model(workspace: Workspace, key: str, name: str) -> None:
    """Give a model another name. Raises `RewardError` where there is no such model, or the name does not fit."""
    workspace.rewards.rename(find_model(workspace, key).model_id, checked_name(name))


def delete_model(workspace: Workspace, key: str) -> RewardModel:
    """Delete a model with its scores, checkpoint and logs."""
    model = find_model(workspace, key)
    workspace.rewards.delete(model.model_id)
    for folder_of in (workspace.paths.model, workspace.paths.log):
        with contextlib.suppress(StorageError):  # an older version took in ids that no folder can have: none was made
            shutil.rmtree(folder_of(model.model_id), ignore_errors=True)
    return model


def export_model(workspace: Workspace, key: str, out: Path) -> list[Path]:
    """Copy a model's checkpoint and report into the folder `out`, made if absent; returns the files.

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
        msg = f"{out}: can't be written: {error.strerror or error}"
        raise StorageError(msg, remedy="Give another folder.") from error
    return [*made, report]
