"""Kind `train`: fit a reward, judge it, and score all clips with it."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.reward.checkpoint import ABOUT_FILE, NUMBERS_FILE, save_reward
from engine.reward.judging.training_report import MEASURES
from engine.reward.settings import ModelSettings, TrainingSettings
from engine.reward.study import Study, study
from engine.runtime.step import Step
from engine.steps.score_clips import add_scores
from engine.tables.parquet import fingerprint, read_clips, read_extra, read_pairs

if TYPE_CHECKING:
    from engine.reward.judging.training_report import TrainingReport
    from engine.runtime.spec import Item
    from engine.runtime.step import StepContext
    from engine.tables.types import ClipTable

__all__ = ["CURVE", "TrainReward"]

CURVE = "curve.jsonl"
"""In the folder of inputs: one line for each comparison with held-out labels, for whoever watches."""


class TrainReward(Step):
    """One item: `model_id`, `name`, `seed`. Settings: `model`, `training`, `threads`, `about` (kept with the report),
    and `inputs`, the folder of `clips.parquet`, `pairs.parquet` and `extra.parquet` (`composite`, `quality`, `gain`).

    Tables: `reward_model` (one row), `reward_score`, `reward_unscored`. Files: the checkpoint, TensorBoard's log.
    """

    def prepare(self) -> None:
        """As many threads as the machine has cores: this job has the machine to itself."""
        import torch

        torch.set_num_threads(int(self.settings.get("threads", 1)))

    def process(self, item: Item, context: StepContext) -> None:
        """Train, judge, score."""
        folder = Path(self.settings["inputs"])
        clips, pairs, extra = (
            read_clips(folder / "clips.parquet"),
            read_pairs(folder / "pairs.parquet"),
            read_extra(folder / "extra.parquet"),
        )
        model = ModelSettings.model_validate(self.settings["model"])
        training = TrainingSettings.model_validate(self.settings["training"])
        measured = np.flatnonzero(np.isfinite(extra["gain"])) if "gain" in extra else np.empty(0, np.intp)
        curve: list[tuple[int, float, float]] = []

        def add_to_curve(epoch: int, train_loss: float, held_out_loss: float) -> None:
            curve.append((epoch, train_loss, held_out_loss))
            with (folder / CURVE).open("a", encoding="utf-8") as file:
                file.write(json.dumps({"epoch": epoch, "train": train_loss, "held_out": held_out_loss}) + "\n")

        (folder / CURVE).unlink(missing_ok=True)
        began = time.monotonic()
        seed = int(item.payload["seed"])
        found = study(
            clips,
            pairs,
            model,
            training,
            seed=seed,
            gains=(measured, extra["gain"][measured]) if len(measured) else None,
            composite=extra.get("composite"),
            quality=extra.get("quality"),
            on_progress=context.progress,
            on_curve=add_to_curve,
        )
        report = found.report.with_origin(
            self.settings.get("about", {}),
            seconds=round(time.monotonic() - began, 2),
            fingerprint=fingerprint(clips, pairs),
        )
        put(item, context, Study(found.reward, report), clips, curve)


def put(
    item: Item,
    context: StepContext,
    found: Study,
    clips: ClipTable,
    curve: list[tuple[int, float, float]],
) -> None:
    """Everything into the shard."""
    payload, reward = item.payload, found.reward
    about = {"name": payload["name"], "fingerprint": found.report.fingerprint}
    save_reward(reward, context.output.file(NUMBERS_FILE), context.output.file(ABOUT_FILE), **about)
    settings = {"model": reward.model.model_dump(mode="json"), "training": reward.training.model_dump(mode="json")}
    row = {"model_id": payload["model_id"], "name": payload["name"], "seed": reward.seed}
    row |= {"settings": json.dumps(settings), "metrics": json.dumps(found.report.to_json())}
    context.output.add_rows("reward_model", [row])
    scores = reward.score(clips, lambda done: context.progress(done, "Scoring"))
    add_scores(context, payload["model_id"], clips, scores)
    log(context, scores.reward[np.isfinite(scores.reward)], found.report, curve)


def log(context: StepContext, rewards: Any, report: TrainingReport, curve: list[tuple[int, float, float]]) -> None:
    """The same for TensorBoard: curves, measures, the histogram of rewards."""
    from torch.utils.tensorboard.writer import SummaryWriter

    folder = context.output.folder / "log"
    with SummaryWriter(str(folder)) as writer:
        for epoch, train_loss, held_out_loss in curve:
            writer.add_scalar("loss/train", train_loss, epoch)
            writer.add_scalar("loss/held_out", held_out_loss, epoch)
        for judge in report.judges:
            if judge.kind != "feature":
                for name in MEASURES:
                    value = judge.measure(name).value
                    if value is not None:
                        writer.add_scalar(f"{name}/{judge.key}", value)
        if len(rewards):
            writer.add_histogram("reward", rewards)
    for path in sorted(folder.iterdir()):
        path.replace(context.output.file(f"log/{path.name}"))
