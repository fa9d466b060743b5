"""The stages of one item: their names in order, so that people read what a worker does now and how much follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Plan", "Stage", "stage_at", "stage_of"]

Plan = tuple[tuple[str, float], ...]
"""Stages in order, each with the share of the whole item in [0, 1] at which it ends."""


@dataclass(frozen=True)
class Stage:
    """What is done now: the `number`th of `count` stages, from 1, of which `share` in [0, 1] is done."""

    name: str
    number: int
    count: int
    share: float = 0.0

    @property
    def is_last(self) -> bool:
        """Whether nothing follows it."""
        return self.number >= self.count


def stage_of(plan: Plan, name: str, fraction: float) -> Stage:
    """The stage called `name`, with `fraction` of the whole item done. Raises `ValueError` for one not in the plan."""
    names = [known for known, _ in plan]
    if name not in names:
        raise ValueError(f"{name!r} is none of the stages {', '.join(names)}")
    place = names.index(name)
    begin = plan[place - 1][1] if place else 0.0
    length = plan[place][1] - begin
    share = (fraction - begin) / length if length > 0 else 0.0
    return Stage(name, place + 1, len(plan), min(1.0, max(0.0, share)))


def stage_at(plan: Sequence[tuple[str, float]], fraction: float) -> str:
    """The name of the stage under way at `fraction`, of stages that follow one another."""
    return next((name for name, end in plan if fraction < end), plan[-1][0])
