"""The report of an ablation as it is stored and shown: what the reward loses without groups of features.

`ablation.py` makes it. Numbers that could not be computed are None.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.files.stored_json import StoredJson
from engine.statistics.interval import Estimate  # noqa: TC001  # read at run time, like all types of fields here
from engine.validation.validation_report import Standing  # noqa: TC001

__all__ = ["AblationReport", "Drop"]


@dataclass(frozen=True, kw_only=True)
class Drop:
    """What the reward loses when it is trained without some groups of features."""

    groups: tuple[str, ...]
    rho: float | None
    """ρ without them."""
    drop: Estimate
    """ρ with all features minus ρ without these, paired."""
    drop_by_seed: tuple[float | None, ...]
    accuracy: float | None
    """Agreement with labels without them."""
    accuracy_drop: Estimate
    power: float | None
    """How often a true drop as large as the bar would show as one."""
    standing: Standing
    sentence: str


@dataclass(frozen=True, kw_only=True)
class AblationReport(StoredJson):
    """All that one ablation found."""

    rho: Estimate
    accuracy: float | None
    pairs: int
    clips: int
    sources: int
    rows: tuple[Drop, ...]
    own_gains: dict[str, int] | None = None
    """Validation run → how many of its gains the model's robot head learned from."""
    computed_on: str | None = None
    """The device that rewards were trained on; None in older reports."""
