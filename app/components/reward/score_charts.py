"""Charts of scores; a selection in one opens its clips in the Library."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.express as px
import plotly.graph_objects as go
import streamlit as st

from app.components.chart import chart
from app.components.chart_theme import chart_colours
from app.components.clips.library_address import library_link

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from app.components.chart import Selected
    from app.services import Services
    from storage.score_rows import ScoreBin

__all__ = ["histogram", "scatter"]

HEIGHT_PX = 340
MOST_DRAWN = 5_000
"""The most points drawn: more are thinned evenly over the ranking."""


def histogram(services: Services, model_id: str, bins: Sequence[ScoreBin], *, key: str) -> None:
    """Draw how many clips have which reward, stacked by group; a stretch of the chart is picked with the mouse."""
    figure = go.Figure()
    colours = chart_colours()
    groups = list(dict.fromkeys(part.group for part in bins))
    for n, group in enumerate(groups):
        own = [part for part in bins if part.group == group]
        figure.add_bar(
            x=[part.low + part.width / 2 for part in own],
            y=[part.clips for part in own],
            width=[part.width for part in own],
            name=group,
            opacity=0.75,
            marker_color=colours[n % len(colours)],
        )
    figure.update_layout(
        barmode="stack", yaxis_title="clips", xaxis_title="reward", showlegend=len(groups) > 1, bargap=0
    )
    selection = draw(figure, key, "how many clips have which reward", mode="box")
    if selection.stretch is None:
        st.caption("Drag across the chart to pick the clips in between.")
        return
    low, high = selection.stretch
    scores = services.workspace.score_views
    count = scores.count_between(model_id, low, high)
    library_link(count, lambda: scores.ids_between(model_id, low, high), key=f"{key}-library")
    st.caption(f"{count:,} clips with a reward from {low:.2f} to {high:.2f}.")


def scatter(sample: pd.DataFrame, x: str, y: str, *, of: int, key: str, names: dict[str, str] | None = None) -> None:
    """Scatter plot of two columns of a sample of `of` clips, a point for each clip."""
    known = sample[["clip_id", x, y]].dropna()
    if known.empty:
        st.caption("No clip has both.")
        return
    shown = known.iloc[:: max(1, -(-len(known) // MOST_DRAWN))]
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
        library_link(len(chosen), lambda: chosen, key=f"{key}-library")
    correlation = known[x].rank().corr(known[y].rank())
    over = f"{len(known):,} clips" if len(sample) == of else f"a fixed sample of {len(known):,} clips out of {of:,}"
    left_out = f" {len(shown):,} of {len(known):,} points are drawn." if len(shown) < len(known) else ""
    st.caption(f"Rank correlation {correlation:+.2f} over {over}.{left_out}")


def draw(figure: go.Figure, key: str, title: str, mode: str = "lasso") -> Selected:
    """Draw a chart; returns the selected clips."""
    figure.update_layout(
        height=HEIGHT_PX,
        margin={"l": 0, "r": 0, "t": 32, "b": 0},
        dragmode="select" if mode == "box" else mode,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "title": ""},
    )
    return chart(figure, key=key, title=title, select=["box"] if mode == "box" else ["box", "lasso", "points"])
