"""Chooses how videos are cut into clips: the method and its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.text import named
from app.workflows.clipping import METHODS

if TYPE_CHECKING:
    from engine.clipping import Method
    from engine.clipping.settings import ClippingSettings

__all__ = ["clip_choice"]

LABELS: dict[Method, str] = {
    "annotations": "Annotations",
    "stride": "Fixed length",
    "shots": "Shots",
    "activity": "Activity",
    "whole": "Whole video",
}


def clip_choice(settings: ClippingSettings, *, key: str, default: Method) -> tuple[Method, ClippingSettings]:
    """Ask for the clipping method and its numbers; the defaults are the workspace's settings."""
    method = st.pills(
        "How to cut", list(METHODS), format_func=named(LABELS), default=default, required=True, key=f"{key}-method"
    )
    st.caption(METHODS[method] + ".")
    changed: dict[str, float] = {}
    if method == "stride":
        length, stride = st.columns(2)
        changed["length_s"] = length.number_input("Length (s)", 0.1, 600.0, settings.length_s, 0.5, key=f"{key}-length")
        changed["stride_s"] = stride.number_input(
            "Stride (s)",
            0.1,
            600.0,
            settings.stride_s,
            0.5,
            key=f"{key}-stride",
            help="From the start of one clip to the start of the next; less than the length overlaps.",
        )
    elif method == "annotations":
        changed["padding_s"] = st.number_input(
            "Padding (s)", 0.0, 30.0, settings.padding_s, 0.1, key=f"{key}-padding", help="Added before and after."
        )
    if method != "whole":
        shortest, longest = st.columns(2)
        changed["min_s"] = shortest.number_input("Shortest (s)", 0.05, 60.0, settings.min_s, 0.1, key=f"{key}-min")
        changed["max_s"] = longest.number_input("Longest (s)", 0.1, 3600.0, settings.max_s, 1.0, key=f"{key}-max")
        if changed["min_s"] > changed["max_s"]:
            st.error("The shortest clip is longer than the longest: the longest was raised.")
            changed["max_s"] = changed["min_s"]
    return method, settings.model_copy(update=changed)
