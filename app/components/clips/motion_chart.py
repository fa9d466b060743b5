"""A chart of a clip's motion over time: the camera's, and that of the scene relative to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from app.components.chart import chart
from app.components.chart_theme import styled

if TYPE_CHECKING:
    from app.services import Services

__all__ = ["motion_chart"]

SERIES = {"camera_speed": "camera", "residual": "beside the camera"}


def motion_chart(services: Services, clip_id: str) -> None:
    """Draw the series that the motion extractor stored; nothing where there are none."""
    track = services.workspace.features.track("motion_track", clip_id)
    if track is None or not track.series["t_s"]:
        return
    figure = go.Figure()
    for name, label in SERIES.items():
        figure.add_scatter(x=track.series["t_s"], y=track.series[name], mode="lines", name=label)
    styled(
        figure,
        height_px=220,
        margin={"l": 0, "r": 0, "t": 24, "b": 0},
        xaxis_title="time in the video (s)",
        yaxis_title="diagonals/s",
        legend={"orientation": "h", "y": 1.15},
    )
    chart(figure, key=f"motion-{clip_id}", title="motion over the clip")
