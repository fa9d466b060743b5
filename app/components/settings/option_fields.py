"""Fields for the options of a model, such as a source's: what each is called, what it takes, and what it means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from app.components.number_field import PAUSE, show_problem
from app.components.settings.fields import field_of

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
        field = field_of(key, (name,), info, usual[name])
        held, about = f"{key}-{name}", field.meaning or None
        typed = field.typed(field.default)
        if field.kind == "switch":
            got: Any = st.toggle(field.title, typed, help=about, key=held)
        elif field.kind == "choice":
            place = field.options.index(typed) if typed in field.options else 0
            got = st.selectbox(field.title, field.options, place, help=about, key=held)
        elif field.kind in ("lines", "weights"):
            got = st.text_area(field.title, typed, help=about, key=held)
        else:
            got = st.text_input(field.title, typed, help=about, key=held, live=PAUSE) or ""
        try:
            values[name] = field.read(got)
        except ValueError as error:
            problems.append(str(error))
            show_problem(str(error))
    return values, " ".join(problems)
