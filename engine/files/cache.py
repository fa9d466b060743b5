"""Arrays saved in a cache, whole or not at all: a file that was cut off is deleted, not believed."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np

from engine.files.replace_whole import replace_whole

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["load_arrays", "save_arrays"]

DAMAGED = (
    *(OSError, ValueError, EOFError, BadZipFile, zlib.error, KeyError, TypeError, SyntaxError, OverflowError),
    *(RuntimeError, NotImplementedError, MemoryError),
)
"""What reading a damaged file of arrays raises: a zip file around headers that are Python's own notation."""


def load_arrays(stored: Path) -> dict[str, NDArray[Any]] | None:
    """The arrays in a file, by name; None where there is none, or only a damaged one, which goes."""
    if not stored.is_file():
        return None
    try:
        with np.load(stored, allow_pickle=False) as found:
            return {name: found[name] for name in found.files}
    except DAMAGED:
        stored.unlink(missing_ok=True)
        return None


def save_arrays(stored: Path, arrays: dict[str, NDArray[Any]]) -> None:
    """Write arrays, and put the file in its place once it is whole."""
    with replace_whole(stored, durable=False) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]  # numpy's stub takes the names for its own options
