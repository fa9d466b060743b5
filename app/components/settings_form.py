"""Draws a form for a settings model, with the model's titles, help, ranges and defaults."""

from __future__ import annotations

import types
import typing
from typing import Any, Literal

import streamlit as st

from engine.settings_model import SettingsModel

__all__ = ["edit"]

CELL_PX = 240


def edit(settings: SettingsModel, *, key: str) -> dict[str, Any]:
    """Draw a widget for every value of `settings`; returns the widgets' values."""
    values: dict[str, Any] = {}
    fields = type(settings).model_fields
    single = [name for name in fields if not isinstance(getattr(settings, name), SettingsModel)]
    if single:
        with st.grid(min_column_width=CELL_PX, gap="medium", vertical_alignment="bottom"):
            for name in single:
                values[name] = widget(name, fields[name], getattr(settings, name), key=f"{key}.{name}")
    for name, info in fields.items():
        section = getattr(settings, name)
        if isinstance(section, SettingsModel):
            with st.container(border=True):
                st.subheader(info.title or name)
                st.caption(section.summary())
                values[name] = edit(section, key=f"{key}.{name}")
    return values


def widget(name: str, info: Any, value: Any, *, key: str) -> Any:
    """The widget that fits a field's type and range."""
    label = info.title or name.replace("_", " ").capitalize()
    default = info.get_default(call_default_factory=True)
    text = f"{info.description or ''}\n\n`{name}`, default `{default}`"
    kind = info.annotation
    if typing.get_origin(kind) in (types.UnionType, typing.Union):
        kind = next(part for part in typing.get_args(kind) if part is not type(None))
    if typing.get_origin(kind) is Literal:
        options = list(typing.get_args(kind))
        return st.selectbox(label, options, options.index(value), help=text, key=key)
    if kind is bool:
        return st.toggle(label, value, help=text, key=key)
    if kind in (int, float):
        low, high = bounds(info)
        step = 1 if kind is int else 0.1
        return st.number_input(
            label,
            min_value=kind(low) if low is not None else None,
            max_value=kind(high) if high is not None else None,
            value=value,
            step=step,
            help=text,
            key=key,
        )
    if typing.get_origin(kind) is dict:
        st.markdown(label, help=text)
        rows = [{"name": name, "value": number} for name, number in value.items()]
        edited = st.data_editor(rows, num_rows="dynamic", hide_index=True, key=key)
        return {row["name"]: float(row["value"] or 0) for row in edited if row.get("name")}
    if typing.get_origin(kind) is list:
        written = st.text_area(label, "\n".join(map(str, value)), help=f"{text}; one a line", key=key)
        return [line.strip() for line in written.splitlines() if line.strip()]
    return st.text_input(label, "" if value is None else str(value), help=text, key=key)


def bounds(info: Any) -> tuple[float | None, float | None]:
    """`(lowest, highest)` that the model allows."""
    low = next((m.ge for m in info.metadata if hasattr(m, "ge")), None)
    high = next((m.le for m in info.metadata if hasattr(m, "le")), None)
    return low, high
