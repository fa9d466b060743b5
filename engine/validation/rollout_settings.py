"""How success is counted by rollouts: settings below `rollouts` in validation.yaml."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from engine.settings_model import SettingsModel

__all__ = ["RolloutEffort", "RolloutSettings"]


class RolloutEffort(SettingsModel):
    """How many policies are trained, and how often each is tried."""

    seeds: int = Field(
        default=2, ge=1, le=50, title="Seeds", description="Policies trained on each choice of clips; a claim takes 5."
    )
    scenes: int = Field(
        default=40,
        ge=4,
        le=2000,
        title="Scenes",
        description="Unseen scenes that every policy is tried in; a claim takes 100.",
    )
    steps: int = Field(
        default=500,
        ge=10,
        le=100_000,
        title="Steps of a policy",
        description="Training steps of a policy. It trains on rows in motion alone: policies that learn from hands at "
        "rest too hardly move.",
    )
    random_draws: int = Field(
        default=4,
        ge=1,
        le=100,
        title="Random draws",
        description="Random choices of clips, spread over the seeds: what all others are compared with.",
    )
    subsets: int = Field(
        default=12,
        ge=0,
        le=1000,
        title="Subsets",
        description="Random subsets whose fall of the loss is held against their success; 0 for none.",
    )


class RolloutSettings(SettingsModel):
    """Success counted in sample scenes: how policies are tried that were trained on chosen clips."""

    seconds: float = Field(
        default=4.0,
        ge=3.5,
        le=20.0,
        title="Length (s)",
        description="Time in which a thing has to be placed. The expert takes two thirds of it; in less than 3.5 s it "
        "would grasp before the policy begins.",
    )
    share: float = Field(
        default=1 / 3, ge=0.05, le=0.9, title="Share of clips", description="How many clips each choice holds."
    )
    subset_share: float = Field(
        default=0.3, ge=0.02, le=0.9, title="Share in a subset", description="Of the clips that subsets are drawn from."
    )
    bins: int = Field(
        default=10,
        ge=0,
        le=50,
        title="Groups by reward",
        description="Clips are sorted by reward into so many groups; 0 for none.",
    )
    quick: RolloutEffort = Field(default_factory=RolloutEffort, title="Quick")
    thorough: RolloutEffort = Field(
        default_factory=lambda: RolloutEffort(seeds=5, scenes=100, steps=1000, random_draws=5, subsets=40),
        title="Thorough",
    )

    def of_effort(self, effort: Literal["quick", "thorough"]) -> RolloutEffort:
        """The numbers of `quick` or `thorough`."""
        return self.thorough if effort == "thorough" else self.quick
