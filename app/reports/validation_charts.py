"""The charts of the Validate and Ablations pages. Each is a Plotly figure; none knows the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from app.reports.error_bars import error_bars
from app.reports.number_words import number_title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.statistics.interval import Estimate
    from engine.validation.ablation_report import Drop
    from engine.validation.validation_report import BasePoint, Control, GainGroup, KeepCurve, SubsetCheck
    from storage.validation import ClipGain

__all__ = ["base_curve", "bins_chart", "drop_forest", "forest", "keep_curve", "lds_chart", "scatter"]

ACCENT, QUIET, RIVAL, LIMIT = "#0d9488", "#8b93a1", "#d97706", "#6366f1"
_MARGIN = {"l": 8, "r": 8, "t": 28, "b": 8}


def scatter(clips: Sequence[ClipGain]) -> go.Figure:
    """Reward against gain, a point a clip; each carries its clip's id."""
    figure = go.Figure()
    figure.add_hline(y=0, line_width=1, line_color=QUIET)
    figure.add_scatter(
        x=[clip.reward for clip in clips],
        y=[clip.gain for clip in clips],
        customdata=[clip.clip_id for clip in clips],
        mode="markers",
        marker={"color": ACCENT, "size": 8, "opacity": 0.75},
        hovertemplate="%{customdata}<br>reward %{x:.2f}<br>ΔM %{y:.5f}<extra></extra>",
    )
    return _laid_out(figure, 420, "reward (standard deviations)", "ΔM: fall of the loss")


def forest(controls: Sequence[Control], rho: Estimate) -> go.Figure:
    """|ρ| of every baseline with its interval, and a band for the reward's own."""
    names = [f"{'−' if control.sign < 0 else ''}{named(control)}" for control in controls][::-1]
    values = [control.rho for control in controls][::-1]
    figure = go.Figure()
    if rho.low is not None:
        figure.add_vrect(x0=rho.low, x1=rho.high, fillcolor=ACCENT, opacity=0.12, line_width=0)
        figure.add_vline(x=rho.value, line_color=ACCENT, annotation_text="reward")
    _intervals(figure, names, values, QUIET)
    return _laid_out(figure, 90 + 22 * len(names), "|ρ| with ΔM (− marks features that are good low)", "")


def named(control: Control) -> str:
    """What people call a control: a column by its title, the others by their own words."""
    return number_title(control.name) if "_" in control.name else control.name


def drop_forest(rows: Sequence[Drop], drops: Sequence[Estimate], bar: float | None, title: str) -> go.Figure:
    """`drops`: what is lost without the groups of each row, with its interval; and the bar where there is one."""
    names = [" + ".join(row.groups) for row in rows][::-1]
    figure = go.Figure()
    figure.add_vline(x=0, line_width=1, line_color=QUIET)
    if bar is not None:
        figure.add_vline(x=bar, line_dash="dot", line_color=RIVAL, annotation_text=f"{bar:.1f}")
    _intervals(figure, names, drops[::-1], ACCENT)
    return _laid_out(figure, 110 + 34 * len(names), title, "")


def keep_curve(keep: KeepCurve) -> go.Figure:
    """Loss after training on the best share of clips by each score."""
    shares = [100 * share for share in keep.shares]
    figure = go.Figure()
    chance = keep.random
    figure.add_scatter(
        x=[*shares, *shares[::-1]],
        y=[*chance.high, *chance.low[::-1]],
        fill="toself",
        mode="none",
        fillcolor="rgba(139,147,161,0.22)",
        name="random, 90 % of draws",
        hoverinfo="skip",
    )
    figure.add_scatter(x=shares, y=chance.mean, mode="lines", line={"color": QUIET, "dash": "dot"}, name="random")
    colours = {"reward": ACCENT, "composite score": RIVAL}
    for name, losses in keep.curves.items():
        figure.add_scatter(
            x=shares, y=losses, mode="lines+markers", name=name, line={"color": colours.get(name, LIMIT)}
        )
    figure.add_hline(y=keep.all, line_dash="dash", line_color=QUIET, annotation_text="all clips")
    return _laid_out(figure, 360, "clips kept (%)", "loss, lower is better")


def base_curve(points: Sequence[BasePoint], fixed: float) -> go.Figure:
    """ρ at each base size, with intervals."""
    shares = [100 * point.share for point in points]
    figure = go.Figure()
    figure.add_vline(x=100 * fixed, line_dash="dot", line_color=QUIET, annotation_text="fixed in advance")
    figure.add_scatter(
        x=shares,
        y=[point.value for point in points],
        error_y=error_bars(((p.value, p.low, p.high) for p in points), thickness=1.4),
        mode="lines+markers",
        line={"color": ACCENT},
        showlegend=False,
    )
    return _laid_out(figure, 300, "base size (% of the candidates)", "ρ")


def bins_chart(bins: Sequence[GainGroup]) -> go.Figure:
    """The gain of groups of clips, from the lowest rewards to the highest."""
    figure = go.Figure()
    figure.add_bar(x=list(range(1, len(bins) + 1)), y=[group.gain for group in bins], marker_color=ACCENT)
    return _laid_out(figure, 300, "group by reward, lowest first", "ΔM of the whole group")


def lds_chart(found: SubsetCheck) -> go.Figure:
    """The gain predicted for a subset against the gain measured by training on it from scratch."""
    figure = go.Figure()
    figure.add_scatter(x=found.foretold, y=found.loss, mode="markers", marker={"color": ACCENT}, showlegend=False)
    return _laid_out(figure, 300, "sum of ΔM in the subset", "loss after training from scratch")


def _intervals(figure: go.Figure, names: list[str], values: Sequence[Estimate], colour: str) -> None:
    figure.add_scatter(
        x=[value.value for value in values],
        y=names,
        error_x=error_bars(((v.value, v.low, v.high) for v in values), thickness=1.4),
        mode="markers",
        marker={"color": colour, "size": 8},
        showlegend=False,
    )
    figure.update_yaxes(automargin=True, dtick=1)


def _laid_out(figure: go.Figure, height: int, across: str, up: str) -> go.Figure:
    figure.update_layout(
        height=height, margin=_MARGIN, xaxis_title=across, yaxis_title=up, legend={"orientation": "h", "y": 1.1}
    )
    return figure
