"""The NumPy arrays that numbers, row numbers and marks are kept in, by the names that signatures use."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Flags", "Floats", "Rows"]

Floats = NDArray[np.float64]
"""Numbers in double precision."""
Rows = NDArray[np.intp]
"""Whole numbers that index other arrays."""
Flags = NDArray[np.bool_]
"""True or false for each entry."""
