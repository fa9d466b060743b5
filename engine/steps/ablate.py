"""Kind `ablate`: train the reward without groups of features, and see what ρ and pair accuracy lose."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.reward.settings import ModelSettings, TrainingSettings
from engine.runtime.step import Step
from engine.steps.validate import all_threads, one_thread_each
from engine.validation.ablation import ablate, default_groups
from engine.validation.inputs import read_inputs
from engine.validation.settings import ValidationSettings
from engine.validation.unseen import reward_fit

if TYPE_CHECKING:
    from engine.runtime.spec import Item
    from engine.runtime.step import StepContext

__all__ = ["Ablate"]


class Ablate(Step):
    """One item. Settings as for `validate`, and `groups`: lists of feature groups, empty for the usual ones.

    Tables: `ablation_result` (`results` and `about` as JSON).
    """

    def prepare(self) -> None:
        """Load torch before the first item."""
        one_thread_each()

    def process(self, item: Item, context: StepContext) -> None:
        """Train with and without, and compare."""
        given = self.settings
        effort = ValidationSettings.model_validate(given["validation"]).of_effort(given["effort"])
        all_threads(int(given["workers"]))
        inputs, seed = read_inputs(Path(given["inputs"])), int(given["seed"])
        candidates = np.flatnonzero(np.isfinite(inputs.gains))
        groups = [tuple(group) for group in given["groups"]] or default_groups(inputs.clips)
        fit = reward_fit(
            ModelSettings.model_validate(given["model"]), TrainingSettings.model_validate(given["training"])
        )
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
            on_progress=context.progress,
        )
        row = {"item": item.key, "results": json.dumps(report.to_json()), "about": json.dumps(given["about"])}
        context.output.add_rows("ablation_result", [row])
