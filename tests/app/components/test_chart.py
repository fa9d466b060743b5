"""What a chart says was selected in it, of what Streamlit sends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from app.components.chart import Selected, _selected

if TYPE_CHECKING:
    from streamlit.elements.plotly_chart import PlotlySelectionState

POINT = {"point_index": 4, "x": 1.0, "customdata": ["clip-4"]}


@pytest.mark.parametrize(
    ("sent", "selected"),
    [
        ({}, Selected()),
        ({"points": [], "box": [], "lasso": []}, Selected()),
        ({"points": [POINT, {"point_index": 2}]}, Selected(rows=(4, 2), customdata=(["clip-4"],))),
        ({"points": [], "box": [{"x": [0.75, 0.25], "y": [0, 9]}]}, Selected(stretch=(0.25, 0.75))),
    ],
)
def test_rows_and_the_stretch_of_a_box_are_read_from_what_the_browser_sends(
    sent: dict[str, Any], selected: Selected
) -> None:
    assert _selected(cast("PlotlySelectionState", sent)) == selected
