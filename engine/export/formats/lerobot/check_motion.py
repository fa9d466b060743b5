"""Checks an episode's hands and pseudo-actions against what the mode of actions promises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine.export.formats.lerobot import layout

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from engine.export.formats.lerobot.declared import Declared

__all__ = ["motion_problem"]

_NEAR = 1e-4
"""How far numbers may lie apart that went through float32."""


def motion_problem(columns: Mapping[str, NDArray[Any]], declared: Declared) -> str:
    """What is wrong with an episode's hands or pseudo-actions; empty where nothing is."""
    if declared.actions == "hands":
        points = columns[layout.KEYPOINTS].reshape(-1, 2, 63)
        absent = columns[layout.PRESENCE] == 0
        if not np.isin(columns[layout.PRESENCE], (0, 1)).all() or points[absent].any():
            return "presence must be 0 or 1, and a hand that is absent all zeros"
    if declared.actions == "pseudo":
        valid = columns[layout.ACTION_VALID]
        if not np.isin(valid, (0, 1)).all() or valid[-1].any():
            return "action_is_valid must be 0 or 1, and 0 in the last frame"
        state, action = columns[layout.STATE], columns[layout.ACTION]
        step = np.zeros_like(state)
        step[:-1] = state[1:] - state[:-1]
        if not np.allclose(action, step * np.repeat(valid, 4, axis=1), rtol=_NEAR, atol=_NEAR):
            return "action must be the next frame's state less this one's where it is valid, and 0 elsewhere"
    return ""
