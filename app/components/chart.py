"""The one way to draw a Plotly chart: with a sentence for screen readers, and its numbers as a table."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import streamlit as st

from app.reports.chart_words import chart_sentence, chart_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go
    from streamlit.elements.plotly_chart import PlotlySelectionState

    from app.reports.chart_words import ChartTable

__all__ = ["Selected", "chart"]

Mode = Literal["points", "box", "lasso"]


@dataclass(frozen=True)
class Selected:
    """What is selected in a chart."""

    rows: tuple[int, ...] = ()
    """Places of the chosen points among those that were drawn."""
    customdata: tuple[Sequence[str], ...] = ()
    """What the chosen points carry, of those that carry something."""
    stretch: tuple[float, float] | None = None
    """From where to where the first box reaches across."""


def chart(figure: go.Figure, *, key: str, title: str, select: Sequence[Mode] = ()) -> Selected:
    """Draw a figure. `title` says what it shows, for those who can't see it.

    Returns what is selected in one of the ways of `select`; nothing without any.
    """
    with st.container(key=f"chart-{key}", gap=None):
        st.html(f"<p class='spoken'>{html.escape(chart_sentence(title, figure))}</p>")
        if select:
            event = st.plotly_chart(
                figure, key=key, config={"displaylogo": False}, on_select="rerun", selection_mode=tuple(select)
            )
            found = _selected(event.selection)
        else:
            st.plotly_chart(figure, key=key, config={"displayModeBar": False})
            found = Selected()
        table = chart_table(figure)
        if table is not None:
            st.html(as_html(title, table))
    return found


def _selected(selection: PlotlySelectionState) -> Selected:
    points = selection.get("points") or []
    boxes = selection.get("box") or []
    across = sorted(float(x) for x in boxes[0]["x"]) if boxes else []
    return Selected(
        rows=tuple(int(point["point_index"]) for point in points),
        customdata=tuple(point["customdata"] for point in points if point.get("customdata")),
        stretch=(across[0], across[-1]) if across else None,
    )


def as_html(title: str, table: ChartTable) -> str:
    """The table, folded."""
    head = "".join(f"<th scope='col'>{html.escape(name)}</th>" for name in table.head)
    rows = "".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in table.rows)
    return (
        f"<details class='chart-table'><summary>Show as table</summary><table aria-label='{html.escape(title)}'>"
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></details>"
    )
