"""Charts of a training: loss while it runs, reliability, learning curve, importance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from app.components.chart import chart
from app.components.chart_theme import chart_colours
from app.reports.error_bars import error_bars

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.reward.judging.training_report import Importance, Judge, LearningPoint

__all__ = ["importance_chart", "learning_chart", "loss_chart", "reliability_chart"]

HEIGHT_PX = 300
TITLES = {"ensemble": "Ensemble", "linear": "Linear Bradley–Terry", "composite": "Composite score"}


def draw(figure: go.Figure, key: str, title: str, x: str, y: str) -> None:
    """Draw a figure with axis titles and the legend above it."""
    figure.update_layout(
        height=HEIGHT_PX,
        margin={"l": 0, "r": 0, "t": 32, "b": 0},
        colorway=chart_colours(),
        xaxis_title=x,
        yaxis_title=y,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    )
    chart(figure, key=key, title=title)


def loss_chart(
    epochs: Sequence[float], train: Sequence[float | None], held_out: Sequence[float | None], *, key: str
) -> None:
    """Training and held-out loss by epoch."""
    figure = go.Figure()
    figure.add_scatter(x=list(epochs), y=list(train), mode="lines+markers", name="training labels")
    figure.add_scatter(x=list(epochs), y=list(held_out), mode="lines+markers", name="held-out labels")
    figure.add_hline(y=0.693, line_dash="dot", line_width=1, annotation_text="a coin")
    draw(figure, key, "loss by epoch", "epoch", "log loss (nats)")


def reliability_chart(judges: Sequence[Judge], *, key: str) -> None:
    """Reliability diagram: observed share of agreement against predicted probability; the diagonal is calibrated."""
    figure = go.Figure()
    figure.add_scatter(
        x=[0.5, 1], y=[0.5, 1], mode="lines", line={"dash": "dot", "color": "gray", "width": 1}, name="calibrated"
    )
    for judge in judges:
        bins = judge.reliability
        if not bins:
            continue
        error = None
        if judge.key == "ensemble":
            error = error_bars((one.happened, one.low, one.high) for one in bins)
        figure.add_scatter(
            x=[one.said for one in bins],
            y=[one.happened for one in bins],
            customdata=[round(one.count) for one in bins],
            hovertemplate="sure %{x:.0%}, right %{y:.0%}, %{customdata} labels",
            error_y=error,
            mode="lines+markers",
            name=judge.title,
        )
    figure.update_xaxes(tickformat=".0%")
    figure.update_yaxes(tickformat=".0%")
    title = "how often the judges are right when they are so sure"
    draw(figure, key, title, "predicted probability", "share of answers")


def learning_chart(points: Sequence[LearningPoint], *, key: str) -> None:
    """Learning curve: pair accuracy on held-out labels by number of training labels."""
    found = [point.accuracy for point in points]
    figure = go.Figure()
    figure.add_scatter(
        x=[point.labels for point in points],
        y=[accuracy.value for accuracy in found],
        error_y=error_bars((accuracy.value, accuracy.low, accuracy.high) for accuracy in found),
        mode="lines+markers",
        name="pair accuracy",
    )
    figure.update_yaxes(tickformat=".0%")
    draw(figure, key, "agreement with held-out labels by number of labels", "labels", "pair accuracy")


def importance_chart(groups: Sequence[Importance], *, key: str) -> None:
    """Permutation importance: how much the ranking changes when a feature group is shuffled."""
    ordered = list(reversed(groups))
    figure = go.Figure()
    figure.add_bar(
        x=[one.importance for one in ordered],
        y=[one.group for one in ordered],
        error_x={"type": "data", "array": [one.spread for one in ordered], "thickness": 1},
        orientation="h",
    )
    figure.update_xaxes(tickformat=".0%")
    draw(figure, key, "what each group of numbers adds", "share of the ranking that is lost without it", "")
