"""Kind `validate`: measure the gain of clips, and hold the reward against it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.contracts.validation import GainRow, RunInputs, ValidateSettings, ValidationResultRow
from engine.runtime.spec import ItemPayload
from engine.runtime.step import Step
from engine.validation.cloning import Footage, clips_with_actions, read_frames
from engine.validation.inputs import read_inputs
from engine.validation.pools import split_sources
from engine.validation.report import Question, validate_report
from engine.validation.unseen import reward_fit, unseen_rewards
from engine.validation.validation_report import LabelsBehind
from engine.video.windows import Window

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.runtime.spec import Item
    from engine.runtime.step import StepContext
    from engine.validation.cloning import CloningClip
    from engine.validation.inputs import ValidationInputs
    from engine.validation.measured import Measured
    from engine.validation.settings import EffortSettings, ValidationSettings
    from engine.validation.unseen import UnseenReward

__all__ = ["Validate", "all_threads", "one_thread_each"]

FRAMES, FULL, REWARDS = 0.15, 0.8, 0.95
"""Where in the progress each part ends."""


def one_thread_each() -> None:
    """Keep libraries from starting threads of their own: trainings run side by side instead."""
    import cv2
    import torch

    torch.set_num_threads(1)
    cv2.setNumThreads(1)


def all_threads(count: int) -> None:
    """Let one training use all cores: rewards are trained one after the other."""
    import torch

    torch.set_num_threads(max(1, count))


class Validate(Step[ValidateSettings, ItemPayload]):
    """One item, and one row `ValidationResultRow` beside one row `GainRow` a clip."""

    def process(self, item: Item[ItemPayload], context: StepContext) -> None:
        """Measure and report."""
        given = self.settings
        settings, seed = given.validation, given.seed
        effort = settings.of_effort(given.effort)
        inputs, run = read_inputs(self.inputs), RunInputs.read(self.inputs)
        measured, left_out = self._measure(inputs, settings, effort, Path(run.cache), context)
        all_threads(given.workers)
        unseen = unseen_rewards(
            inputs.clips,
            inputs.pairs,
            reward_fit(given.model, given.training),
            folds=effort.reward_folds,
            seeds=range(seed, seed + effort.reward_seeds),
            wanted=measured.video_ids,
            on_progress=lambda share: context.progress(FULL + (REWARDS - FULL) * share, "scoring unseen sources"),
        )
        row_of = {clip_id: row for row, clip_id in enumerate(inputs.clips.clip_ids)}
        rows = np.array([row_of[clip_id] for clip_id in measured.clip_ids], np.intp)
        own = unseen_rows(unseen, rows)
        question = Question(
            measured=measured,
            clips=inputs.clips.take(rows),
            unseen=own,
            stored=inputs.stored[rows] if np.isfinite(inputs.stored[rows]).any() else None,
            composite=inputs.composite[rows] if np.isfinite(inputs.composite[rows]).any() else None,
            labels=LabelsBehind(**run.labels),
        )
        context.progress(REWARDS, "controls and curves")
        report = replace(validate_report(question, settings, effort, seed=seed), left_out=left_out)
        context.output.add(ValidationResultRow, [ValidationResultRow(item.key, json.dumps(report.to_json()))])
        context.output.add(
            GainRow,
            [
                GainRow(clip_id, float(gain), float(std), float(reward))
                for clip_id, gain, std, reward in zip(
                    measured.clip_ids, measured.gain, measured.gain_std, own.reward, strict=True
                )
            ],
        )

    def _measure(
        self,
        inputs: ValidationInputs,
        settings: ValidationSettings,
        effort: EffortSettings,
        cache: Path,
        context: StepContext,
    ) -> tuple[Measured, dict[str, int]]:
        from engine.validation.gains import measure

        seed, workers = self.settings.seed, self.settings.workers
        context.progress(0.0, "pseudo-actions")
        clips, left_out = cloning_clips(inputs)
        reasons: dict[str, int] = {}
        for reason in left_out.values():
            reasons[reason] = reasons.get(reason, 0) + 1
        frames: dict[str, int] = {}
        counts: dict[str, int] = {}
        for clip in clips:
            frames[clip.video_id] = frames.get(clip.video_id, 0) + clip.valid_frames
            counts[clip.video_id] = counts.get(clip.video_id, 0) + 1
        pools = split_sources(frames, counts, settings.pools, seed=seed)
        one_thread_each()  # loads torch, which takes seconds: too little data is said before
        pixels = read_frames(
            clips,
            settings.cloning,
            cache,
            workers=workers,
            on_progress=lambda share: context.progress(FRAMES * share, "reading frames"),
            cancelled=context.is_cancelled,
        )
        found = measure(
            clips,
            pixels,
            pools,
            settings,
            effort,
            seed=seed,
            cache=cache,
            workers=workers,
            on_progress=lambda share, note: context.progress(FRAMES + (FULL - FRAMES) * share, note),
            cancelled=context.is_cancelled,
        )
        return found, reasons


def cloning_clips(inputs: ValidationInputs) -> tuple[list[CloningClip], dict[str, str]]:
    """The clips that behaviour cloning can learn from, and why the others are left out."""
    footage = [
        Footage(clip_id, video_id, path, Window(*window))
        for clip_id, video_id, path, window in zip(
            inputs.clips.clip_ids, inputs.clips.video_ids, inputs.paths, inputs.windows, strict=True
        )
    ]
    return clips_with_actions(footage, inputs.track_rows())


def unseen_rows(unseen: UnseenReward, rows: NDArray[np.intp]) -> UnseenReward:
    """The same for these clips only."""
    return replace(unseen, reward=unseen.reward[rows], by_seed=unseen.by_seed[:, rows])
