"""validation.yaml: how gain is measured, and how hard the reward is questioned."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from engine.settings_model import SettingsModel
from engine.validation.rollout_settings import RolloutSettings

__all__ = ["CloningSettings", "EffortSettings", "PoolSettings", "ValidationSettings"]


class CloningSettings(SettingsModel):
    """The behaviour-cloning model and the data it learns from."""

    width_px: int = Field(default=96, ge=32, le=256, title="Width (px)", description="Width of the frames it sees.")
    height_px: int = Field(default=54, ge=18, le=256, title="Height (px)", description="Height of the frames.")
    frames_per_clip: int = Field(
        default=24,
        ge=4,
        le=128,
        title="Frames a clip",
        description="At most; spread evenly. Every clip weighs the same, however many it has.",
    )
    least_motion: float = Field(
        default=0.3,
        ge=0.0,
        le=5.0,
        title="Least motion",
        description="A row counts where a hand moves by this much, in units of the robust scale of all actions.",
    )
    least_confidence: float = Field(
        default=0.8,
        ge=0.0,
        le=1.0,
        title="Hand confidence for the loss",
        description="Rows measure the loss where the hand was seen at least this surely.",
    )
    least_skill: float = Field(
        default=0.0,
        ge=-1.0,
        le=1.0,
        title="Least skill",
        description="The lower end of the skill's interval must be above this; else no gain is believed.",
    )


class PoolSettings(SettingsModel):
    """How source videos are shared out. No source is in two pools at once."""

    rotations: int = Field(
        default=3, ge=2, le=10, title="Rotations", description="Parts of the sources; each trains the trunk once."
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
    least_clips: int = Field(
        default=10,
        ge=4,
        le=100_000,
        title="Least clips",
        description="With fewer clips in which hands move nothing is measured.",
    )


class EffortSettings(SettingsModel):
    """How much is computed."""

    trunk_seeds: int = Field(default=2, ge=1, le=20, title="Trunk seeds", description="Trunks trained a rotation.")
    trunk_steps: int = Field(
        default=300, ge=10, le=100_000, title="Trunk steps", description="Training steps at most; it stops before."
    )
    batch: int = Field(default=32, ge=4, le=1024, title="Batch", description="Frames in each step.")
    learning_rate: float = Field(
        default=0.003, ge=0.00001, le=0.1, title="Learning rate", description="Its peak (AdamW, cosine)."
    )
    splits: int = Field(
        default=6,
        ge=1,
        le=100,
        title="Halvings",
        description="Random halves into candidates and validation, for each trunk.",
    )
    bases: int = Field(default=12, ge=2, le=2000, title="Bases", description="Random bases for each half.")
    full_trainings: int = Field(
        default=0,
        ge=0,
        le=5000,
        title="Full trainings",
        description="Networks trained from scratch on random subsets, to hold the closed form against; 0 for none.",
    )
    full_steps: int = Field(
        default=200, ge=6, le=100_000, title="Steps of a full training", description="Training steps from scratch."
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


_RETIRED = {"trunk_frames_per_clip", "trunk_share", "validation_share"}
"""Settings of the first edition that there are no longer."""
_FIRST_EFFORT = {
    "trunk_seeds": 3,
    "trunk_steps": 500,
    "learning_rate": 0.006,
    "bases": 100,
    "full_trainings": 40,
    "full_steps": 120,
    "full_repeats": 0,
}
_FIRST_DEFAULTS: dict[str, dict[str, float]] = {
    "cloning": {"width_px": 64, "height_px": 36, "frames_per_clip": 12, "least_skill": 0.03},
    "pools": {},
    "quick": _FIRST_EFFORT,
    "thorough": _FIRST_EFFORT
    | {"trunk_seeds": 6, "trunk_steps": 1200, "full_trainings": 200, "full_steps": 300, "full_repeats": 40},
}
"""Its defaults that are others now."""


def _is_of_the_first_edition(given: dict[str, Any]) -> bool:
    return any(isinstance(part, dict) and _RETIRED & part.keys() for part in given.values())


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
            trunk_seeds=4,
            trunk_steps=600,
            splits=12,
            bases=24,
            full_trainings=120,
            full_steps=300,
            full_repeats=30,
            resamples=4000,
            reward_seeds=4,
            reward_folds=5,
        ),
        title="Thorough",
    )
    rollouts: RolloutSettings = Field(default_factory=RolloutSettings, title="Success")

    @model_validator(mode="before")
    @classmethod
    def _of_the_first_edition(cls, given: Any) -> Any:
        """Settings that were written before gain was measured anew: what nobody changed takes today's defaults."""
        if not isinstance(given, dict) or not _is_of_the_first_edition(given):
            return given
        return {
            name: {key: x for key, x in part.items() if key not in _RETIRED and x != _FIRST_DEFAULTS[name].get(key)}
            if isinstance(part, dict) and name in _FIRST_DEFAULTS
            else part
            for name, part in given.items()
        }

    def of_effort(self, effort: str | None = None) -> EffortSettings:
        """The numbers of `quick` or `thorough`."""
        return self.thorough if (effort or self.effort) == "thorough" else self.quick
