"""The one way to draw a Plotly chart: with a sentence for screen readers, and its numbers as a table."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any, Literal

import streamlit as st

from app.reports.chart_words import chart_sentence, chart_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    import plotly.graph_objects as go

    from app.reports.chart_words import ChartTable

__all__ = ["chart"]

Mode = Literal["points", "box", "lasso"]


def chart(figure: go.Figure, *, key: str, title: str, select: Sequence[Mode] = ()) -> dict[str, Any]:
    """Draw a figure. `title` says what it shows, for those who can't see it.

    Returns what is selected in one of the ways of `select`: `points`, `box` and so on; empty without any.
    """
    with st.container(key=f"chart-{key}", gap=None):
        st.html(f"<p class='spoken'>{html.escape(chart_sentence(title, figure))}</p>")
        options: dict[str, Any] = {"on_select": "rerun", "selection_mode": tuple(select)} if select else {}
        config = {"displaylogo": False} if select else {"displayModeBar": False}
        event: Any = st.plotly_chart(figure, key=key, config=config, **options)
        table = chart_table(figure)
        if table is not None:
            st.html(as_html(title, table))
    return dict(event.selection) if select else {}


def as_html(title: str, table: ChartTable) -> str:
    """The table, folded."""
    head = "".join(f"<th scope='col'>{html.escape(name)}</th>" for name in table.head)
    rows = "".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in table.rows)
    return (
        f"<details class='chart-table'><summary>Show as table</summary><table aria-label='{html.escape(title)}'>"
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></details>"
    )
