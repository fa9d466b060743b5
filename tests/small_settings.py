"""Settings under which the whole path takes little time. What comes out of it then means little, and is not asked."""

from __future__ import annotations

from engine.reward.settings import (
    EnsembleSettings,
    ModelSettings,
    OptimiserSettings,
    ReportSettings,
    SplitSettings,
    TrainingSettings,
)
from engine.settings.data import DataSettings, SampleSettings
from engine.validation.settings import CloningSettings, EffortSettings, PoolSettings, ValidationSettings

__all__ = ["SMALL"]

SMALL = (
    DataSettings(sample=SampleSettings(videos=7, episodes=5, episode_s=1.0)),
    ModelSettings(ensemble=EnsembleSettings(members=2)),
    TrainingSettings(
        optimiser=OptimiserSettings(epochs=20, patience=5),
        split=SplitSettings(folds=2, repeats=1),
        report=ReportSettings(bootstrap_rounds=50, learning_curve=False),
    ),
    ValidationSettings(
        cloning=CloningSettings(width_px=48, height_px=27, frames_per_clip=6),
        pools=PoolSettings(least_sources=4, least_clips=4, rotations=2),
        quick=EffortSettings(
            trunk_seeds=1, trunk_steps=60, splits=2, bases=4, full_trainings=0, resamples=50, reward_seeds=1
        ),
    ),
)
