"""Replaces NaN and infinite numbers by None, for JSON and for display."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

import numpy as np

__all__ = ["without_nan"]

T = TypeVar("T")


def without_nan(value: T) -> T:
    """The same with None for numbers that are not finite, in dataclasses, dictionaries, lists and tuples: JSON knows
    neither NaN nor infinity. NumPy's numbers become Python's."""
    return _plain(value)  # type: ignore[no-any-return]


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _plain(getattr(value, field.name)) for field in fields(value)})
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_plain(entry) for entry in value)
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    return value
