"""From a clip's features to what the network takes in: standardised numbers, marks of what is missing, and the
principal components of the embedding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.errors import RewardError
from engine.tables.vectors import pieces

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from engine.arrays import Flags, Floats, Rows
    from engine.reward.settings import InputSettings
    from engine.tables.types import ClipTable

__all__ = [
    "EMBEDDING",
    "Components",
    "Layout",
    "Scaling",
    "build_layout",
    "choose_groups",
    "fit_components",
    "missing_groups",
]

EMBEDDING = "embedding"
"""What the group of the embedding is called."""


@dataclass(frozen=True)
class Components:
    """Principal components: `mean` (width,), `axes` (k, width), `scale` (k,) the standard deviation along each."""

    mean: Floats
    axes: Floats
    scale: Floats

    def project(self, vectors: NDArray[np.float32]) -> Floats:
        """`(n, width)` → `(n, k)`, all by the first component's scale, so that lesser components stay lesser; NaN rows
        stay NaN. Vectors that lie in a file are read in pieces."""
        out = np.empty((len(vectors), len(self.axes)))
        for start, piece in pieces(vectors):
            out[start : start + len(piece)] = (piece - self.mean) @ self.axes.T / self.scale[:1]
        return out


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Which numbers of a clip go in, in which order: fixed by the clips that were there at training."""

    columns: tuple[str, ...]
    groups: tuple[str, ...]
    """The group of each column."""
    marked: tuple[str, ...]
    """Columns whose absence is an input of its own: 1 where the number is missing."""
    squares: bool
    clip_at: float
    learned_groups: bool
    """Whether a clip may lack a whole group; its absence is then an input too."""
    embedding_model: str | None = None
    components: Components | None = None

    @property
    def group_names(self) -> tuple[str, ...]:
        """The groups that go in, the embedding last."""
        names = tuple(dict.fromkeys(self.groups))
        return names if self.components is None else (*names, EMBEDDING)

    @property
    def input_groups(self) -> tuple[str, ...]:
        """The group of each of the network's inputs, `(width,)`."""
        by_column = dict(zip(self.columns, self.groups, strict=True))
        linear = list(self.groups)
        names = [*linear, *(linear if self.squares else []), *(by_column[name] for name in self.marked)]
        if self.components is not None:
            names += [EMBEDDING] * len(self.components.axes)
        return (*names, *(self.group_names if self.learned_groups else ()))

    def raw(self, clips: ClipTable) -> tuple[Floats, Floats]:
        """`(n, columns)` numbers in this layout's order and `(n, k)` components, NaN where missing.

        Raises `RewardError` where the clips lack a column altogether, or have another model's embedding.
        """
        place = {name: i for i, name in enumerate(clips.columns)}
        if gone := [name for name in self.columns if name not in place]:
            raise RewardError(
                f"the model needs features that no clip has: {', '.join(gone)}",
                remedy="Extract them, or train a model without them.",
            )
        values = clips.values[:, [place[name] for name in self.columns]]
        if self.components is None:
            return values, np.empty((len(clips), 0))
        if clips.embedding is None:
            return values, np.full((len(clips), len(self.components.axes)), np.nan)
        if clips.embedding_model != self.embedding_model:
            raise RewardError(
                f"the model was trained on embeddings of {self.embedding_model}, these are of {clips.embedding_model}",
                remedy="Extract that embedding again, or train a new model.",
            )
        return values, self.components.project(clips.embedding)


@dataclass(frozen=True)
class Scaling:
    """Means and standard deviations over training clips: `mean`, `scale` `(columns,)`."""

    mean: Floats
    scale: Floats

    @classmethod
    def fit(cls, values: Floats) -> Scaling:
        """Over `(n, columns)` with NaN for what is missing; a column that is constant, or empty, is only centred."""
        known = np.isfinite(values)
        count = np.maximum(known.sum(axis=0), 1)
        mean = np.where(known, values, 0).sum(axis=0) / count
        spread = np.sqrt(np.where(known, (values - mean) ** 2, 0).sum(axis=0) / count)
        return cls(mean, np.where(spread > 1e-9 * (np.abs(mean) + 1e-12), spread, 1.0))

    def inputs(self, layout: Layout, values: Floats, components: Floats) -> NDArray[np.float32]:
        """What the network takes in, `(n, width) float32`; what is missing stands at the mean, and is marked."""
        # An infinity is no measurement either, and must not stand for the largest one.
        absent: Flags = ~np.isfinite(values)
        z = np.clip((values - self.mean) / self.scale, -layout.clip_at, layout.clip_at)
        z = np.where(absent, 0.0, z)
        parts = [z]
        if layout.squares:
            # (z² − 1) / √2 is the second Hermite polynomial: of variance 1 and uncorrelated with z for a normal z.
            parts.append(np.where(absent, 0.0, np.clip((z**2 - 1) / np.sqrt(2), -layout.clip_at, layout.clip_at)))
        parts.append(absent[:, [layout.columns.index(name) for name in layout.marked]].astype(np.float64))
        parts.append(np.nan_to_num(components, nan=0.0))
        if layout.learned_groups:
            parts.append(missing_groups(layout, values, components).astype(np.float64))
        return np.concatenate(parts, axis=1).astype(np.float32)


