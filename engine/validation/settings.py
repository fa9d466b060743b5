"""validation.yaml: how gain is measured, and how hard the reward is questioned."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from engine.settings_model import SettingsModel
from engine.validation.rollout_settings import RolloutSettings

__all__ = ["CloningSettings", "EffortSettings", "PoolSettings", "ValidationSettings"]


class CloningSettings(SettingsModel):
    """The behaviour-cloning model and the data it learns from."""

    width_px: int = Field(default=64, ge=32, le=256, title="Width (px)", description="Width of the frames it sees.")
    height_px: int = Field(default=36, ge=18, le=256, title="Height (px)", description="Height of the frames.")
    frames_per_clip: int = Field(
        default=12,
        ge=4,
        le=64,
        title="Frames a clip",
        description="The same for every clip, however long, so that length can't enter the gain.",
    )
    trunk_frames_per_clip: int = Field(
        default=24, ge=4, le=128, title="Frames a clip for the trunk", description="Of the clips that train the trunk."
    )
    least_confidence: float = Field(
        default=0.8,
        ge=0.0,
        le=1.0,
        title="Hand confidence in the validation pool",
        description="Frames count for the validation loss where the hand was seen at least this surely.",
    )
    least_skill: float = Field(
        default=0.03,
        ge=0.0,
        le=1.0,
        title="Least skill",
        description="Share by which the model's loss must be under both baselines'; else no ρ is reported.",
    )


class PoolSettings(SettingsModel):
    """How source videos are shared out. No source is in two pools."""

    trunk_share: float = Field(
        default=0.35, ge=0.1, le=0.8, title="Trunk", description="Share of the sources that train the trunk."
    )
    validation_share: float = Field(
        default=0.2, ge=0.05, le=0.6, title="Validation", description="Share of the sources the loss is measured on."
    )
    base_share: float = Field(
        default=0.1,
        ge=0.01,
        le=0.9,
        title="Base size",
        description="Share of the candidates that a random base holds. Part of the definition of ΔM: fixed in advance.",
    )
    least_sources: int = Field(
        default=8,
        ge=4,
        le=1000,
        title="Least sources",
        description="With fewer source videos than this nothing is measured.",
    )


class EffortSettings(SettingsModel):
    """How much is computed."""

    trunk_seeds: int = Field(default=3, ge=1, le=20, title="Trunk seeds", description="Trunks trained and averaged.")
    trunk_steps: int = Field(default=500, ge=10, le=100_000, title="Trunk steps", description="Training steps of each.")
    batch: int = Field(default=32, ge=4, le=1024, title="Batch", description="Frames in each step.")
    learning_rate: float = Field(
        default=0.006, ge=0.00001, le=0.1, title="Learning rate", description="Its peak (AdamW, one cycle)."
    )
    bases: int = Field(default=100, ge=4, le=2000, title="Bases", description="Random bases for each trunk.")
    full_trainings: int = Field(
        default=40,
        ge=0,
        le=5000,
        title="Full trainings",
        description="Networks trained from scratch on random subsets, to hold the closed form against; 0 for none.",
    )
    full_steps: int = Field(
        default=120, ge=6, le=100_000, title="Steps of a full training", description="Training steps from scratch."
    )
    full_repeats: int = Field(
        default=0,
        ge=0,
        le=5000,
        title="Repeated full trainings",
        description="How many of these are done twice: how far two of a kind agree limits any prediction of them.",
    )
    resamples: int = Field(
        default=1000, ge=50, le=100_000, title="Resamples", description="Bootstraps and permutations."
    )
    reward_seeds: int = Field(
        default=2, ge=1, le=20, title="Reward seeds", description="Rewards trained and averaged in an ablation."
    )
    reward_folds: int = Field(
        default=3,
        ge=2,
        le=20,
        title="Reward folds",
        description="Parts of the sources; each is scored by rewards that saw none of its labels.",
    )


class ValidationSettings(SettingsModel):
    """Validation and ablation: how gain (ΔM) is measured and the reward is questioned."""

    effort: Literal["quick", "thorough"] = Field(
        default="quick", title="Effort", description="Which of the two sections below is used unless a run says."
    )
    cloning: CloningSettings = Field(default_factory=CloningSettings, title="Behaviour cloning")
    pools: PoolSettings = Field(default_factory=PoolSettings, title="Pools")
    quick: EffortSettings = Field(default_factory=EffortSettings, title="Quick")
    thorough: EffortSettings = Field(
        default_factory=lambda: EffortSettings(
            trunk_seeds=6,
            trunk_steps=1200,
            full_trainings=200,
            full_steps=300,
            full_repeats=40,
            resamples=4000,
            reward_seeds=4,
            reward_folds=5,
        ),
        title="Thorough",
    )
    rollouts: RolloutSettings = Field(default_factory=RolloutSettings, title="Success")

    def of_effort(self, effort: str | None = None) -> EffortSettings:
        """The numbers of `quick` or `thorough`."""
        return self.thorough if (effort or self.effort) == "thorough" else self.quick
