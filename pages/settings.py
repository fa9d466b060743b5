"""The Settings page: edit the workspace's YAML files, with help, allowed ranges and reset to defaults."""

from __future__ import annotations

import streamlit as st
from pydantic import ValidationError

from app.components.feedback import code, plain, show_error
from app.components.page_head import page_head
from app.components.settings_form import edit
from app.services import open_services
from engine.errors import SettingsError
from storage.settings_models import SETTINGS

TITLES = {"data": "Data", "features": "Features", "labelling": "Labelling", "jobs": "Jobs"}

services = open_services()
files = services.workspace.settings
page_head("Settings")

name = st.segmented_control(
    "File",
    list(SETTINGS),
    format_func=lambda n: TITLES.get(n, n.capitalize()),
    default="data",
    required=True,
    label_visibility="collapsed",
    key="settings-file",
)
model = SETTINGS[name]
st.caption(f"{model.summary()} The file is {code(str(files.path(name)))}; edit it there or here.")

if "settings-said" in st.session_state:
    st.toast(st.session_state.pop("settings-said"), icon=":material/check:")

try:
    current = files.load(model)
except SettingsError as error:
    show_error(error)
    if st.button("Reset this file to its defaults", icon=":material/restart_alt:"):
        files.save(model())
        st.session_state["settings-said"] = f"{name}.yaml was reset"
        st.rerun()
    st.stop()

# New widgets after every save and reset, so that they show the file's values.
version = st.session_state.setdefault(f"settings-version-{name}", 0)
# The values first shown: another tab may save meanwhile, and only what was changed here is saved from here.
seen = st.session_state.setdefault(f"settings-seen-{name}-{version}", current)
values = edit(seen, key=f"settings.{name}.{version}")

changed = values != seen.model_dump()
if not changed and current != seen:  # saved in another tab, and nothing was changed here
    st.session_state[f"settings-version-{name}"] += 1
    st.rerun()
with st.container(horizontal=True):
    save = st.button("Save", type="primary", icon=":material/save:", disabled=not changed)
    reset = st.button("Reset to defaults", icon=":material/restart_alt:", disabled=current == model())


def look_again(name: str) -> None:
    """Redraw the widgets from the file's present values."""
    st.session_state[f"settings-version-{name}"] += 1


if save:
    try:
        files.save(model.model_validate(values), seen=seen)
    except SettingsError as error:
        show_error(error)
        st.button("Show what is saved now", icon=":material/refresh:", on_click=look_again, args=(name,))
    except ValidationError as error:
        for problem in error.errors():
            where = ".".join(map(str, problem["loc"]))
            st.error(f"{plain(where)}: {plain(problem['msg'])}", icon=":material/error:")
    else:
        st.session_state[f"settings-version-{name}"] += 1
        st.session_state["settings-said"] = f"{name}.yaml was saved"
        st.rerun()
if reset:
    files.save(model())
    st.session_state[f"settings-version-{name}"] += 1
    st.session_state["settings-said"] = f"{name}.yaml was reset"
    st.rerun()
