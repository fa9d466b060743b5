"""Chooses a trained reward, with a menu to make it current, rename, export or delete it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.components.browser.messages import uninterrupted
from app.components.feedback import show_error
from app.components.states.done import done_state
from app.components.states.empty import leads_to
from app.markdown_text import plain
from app.text import ago
from app.workflows.rewarding import delete_model, export_model, rename_model
from engine.errors import HandpickedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.services import Services
    from storage.rewards import RewardModel

__all__ = ["choose_model", "model_came_of", "model_menu", "say_done"]

_DONE, _ERROR = "model-done", "model-error"
MODEL_PX = 560


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
    chosen = st.selectbox(label, ids, place, format_func=title, key=key, width=MODEL_PX)
    return by_id.get(chosen or "")


def model_menu(services: Services, model: RewardModel) -> None:
    """The menu: make current, rename, export, delete."""
    current = services.workspace.rewards.current()
    number = model.model_id
    with st.popover("Manage", icon=":material/more_horiz:"):
        if current is None or current.model_id != number:
            st.button(
                "Make current",
                icon=":material/check:",
                key="model-use",
                help="Its scores are then the ones shown everywhere.",
                on_click=services.workspace.rewards.make_current,
                args=(number,),
            )
        name = f"model-name-{number}"
        st.text_input("Name", model.name, key=name, max_chars=80)
        st.button(
            "Rename", key="model-rename", on_click=uninterrupted(_rename, _came_of), args=(services, number, name)
        )
        folder = services.workspace.root / "exports" / number
        st.button(
            "Export",
            icon=":material/download:",
            key="model-export",
            help=f"Into {plain(str(folder))}",
            on_click=uninterrupted(_export, _came_of),
            args=(services, number, folder),
        )
        sure = st.checkbox("Delete it, with its scores", key=f"model-sure-{number}")
        st.button(
            "Delete",
            icon=":material/delete:",
            key="model-delete",
            disabled=not sure,
            on_click=uninterrupted(_delete, _came_of),
            args=(services, number),
        )


def model_came_of() -> None:
    """What came of the last thing chosen in a menu of models: drawn once, in the page."""
    if (error := st.session_state.pop(_ERROR, None)) is not None:
        show_error(error)
    if (said := st.session_state.pop(_DONE, None)) is not None:
        with done_state(said[0], said[1:], key="model"):
            leads_to("scores.py", "Scores")


def say_done(*lines: str) -> None:
    """Have the page say, as lines of Markdown, what was done with a model."""
    st.session_state[_DONE] = lines


def _rename(services: Services, model_id: str, key: str) -> HandpickedError | str:
    name = st.session_state[key]
    return _do(lambda: rename_model(services.workspace, model_id, name))


def _export(services: Services, model_id: str, folder: Path) -> HandpickedError | str:
    return _do(lambda: export_model(services.workspace, model_id, folder), f"Exported to {plain(str(folder))}")


def _delete(services: Services, model_id: str) -> HandpickedError | str:
    return _do(lambda: delete_model(services.workspace, model_id))


def _do(what: Callable[[], object], done: str = "") -> HandpickedError | str:
    """Do it; returns why that failed, or what the page says of it."""
    try:
        what()
    except HandpickedError as error:
        return error
    return done


def _came_of(came: HandpickedError | str) -> None:
    """Keep the error, or what is to be said, for the page."""
    if isinstance(came, HandpickedError):
        st.session_state[_ERROR] = came
    elif came:
        say_done(came)
