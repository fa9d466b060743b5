"""Kind `score`: score clips with a trained reward."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

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
    robot, robot_std = scores.robot_reward, scores.robot_reward_std
    scored = [
        ScoreRow(
            model_id=model_id,
            clip_id=clips.clip_ids[i],
            reward=float(scores.reward[i]),
            reward_std=float(scores.reward_std[i]),
            robot_reward=None if robot is None else float(robot[i]),
            robot_reward_std=None if robot_std is None else float(robot_std[i]),
        )
        for i in np.flatnonzero(np.isfinite(scores.reward))
    ]
    unscored = [
        UnscoredRow(model_id, clip_id, reason)
        for clip_id, reason in zip(clips.clip_ids, scores.reasons, strict=True)
        if reason
    ]
    if scored:
        context.output.add(ScoreRow, scored)
    if unscored:
        context.output.add(UnscoredRow, unscored)


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
