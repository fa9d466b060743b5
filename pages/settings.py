"""The Settings page: all settings of the workspace's YAML files, found by words, with help, ranges and defaults."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from app.components.browser.messages import uninterrupted
from app.components.feedback import remark, show_error
from app.components.page_head import page_head
from app.components.settings.draft import (
    after_saving,
    discard,
    forget,
    just_saved,
    load_draft,
    put_back,
    refusals,
    save,
)
from app.components.settings.form import file_form, look
from app.markdown_text import code, plain
from app.services import open_services
from app.text import plural
from app.workflows.extraction_workers import extraction_workers
from storage.settings_models import SETTINGS

if TYPE_CHECKING:
    from app.components.settings.draft import Draft, FileDraft
    from app.components.settings.fields import Section, SettingField
    from storage.settings import SettingsFiles

TITLES = {name: name.capitalize() for name in SETTINGS}


def saving(files: SettingsFiles, draft: Draft) -> None:
    """In the head: what is not saved, or was just saved, and the buttons."""
    problems, changes, saved = draft.problems, draft.changes, just_saved()
    if problems:
        st.markdown(f":red[:material/error: {plural(len(problems), 'value')} can’t be used]", width="content")
    elif changes:
        st.markdown(f":material/edit: {plural(changes, 'change')} not saved", width="content")
    elif saved:
        st.markdown(f":green[:material/check: {plural(len(saved), 'change')} saved]", width="content")
    if changes:
        st.button("Discard", type="tertiary", key="settings-discard", on_click=uninterrupted(discard), args=(files,))
    st.button(
        "Save",
        type="primary",
        icon=":material/save:",
        disabled=not changes or bool(problems),
        help=" ".join(map(plain, problems.values())) or None,
        on_click=uninterrupted(save, after_saving),
        args=(files,),
    )


def not_saved() -> None:
    """Why files were not saved, each with the way to what is in it now."""
    for name, error in refusals().items():
        show_error(error)
        st.button(
            "Show what is saved now", icon=":material/refresh:", key=f"settings-look-{name}",
            on_click=uninterrupted(forget), args=(name,),
        )  # fmt: skip


def broken(files: SettingsFiles, name: str, draft: Draft) -> None:
    """A file that can't be read, and the way out."""
    show_error(draft.broken[name])
    if st.button("Reset this file to its defaults", icon=":material/restart_alt:"):
        files.save(SETTINGS[name]())
        forget(name)
        st.rerun()


def one_file(files: SettingsFiles, name: str, draft: Draft) -> None:
    """All settings of the chosen file."""
    st.caption(f"{SETTINGS[name].summary()} The file is {code(str(files.path(name)))}; edit it there or here.")
    if name in draft.broken:
        broken(files, name, draft)
        return
    if name == "jobs":
        st.caption(f"As saved, an extraction that starts now gets {extraction_workers(files)}.")
    file = draft.files[name]
    file_form(file, lambda _section, _entry: True, found=False)
    st.button(
        "All back to defaults", icon=":material/restart_alt:", key="settings-all-back", disabled=not file.differing,
        help="Shows the defaults here; nothing is written before Save.",
        on_click=uninterrupted(put_back), args=(file, file.differing),
    )  # fmt: skip


def search(draft: Draft, words: str, *, only_differing: bool) -> None:
    """The settings of all files that the words find, or that differ from their defaults."""

    def wanted(file: FileDraft, section: Section, entry: SettingField) -> bool:
        # What is typed and not saved stays where it is, also where it is the default again.
        marked = not only_differing or file.differs(entry) or file.is_changed(entry)
        return marked and (section.says(words) or entry.says(words))

    found = 0
    for name, file in draft.files.items():
        if any(wanted(file, section, entry) for section in file.sections for entry in section.fields):
            st.markdown(f"**{TITLES[name]}**")
            found += file_form(file, partial(wanted, file), found=True)
    for name in draft.broken:
        st.caption(f"{code(f'{name}.yaml')} can’t be read, and is not searched.")
    if not found:
        which = "that differs from its default " if only_differing else ""
        remark(
            f"No setting {which}has “{plain(words)}” in its name or its meaning."
            if words
            else "Every setting has its default.",
            ":material/search_off:",
        )


files = open_services().workspace.settings
draft = load_draft(files)
look()
with page_head("Settings", stays=True):
    saving(files, draft)
not_saved()
differing = sum(len(file.differing) for file in draft.files.values())
with st.container(horizontal=True, vertical_alignment="center", gap="small"):
    words = st.text_input(
        "Search the settings", type="search", placeholder="Search all settings", label_visibility="collapsed",
        key="settings-search", live=True, width=280,
    ) or ""  # fmt: skip
    only_differing = st.toggle(
        f"Only what differs from its default ({differing})", key="settings-differing", persist_state="session"
    )
if words.strip() or only_differing:
    search(draft, words.strip(), only_differing=only_differing)
else:
    name = st.segmented_control(
        "File",
        list(SETTINGS),
        format_func=TITLES.__getitem__,
        default="data",
        required=True,
        label_visibility="collapsed",
        key="settings-file",
        persist_state="session",
    )
    one_file(files, name, draft)
