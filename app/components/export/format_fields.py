"""The form of an export: a list and cut clips, or a data set in a format, with the fields of that format's options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st
from pydantic import ValidationError

from app.components.number_field import show_problem
from app.components.settings.fields import field_of
from app.components.settings.form import CELL_PX, setting_widget
from app.markdown_text import plain
from app.workflows.export_formats import FormatChoice
from engine.export.formats.options import options_of
from engine.export.formats.registry import all_formats
from engine.files.read_json import explain

if TYPE_CHECKING:
    from app.components.settings.fields import SettingField
    from engine.export.formats.base import AnyExporter

__all__ = ["ChosenFormat", "format_choice", "format_fields"]

LIST = "list"
"""The form that is no format of another tool."""


@dataclass(frozen=True)
class ChosenFormat:
    """What the fields of a format hold: a choice, or why it can't be used."""

    choice: FormatChoice | None
    problem: str = ""


def format_choice() -> type[AnyExporter] | None:
    """Ask for the form; returns the format, or None for a list and cut clips."""
    found, errors = all_formats()
    formats = {one.name: one for one in found}
    names = {LIST: "List and clips", **{name: one.title for name, one in formats.items()}}
    chosen = st.pills(
        "Form", list(names), default=LIST, required=True, format_func=names.__getitem__, key="export-form",
        help="A ranked list and cut clips that a colleague can import, or a data set for other tools.",
    )  # fmt: skip
    for error in errors:
        said = str(error)
        st.caption(f":material/extension_off: {plain(said[:1].upper() + said[1:])}")
    return formats.get(chosen or LIST)


def format_fields(exporter: type[AnyExporter]) -> ChosenFormat:
    """Draw the options of a format, a field each; what can't be used is said beside its field."""
    defaults = exporter.Options()
    entries = [
        field_of(exporter.name, (name,), info, getattr(defaults, name))
        for name, info in options_of(exporter.Options).items()
    ]
    values, problems = {}, []
    if entries:
        with st.grid(min_column_width=CELL_PX, gap="medium"):
            for entry in entries:
                with st.container(key=f"export-option-{exporter.name}-{entry.raw_name}", gap=None):
                    try:
                        values[entry.raw_name] = _asked(entry)
                    except ValueError as error:
                        problems.append(str(error))
                        show_problem(str(error))
    if problems:
        return ChosenFormat(None, " ".join(problems))
    try:
        options = exporter.Options.model_validate(values)
    except ValidationError as error:  # each value is fine by itself
        problem = f"{explain(error).strip('.').capitalize()}."
        show_problem(problem)
        return ChosenFormat(None, problem)
    return ChosenFormat(FormatChoice(exporter.name, options.model_dump(mode="json", exclude_defaults=True)))


def _asked(entry: SettingField) -> Any:
    """The value of one option. Raises `ValueError` with a sentence for text that holds none."""
    key = f"export-set-{entry.full_name}"
    if key not in st.session_state:
        st.session_state[key] = entry.typed(entry.default)
    setting_widget(entry, key)
    return entry.read(st.session_state[key])
