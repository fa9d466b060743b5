"""Browses the folders of this machine and chooses one: the app is local, so nothing is uploaded."""

from __future__ import annotations

import os
from pathlib import Path

import streamlit as st

from app.components.feedback import remark, show_error
from app.markdown_text import plain
from app.text import plural
from engine.errors import EngineError
from engine.files.typed_path import typed_path
from engine.sources.names import has_video_suffix

__all__ = ["folder_picker"]

MAX_SHOWN = 500
PREVIEWED = 8
"""Names of videos that are shown."""


@st.dialog("Choose a folder", width="medium")
def folder_picker(target_key: str, start: Path | None = None) -> None:
    """Browse folders; "Choose" appends the one shown to the text in `st.session_state[target_key]`.

    Begins where somebody was in this session, else at `start`, else at home.
    """
    begin = start if start and start.is_dir() else home_folder()
    place = Path(st.session_state.setdefault("folder-picker-at", str(begin)))
    typed = st.text_input("Folder", str(place), key=f"folder-picker-path-{place}")
    if typed != str(place):
        try:
            go_to(typed_path(typed))
        except EngineError as error:
            show_error(error)
    folders, files, problem = listing(place)
    videos = [name for name in files if has_video_suffix(name)]
    if problem:
        remark(plain(problem), ":material/warning:")
    with st.container(height=320, border=True, gap="xsmall"):
        if place.parent != place and st.button("..", icon=":material/arrow_upward:", key="folder-up", type="tertiary"):
            go_to(place.parent)
        for name in folders[:MAX_SHOWN]:
            if st.button(plain(name), icon=":material/folder:", key=f"folder-{name}", type="tertiary"):
                go_to(place / name)
        if not folders and not problem:
            st.caption("No folders in here.")
    others = len(files) - len(videos)
    more = f" and {plural(others, 'other file')}" if others else ""
    st.markdown(f"**{plural(len(videos), 'video')}**{more} directly in this folder; those below it are found too.")
    if videos:
        rest = len(videos) - PREVIEWED
        st.caption(plain(", ".join(videos[:PREVIEWED]) + (f", and {rest:,} more" if rest > 0 else "")))
    if st.button("Choose this folder", type="primary", disabled=bool(problem)):
        lines = [line for line in st.session_state.get(target_key, "").splitlines() if line.strip()]
        st.session_state[f"{target_key}-next"] = "\n".join([*lines, str(place)])
        st.rerun()


def home_folder() -> Path:
    """The folder to begin with: the user's home, or the root of the disk for a user without one."""
    try:
        return typed_path("~")
    except EngineError:
        return Path(Path.cwd().anchor)


def go_to(place: Path) -> None:
    """Show another folder."""
    st.session_state["folder-picker-at"] = str(place)
    st.rerun(scope="fragment")


def listing(place: Path) -> tuple[list[str], list[str], str]:
    """`(folder names, file names, problem)` of a folder; hidden ones left out."""
    folders: list[str] = []
    files: list[str] = []
    try:
        with os.scandir(place) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir():
                    folders.append(entry.name)
                else:
                    files.append(entry.name)
    except OSError as error:
        return [], [], f"This folder can't be read: {error.strerror}."
    return sorted(folders, key=str.casefold), sorted(files, key=str.casefold), ""
