"""The form that imports a reward model exported elsewhere."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from app.components.feedback import show_error
from app.components.press import pressed
from app.components.reward.model_choice import say_done
from app.markdown_text import plain
from app.workflows.model_import import FILES, import_model
from app.workflows.rewarding import score_job
from engine.errors import HandpickedError

if TYPE_CHECKING:
    from app.services import Services

__all__ = ["model_import"]


def model_import(services: Services) -> None:
    """Ask for the files of an exported model, import it, and score all clips with it."""
    with st.popover("Import a model", icon=":material/upload:"):
        st.caption(f"The files that an export wrote: {', '.join(f'`{name}`' for name in FILES)}.")
        files = st.file_uploader(
            "Files", type=["safetensors", "json"], accept_multiple_files=True, key="model-import-files"
        )
        why_not = "" if files else "Choose the files first."
        go = pressed("Import", key="model-import", why_not=why_not)
    if not go:
        return
    try:
        with tempfile.TemporaryDirectory() as folder:
            for file in files or []:
                if file.name in FILES:
                    (Path(folder) / file.name).write_bytes(file.getbuffer())
            found = import_model(services.workspace, Path(folder))
    except HandpickedError as error:
        show_error(error)
        return
    job = score_job(services.workspace, found.model.model_id)
    if job is not None:
        services.supervisor.submit(job.title, job.spec)
    say_done(f"{plain(found.model.name)} is here; its scores are being computed", *map(plain, found.notes))
    st.rerun()