def choose_groups(clips: ClipTable, settings: InputSettings) -> ClipTable:
    """The clips with the groups that the settings ask for. Raises `RewardError` for a group that no clip has."""
    there = {*clips.groups, *([EMBEDDING] if clips.embedding is not None else [])}
    wanted = set(settings.groups) or there
    if unknown := sorted(wanted - there):
        raise RewardError(
            f"no clip has features of {', '.join(unknown)}",
            remedy=f"Choose among {', '.join(sorted(there)) or 'none: extract features first'}.",
        )
    out = there - wanted
    if settings.embedding_components == 0:
        out |= {EMBEDDING}
    return clips.without(*out)


def build_layout(clips: ClipTable, labelled: Rows, settings: InputSettings) -> Layout:
    """The layout for these clips (of the chosen groups); `labelled` are the rows that training will see."""
    known: Flags = np.isfinite(clips.values)
    # A column that no labelled clip has says nothing; one that all have needs no mark.
    kept = [i for i in range(len(clips.columns)) if known[labelled, i].any()]
    full = {
        group: known[:, [i for i in kept if clips.groups[i] == group]].any(axis=1)
        for group in dict.fromkeys(clips.groups[i] for i in kept)
    }
    gaps = [i for i in kept if (full[clips.groups[i]] & ~known[:, i])[labelled].any()]
    marked = {
        known[labelled, i].tobytes(): clips.columns[i] for i in reversed(gaps)
    }  # columns that go missing together
    components = None
    if clips.embedding is not None:
        components = fit_components(clips.embedding, settings.embedding_components)
    if not kept and components is None:
        raise RewardError("no labelled clip has features", remedy="Extract features first.")
    return Layout(
        columns=tuple(clips.columns[i] for i in kept),
        groups=tuple(clips.groups[i] for i in kept),
        marked=tuple(sorted(marked.values())),
        squares=settings.squares,
        clip_at=settings.clip_at,
        learned_groups=settings.missing_groups == "learned",
        embedding_model=clips.embedding_model if components is not None else None,
        components=components,
    )


def fit_components(vectors: NDArray[np.float32], count: int) -> Components | None:
    """The first `count` principal components of `(n, width)` vectors, rows of NaN left out; None where there are not
    two vectors. Signs are fixed: the largest coordinate of each axis is positive."""
    known = 0
    total = np.zeros(vectors.shape[1])
    for piece in _known_pieces(vectors):
        known += len(piece)
        total += piece.sum(axis=0)
    if known < 2:
        return None
    mean = total / known
    count = min(count, known - 1, len(mean))
    # The smaller of the two Gram matrices gives the same axes: cheap for few clips, and for a million.
    small = known < len(mean)
    if small:
        rest = np.concatenate(list(_known_pieces(vectors))) - mean
        variance, axes = np.linalg.eigh(rest @ rest.T / known)
    else:
        gram = np.zeros((len(mean), len(mean)))
        for piece in _known_pieces(vectors):
            rest = piece - mean
            gram += rest.T @ rest
        variance, axes = np.linalg.eigh(gram / known)
    order = np.argsort(variance)[::-1][:count]
    variance, axes = np.maximum(variance[order], 1e-12), axes[:, order].T
    if small:
        axes = axes @ rest / np.sqrt(known * variance)[:, None]
    axes = axes * np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])[:, None]
    return Components(mean, axes, np.sqrt(variance))


def _known_pieces(vectors: NDArray[np.float32]) -> Iterator[NDArray[np.float64]]:
    """The vectors piece by piece, without rows of NaN."""
    for _, piece in pieces(vectors):
        yield piece[np.isfinite(piece).all(axis=1)].astype(np.float64)


def missing_groups(layout: Layout, values: Floats, components: Floats) -> Flags:
    """`(n, groups)`: whether a clip lacks all numbers of a group of the layout."""
    known: Flags = np.isfinite(values)
    absent = [
        ~known[:, [i for i, group in enumerate(layout.groups) if group == name]].any(axis=1)
        for name in dict.fromkeys(layout.groups)
    ]
    if layout.components is not None:
        absent.append(~np.isfinite(components).all(axis=1))
    return np.stack(absent, axis=1) if absent else np.zeros((len(values), 0), dtype=np.bool_)
