"""Which clips of a large data set are measured: always the same for one seed."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["sample_of"]


def sample_of(clip_ids: Iterable[str], most: int, seed: int) -> list[str]:
    """At most `most` of these clips, by id, drawn without replacement; all of them where there are no more."""
    ordered = sorted(clip_ids)
    if len(ordered) <= most:
        return ordered
    return sorted(random.Random(seed).sample(ordered, most))  # noqa: S311 - a sample, no secret
