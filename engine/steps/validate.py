"""Kind `validate`: measure the gain of clips, and hold the reward against it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from engine.contracts.validation import GainRow, RunInputs, ValidateSettings, ValidationResultRow
from engine.runtime.spec import ItemPayload
from engine.runtime.step import Step
from engine.validation.cloning import Footage, clips_with_actions, read_frames
from engine.validation.cloning_data import NO_MOTION, UNREADABLE, cloning_data, moving_rows
from engine.validation.compute import choose_compute, trained_on
from engine.validation.inputs import read_inputs
from engine.validation.pools import enough_sources, rotations
from engine.validation.progress import parts_of
from engine.validation.report import Question, validate_report
from engine.validation.skill import data_behind
from engine.validation.unseen import RewardFit, unseen_rewards, unseen_robot
from engine.validation.validation_report import LabelsBehind, Target
from engine.video.windows import Window

if TYPE_CHECKING:
    from pathlib import Path

    from engine.arrays import Floats, Rows
    from engine.runtime.spec import Item
    from engine.runtime.stages import Plan
    from engine.runtime.step import StepContext
    from engine.validation.cloning import CloningClip
    from engine.validation.cloning_data import CloningData
    from engine.validation.compute import Compute
    from engine.validation.inputs import ValidationInputs
    from engine.validation.measured import Measured
    from engine.validation.settings import EffortSettings, ValidationSettings
    from engine.validation.unseen import UnseenReward

__all__ = ["Validate", "all_threads", "one_thread_each"]

READING, UNSEEN, CONTROLS = "reading frames", "scoring unseen videos", "controls and curves"
FRAMES, FULL, REWARDS = 0.15, 0.8, 0.92
"""Where in the progress each part ends."""


def _plan(effort: EffortSettings) -> Plan:
    """The stages of a validation, and where in the progress each ends."""
    parts = parts_of(from_scratch=effort.full_trainings > 0)
    ends = accumulate(parts.values())
    measuring = ((name, FRAMES + (FULL - FRAMES) * end) for name, end in zip(parts, ends, strict=True))
    return (READING, FRAMES), *measuring, (UNSEEN, REWARDS), (CONTROLS, 1.0)


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

    def prepare(self) -> None:
        """Refuse a graphics card that is not there before any frame is read."""
        if self.settings.device.startswith("cuda"):
            choose_compute(self.settings.device)

    def process(self, item: Item[ItemPayload], context: StepContext) -> None:
        """Measure and report."""
        given = self.settings
        settings, seed = given.validation, given.seed
        effort = settings.of_effort(given.effort)
        inputs, run = read_inputs(self.inputs), RunInputs.read(self.inputs)
        cache = run.cache_for(self.inputs)
        data, left_out = self._data(inputs, settings, effort, cache, context)
        compute = choose_compute(given.device, context.warn)
        measured = self._measure(data, cache, compute, context)
        all_threads(self.threads or given.workers)
        rows = np.flatnonzero(np.isfinite(measured.gain))
        row_of = {clip_id: row for row, clip_id in enumerate(inputs.clips.clip_ids)}
        places = np.array([row_of[measured.clip_ids[row]] for row in rows], np.intp)
        own = self._rewards(inputs, places, effort, compute, context)
        context.progress(REWARDS, stage=CONTROLS)
        question = Question(
            measured=measured,
            rows=rows,
            clips=inputs.clips.take(places),
            unseen=own,
            stored=_known(inputs.stored[places]),
            robot=self._robot(inputs, places, measured.gain[rows], effort, compute),
            composite=_known(inputs.composite[places]),
            quality=_known(inputs.quality[places]),
            useful=_known(inputs.useful[places]),
            labels=LabelsBehind(**run.labels),
            behind=data_behind(data),
            target=Target(name=given.target, clips=int(inputs.measuring.sum())) if given.target else None,
        )
        report = replace(validate_report(question, settings, effort, seed=seed), left_out=left_out)
        context.output.add(ValidationResultRow, [ValidationResultRow(item.key, json.dumps(report.to_json()))])
        context.output.add(
            GainRow,
            [
                GainRow(measured.clip_ids[row], float(measured.gain[row]), float(measured.gain_std[row]), float(reward))
                for row, reward in zip(rows, own.reward, strict=True)
            ],
        )

    def _data(
        self,
        inputs: ValidationInputs,
        settings: ValidationSettings,
        effort: EffortSettings,
        cache: Path,
        context: StepContext,
    ) -> tuple[CloningData, dict[str, int]]:
        """What is measured, and why clips are left out → how many."""
        context.plan(*_plan(effort))
        context.progress(0.0, "pseudo-actions")
        clips, left_out = cloning_clips(inputs)
        enough_sources(clips, settings.pools)
        one_thread_each()  # loads torch, which takes seconds: too little data is said before
        pixels = read_frames(
            clips,
            settings.cloning,
            cache,
            workers=self.threads or self.settings.workers,
            on_progress=lambda share: context.progress(FRAMES * share, stage=READING),
            cancelled=context.is_cancelled,
        )
        target = None
        if self.settings.target is not None:
            target = frozenset(
                clip_id for clip_id, mine in zip(inputs.clips.clip_ids, inputs.measuring, strict=True) if mine
            )
        data = cloning_data(clips, pixels, settings, effort, target)
        reasons = Counter(left_out.values())
        reasons[UNREADABLE] += len(clips) - len(data.clips)
        reasons[NO_MOTION] += int((~data.moving.any(axis=(1, 2))).sum())
        return data, {reason: count for reason, count in reasons.items() if count}

    def _measure(self, data: CloningData, cache: Path, compute: Compute, context: StepContext) -> Measured:
        from engine.validation.gains import measure

        seed = self.settings.seed
        turns = rotations(moving_rows(data), Counter(data.clips.video_ids), data.settings.pools, seed=seed)
        return measure(
            data,
            turns,
            seed=seed,
            cache=cache,
            workers=self.threads or self.settings.workers,
            compute=compute,
            on_progress=lambda share, part: context.progress(FRAMES + (FULL - FRAMES) * share, stage=part),
            cancelled=context.is_cancelled,
        )

    def _rewards(
        self,
        inputs: ValidationInputs,
        places: Rows,
        effort: EffortSettings,
        compute: Compute,
        context: StepContext,
    ) -> UnseenReward:
        """Rewards of the clips in `places` by models that saw no label of their source."""
        given = self.settings
        unseen = unseen_rewards(
            inputs.clips,
            inputs.pairs,
            RewardFit(given.model, given.training, compute),
            folds=effort.reward_folds,
            seeds=range(given.seed, given.seed + effort.reward_seeds),
            wanted=[inputs.clips.video_ids[place] for place in places],
            on_progress=lambda share: context.progress(FULL + (REWARDS - FULL) * share, stage=UNSEEN),
        )
        return replace(unseen, reward=unseen.reward[places], by_seed=unseen.by_seed[:, places])

    def _robot(
        self, inputs: ValidationInputs, places: Rows, gain: Floats, effort: EffortSettings, compute: Compute
    ) -> Floats | None:
        """What a robot head that learned from the gains of other videos expects of the clips in `places`."""
        given = self.settings
        return unseen_robot(
            inputs.clips,
            inputs.pairs,
            places,
            gain,
            given.model,
            trained_on(given.training, compute),
            folds=effort.reward_folds,
            seed=given.seed,
        )


def _known(column: Floats) -> Floats | None:
    """The column, or None where nothing of it is known."""
    return column if np.isfinite(column).any() else None


def cloning_clips(inputs: ValidationInputs) -> tuple[list[CloningClip], dict[str, str]]:
    """The clips that behaviour cloning can learn from, and why the others are left out."""
    footage = [
        Footage(clip_id, video_id, path, Window(*window))
        for clip_id, video_id, path, window in zip(
            inputs.clips.clip_ids, inputs.clips.video_ids, inputs.paths, inputs.windows, strict=True
        )
    ]
    return clips_with_actions(footage, inputs.track_rows())
