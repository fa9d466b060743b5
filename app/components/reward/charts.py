"""Charts of a training: loss while it runs, reliability, learning curve, importance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go
import streamlit as st

from app.components.chart_theme import chart_colours

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["importance_chart", "learning_chart", "loss_chart", "reliability_chart"]

HEIGHT_PX = 300
NO_BAR = {"displayModeBar": False}
TITLES = {"ensemble": "Ensemble", "linear": "Linear Bradley–Terry", "composite": "Composite score"}


def draw(figure: go.Figure, key: str, x: str, y: str) -> None:
    """Draw with axes named and the legend out of the way."""
    figure.update_layout(
        height=HEIGHT_PX,
        margin={"l": 0, "r": 0, "t": 32, "b": 0},
        colorway=chart_colours(),
        xaxis_title=x,
        yaxis_title=y,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    )
    st.plotly_chart(figure, key=key, config=NO_BAR)


def error_bars(rows: Sequence[dict[str, Any]], name: str) -> dict[str, Any]:
    """95 % intervals around the number called `name`; none where there is no interval."""

    def reach(row: dict[str, Any], end: str) -> float:
        known = row[name] is not None and row[end] is not None
        return abs(row[end] - row[name]) if known else 0.0

    return {
        "type": "data",
        "symmetric": False,
        "array": [reach(row, "high") for row in rows],
        "arrayminus": [reach(row, "low") for row in rows],
        "thickness": 1,
    }


def loss_chart(epochs: Sequence[float], train: Sequence[float], held_out: Sequence[float], *, key: str) -> None:
    """Loss of what is learned from, and of what is held out."""
    figure = go.Figure()
    figure.add_scatter(x=list(epochs), y=list(train), mode="lines+markers", name="training labels")
    figure.add_scatter(x=list(epochs), y=list(held_out), mode="lines+markers", name="held-out labels")
    figure.add_hline(y=0.693, line_dash="dot", line_width=1, annotation_text="a coin")
    draw(figure, key, "epoch", "log loss (nats)")


def reliability_chart(judges: Sequence[dict[str, Any]], *, key: str) -> None:
    """How often the favourite was chosen, against how sure the judge was; on the line is honest."""
    figure = go.Figure()
    figure.add_scatter(
        x=[0.5, 1], y=[0.5, 1], mode="lines", line={"dash": "dot", "color": "gray", "width": 1}, name="as sure as right"
    )
    for judge in judges:
        rows = judge.get("reliability") or []
        if not rows:
            continue
        error = None
        if judge["key"] == "ensemble":
            error = error_bars(rows, "happened")
        figure.add_scatter(
            x=[row["said"] for row in rows],
            y=[row["happened"] for row in rows],
            customdata=[round(row["count"]) for row in rows],
            hovertemplate="sure %{x:.0%}, right %{y:.0%}, %{customdata} labels",
            error_y=error,
            mode="lines+markers",
            name=judge["title"],
        )
    figure.update_xaxes(tickformat=".0%")
    figure.update_yaxes(tickformat=".0%")
    draw(figure, key, "how sure of its favourite", "how often it was chosen")


def learning_chart(points: Sequence[dict[str, Any]], *, key: str) -> None:
    """Pair accuracy on held-out labels, by how many labels there were."""
    values = [point["accuracy"] for point in points]
    figure = go.Figure()
    figure.add_scatter(
        x=[point["labels"] for point in points],
        y=[value["value"] for value in values],
        error_y=error_bars(values, "value"),
        mode="lines+markers",
        name="pair accuracy",
    )
    figure.update_yaxes(tickformat=".0%")
    draw(figure, key, "labels", "pair accuracy")


def importance_chart(rows: Sequence[dict[str, Any]], *, key: str) -> None:
    """How much of the ranking goes when a group of features is shuffled."""
    ordered = list(reversed(rows))
    figure = go.Figure()
    figure.add_bar(
        x=[row["importance"] for row in ordered],
        y=[row["group"] for row in ordered],
        error_x={"type": "data", "array": [row["spread"] for row in ordered], "thickness": 1},
        orientation="h",
    )
    figure.update_xaxes(tickformat=".0%")
    draw(figure, key, "share of the ranking that is lost without it", "")
