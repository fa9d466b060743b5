"""95 % intervals as Plotly's error bars."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ErrorBars", "error_bars"]


class ErrorBars(TypedDict):
    """As Plotly takes them."""

    type: str
    symmetric: bool
    array: list[float]
    arrayminus: list[float]
    thickness: float


def error_bars(
    intervals: Iterable[tuple[float | None, float | None, float | None]], *, thickness: float = 1.0
) -> ErrorBars:
    """Of `(value, low, high)` for each point; no bar where an end is not known."""

    def reach(value: float | None, end: float | None) -> float:
        return 0.0 if value is None or end is None else abs(end - value)

    known = list(intervals)
    return {
        "type": "data",
        "symmetric": False,
        "array": [reach(value, high) for value, _, high in known],
        "arrayminus": [reach(value, low) for value, low, _ in known],
        "thickness": thickness,
    }
