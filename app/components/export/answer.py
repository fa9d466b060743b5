"""What came of writing an export, beside the button that wrote it: what was written, why not, or what is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from app.components.browser.messages import uninterrupted
from app.components.feedback import show_error
from app.components.jobs.card import job_card
from app.components.states.done import done_state
from app.components.states.failed import failed_state
from app.components.states.running import watch_jobs
from app.markdown_text import code, plain
from app.navigation import ARRIVED
from app.text import plural
from app.workflows.export_places import make_folder
from app.workflows.exporting import write_export
from engine.errors import HandpickedError, MissingFolderError
from engine.export.writers import FORMATS

if TYPE_CHECKING:
    from pathlib import Path

    from app.services import Services
    from app.workflows.export_plan import ExportPlan
    from engine.export.settings import ExportSettings

__all__ = ["PathFields", "Places", "answer", "asked_to_make", "follow_job", "write"]


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where an export is to be written."""

    list_file: Path | None
    folder: Path | None
    overwrite: bool = False
    repeats: str | None = None


@dataclass(frozen=True, kw_only=True)
class PathFields:
    """Session keys of the fields in which the places of an export are typed."""

    list_file: str
    folder: str
    with_ending: bool = True
    """Whether the list's field holds its ending too."""

    def correct(self, wrong: Path, right: Path) -> None:
        """Put the path that was meant into the field of the wrong one."""
        if wrong.suffix not in FORMATS:
            st.session_state[self.folder] = str(right)
        else:
            st.session_state[self.list_file] = str(right if self.with_ending else right.with_suffix(""))


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came of it."""

    places: Places
    settings: ExportSettings
    said: str = ""
    """What was written, as Markdown."""
    notes: tuple[str, ...] = ()
    """What else is to be known of it, as Markdown."""
    error: HandpickedError | None = None
    job_id: int | None = None


def write(services: Services, plan: ExportPlan, places: Places, *, key: str, make: Path | None = None) -> None:
    """Write the export, and keep what came of it for `answer` of the same `key`; `make`: a folder to be made first.

    Another folder that does not exist is asked about by itself.
    """
    uninterrupted(lambda: _written(services, plan, places, make), lambda came: _keep(key, came))()


def _keep(key: str, came: Answer) -> None:
    st.session_state[_key(key)] = came


def _written(services: Services, plan: ExportPlan, places: Places, make: Path | None) -> Answer:
    try:
        if make is not None:
            make_folder(make)
        written = write_export(
            services.workspace,
            plan,
            list_file=places.list_file,
            folder=places.folder,
            overwrite=places.overwrite,
            repeats=places.repeats,
        )
    except HandpickedError as error:
        return Answer(places=places, settings=plan.settings, error=error)
    where = " and ".join(code(str(place)) for place in (written.list_file, written.folder) if place)
    doing = "written" if written.spec is None else "are being written"
    said = f"{plural(written.clips, 'clip')} {doing} to {where}."
    job_id = services.supervisor.submit("Cut clips", written.spec) if written.spec is not None else None
    notes = (plain(plan.kept_note),) if plan.kept_note else ()
    return Answer(places=places, settings=plan.settings, said=said, notes=notes, job_id=job_id)


def answer(
    services: Services,
    places: Places,
    settings: ExportSettings | None,
    *,
    key: str,
    fields: PathFields,
) -> None:
    """Show what came of the last click, until something else is chosen (`places`, `settings`) or the page is left.

    `fields`: where the places were typed. Clips that are still being cut are shown whatever is chosen.
    """
    if st.session_state.get(ARRIVED):
        st.session_state.pop(_key(key), None)
    found: Answer | None = st.session_state.get(_key(key))
    if found is None:
        return
    running = found.job_id is not None and services.workspace.jobs.get(found.job_id).active
    if not running and (found.places != places or found.settings != settings):
        return
    if found.error is not None:
        _refusal(found.error, key, fields)
        return
    done_state(found.said, found.notes, key=f"{key}-said")
    follow_job(services, found.job_id)


def _refusal(error: HandpickedError, key: str, fields: PathFields) -> None:
    """Why nothing was written, and of a folder that does not exist whether it is to be made."""
    if not isinstance(error, MissingFolderError):
        show_error(error)
        return
    meant = f" Did you mean {code(str(error.likely))}?" if error.likely else ""
    title = f"There is no folder {code(str(error.path.parent))}"
    exists = f"What exists of it is {code(str(error.nearest))}.{meant}"
    with failed_state(title, exists, key=f"{key}-no-folder"):
        if error.likely:
            st.button(
                f"Use {plain(str(error.likely.parent))}", icon=":material/edit:", key=f"{key}-correct",
                on_click=uninterrupted(fields.correct), args=(error.path, error.likely),
            )  # fmt: skip
        st.button(
            "Make the folder", icon=":material/create_new_folder:", key=f"{key}-make",
            on_click=uninterrupted(_ask), args=(key, error.path.parent),
        )  # fmt: skip


def asked_to_make(key: str, places: Places) -> Path | None:
    """The folder for which “Make the folder” was just pressed: then the export is written.

    None where another place was chosen meanwhile, or another page was.
    """
    folder: Path | None = st.session_state.pop(f"{key}-making", None)
    wanted = {place.parent for place in (places.list_file, places.folder) if place is not None}
    return folder if folder in wanted and not st.session_state.get(ARRIVED) else None


def follow_job(services: Services, job_id: int | None) -> None:
    """The card of a job that this page started, refreshed while it runs."""
    if job_id is None:
        return
    watch_jobs(services, [services.workspace.jobs.get(job_id)], lambda jobs: job_card(services, jobs[0]))


def _ask(key: str, folder: Path) -> None:
    st.session_state[f"{key}-making"] = folder


def _key(key: str) -> str:
    return f"{key}-answer"
