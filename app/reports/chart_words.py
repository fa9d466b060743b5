"""A chart in words, and as a table: what somebody who can't see it gets. Made from the figure itself."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

__all__ = ["ChartTable", "chart_sentence", "chart_table"]

MOST_ROWS = 120
"""A chart with more points than these has no table: nobody reads five thousand rows."""
BINS = 12


@dataclass(frozen=True, kw_only=True)
class ChartTable:
    """The numbers of a chart: the head of each column, and the rows as text."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Series:
    """One line, one set of bars or of points. `at` is where each value stands: a number or a name."""

    name: str
    kind: str
    at: list[Any]
    values: list[float | None]
    low: list[float | None]
    high: list[float | None]


def chart_sentence(title: str, figure: go.Figure) -> str:
    """What the chart shows, and its main numbers."""
    at, value = axes(figure)
    found = series_of(figure)
    words = (series_words(one, at, value, alone=len(found) == 1) for one in found)
    parts = [part for part in words if part]
    marked = [f"{name} at {short(where)}" for name, where in marks(figure)]
    said = [f"Chart: {title.rstrip('.?')}.", *(parts or ["It has no points."])]
    if marked:
        said.append(f"Marked: {', '.join(marked)}.")
    return " ".join(said)


def chart_table(figure: go.Figure) -> ChartTable | None:
    """The chart's numbers as rows; None where there are too many to read, or none."""
    found = series_of(figure)
    if not 0 < sum(len(one.values) for one in found) <= MOST_ROWS:
        return None
    at, value = axes(figure)
    several = len(found) > 1
    spread = any(bound is not None for one in found for bound in one.low)
    rows = []
    for one in found:
        for place, number, low, high in zip(one.at, one.values, one.low, one.high, strict=True):
            cells = [*([one.name] if several else []), short(place), short(number)]
            rows.append((*cells, *([short(low), short(high)] if spread else [])))
    head = (*(["series"] if several else []), at or "at", value or "value", *(["low", "high"] if spread else []))
    return ChartTable(head=head, rows=tuple(rows))


def axes(figure: go.Figure) -> tuple[str, str]:
    """What the places are, and what the values are: the names of the axes, the other way round for bars that lie."""
    across, up = (text(axis.title.text) for axis in (figure.layout.xaxis, figure.layout.yaxis))
    if any(trace.type == "histogram" for trace in figure.data):
        return across, up or "count"
    return (up, across) if any(is_lying(trace) for trace in figure.data) else (across, up)


def series_of(figure: go.Figure) -> list[Series]:
    """What is drawn, without the bands that only say how wide an interval is."""
    return [series(trace) for trace in figure.data if getattr(trace, "fill", None) in (None, "none")]


def series(trace: Any) -> Series:
    """One trace of a figure."""
    name = text(trace.name)
    if trace.type == "histogram":
        known = numbers(trace.x)
        known = known[np.isfinite(known)]
        counts, edges = np.histogram(known, BINS) if len(known) else (np.array([]), np.array([0.0]))
        places = [f"{short(low)} to {short(high)}" for low, high in pairwise(edges)]
        none: list[float | None] = [None] * len(places)
        return Series(name=name, kind="bar", at=places, values=[float(n) for n in counts], low=none, high=none)
    lying = is_lying(trace)
    both = (trace.y, trace.x) if lying else (trace.x, trace.y)
    places, values = ([] if part is None else list(part) for part in both)
    values = [None if value is None or not np.isfinite(value) else float(value) for value in values]
    low, high = ends(trace.error_x if lying else trace.error_y, values)
    kind = "bar" if trace.type == "bar" else "line" if "lines" in text(getattr(trace, "mode", None)) else "points"
    return Series(name=name, kind=kind, at=places, values=values, low=low, high=high)


def is_lying(trace: Any) -> bool:
    """Whether names stand at the left, and values go across."""
    names = [] if trace.y is None else list(trace.y)[:1]
    return trace.type != "histogram" and bool(names) and isinstance(names[0], str)


def ends(bars: Any, values: Sequence[float | None]) -> tuple[list[float | None], list[float | None]]:
    """The ends of each value's interval; None where it has none."""
    more = None if bars is None or bars.array is None else list(bars.array)
    if more is None:
        return [None] * len(values), [None] * len(values)
    less = more if bars.arrayminus is None else list(bars.arrayminus)
    low = [None if v is None or part is None else v - part for v, part in zip(values, less, strict=True)]
    high = [None if v is None or part is None else v + part for v, part in zip(values, more, strict=True)]
    return low, high


def series_words(one: Series, at: str, value: str, *, alone: bool) -> str:
    """The main numbers of a series: its ends, its highest and its lowest."""
    known = [(place, number) for place, number in zip(one.at, one.values, strict=True) if number is not None]
    if not known:
        return ""
    named = "" if alone or not one.name else f"{one.name}: "
    value = value or "value"
    highest, lowest = max(known, key=lambda pair: pair[1]), min(known, key=lambda pair: pair[1])
    by_name = isinstance(known[0][0], str)

    def where(pair: tuple[Any, float]) -> str:
        return short(pair[0]) if by_name else f"{at or 'place'} {short(pair[0])}"

    if len(known) == 1:
        return f"{named}{value} {short(known[0][1])} at {where(known[0])}."
    if one.kind == "points" and not by_name:
        places = [pair[0] for pair in known]
        return (
            f"{named}{len(known):,} points; {at or 'across'} from {short(min(places))} to {short(max(places))}, "
            f"{value} from {short(lowest[1])} to {short(highest[1])}."
        )
    if one.kind == "line":
        first, last = known[0], known[-1]
        return f"{named}{value} from {short(first[1])} at {where(first)} to {short(last[1])} at {where(last)}."
    return (
        f"{named}{len(known):,} values of {value}; the highest {short(highest[1])} at {where(highest)}, "
        f"the lowest {short(lowest[1])} at {where(lowest)}."
    )


def marks(figure: go.Figure) -> list[tuple[str, float]]:
    """Lines across the chart that have a name, and where they stand."""
    found = []
    for note in figure.layout.annotations:
        if str(note.xref).endswith("domain") and isinstance(note.y, int | float):
            found.append((text(note.text), float(note.y)))
        elif str(note.yref).endswith("domain") and isinstance(note.x, int | float):
            found.append((text(note.text), float(note.x)))
    return found


def numbers(values: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Values as numbers; what is none is NaN."""
    return np.array([np.nan if value is None else value for value in values], float)


def text(value: Any) -> str:
    """Plotly's None as no text."""
    return "" if value is None else str(value)


def short(value: Any) -> str:
    """A number with three digits, a name as it is."""
    if isinstance(value, str):
        return value
    if value is None or not np.isfinite(value):
        return "–"
    number = float(f"{float(value):.3g}")
    return f"{number:,.0f}" if number == int(number) else f"{number:g}"
