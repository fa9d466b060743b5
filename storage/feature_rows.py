"""What the feature store hands out: an extractor's table, what is held, in doubt or failed, series, vectors."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from storage.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["ClipNote", "ClipTrack", "DoubtedNumbers", "Embeddings", "FeatureFailure", "FeatureTable", "HeldNumbers"]

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
"""What an extractor or a column may be called: these names stand in SQL."""


@dataclass(frozen=True)
class FeatureTable:
    """An extractor as the store knows it: its name and the names of its columns."""

    extractor: str
    columns: tuple[str, ...]

    def __post_init__(self) -> None:
        for name in (self.extractor, *self.columns):
            if not NAME.fullmatch(name):
                raise StorageError(
                    f"{name!r} can't be a table's or a column's name: lower-case letters, digits and _ only"
                )

    @property
    def table(self) -> str:
        return f"feature_{self.extractor}"


@dataclass(frozen=True)
class DoubtedNumbers:
    """How many clips hold numbers of an extractor that an earlier version got wrong, and why."""

    extractor: str
    reason: str
    clips: int


@dataclass(frozen=True)
class FeatureFailure:
    """Why an extractor could not measure a clip."""

    clip_id: str
    extractor: str
    error: str


@dataclass(frozen=True)
class ClipTrack:
    """One clip's series, by column: `t_s` and, for each time, a value or several (the landmarks of hands)."""

    clip_id: str
    series: Mapping[str, Sequence[float | None]]


@dataclass(frozen=True)
class ClipNote:
    """The note on an extractor's numbers of one clip, with the version that measured it."""

    extractor: str
    version: int
    note: str


@dataclass(frozen=True)
class HeldNumbers:
    """How many clips hold an extractor's numbers as one version with one set of settings gave them."""

    version: int
    settings_hash: str
    doubt: str | None
    """Why they are to be measured again although neither version nor settings changed; None where they are not."""
    clips: int

    def is_of(self, version: int, settings_hash: str) -> bool:
        """Whether an extractor of this version with these settings need not measure them again."""
        return (self.version, self.settings_hash, self.doubt) == (version, settings_hash, None)


@dataclass(frozen=True)
class Embeddings:
    """Vectors of one model: `vectors` is `(n_clips, width) float32`, row by row of `clip_ids`."""

    model: str
    clip_ids: tuple[str, ...]
    vectors: NDArray[np.float32]
