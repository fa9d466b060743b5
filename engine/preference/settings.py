"""labelling.yaml: what annotators are asked, how long a sitting is, and which pair comes next."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from engine.settings_model import SettingsModel

__all__ = ["LabellingSettings", "PairSettings"]


class PairSettings(SettingsModel):
    """Which pair comes next: random ones first, then those whose answers tell most."""

    first_random: int = Field(
        default=50,
        ge=0,
        le=5_000,
        title="Random pairs first",
        description="So many labels come from random pairs before answers steer the choice.",
    )
    batch: int = Field(
        default=25,
        ge=1,
        le=500,
        title="Pairs a batch",
        description="How many pairs are chosen at a time, each with the others in mind; then the fit is made anew.",
    )
    random_share: float = Field(
        default=0.15,
        ge=0.0,
        le=1.0,
        title="Random share",
        description="Share of the pairs that stay random throughout: the unbiased stream that rewards are tested on.",
    )
    repeat_share: float = Field(
        default=0.10,
        ge=0.0,
        le=0.5,
        title="Share of repeats",
        description="Share of the pairs that an annotator sees a second time with the sides swapped, to measure how "
        "far people agree with themselves.",
    )
    near_tie_share: float = Field(
        default=0.0,
        ge=0.0,
        le=1.0,
        title="Near-tie share",
        description="Share of the pairs taken where the fit calls the two clips almost equal.",
    )
    labels_per_clip: int = Field(
        default=5,
        ge=2,
        le=50,
        title="Labels a clip",
        description="Labels are concentrated on enough clips that each is seen about this often.",
    )
    most_per_clip: int = Field(
        default=9,
        ge=2,
        le=100,
        title="Most labels a clip",
        description="A clip seen this often gets no more informative pairs until all others have been too. A few clips "
        "tell more than others; without a limit a sitting would be about them alone.",
    )
    across_share: float = Field(
        default=0.0,
        ge=0.0,
        le=1.0,
        title="Share across videos",
        description="Share of the informative pairs that compare two videos where the fit is least sure which of them "
        "has the better clips on the whole.",
    )
    expected_labels: int = Field(
        default=500,
        ge=20,
        le=100_000,
        title="Labels expected",
        description="How many labels the clips in question are chosen for. When they are all given, more clips join.",
    )
    information: Literal["d_optimal", "bald"] = Field(
        default="d_optimal",
        title="Information",
        description="d_optimal: pairs that shrink the fit's uncertainty most; bald: pairs whose answer the possible "
        "fits disagree about most.",
    )

    @property
    def most_shown(self) -> int:
        """How often informative pairs may show a clip: more often than the average that labels are concentrated for."""
        return max(self.most_per_clip, self.labels_per_clip + 1)

    @model_validator(mode="after")
    def _shares_leave_room(self) -> Self:
        total = self.random_share + self.repeat_share + self.near_tie_share
        if total > 1:
            raise ValueError(f"random, repeat and near-tie shares add up to {total:g}; together they can't exceed 1")
        return self


class LabellingSettings(SettingsModel):
    """What annotators are asked, how long a sitting is, and which pair comes next."""

    question: str = Field(
        default="Which clip would teach a robot more?",
        min_length=1,
        max_length=200,
        title="Question",
        description="What is asked of every pair.",
    )
    guidelines: list[str] = Field(
        default_factory=lambda: [
            "Prefer the clip in which hands do something with a purpose: reach, grasp, move, place, open, pour.",
            "Prefer hands and object in view and sharp enough to follow.",
            "Idle hands, fumbling and looking away teach little, however good the picture.",
            "Say tie if you can't decide after watching both twice; skip if you can't judge one of them.",
        ],
        title="Guidelines",
        description="What annotators are told before they start, and whenever they ask for help",
    )
    target: int = Field(
        default=50,
        ge=1,
        le=5_000,
        title="Pairs a sitting",
        description="What the progress of a sitting counts towards.",
    )
    pause_reminder_every_min: float = Field(
        default=20.0,
        ge=0.0,
        le=240.0,
        title="Pause reminder (minutes)",
        description="A pause is suggested after so many minutes of a sitting; 0 for never.",
    )
    show_scores: bool = Field(
        default=False,
        title="Show scores",
        description="Show rewards and composite scores beside the clips. They influence answers: off unless needed.",
    )
    pairs: PairSettings = Field(default_factory=PairSettings, title="Choice of pairs")
