"""The settings on the page: found by words, folded by section, marked where they differ from their defaults."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from app.components.browser.messages import uninterrupted
from app.components.number_field import PAUSE, number_text, show_problem
from app.components.settings.draft import just_saved, put_back
from app.markdown_text import code, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from app.components.settings.draft import FileDraft
    from app.components.settings.fields import Section, SettingField

__all__ = ["file_form", "look", "setting_widget"]

CSS = Path(__file__).with_name("settings.css")
CELL_PX, WIDE_PX = 240, 420
SHORT_DEFAULT = 24
"""Defaults of at most so many letters stand on the button that puts them back."""
LINES_PX = 132


def look() -> None:
    """The page's own look."""
    st.html(CSS)


def file_form(file: FileDraft, wanted: Callable[[Section, SettingField], bool], *, found: bool) -> int:
    """Draw a file's settings that are `wanted`, sections opened where a search `found` them; returns how many."""
    shown = [(section, [entry for entry in section.fields if wanted(section, entry)]) for section in file.sections]
    shown = [(section, entries) for section, entries in shown if entries]
    folds = sum(bool(section.title) for section, _ in shown)
    for section, entries in shown:
        if not section.title:
            _fields(file, section, entries)
            continue
        # Another key while searching: what was folded by hand is so again afterwards.
        key = f"settings-fold-{section.full_name}{'-found' if found else ''}"
        with st.expander(_title(file, section), expanded=found or folds == 1, key=key):
            _fields(file, section, entries)
    return sum(len(entries) for _, entries in shown)


def _title(file: FileDraft, section: Section) -> str:
    """A section's name, with how many of its values differ from their defaults or can't be used."""
    said = [f"**{plain(section.title)}**", f":small[{section.summary}]"]
    changed = sum(file.differs(entry) for entry in section.fields)
    if changed:
        said.append(f"**{changed} differ{'s' if changed == 1 else ''}**")
    names = {section.full_name, *(entry.full_name for entry in section.fields)}
    if wrong := len(names & file.problems.keys()):
        said.append(f":red[:material/error: {wrong} can’t be used]")
    # The counts stand by the name; what the section is for comes last, and is cut off first.
    return f"{' · '.join([said[0], *said[2:]])} {said[1]}"


def _fields(file: FileDraft, section: Section, entries: Iterable[SettingField]) -> None:
    """The section's fields: switches, then short fields, then those of many lines."""
    if section.full_name in file.problems:
        show_problem(file.problems[section.full_name])
    rows: dict[str, list[SettingField]] = {"switch": [], "short": [], "wide": []}
    for entry in entries:
        row = "switch" if entry.kind == "switch" else "wide" if entry.kind in ("lines", "weights") else "short"
        rows[row].append(entry)
    for row, members in rows.items():
        if members:
            with st.grid(min_column_width=WIDE_PX if row == "wide" else CELL_PX, gap="medium"):
                for entry in members:
                    with st.container(key=f"setting-{entry.full_name.replace('.', '-')}", gap=None):
                        _cell(file, entry)


def _cell(file: FileDraft, entry: SettingField) -> None:
    """One field, and below it what is wrong with it, whether it is saved, and the way back to its default."""
    key = file.key(entry)
    if key not in st.session_state:
        st.session_state[key] = file.typed(entry)
    setting_widget(entry, key)
    if entry.full_name in file.problems:
        show_problem(file.problems[entry.full_name])
    differs = file.differs(entry)
    said = ""
    if file.is_changed(entry):
        said = ":small[:material/edit: Not saved]"
    elif entry.full_name in just_saved():
        said = ":small[:green[:material/check: Saved]]"
    if not said and not differs:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if said:
            st.markdown(said, width="content")
        if differs:
            st.button(
                _back_words(entry), key=f"back-{key}", icon=":material/undo:", type="tertiary",
                help=f"Puts the default of “{plain(entry.title)}” back.",
                on_click=uninterrupted(put_back), args=(file, [entry]),
            )  # fmt: skip


def _back_words(entry: SettingField) -> str:
    default: Any = entry.typed(entry.default)
    if entry.kind == "switch":
        default = "on" if default else "off"
    text = str(default) or "nothing"
    short = "\n" not in text and len(text) <= SHORT_DEFAULT
    return f"Default: {plain(text)}" if short else "Back to default"


def setting_widget(entry: SettingField, key: str) -> None:
    """The widget that fits a field; what it holds is in the session under `key`."""
    about = [entry.meaning, f"{code(entry.raw_name)}, default {code(str(entry.default))}"]
    if entry.kind == "number" and (entry.low is not None or entry.high is not None):
        about[1] += f", {_range_words(entry)}"
    if entry.kind in ("lines", "weights"):
        about.append("One a line." if entry.kind == "lines" else "One a line, as `name: number`.")
    help_text = "\n\n".join(filter(None, about))
    if entry.kind == "switch":
        st.toggle(entry.title, help=help_text, key=key)
    elif entry.kind == "choice":
        st.selectbox(entry.title, entry.options, format_func=_option_words, help=help_text, key=key)
    elif entry.kind in ("lines", "weights"):
        st.text_area(entry.title, help=help_text, key=key, height=LINES_PX)
    else:
        # What an empty field stands for is told by its description, "Empty: …", and stands in the field itself too.
        st.text_input(
            entry.title,
            help=help_text,
            key=key,
            live=PAUSE,
            placeholder=entry.meaning.partition("Empty: ")[2].strip("."),
        )


def _range_words(entry: SettingField) -> str:
    low, high = (None if limit is None else number_text(limit) for limit in (entry.low, entry.high))
    if low is None:
        return f"at most {high}"
    return f"at least {low}" if high is None else f"{low} to {high}"


def _option_words(option: str) -> str:
    return option.replace("_", " ")
