"""model.yaml and training.yaml: what a reward is made of, and how it is trained and judged."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from engine.settings_model import SettingsModel

__all__ = [
    "EnsembleSettings",
    "InputSettings",
    "ModelSettings",
    "NetworkSettings",
    "OptimiserSettings",
    "PreferenceSettings",
    "ReportSettings",
    "RobotSettings",
    "SplitSettings",
    "TrainingSettings",
]

Size = Annotated[int, Field(ge=1, le=4096)]


class InputSettings(SettingsModel):
    """What the model sees of a clip."""

    groups: list[str] = Field(
        default_factory=list,
        title="Feature groups",
        description="Extractors whose features go in (`sharpness`, `exposure`, `motion`, `hands`, `embedding`); "
        "empty for all that are measured",
    )
    embedding_components: int = Field(
        default=16,
        ge=0,
        le=512,
        title="Embedding components",
        description="Principal components of the embedding that go in, fitted on all clips; 0 leaves it out.",
    )
    squares: bool = Field(
        default=True,
        title="Squares",
        description="Let the square of each feature in too: for features that are best in the middle.",
    )
    clip_at: float = Field(
        default=3.0,
        ge=1.0,
        le=20.0,
        title="Outlier limit",
        description="Standardised features are cut off at this many standard deviations.",
    )
    missing_groups: Literal["unscored", "learned"] = Field(
        default="unscored",
        title="Clips that lack a feature group",
        description="`unscored`: such clips get no reward. `learned`: the model is trained to do without.",
    )


class NetworkSettings(SettingsModel):
    """The network: a trunk that all clips go through, and a head for each kind of judgement."""

    trunk_sizes: list[Size] = Field(
        default_factory=lambda: [256, 128], title="Trunk", description="Sizes of the trunk's layers"
    )
    human_head_sizes: list[Size] = Field(
        default_factory=lambda: [64], title="Human head", description="Sizes of the hidden layers of the human head"
    )
    robot_head_sizes: list[Size] = Field(
        default_factory=lambda: [64], title="Robot head", description="Sizes of the hidden layers of the robot head"
    )
    activation: Literal["gelu", "relu", "silu", "tanh"] = Field(
        default="gelu", title="Activation", description="What follows each hidden layer."
    )
    dropout: float = Field(
        default=0.3, ge=0.0, le=0.9, title="Dropout", description="Share of hidden units switched off in each step."
    )

    @field_validator("trunk_sizes")
    @classmethod
    def _has_a_layer(cls, sizes: list[int]) -> list[int]:
        if not sizes:
            raise ValueError("a trunk needs at least one layer")
        return sizes


class EnsembleSettings(SettingsModel):
    """Several networks trained side by side: their mean is the reward, their disagreement its standard deviation."""

    members: int = Field(default=5, ge=1, le=50, title="Members", description="How many networks.")
    resample: bool = Field(
        default=True,
        title="Resample labels",
        description="Each member weighs the labels anew (a Bayesian bootstrap), so that the standard deviation "
        "tells how far other labels might have moved the reward.",
    )


class ModelSettings(SettingsModel):
    """What a reward is made of."""

    inputs: InputSettings = Field(default_factory=InputSettings, title="Inputs")
    network: NetworkSettings = Field(default_factory=NetworkSettings, title="Network")
    ensemble: EnsembleSettings = Field(default_factory=EnsembleSettings, title="Ensemble")


class PreferenceSettings(SettingsModel):
    """How an answer follows from two rewards (Bradley–Terry)."""

    beta: float = Field(
        default=1.0, gt=0.0, ge=0.01, le=100.0, title="β", description="P(left) = σ(β (reward left − reward right))."
    )
    ties: Literal["half", "davidson", "drop"] = Field(
        default="half",
        title="Ties",
        description="`half`: half a win each way. `davidson`: an answer of its own, with a learned rate. "
        "`drop`: left out.",
    )


class OptimiserSettings(SettingsModel):
    """How the networks are fitted."""

    learning_rate: float = Field(
        default=0.001, ge=0.000001, le=1.0, title="Learning rate", description="Of the optimiser (AdamW)."
    )
    weight_decay: float = Field(
        default=10.0, ge=0.0, le=100.0, title="Weight decay", description="Pull of all weights towards nothing."
    )
    batch_size: int = Field(default=512, ge=2, le=100_000, title="Batch size", description="Labels in each step.")
    epochs: int = Field(default=200, ge=1, le=10_000, title="Epochs", description="Passes over the labels at most.")
    patience: int = Field(
        default=20,
        ge=1,
        le=10_000,
        title="Patience (epochs)",
        description="Training ends once held-out sources have not got better for this many epochs.",
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        default="auto", title="Device", description="`auto`: the GPU where there is one."
    )


class RobotSettings(SettingsModel):
    """The robot head: trained jointly wherever measured gains (ΔM) are there."""

    weight: float = Field(
        default=1.0, ge=0.0, le=100.0, title="Weight", description="Of the gains' loss against the labels' loss."
    )


class SplitSettings(SettingsModel):
    """How sources are held out. No source (a recording, else a video) gives clips to both sides."""

    folds: int = Field(
        default=5, ge=2, le=50, title="Folds", description="Groups of sources that are held out in turn."
    )
    repeats: int = Field(default=4, ge=1, le=50, title="Repeats", description="How often the sources are grouped anew.")


class ReportSettings(SettingsModel):
    """How a reward is judged."""

    bootstrap_rounds: int = Field(
        default=400, ge=50, le=10_000, title="Bootstrap rounds", description="Resamplings behind every interval."
    )
    learning_curve: bool = Field(
        default=True,
        title="Learning curve",
        description="Train on fewer labels too, to tell what more labels would bring.",
    )


class TrainingSettings(SettingsModel):
    """How a reward is trained and judged."""

    preference: PreferenceSettings = Field(default_factory=PreferenceSettings, title="Preference model")
    optimiser: OptimiserSettings = Field(default_factory=OptimiserSettings, title="Optimiser")
    robot: RobotSettings = Field(default_factory=RobotSettings, title="Robot head")
    split: SplitSettings = Field(default_factory=SplitSettings, title="Held-out sources")
    report: ReportSettings = Field(default_factory=ReportSettings, title="Report")
