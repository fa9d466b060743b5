"""Measured gains: the gain of every clip on every video that measures, by each trunk, and the loss of the heads."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from engine.validation.heads import NumpyHeads

if TYPE_CHECKING:
    from engine.arrays import Flags, Floats, Rows
    from engine.validation.heads import Heads
    from engine.validation.trial import Trial


__all__ = ["Losses", "Measured", "Scratch", "gain_of_cells"]


@dataclass(frozen=True, kw_only=True)
class Losses:
    """The loss of each predictor on each video: sums over its clips; `(videos,)` each, NaN nowhere.

    Heads are of the kind that ΔM uses: on random bases, and on all candidates; with pixels alone and with the hands'
    state alone, on all candidates. The last two are the baselines.
    """

    clips: Floats
    """How many clips of each video were measured, over all trials."""
    base: Floats
    whole: Floats
    pixels: Floats
    state: Floats
    still: Floats
    velocity: Floats
    """Damped constant velocity."""
    rest_whole: Floats
    """The same on rows at rest: of heads on all candidates, and of standing still."""
    rest_still: Floats


@dataclass(frozen=True, kw_only=True)
class Scratch:
    """`m` networks trained from scratch on random subsets, the first `r` of them twice."""

    subsets: Flags
    """`(m, n)`: the clips that each was trained on."""
    losses: Floats
    """`(m,)`: mean loss on the sources that no subset has."""
    repeats: Floats
    """`(r,)`: of the first subsets once more, from other weights."""
    videos: Flags
    """`(videos,)`: the sources that measured."""
    baseline: float
    """The loss there of the better of standing still and damped velocity."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The gains of `n` clips on `v` videos, by `t` trunks."""

    clip_ids: tuple[str, ...]
    video_ids: tuple[str, ...]
    """`(n,)`: the source of each clip."""
    sums: Floats
    """`(t, 2, n, v)`: the gain, summed over bases and over the clips of the video; bases in two halves."""
    counts: Floats
    """`(t, 2, n, v)`: over how many bases."""
    measuring: Floats
    """`(v,)`: how many clips of each video measure."""
    rotation: Rows
    """`(t,)`: which rotation each trunk is of."""
    rows_in_motion: Floats
    """`(n,)`."""
    ridge: float
    trials: tuple[Trial, ...]
    losses: Losses
    other_ridges: dict[float, Floats]
    """Ridge → `(n,)` gains with it, from fewer bases; the neighbours of `ridge`."""
    other_bases: dict[float, Floats]
    """Base share → `(n,)` gains at that size, likewise."""
    scratch: Scratch | None = None
    reused: dict[str, int] = field(default_factory=dict)
    """How many `trunks`, and `trainings` from scratch, an earlier run had left in the cache."""
    steps: tuple[int, ...] = ()
    """After how many steps each trunk stopped."""
    heads: Heads = field(default_factory=NumpyHeads)
    """What solves heads on these trials."""
    computed_on: dict[str, str] = field(default_factory=dict)
    """What was computed → the device that did it."""

    @cached_property
    def gain(self) -> Floats:
        """`(n,)`: ΔM."""
        return gain_of_cells(self.sums.sum(axis=(0, 1)), self.counts.sum(axis=(0, 1)), self.measuring)

    @cached_property
    def gain_std(self) -> Floats:
        """`(n,)`: standard error of ΔM over the videos that measure it, by the jackknife."""
        sums, counts = self.sums.sum(axis=(0, 1)), self.counts.sum(axis=(0, 1))
        kept = np.flatnonzero(counts.any(axis=0))
        left_out = []
        for video in kept:
            rest = kept[kept != video]
            left_out.append(gain_of_cells(sums[:, rest], counts[:, rest], self.measuring[rest]))
        spread = np.array(left_out)
        return np.asarray(np.sqrt((len(kept) - 1) * np.nanvar(spread, axis=0)))

    def with_more(self, scratch: Scratch | None, reused: dict[str, int], computed_on: dict[str, str]) -> Measured:
        """The same beside what networks trained from scratch gave, and where all was computed."""
        return replace(self, scratch=scratch, reused=reused, computed_on=computed_on)

    def gain_on(self, videos: Flags) -> Floats:
        """`(n,)`: ΔM as these videos `(v,) bool` measure it; NaN where they measure nothing of a clip."""
        sums, counts = self.sums.sum(axis=(0, 1)), self.counts.sum(axis=(0, 1))
        return gain_of_cells(sums[:, videos], counts[:, videos], self.measuring[videos])


def gain_of_cells(sums: Floats, counts: Floats, measuring: Floats) -> Floats:
    """`(n,)`: the mean gain over the clips of all videos that measured a clip, `(n, v)` each; NaN where none did.

    Every video counts by its clips, however often chance let it measure.
    """
    known = counts > 0
    cells = np.where(known, sums / np.maximum(counts, 1), 0.0)
    weight = np.where(known, measuring, 0.0).sum(axis=1)
    return np.asarray(np.where(weight > 0, cells.sum(axis=1) / np.maximum(weight, 1e-12), np.nan))
