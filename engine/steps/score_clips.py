"""Kind `score`: score clips with a trained reward."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from engine.contracts.reward import CLIPS_FILE, ScorePayload, ScoreRow, UnscoredRow
from engine.errors import RewardError
from engine.reward.checkpoint import load_reward
from engine.runtime.spec import StepSettings
from engine.runtime.step import Step
from engine.tables.parquet import read_clips

if TYPE_CHECKING:
    from engine.reward.fit import RewardScores
    from engine.runtime.spec import Item
    from engine.runtime.step import StepContext
    from engine.tables.types import ClipTable

__all__ = ["ScoreClips", "add_scores"]


class ScoreClips(Step[StepSettings, ScorePayload]):
    """Scores all clips, in one item."""

    def process(self, item: Item[ScorePayload], context: StepContext) -> None:
        """Score every clip."""
        reward = load_reward(Path(item.payload.folder))
        clips = read_clips(self.inputs / CLIPS_FILE)
        context.progress(0.1, "Scoring")
        scores = reward.score(clips, lambda done: context.progress(0.1 + 0.8 * done, "Scoring"))
        add_scores(context, item.payload.model_id, clips, scores)


def add_scores(context: StepContext, model_id: str, clips: ClipTable, scores: RewardScores) -> None:
    """Put scores, and the clips that have none with the reason, into the shard.

    Raises `RewardError` where the model gives a clip that it can score no finite number: its weights are too large.
    """
    check_finite(scores)
    clip_ids = pa.array(clips.clip_ids, pa.string())
    scored = np.flatnonzero(np.isfinite(scores.reward))
    if len(scored):
        columns = {
            "reward": scores.reward,
            "reward_std": scores.reward_std,
            "robot_reward": scores.robot_reward,
            "robot_reward_std": scores.robot_reward_std,
        }
        table = {
            "model_id": pa.repeat(model_id, len(scored)),
            "clip_id": clip_ids.take(pa.array(scored)),
            **{
                name: pa.nulls(len(scored), pa.float64()) if values is None else pa.array(values[scored])
                for name, values in columns.items()
            },
        }
        context.output.add_table(ScoreRow, pa.table(table))
    lacking = [(row, reason) for row, reason in enumerate(scores.reasons) if reason]
    if lacking:
        rows, reasons = zip(*lacking, strict=True)
        table = {
            "model_id": pa.repeat(model_id, len(rows)),
            "clip_id": clip_ids.take(pa.array(rows)),
            "reason": pa.array(reasons, pa.string()),
        }
        context.output.add_table(UnscoredRow, pa.table(table))


def check_finite(scores: RewardScores) -> None:
    """Raise `RewardError` where a clip without a reason for having no reward has no finite one."""
    scored = np.array([not reason for reason in scores.reasons], dtype=np.bool_)
    finite = np.isfinite(scores.reward) & np.isfinite(scores.reward_std)
    for robot in (scores.robot_reward, scores.robot_reward_std):
        finite &= True if robot is None else np.isfinite(robot)
    if wrong := int((scored & ~finite).sum()):
        raise RewardError(
            f"the model gives no finite score for {wrong:,} of {int(scored.sum()):,} clips: its numbers overflow",
            remedy="Train the model again, or import it anew from where it came.",
        )
