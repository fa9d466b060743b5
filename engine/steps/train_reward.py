"""Kind `train`: fit a reward, judge it, and score all clips with it."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.contracts.reward import (
    CLIPS_FILE,
    CURVE_FILE,
    EXTRA_FILE,
    PAIRS_FILE,
    CurvePoint,
    RewardModelRow,
    TrainPayload,
    TrainSettings,
)
from engine.reward.checkpoint import ABOUT_FILE, NUMBERS_FILE, save_reward
from engine.reward.judging.training_report import MEASURES
from engine.reward.study import STAGES, Study, study
from engine.runtime.stages import stage_at
from engine.runtime.step import Step
from engine.steps.score_clips import add_scores
from engine.tables.parquet import fingerprint, read_clips, read_extra, read_pairs

if TYPE_CHECKING:
    from engine.reward.judging.training_report import TrainingReport
    from engine.runtime.spec import Item
    from engine.runtime.step import StepContext
    from engine.tables.types import ClipTable

__all__ = ["TrainReward"]


STUDIED = 0.95
"""Where in the progress the training and its judgement end, and scoring begins."""
PLAN = (*((name, STUDIED * end) for name, end in STAGES), ("scoring all clips", 1.0))


class TrainReward(Step[TrainSettings, TrainPayload]):
    """One item, and one row `RewardModelRow` beside the scores. Files: the checkpoint, TensorBoard's log."""

    def prepare(self) -> None:
        """As many threads as the machine has cores: this job has the machine to itself."""
        import torch

        torch.set_num_threads(self.settings.threads)

    def process(self, item: Item[TrainPayload], context: StepContext) -> None:
        """Train, judge, score."""
        folder = self.inputs
        clips, pairs = read_clips(folder / CLIPS_FILE), read_pairs(folder / PAIRS_FILE)
        extra = read_extra(folder / EXTRA_FILE)
        measured = np.flatnonzero(np.isfinite(extra["gain"])) if "gain" in extra else np.empty(0, np.intp)
        curve: list[CurvePoint] = []

        def add_to_curve(epoch: int, train_loss: float, held_out_loss: float) -> None:
            curve.append(CurvePoint(epoch, train_loss, held_out_loss))
            with (folder / CURVE_FILE).open("a", encoding="utf-8") as file:
                file.write(curve[-1].to_line())

        context.plan(*PLAN)
        (folder / CURVE_FILE).unlink(missing_ok=True)
        began = time.monotonic()
        found = study(
            clips,
            pairs,
            self.settings.model,
            self.settings.training,
            seed=item.payload.seed,
            gains=(measured, extra["gain"][measured]) if len(measured) else None,
            composite=extra.get("composite"),
            quality=extra.get("quality"),
            on_progress=lambda share, note: context.progress(
                STUDIED * share, note, stage=stage_at(PLAN, STUDIED * share)
            ),
            on_curve=add_to_curve,
        )
        report = replace(
            found.report, seconds=round(time.monotonic() - began, 2), fingerprint=fingerprint(clips, pairs)
        )
        put(item, context, Study(found.reward, report), clips, curve)


def put(
    item: Item[TrainPayload],
    context: StepContext,
    found: Study,
    clips: ClipTable,
    curve: list[CurvePoint],
) -> None:
    """Everything into the shard."""
    payload, reward = item.payload, found.reward
    about = {"name": payload.name, "fingerprint": found.report.fingerprint}
    save_reward(reward, context.output.file(NUMBERS_FILE), context.output.file(ABOUT_FILE), **about)
    settings = {"model": reward.model.model_dump(mode="json"), "training": reward.training.model_dump(mode="json")}
    row = RewardModelRow(
        model_id=payload.model_id,
        name=payload.name,
        seed=reward.seed,
        settings=json.dumps(settings),
        metrics=json.dumps(found.report.to_json()),
    )
    context.output.add(RewardModelRow, [row])
    scores = reward.score(clips, lambda done: context.progress(STUDIED + (1 - STUDIED) * done, stage=PLAN[-1][0]))
    add_scores(context, payload.model_id, clips, scores)
    log(context, scores.reward[np.isfinite(scores.reward)], found.report, curve)


def log(context: StepContext, rewards: Any, report: TrainingReport, curve: list[CurvePoint]) -> None:
    """The same for TensorBoard: curves, measures, the histogram of rewards."""
    from torch.utils.tensorboard.writer import SummaryWriter

    folder = context.output.folder / "log"
    with SummaryWriter(str(folder)) as writer:
        for point in curve:
            writer.add_scalar("loss/train", point.train, point.epoch)
            writer.add_scalar("loss/held_out", point.held_out, point.epoch)
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
