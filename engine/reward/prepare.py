"""Clips, labels and gains made ready for training: which of them can be used, and what the networks take in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.errors import RewardError
from engine.reward.normalise import Layout, Scaling, build_layout, choose_groups, missing_groups
from engine.tables.types import PairTable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.arrays import Flags, Floats, Rows
    from engine.reward.settings import ModelSettings, TrainingSettings
    from engine.tables.types import ClipTable

__all__ = ["Gains", "Prepared", "prepare"]

Gains = tuple["Rows", "Floats"]
"""Rows of the clips with a measured ΔM, and the gains, each `(n_gains,)`."""


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """The clips that training sees, and what was said and measured about them. Rows are of these clips."""

    layout: Layout
    clip_rows: Rows
    """`(n_clips,)`: their rows in the table that was given."""
    video_ids: tuple[str, ...]
    values: Floats
    components: Floats
    pairs: PairTable
    gain_rows: Rows
    gains: Floats
    left_out: dict[str, int]
    """Why labels could not be used → how many."""

    def __len__(self) -> int:
        return len(self.video_ids)

    def scaling(self, rows: Rows | Flags) -> Scaling:
        """Means and standard deviations over some of the clips."""
        return Scaling.fit(self.values[rows])

    def inputs(self, scaling: Scaling) -> NDArray[np.float32]:
        """`(n_clips, width)`: what a network takes in."""
        return scaling.inputs(self.layout, self.values, self.components)


def prepare(
    clips: ClipTable, pairs: PairTable, model: ModelSettings, training: TrainingSettings, gains: Gains | None
) -> Prepared:
    """Choose features, and leave out labels that can't be learned from.

    Raises `RewardError` where nothing is left.
    """
    chosen = choose_groups(clips, model.inputs)
    rows, measured = gains if gains is not None else (np.empty(0, np.intp), np.empty(0))
    known = np.isfinite(measured)
    rows, measured = np.asarray(rows, np.intp)[known], np.asarray(measured, np.float64)[known]
    seen = np.unique(np.concatenate([pairs.left, pairs.right, rows]))
    if not len(pairs):
        raise RewardError("there are no labels to learn from", remedy="Answer pairs on the Label page first.")
    layout = build_layout(chosen, seen, model.inputs)
    values, components = layout.raw(chosen)
    lacks = np.asarray(missing_groups(layout, values, components).any(axis=1))
    usable = np.ones(len(clips), np.bool_) if layout.learned_groups else ~lacks
    decided = pairs.target != 0.5
    whole = usable[pairs.left] & usable[pairs.right]
    kept = whole & (decided | (training.preference.ties != "drop"))
    left_out = {"a clip lacks features": int((~whole).sum()), "a tie": int((whole & ~kept).sum())}
    if not (kept & decided).any():
        raise nothing_to_learn(whole, decided)
    rows, measured = rows[usable[rows]], measured[usable[rows]]
    return select_labelled(clips, pairs, layout, values, components, np.flatnonzero(kept), (rows, measured), left_out)


def nothing_to_learn(whole: Flags, decided: Flags) -> RewardError:
    """Why no label says which of two clips is better: `whole` `(n_pairs,)` marks labels whose clips have features,
    `decided` those that chose a side."""
    n = len(decided)
    if not decided.any():
        return RewardError(
            f"all {n:,} labels that can be learned from are ties: none says which of two clips is better",
            remedy="Answer pairs with left or right on the Label page, wherever one clip is the better one.",
        )
    ties = int((whole & ~decided).sum())
    beside = f"; the {ties:,} others are ties" if ties else ""
    return RewardError(
        f"no label is left that says which of two clips is better: {int((~whole).sum()):,} of {n:,} are about clips "
        f"that lack features{beside}",
        remedy="Extract features of the labelled clips, or choose fewer feature groups in model.yaml.",
    )


def select_labelled(
    clips: ClipTable,
    pairs: PairTable,
    layout: Layout,
    values: Floats,
    components: Floats,
    kept: Rows,
    gains: Gains,
    left_out: dict[str, int],
) -> Prepared:
    """Only the clips that labels or gains speak of, their rows renumbered."""
    some = pairs.take(kept)
    clip_rows, place = np.unique(np.concatenate([some.left, some.right, gains[0]]), return_inverse=True)
    n = len(some)
    renumbered = PairTable(
        left=place[:n],
        right=place[n : 2 * n],
        target=some.target,
        annotators=some.annotators,
        strategies=some.strategies,
    )
    return Prepared(
        layout=layout,
        clip_rows=clip_rows,
        video_ids=tuple(clips.video_ids[i] for i in clip_rows),
        values=values[clip_rows],
        components=components[clip_rows],
        pairs=renumbered,
        gain_rows=place[2 * n :],
        gains=gains[1],
        left_out={why: count for why, count in left_out.items() if count},
    )
