"""Kind `rollouts`: train policies on chosen clips, and count how often they succeed in unseen sample scenes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.contracts.rollouts import RolloutInputs, RolloutsSettings, SuccessResultRow
from engine.runtime.spec import ItemPayload
from engine.runtime.step import Step
from engine.steps.validate import READING, cloning_clips, one_thread_each
from engine.validation.cloning import read_frames
from engine.validation.inputs import read_inputs
from engine.validation.rollout_rows import RANDOM, REWARD, WORST
from engine.validation.success_report import RolloutVideo

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.arrays import Floats
    from engine.runtime.spec import Item
    from engine.runtime.step import StepContext
    from engine.validation.inputs import ValidationInputs
    from engine.validation.learner import Learner
    from engine.validation.rollouts import Rollouts
    from engine.validation.success import ClipScores, Counted

__all__ = ["CountSuccess"]

TRYING = "training and trying policies"
_FRAMES, _TRIED = 0.1, 0.98
"""Where in the progress each part ends."""


class CountSuccess(Step[RolloutsSettings, ItemPayload]):
    """One item, and one row `SuccessResultRow` beside a few small videos."""

    def process(self, item: Item[ItemPayload], context: StepContext) -> None:
        """Train, try, count and report."""
        from engine.validation.rollouts import Rollouts
        from engine.validation.success import count_success

        given = self.settings
        validation = given.validation
        settings, effort = validation.rollouts, validation.rollouts.of_effort(given.effort)
        inputs, run = read_inputs(self.inputs), RolloutInputs.read(self.inputs)
        learner = self._learner(inputs, Path(run.cache), context)
        rollouts = Rollouts(
            learner,
            scenes=effort.scenes,
            seconds=settings.seconds,
            seed=given.seed,
            cache=Path(run.cache),
            workers=given.workers,
            on_progress=lambda share, note: context.progress(_FRAMES + (_TRIED - _FRAMES) * share, note, stage=TRYING),
            cancelled=context.is_cancelled,
        )
        counted = count_success(
            rollouts,
            learner,
            _scores(inputs, run, learner.clip_ids),
            settings,
            effort,
            base_share=validation.pools.base_share,
            resamples=validation.of_effort(given.effort).resamples,
            seed=given.seed,
        )
        context.progress(_TRIED, "drawing attempts to watch")
        report = replace(counted.report, videos=self._videos(counted, rollouts, context))
        context.output.add(SuccessResultRow, [SuccessResultRow(item.key, json.dumps(report.to_json()))])

    def _learner(self, inputs: ValidationInputs, cache: Path, context: StepContext) -> Learner:
        """Behaviour cloning on the clips that a policy can learn from."""
        given = self.settings
        context.plan((READING, _FRAMES), (TRYING, 1.0))
        context.progress(0.0, "pseudo-actions")
        clips, _ = cloning_clips(inputs)
        one_thread_each()  # policies are trained side by side
        from engine.validation.policy import cloning_learner

        pixels = read_frames(
            clips,
            given.validation.cloning,
            cache,
            workers=given.workers,
            on_progress=lambda share: context.progress(_FRAMES * share),
            cancelled=context.is_cancelled,
        )
        scored = [clip for clip in clips if clip.clip_id in pixels]
        effort = given.validation.of_effort(given.effort)
        steps = given.validation.rollouts.of_effort(given.effort).steps
        return cloning_learner(
            scored, pixels, given.validation, effort, steps=steps, seed=given.seed, cancelled=context.is_cancelled
        )  # fmt: skip

    def _videos(self, counted: Counted, rollouts: Rollouts, context: StepContext) -> tuple[RolloutVideo, ...]:
        """One scene as three policies went about it: the first scene where the reward's choice and chance differ."""
        from engine.validation.rollout_film import telling_scene, write_attempt

        scene = telling_scene(counted.shown[REWARD], counted.shown[RANDOM])
        videos = []
        for number, row in enumerate((REWARD, RANDOM, WORST), start=1):
            rolled = counted.shown[row]
            name = f"rollouts/{self.settings.run_id}-{number}.mp4"
            write_attempt(rollouts.scripts[scene], rolled.moves[scene], context.output.file(name))
            grasp, placed, approach = rolled.outcome[scene].tolist()
            videos.append(
                RolloutVideo(
                    row=row, scene=scene + 1, grasp=bool(grasp), placed=bool(placed), approach=approach, file=name
                )
            )
        return tuple(videos)


def _scores(inputs: ValidationInputs, run: RolloutInputs, clip_ids: Sequence[str]) -> ClipScores:
    from engine.validation.success import ClipScores

    row_of = {clip_id: row for row, clip_id in enumerate(inputs.clips.clip_ids)}
    rows = np.array([row_of[clip_id] for clip_id in clip_ids], np.intp)

    def column(known: Mapping[str, float]) -> Floats:
        return np.array([known.get(clip_id, np.nan) for clip_id in clip_ids], np.float64)

    return ClipScores(
        reward=column(run.reward),
        gain=inputs.gains[rows],
        composite=inputs.composite[rows],
        feature=column(run.feature),
        feature_name=run.best_feature,
        quality=column(run.quality),
    )
