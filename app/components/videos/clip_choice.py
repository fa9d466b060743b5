"""Chooses how videos are cut into clips: the method and its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.components.number_field import NumberFields
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


def clip_choice(
    settings: ClippingSettings, *, key: str, default: Method, windows: bool = False
) -> tuple[Method, ClippingSettings, NumberFields]:
    """Ask for the clipping method and its numbers; the defaults are the workspace's settings.

    With `windows`, a data set names the clips itself.
    The third value says what is wrong with the numbers: whoever asked disables its button by it.
    """
    labels = LABELS | ({"annotations": "As the data set says"} if windows else {})
    method = st.pills(
        "How to cut", list(METHODS), format_func=named(labels), default=default, required=True, key=f"{key}-method"
    )
    fields, changed = NumberFields(), dict[str, float]()
    if windows and method == "annotations":
        st.caption("One clip for each window that the data set names (an episode, a sample), exactly as long.")
        return method, settings, fields
    st.caption(METHODS[method] + ".")
    if method == "stride":
        length, stride = st.columns(2)
        changed["length_s"] = fields.ask("Length (s)", 0.1, 600.0, settings.length_s, key=f"{key}-length", place=length)
        changed["stride_s"] = fields.ask(
            "Stride (s)",
            0.1,
            600.0,
            settings.stride_s,
            key=f"{key}-stride",
            help="From the start of one clip to the start of the next; less than the length overlaps.",
            place=stride,
        )
    elif method == "annotations":
        changed["padding_s"] = fields.ask(
            "Padding (s)", 0.0, 30.0, settings.padding_s, key=f"{key}-padding", help="Added before and after."
        )
    if method != "whole":
        shortest, longest = st.columns(2)
        changed["min_s"] = fields.ask("Shortest (s)", 0.05, 60.0, settings.min_s, key=f"{key}-min", place=shortest)
        changed["max_s"] = fields.ask("Longest (s)", 0.1, 3600.0, settings.max_s, key=f"{key}-max", place=longest)
        if not fields.problem and changed["min_s"] > changed["max_s"]:
            fields.refuse("The shortest clip is longer than the longest.")
    return method, settings if fields.problem else settings.model_copy(update=changed), fields
