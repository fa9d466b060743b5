"""The list of past exports: settings, folder, state of the files, and a button to repeat each."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from app.components.browser.messages import uninterrupted
from app.components.export.answer import PathFields, Places, answer, asked_to_make, follow_job, write
from app.components.feedback import show_error
from app.components.press import pressed
from app.components.states.empty import empty_state
from app.markdown_text import code, plain
from app.text import ago, duration, plural
from app.workflows.export_formats import kept_choice
from app.workflows.export_sets import set_jobs
from app.workflows.export_words import described, in_format
from app.workflows.exporting import cutting_jobs, repeat_plan
from app.workflows.publishing import can_be_published, publish_spec
from engine.errors import HandpickedError
from engine.export.settings import ExportSettings
from engine.files.typed_path import typed_path

if TYPE_CHECKING:
    from app.services import Services
    from storage.exports import ExportRun
    from storage.jobs import Job

__all__ = ["past_exports"]

SHOWN = 30


def past_exports(services: Services) -> None:
    """Every export, the newest first."""
    runs = services.workspace.exports.find(SHOWN)
    if not runs:
        with empty_state(
            ":material/history:", "No exports yet", "Each one is kept with its settings and can be repeated exactly."
        ):
            st.button(
                "Choose clips", icon=":material/ios_share:", key="past-none", on_click=uninterrupted(_to_the_choice)
            )
    follow_job(services, st.session_state.get(PUBLISHING))
    cutting = {**cutting_jobs(services.workspace), **set_jobs(services.workspace)} if runs else {}
    for run in runs:
        with st.container(border=True, gap="small", key=f"past-{run.export_id}"):
            one(services, run, cutting.get(run.export_id))


def _to_the_choice() -> None:
    st.session_state["export-tabs"] = "Export"


def one(services: Services, run: ExportRun, cutting: Job | None) -> None:
    """Draw one export, and the job that is still writing its clips."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plural(run.results.clips, 'clip')}, {duration(run.results.duration_s)}**", width="content")
        st.caption(
            f"{ago(run.created_at)} · {plain(', '.join([*in_format(run.results), *described(run.settings)]))}",
            width="stretch",
        )
        if can_be_published(run.results):
            with st.popover("Publish", icon=":material/cloud_upload:"):
                publish(services, run)
        with st.popover("Repeat", icon=":material/replay:"):
            again(services, run)
    places = [place for place in (run.results.list_file, run.results.folder) if place]
    st.caption(" · ".join([*(code(place) for place in places), *standing(run, cutting)]))


def standing(run: ExportRun, cutting: Job | None) -> list[str]:
    """The state of an export's files: being written, written in part, or deleted."""
    listed, folder = run.results.list_file, run.results.folder
    said = []
    if run.results.format is not None:
        return _standing_of_set(run, cutting)
    if cutting is not None:
        how = {"queued": "wait for their turn", "running": "are being cut now", "cancelling": "are being cut now"}
        state = how.get(cutting.state, f"were not all cut: the job is {cutting.state}")
        said.append(f"the clips {state} (job {cutting.job_id})")
    expected = [listed, *([folder] if cutting is None else [])]
    if any(place and not Path(place).exists() for place in expected):
        said.append("moved or deleted since")
    return said


def publish(services: Services, run: ExportRun) -> None:
    """Ask for a repository of the Hugging Face Hub, and publish the data set there."""
    st.caption(PUBLISH_HELP)
    repo = st.text_input("Repository", placeholder="ORG/NAME", key=f"publish-to-{run.export_id}").strip()
    public = st.toggle("Public", value=False, key=f"publish-public-{run.export_id}")
    why_not = "" if repo else "Name a repository."
    if pressed("Publish it", type="primary", key=f"publish-{run.export_id}", why_not=why_not):
        try:
            spec = publish_spec(services.workspace, run.export_id, repo, public=public)
        except HandpickedError as error:
            show_error(error)
            return
        st.session_state[PUBLISHING] = services.supervisor.submit(f"Publish as {repo}", spec)
        st.rerun()


PUBLISHING = "publish-job"
"""Session key: the job that was started last."""
PUBLISH_HELP = (
    "Uploads the folder to the Hugging Face Hub as a data set, with the login of `hf auth login` on the machine that "
    "runs the app. A repository that is made for it is private unless you say otherwise."
)


def _standing_of_set(run: ExportRun, writing: Job | None) -> list[str]:
    """The state of a data set, which is written whole."""
    if writing is not None:
        how = {"queued": "waits for its turn", "running": "is being written now", "cancelling": "is being cancelled"}
        state = how.get(writing.state, f"is not written: the job is {writing.state}")
        return [f"the data set {state} (job {writing.job_id})"]
    if run.results.made is None:
        return ["it could not be written: its job says why"]
    counted = [f"published: {plain(run.results.pushed_to)}"] if run.results.pushed_to else []
    counted += [] if run.results.made == run.results.clips else [f"{plural(run.results.made, 'clip')} could be made"]
    there = run.results.folder is not None and Path(run.results.folder).exists()
    return counted if there else [*counted, "moved or deleted since"]


def again(services: Services, run: ExportRun) -> None:
    """Ask where to repeat an export to, and write it."""
    fresh = st.toggle(
        "Choose anew",
        key=f"fresh-{run.export_id}",
        help="Applies the same settings to the workspace as it is now. Otherwise the very same list is written, "
        "whatever was trained or tagged since.",
    )
    place = services.workspace.root.parent / f"best-clips-{datetime.now().astimezone():%Y%m%d-%H%M%S}"
    fields = PathFields(list_file=f"again-list-{run.export_id}", folder=f"again-folder-{run.export_id}")
    if run.results.format is None:
        ending = Path(run.results.list_file).suffix if run.results.list_file else ".csv"
        list_file = st.text_input("List", f"{place}{ending}", key=fields.list_file)
        folder = st.text_input("Folder for cut clips, or empty", "", key=fields.folder)
    else:
        list_file = ""
        folder = st.text_input("New folder", f"{place}-{run.results.format}", key=fields.folder)
    try:
        places = Places(
            list_file=typed_path(list_file) if list_file.strip() else None,
            folder=typed_path(folder) if folder.strip() or run.results.format is not None else None,
            choice=kept_choice(run.results, fresh=fresh),
            repeats=None if fresh else run.export_id,
        )
    except HandpickedError as error:
        show_error(error)
        return
    key = f"again-{run.export_id}"
    clicked, make = pressed("Write again", type="primary", key=key), asked_to_make(key, places)
    if clicked or make:
        try:
            plan = repeat_plan(services.workspace, run.export_id, fresh=fresh)
        except HandpickedError as error:
            show_error(error)
            return
        write(services, plan, places, key=key, make=make)
    settings = ExportSettings.model_validate(run.settings)
    answer(services, places, settings, key=key, fields=fields)
