"""Fields for the options of a source or a format: what each is called, what it takes, and what it means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from app.components.number_field import show_problem
from app.components.settings.fields import field_of
from app.components.settings.form import setting_widget

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic.fields import FieldInfo

__all__ = ["ask_options"]

FIELD_PX = 190
"""The least width of a field: two of them side by side in a column of a page at 1024 px."""


def ask_options(
    options: Mapping[str, FieldInfo], defaults: Mapping[str, Any], *, key: str
) -> tuple[dict[str, Any], str]:
    """Ask for each of `options` of a model; what can't be used is said beside its field.

    Returns the values, and what is wrong with those that can't be used: whoever asked disables its button by it.
    """
    values: dict[str, Any] = {}
    problems: list[str] = []
    if not options:
        return values, ""
    with st.grid(min_column_width=FIELD_PX, gap="small"):
        for name, info in options.items():
            held = f"{key}-{name}"
            with st.container(key=f"{held}-cell", gap=None):
                entry = field_of(key, (name,), info, defaults[name])
                if held not in st.session_state:
                    st.session_state[held] = entry.typed(entry.default)
                setting_widget(entry, held)
                try:
                    values[name] = entry.read(st.session_state[held])
                except ValueError as error:
                    problems.append(str(error))
                    show_problem(str(error))
    return values, " ".join(problems)
