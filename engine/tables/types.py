"""The training data of a reward: a table of clips with their features, and a table of answered pairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.arrays import Floats, Rows

__all__ = ["ClipTable", "PairTable"]


@dataclass(frozen=True, kw_only=True)
class ClipTable:
    """Clips as a model sees them. Row i of every array is clip i.

    `video_ids` are the sources that splits keep apart. A missing feature is NaN; a clip without an embedding has a row
    of NaN.
    """

    clip_ids: tuple[str, ...]
    video_ids: tuple[str, ...]
    columns: tuple[str, ...]
    """Feature columns as in `clip_features`, such as `hands_any_share`."""
    groups: tuple[str, ...]
    """The feature group of each column: its extractor's name (`sharpness`, `exposure`, `motion`, `hands`, …)."""
    values: Floats
    """`(n_clips, n_columns)`."""
    embedding_model: str | None = None
    embedding: NDArray[np.float32] | None = None
    """`(n_clips, width)`; its group is called `embedding`."""
    duration_s: Floats | None = None
    """`(n_clips,)`: for controls, never for the model."""

    def __post_init__(self) -> None:
        n = len(self.clip_ids)
        if len(self.video_ids) != n or self.values.shape != (n, len(self.columns)):
            raise ValueError(f"{n} clips, {len(self.video_ids)} videos, values {self.values.shape}: they must agree")
        if len(self.groups) != len(self.columns):
            raise ValueError(f"{len(self.columns)} columns but {len(self.groups)} groups")
        if self.embedding is not None and len(self.embedding) != n:
            raise ValueError(f"{n} clips but {len(self.embedding)} embeddings")

    def __len__(self) -> int:
        return len(self.clip_ids)

    def take(self, rows: Rows | list[int]) -> ClipTable:
        """The clips in these rows, in this order."""
        index = np.asarray(rows, dtype=np.intp)
        return ClipTable(
            clip_ids=tuple(self.clip_ids[i] for i in index),
            video_ids=tuple(self.video_ids[i] for i in index),
            columns=self.columns,
            groups=self.groups,
            values=self.values[index],
            embedding_model=self.embedding_model,
            embedding=None if self.embedding is None else self.embedding[index],
            duration_s=None if self.duration_s is None else self.duration_s[index],
        )

    def without(self, *groups: str) -> ClipTable:
        """The same clips without the features of these groups (`embedding` among them)."""
        kept = [i for i, group in enumerate(self.groups) if group not in groups]
        bare = "embedding" in groups
        return ClipTable(
            clip_ids=self.clip_ids,
            video_ids=self.video_ids,
            columns=tuple(self.columns[i] for i in kept),
            groups=tuple(self.groups[i] for i in kept),
            values=self.values[:, kept],
            embedding_model=None if bare else self.embedding_model,
            embedding=None if bare else self.embedding,
            duration_s=self.duration_s,
        )


@dataclass(frozen=True, kw_only=True)
class PairTable:
    """Answered pairs of clips of one `ClipTable`; skipped pairs are left out. Row i of every array is pair i."""

    left: Rows
    """`(n_pairs,)`: row of the clip that was shown on the left."""
    right: Rows
    target: Floats
    """`(n_pairs,)`: 1 where left was chosen, 0 where right was, 0.5 for a tie."""
    annotators: tuple[str, ...]
    strategies: tuple[str, ...]
    """How each pair was chosen; `random` is the unbiased test stream, `repeat` a swapped repeat."""

    def __post_init__(self) -> None:
        n = len(self.left)
        lengths = (len(self.right), len(self.target), len(self.annotators), len(self.strategies))
        if any(length != n for length in lengths):
            raise ValueError(f"{n} left clips, but the others are {lengths}")

    def __len__(self) -> int:
        return len(self.left)

    def take(self, rows: Rows | list[int]) -> PairTable:
        """The pairs in these rows, in this order."""
        index = np.asarray(rows, dtype=np.intp)
        return PairTable(
            left=self.left[index],
            right=self.right[index],
            target=self.target[index],
            annotators=tuple(self.annotators[i] for i in index),
            strategies=tuple(self.strategies[i] for i in index),
        )
