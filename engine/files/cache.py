"""Caches arrays in files, written atomically; a damaged file is deleted and counts as missing."""

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

_DAMAGED = (
    *(OSError, ValueError, EOFError, BadZipFile, zlib.error, KeyError, TypeError, SyntaxError, OverflowError),
    *(RuntimeError, NotImplementedError, MemoryError),
)
"""Errors of reading a damaged .npz file: a zip file of arrays whose headers are Python literals."""


def load_arrays(stored: Path) -> dict[str, NDArray[Any]] | None:
    """Load the arrays of a file, by name; None where it is missing or damaged. A damaged file is deleted."""
    if not stored.is_file():
        return None
    try:
        with np.load(stored, allow_pickle=False) as found:
            return {name: found[name] for name in found.files}
    except _DAMAGED:
        stored.unlink(missing_ok=True)
        return None


def save_arrays(stored: Path, arrays: dict[str, NDArray[Any]]) -> None:
    """Save arrays to a file, atomically."""
    with replace_whole(stored, durable=False) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]  # numpy's stub takes the names for its own options
