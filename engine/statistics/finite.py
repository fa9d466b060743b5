"""Replaces NaN and infinite numbers by None, for JSON and for display."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["without_nan"]


def without_nan(value: Any) -> Any:
    """The same value with None for numbers that are not finite: JSON has neither NaN nor infinity."""
    if isinstance(value, dict):
        return {key: without_nan(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(entry) for entry in value]
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    return value
