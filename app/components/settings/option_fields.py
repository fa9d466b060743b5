"""Fields for the options of a model, such as a source's: what each is called, what it takes, and what it means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from app.components.number_field import show_problem
from app.components.settings.fields import field_of
from app.components.settings.form import setting_widget

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

__all__ = ["ask_options"]


def ask_options(
    model: type[BaseModel], *, key: str, defaults: Mapping[str, Any] | None = None
) -> tuple[dict[str, Any], str]:
    """Ask for each option of `model`; `defaults` are other defaults than the model's own.

    Returns the values, and what is wrong with those that can't be used: whoever asked disables its button by it.
    """
    values: dict[str, Any] = {}
    problems: list[str] = []
    usual = model().model_dump() | dict(defaults or {})
    for name, info in model.model_fields.items():
        entry = field_of(key, (name,), info, usual[name])
        held = f"{key}-{name}"
        if held not in st.session_state:
            st.session_state[held] = entry.typed(entry.default)
        setting_widget(entry, held)
        try:
            values[name] = entry.read(st.session_state[held])
        except ValueError as error:
            problems.append(str(error))
            show_problem(str(error))
    return values, " ".join(problems)
