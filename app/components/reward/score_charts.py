"""Charts of scores; a selection in one opens its clips in the Library."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.express as px
import streamlit as st

from app.components.chart import chart
from app.components.chart_theme import chart_colours
from app.components.clips.library_address import library_link

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from app.components.chart import Selected

__all__ = ["histogram", "scatter"]

HEIGHT_PX = 340
MOST_POINTS = 5_000
"""The most points drawn: more are thinned evenly over the ranking."""
BINS = 40


def histogram(frame: pd.DataFrame, colour: str | None, *, key: str) -> None:
    """Histogram of the rewards, split by a column."""
    figure = px.histogram(
        frame, x="reward", color=colour, nbins=BINS, opacity=0.75, color_discrete_sequence=chart_colours()
    )
    figure.update_layout(barmode="stack" if colour else "relative", yaxis_title="clips", xaxis_title="reward")
    selection = draw(figure, key, "how many clips have which reward", mode="box")
    if selection.stretch is not None:
        low, high = selection.stretch
        chosen = frame[(frame["reward"] >= low) & (frame["reward"] <= high)]
        library_link(list(chosen["clip_id"]), key=f"{key}-library")
        st.caption(f"{len(chosen):,} clips with a reward from {low:.2f} to {high:.2f}.")
    else:
        st.caption("Drag across the chart to pick the clips in between.")


def scatter(frame: pd.DataFrame, x: str, y: str, *, key: str, names: dict[str, str] | None = None) -> None:
    """Scatter plot of two columns, a point for each clip."""
    known = frame[["clip_id", x, y]].dropna()
    if known.empty:
        st.caption("No clip has both.")
        return
    shown = known.iloc[:: max(1, -(-len(known) // MOST_POINTS))]
    figure = px.scatter(
        shown,
        x=x,
        y=y,
        custom_data=["clip_id"],
        labels=names or {},
        opacity=0.7,
        color_discrete_sequence=chart_colours(),
    )
    figure.update_traces(hovertemplate="%{customdata[0]}<br>%{x:.3g}, %{y:.3g}<extra></extra>", marker={"size": 6})
    said = names or {}
    selection = draw(figure, key, f"{said.get(y, y)} of each clip by its {said.get(x, x)}")
    chosen = [carried[0] for carried in selection.customdata]
    if chosen:
        st.caption(f"{len(chosen):,} clips picked.")
        library_link(chosen, key=f"{key}-library")
    correlation = known[x].rank().corr(known[y].rank())
    left_out = f" {len(shown):,} of {len(known):,} points are drawn." if len(shown) < len(known) else ""
    st.caption(f"Rank correlation {correlation:+.2f} over {len(known):,} clips.{left_out}")


def draw(figure: go.Figure, key: str, title: str, mode: str = "lasso") -> Selected:
    """Draw a chart; returns the selected clips."""
    figure.update_layout(
        height=HEIGHT_PX,
        margin={"l": 0, "r": 0, "t": 32, "b": 0},
        dragmode="select" if mode == "box" else mode,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "title": ""},
    )
    return chart(figure, key=key, title=title, select=["box"] if mode == "box" else ["box", "lasso", "points"])
