"""Small tables of clips with a known linear worth, for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.tables.types import ClipTable

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["table"]


def table(n: int, columns: int = 6, seed: int = 0) -> tuple[ClipTable, NDArray[np.float64]]:
    """`(clips, worth)`: normal features, and a worth that is linear in them, of about unit variance."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, columns))
    weights = rng.normal(size=columns)
    worth = values @ weights / np.linalg.norm(weights)
    clip_ids = tuple(f"video{i // 6}@{i}" for i in range(n))
    names = tuple(f"group_{k}" for k in range(columns))
    return ClipTable(
        clip_ids=clip_ids,
        video_ids=tuple(f"video{i // 6}" for i in range(n)),
        columns=names,
        groups=("group",) * columns,
        values=values,
    ), worth
