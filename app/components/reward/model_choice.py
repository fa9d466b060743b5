"""Chooses a trained reward, with a menu to make it current, rename, export or delete it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.components.feedback import plain, show_error
from app.text import ago
from app.workflows.rewarding import delete_model, export_model, rename_model
from engine.errors import HandpickedError

if TYPE_CHECKING:
    from app.services import Services
    from storage.rewards import RewardModel

__all__ = ["choose_model", "model_menu"]


def choose_model(services: Services, *, key: str, label: str = "Model") -> RewardModel | None:
    """Choose a model, by default the current one; None while there is none."""
    models = services.workspace.rewards.find()
    if not models:
        return None
    current = services.workspace.rewards.current()
    by_id = {model.model_id: model for model in models}
    mark = current.model_id if current else ""

    def title(model_id: str) -> str:
        model = by_id[model_id]
        return f"{model.name} · {ago(model.created_at)}{' · current' if model_id == mark else ''}"

    ids = list(by_id)
    place = ids.index(mark) if mark in by_id else 0
    chosen = st.selectbox(label, ids, place, format_func=title, key=key)
    return by_id.get(chosen or "")


def model_menu(services: Services, model: RewardModel) -> None:
    """The menu: make current, rename, export, delete."""
    current = services.workspace.rewards.current()
    with st.popover("Manage", icon=":material/more_horiz:"):
        if current is None or current.model_id != model.model_id:
            if st.button("Make current", icon=":material/check:", key="model-use"):
                services.workspace.rewards.make_current(model.model_id)
                st.rerun()
            st.caption("Its scores are then the ones shown everywhere.")
        name = st.text_input("Name", model.name, key=f"model-name-{model.model_id}", max_chars=80)
        if st.button("Rename", key="model-rename"):
            act(lambda: rename_model(services.workspace, model.model_id, name))
        folder = services.workspace.root / "exports" / model.model_id
        if st.button("Export", icon=":material/download:", key="model-export", help=f"Into {folder}"):
            act(lambda: export_model(services.workspace, model.model_id, folder), done=f"Written to {folder}")
        sure = st.checkbox("Delete it, with its scores", key=f"model-sure-{model.model_id}")
        if st.button("Delete", icon=":material/delete:", key="model-delete", disabled=not sure):
            act(lambda: delete_model(services.workspace, model.model_id))


def act(what: object, done: str = "") -> None:
    """Run an action and redraw the page, or show its error."""
    try:
        what()  # type: ignore[operator]
    except HandpickedError as error:
        show_error(error)
        return
    if done:
        st.success(plain(done))
    else:
        st.rerun()
