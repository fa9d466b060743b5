"""The chart of a count of success: how often each choice of clips leads to a placed thing, with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from app.reports.error_bars import error_bars
from app.reports.validation_charts import ACCENT, QUIET, RIVAL
from engine.validation.rollout_rows import RANDOM, REWARD

if TYPE_CHECKING:
    from engine.validation.success_report import Rate, SuccessReport

__all__ = ["success_chart"]


def success_chart(report: SuccessReport) -> go.Figure:
    """Placed things by choice of clips; bars are the interval of the difference to random choices."""
    rows = list(report.rows)[::-1]
    chance = report.row(RANDOM)
    figure = go.Figure()
    if chance is not None and chance.placed.mean is not None:
        figure.add_vline(x=chance.placed.mean, line_dash="dot", line_color=QUIET, annotation_text="random")
    figure.add_scatter(
        x=[row.placed.mean for row in rows],
        y=[row.name for row in rows],
        error_x=error_bars((_ends(row.placed) for row in rows), thickness=1.4),
        mode="markers",
        marker={"size": 9, "color": [ACCENT if row.name == REWARD else RIVAL if row.hidden else QUIET for row in rows]},
        showlegend=False,
        hovertemplate="%{y}: %{x:.2f}<extra></extra>",
    )
    figure.update_yaxes(automargin=True, dtick=1)
    figure.update_xaxes(range=[-0.03, 1.03])
    figure.update_layout(
        height=90 + 26 * len(rows),
        margin={"l": 8, "r": 8, "t": 28, "b": 8},
        xaxis_title="share of unseen scenes with a thing placed",
        meta={"bounds": ("least by the difference to random", "most by the difference to random")},
    )
    return figure


def _ends(rate: Rate) -> tuple[float | None, float | None, float | None]:
    """The mean with the ends of its difference to random, moved to where the mean is."""
    lead = rate.lead
    if rate.mean is None or lead is None or lead.value is None or lead.low is None or lead.high is None:
        return rate.mean, None, None
    return rate.mean, rate.mean + lead.low - lead.value, rate.mean + lead.high - lead.value
