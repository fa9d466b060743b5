"""Charts in words and as tables, made from the figures themselves."""

from __future__ import annotations

import plotly.express as px
import plotly.graph_objects as go

from app.reports.chart_words import chart_sentence, chart_table


def test_a_line_is_said_from_its_first_to_its_last_point_with_the_lines_across() -> None:
    figure = go.Figure(go.Scatter(x=[1, 2, 3], y=[0.9, 0.7, 0.61], mode="lines+markers", name="training labels"))
    figure.add_scatter(x=[1, 3], y=[0.95, None], mode="lines", name="held-out labels")
    figure.add_hline(y=0.693, annotation_text="a coin")
    figure.update_layout(xaxis_title="epoch", yaxis_title="log loss (nats)")
    assert chart_sentence("loss by epoch", figure) == (
        "Chart: loss by epoch. training labels: log loss (nats) from 0.9 at epoch 1 to 0.61 at epoch 3. "
        "held-out labels: log loss (nats) 0.95 at epoch 1. Marked: a coin at 0.693."
    )
    table = chart_table(figure)
    assert table
    assert table.head == ("series", "epoch", "log loss (nats)")
    assert table.rows[2:] == (
        ("training labels", "3", "0.61"),
        ("held-out labels", "1", "0.95"),
        ("held-out labels", "3", "–"),
    )


def test_bars_that_lie_have_their_names_at_the_left_and_their_intervals_in_the_table() -> None:
    bars = go.Bar(x=[0.1, 0.4], y=["hands", "motion"], orientation="h", error_x={"array": [0.05, 0.1]})
    figure = go.Figure(bars)
    figure.update_layout(xaxis_title="share lost", yaxis_title="")
    assert chart_sentence("what each group adds", figure) == (
        "Chart: what each group adds. 2 values of share lost; the highest 0.4 at motion, the lowest 0.1 at hands."
    )
    table = chart_table(figure)
    assert table
    assert table.head == ("at", "share lost", "low", "high")
    assert table.rows == (("hands", "0.1", "0.05", "0.15"), ("motion", "0.4", "0.3", "0.5"))


def test_many_points_are_said_by_their_ends_and_have_no_table() -> None:
    figure = go.Figure(go.Scattergl(x=list(range(500)), y=[n / 10 for n in range(500)], mode="markers"))
    figure.update_layout(xaxis_title="Reward", yaxis_title="Hand speed")
    said = chart_sentence("Hand speed by Reward", figure)
    assert said.endswith("500 points; Reward from 0 to 499, Hand speed from 0 to 49.9.")
    assert chart_table(figure) is None


def test_a_histogram_is_counted_and_a_band_of_an_interval_is_no_series() -> None:
    figure = px.histogram({"reward": [0.0, 0.1, 0.1, 1.2, None]}, x="reward")
    figure.update_layout(xaxis_title="reward", yaxis_title="clips")
    table = chart_table(figure)
    assert table
    assert table.rows[0] == ("0 to 0.1", "1")
    assert sum(float(row[1]) for row in table.rows) == 4
    band = go.Figure(go.Scatter(x=[1, 2, 2, 1], y=[3, 3, 1, 1], fill="toself", mode="none"))
    assert chart_table(band) is None
    assert chart_sentence("nothing", band) == "Chart: nothing. It has no points."
