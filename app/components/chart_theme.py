"""Styles charts with the theme's colours: Streamlit gives Plotly figures its fonts, but not its colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    import plotly.graph_objects as go

__all__ = ["chart_colours", "styled"]

MARGIN = {"l": 8, "r": 8, "t": 8, "b": 8}
FALLBACK = ["#0f766e", "#b45309", "#4f46e5", "#be185d", "#4d7c0f", "#0369a1"]


def chart_colours() -> list[str]:
    """The colours of the theme in use, the accent first."""
    kind = st.context.theme.type or "light"
    return st.get_option(f"theme.{kind}.chartCategoricalColors") or FALLBACK


def styled(figure: go.Figure, *, height_px: int, **layout: Any) -> go.Figure:
    """Style a figure with the theme's colours and a height; `layout` is passed to Plotly."""
    figure.update_layout(**{"height": height_px, "margin": MARGIN, "colorway": chart_colours(), **layout})
    return figure
