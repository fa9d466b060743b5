"""Kind `ablate`: train the reward without groups of features, and see what ρ and pair accuracy lose."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from engine.contracts.validation import AblateSettings, AblationResultRow
from engine.runtime.spec import ItemPayload
from engine.runtime.step import Step
from engine.steps.validate import all_threads, one_thread_each
from engine.validation.ablation import ablate, default_groups, rounds
from engine.validation.compute import choose_compute
from engine.validation.inputs import read_inputs
from engine.validation.unseen import RewardFit

if TYPE_CHECKING:
    from engine.runtime.spec import Item
    from engine.runtime.step import StepContext

__all__ = ["Ablate"]


class Ablate(Step[AblateSettings, ItemPayload]):
    """One item, and one row `AblationResultRow`."""

    def prepare(self) -> None:
        """Load torch before the first item, and refuse a graphics card that is not there."""
        one_thread_each()
        choose_compute(self.settings.device)

    def process(self, item: Item[ItemPayload], context: StepContext) -> None:
        """Train with and without, and compare."""
        given = self.settings
        effort, seed = given.validation.of_effort(given.effort), given.seed
        all_threads(self.threads or given.workers)
        compute = choose_compute(given.device, context.warn)
        inputs = read_inputs(self.inputs)
        candidates = np.flatnonzero(np.isfinite(inputs.gains))
        groups = list(given.groups) or default_groups(inputs.clips)
        context.plan(*rounds(groups))
        fit = RewardFit(given.model, given.training, compute)
        report = ablate(
            inputs.clips,
            inputs.pairs,
            inputs.gains[candidates],
            candidates,
            groups,
            fit,
            folds=effort.reward_folds,
            seeds=range(seed, seed + effort.reward_seeds),
            resamples=effort.resamples,
            seed=seed,
            on_progress=lambda share, name: context.progress(share, stage=name),
        )
        report = replace(report, computed_on=fit.computed_on)
        context.output.add(AblationResultRow, [AblationResultRow(item.key, json.dumps(report.to_json()))])
