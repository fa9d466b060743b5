"""The form of an export: a list and cut clips, or a data set in a format, with the fields of that format's options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st
from pydantic import ValidationError

from app.components.number_field import show_problem
from app.components.settings.option_fields import ask_options
from app.markdown_text import plain
from app.workflows.export_formats import FormatChoice
from engine.export.formats.options import options_of
from engine.export.formats.registry import EXPORT_FORMATS
from engine.files.read_json import explain

if TYPE_CHECKING:
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
    found, errors = EXPORT_FORMATS.all()
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
    values, problem = ask_options(
        options_of(exporter.Options), exporter.Options().model_dump(), key=f"export-set-{exporter.name}"
    )
    if problem:
        return ChosenFormat(None, problem)
    try:
        options = exporter.Options.model_validate(values)
    except ValidationError as error:  # each value is fine by itself
        problem = f"{explain(error).strip('.').capitalize()}."
        show_problem(problem)
        return ChosenFormat(None, problem)
    return ChosenFormat(FormatChoice(exporter.name, options.model_dump(mode="json", exclude_defaults=True)))
