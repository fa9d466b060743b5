"""Charts of label statistics: stability of the ranking, worth of more labels, labels for each clip."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go
import streamlit as st

from app.components.chart import chart

if TYPE_CHECKING:
    from engine.preference.habits import Coverage
    from engine.preference.progress import Progress

__all__ = ["coverage_chart", "reliability_chart", "settling_chart"]

HEIGHT_PX = 240
MANY = 12
GREY = "rgba(128, 128, 128, 0.14)"


def accent() -> str:
    """The theme's accent colour."""
    colour: str = st.get_option(f"theme.{st.context.theme.type or 'light'}.primaryColor") or "#14a394"
    return colour


def base(x_title: str, y_title: str) -> go.Figure:
    """An empty chart of the common size."""
    figure = go.Figure()
    figure.update_layout(
        height=HEIGHT_PX,
        margin={"l": 0, "r": 8, "t": 8, "b": 0},
        xaxis_title=x_title,
        yaxis_title=y_title,
        showlegend=False,
        colorway=[accent()],
    )
    return figure


def settling_chart(progress: Progress, key: str) -> None:
    """Kendall's τ between the ranking by the first n labels and the ranking by all."""
    figure = base("labels", "Kendall’s τ with today")
    counts, taus = zip(*progress.moved, strict=True)
    figure.add_scatter(
        x=counts,
        y=taus,
        mode="lines+markers",
        hovertemplate="ranking by the first %{x} labels: τ %{y:.2f}<extra></extra>",
    )
    figure.update_yaxes(range=[min(0.0, *taus), 1.03])
    figure.update_xaxes(rangemode="tozero")
    chart(figure, key=key, title="How the ranking settled")


def reliability_chart(progress: Progress, key: str) -> None:
    """Expected correlation of the scores with those from infinitely many labels, by number of labels from today on."""
    figure = base("labels", "expected correlation")
    counts, values = zip(*progress.expected, strict=True)
    figure.add_scatter(
        x=counts,
        y=values,
        mode="lines",
        line={"dash": "dot"},
        hovertemplate="%{x} labels: %{y:.3f}<extra></extra>",
    )
    figure.add_scatter(
        x=counts[:1],
        y=values[:1],
        mode="markers+text",
        marker={"size": 10},
        text=["today"],
        textposition="bottom right",
        hovertemplate="today, %{x} labels: %{y:.3f}<extra></extra>",
    )
    if progress.worthwhile:
        end = progress.labels + progress.worthwhile
        figure.add_vrect(x0=counts[0], x1=end, fillcolor=GREY, line_width=0, layer="below")
        figure.add_annotation(
            x=(counts[0] + end) / 2, y=1, yref="paper", text="worth their time", showarrow=False, yanchor="top"
        )
    figure.update_yaxes(range=[min(0.5, values[0] - 0.05), 1.02])
    chart(figure, key=key, title="How sure the ranking is, and what more labels would add")


def coverage_chart(coverage: Coverage, wanted: int, key: str) -> None:
    """Histogram of clips by their number of labels; more than twelve share a bar."""
    bars: dict[int, int] = {}
    for count, clips in coverage.histogram.items():
        bars[min(count, MANY)] = bars.get(min(count, MANY), 0) + clips
    figure = base("labels a clip", "clips")
    figure.add_vrect(x0=wanted - 1.5, x1=wanted + 1.5, fillcolor=GREY, line_width=0, layer="below")
    figure.add_bar(
        x=list(bars),
        y=list(bars.values()),
        hovertemplate="%{y} clips with %{x} labels<extra></extra>",
        marker_line_width=0,
    )
    figure.update_xaxes(
        tickvals=list(range(1, MANY + 1)),
        ticktext=[*map(str, range(1, MANY)), f"{MANY}+"],
        range=[0.4, MANY + 0.6],
    )
    chart(figure, key=key, title="Labels a clip")
