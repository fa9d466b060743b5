"""Splits by source: no recording or video gives clips to both sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.arrays import Flags
    from engine.tables.types import PairTable

__all__ = ["Fold", "source_folds"]


@dataclass(frozen=True)
class Fold:
    """One held-out group of sources. A pair with a clip on either side of the split belongs to neither."""

    held_out: Flags
    """`(n_clips,)`: clips of the held-out sources."""
    train: Flags
    """`(n_pairs,)`: both clips are of other sources."""
    test: Flags
    """`(n_pairs,)`: both clips are of held-out sources."""
    repeat: int = 0
    """Folds of one repeat hold out every source once."""


def source_folds(
    video_ids: Sequence[str], pairs: PairTable, *, folds: int, repeats: int, seed: int
) -> tuple[Fold, ...]:
    """`repeats` times, the sources of the labelled clips in `folds` groups with about as many labels each.

    Fewer groups where there are fewer sources; folds that leave nothing to train or to test on are left out, so there
    may be none.
    """
    videos = np.asarray(video_ids)
    weight = np.zeros(len(videos))
    np.add.at(weight, pairs.left, 1.0)
    np.add.at(weight, pairs.right, 1.0)
    names, place = np.unique(videos, return_inverse=True)
    loads = np.bincount(place, weight, len(names))
    load = {str(name): float(total) for name, total in zip(names, loads, strict=True) if total > 0}
    sources = names[loads > 0]
    made: list[Fold] = []
    for repeat in range(repeats if len(sources) > 1 else 0):
        rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, repeat])))
        group_of = spread_out([str(s) for s in rng.permutation(sources)], load, min(folds, len(sources)))
        group = np.array([group_of.get(str(video), -1) for video in videos])
        for number in range(min(folds, len(sources))):
            held_out = group == number
            left, right = held_out[pairs.left], held_out[pairs.right]
            fold = Fold(held_out, ~left & ~right, left & right, repeat)
            if fold.train.any() and fold.test.any():
                made.append(fold)
    return tuple(made)


def spread_out(sources: Sequence[str], load: dict[str, float], groups: int) -> dict[str, int]:
    """Source → group, each to the group that has least so far: no group is empty, and none has much more than its
    share."""
    loads, counts = [0.0] * groups, [0] * groups
    found: dict[str, int] = {}
    for source in sources:
        lightest = min(range(groups), key=lambda g: (counts[g] > 0, loads[g]))
        loads[lightest] += load[source]
        counts[lightest] += 1
        found[source] = lightest
    return found
