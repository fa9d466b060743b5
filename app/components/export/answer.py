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
from app.workflows.export_plan import NO_MODEL
from app.workflows.export_sets import title_of, write_set
from app.workflows.export_words import WrittenTo, command_of
from app.workflows.exporting import write_export
from engine.errors import HandpickedError, MissingFolderError
from engine.export.formats.registry import EXPORT_FORMATS
from engine.export.writers import FORMATS

if TYPE_CHECKING:
    from pathlib import Path

    from app.services import Services
    from app.workflows.export_plan import ExportPlan
    from app.workflows.exporting import Written
    from engine.export.settings import ExportSettings
    from storage import Workspace

__all__ = ["PathFields", "Places", "answer", "asked_to_make", "follow_job", "write"]


@dataclass(frozen=True, kw_only=True)
class Places(WrittenTo):
    """Where an export is to be written."""

    overwrite: bool = False


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
    export_id: str = ""


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
        written = _write(services.workspace, plan, places)
    except HandpickedError as error:
        return Answer(places=places, settings=plan.settings, error=error)
    where = " and ".join(code(str(place)) for place in (written.list_file, written.folder) if place)
    doing = "written" if written.spec is None else "are being written"
    form = "" if places.choice is None else f" as {plain(EXPORT_FORMATS.get(places.choice.name).title)}"
    said = f"{plural(written.clips, 'clip')} {doing} to {where}{form}."
    title = "Cut clips" if places.choice is None else title_of(places.choice.name, clips=True)
    job_id = services.supervisor.submit(title, written.spec) if written.spec is not None else None
    known = (NO_MODEL, *plan.notes)  # the form has them beside the choices
    notes = [plan.kept_note, *(note for note in written.notes if note not in known)]
    return Answer(
        places=places,
        settings=plan.settings,
        said=said,
        notes=tuple(plain(note) for note in notes if note),
        job_id=job_id,
        export_id=written.export_id,
    )


def _write(workspace: Workspace, plan: ExportPlan, places: Places) -> Written:
    if places.choice is not None and places.folder is not None:
        return write_set(workspace, plan, places.choice, places.folder, repeats=places.repeats)
    return write_export(
        workspace,
        plan,
        list_file=places.list_file,
        folder=places.folder,
        overwrite=places.overwrite,
        repeats=places.repeats,
    )


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
    last = None if found.job_id is None else services.supervisor.with_followers(found.job_id)[-1]
    running = last is not None and services.workspace.jobs.get(last).active
    if not running and (found.places != places or found.settings != settings):
        return
    if found.error is not None:
        _refusal(found.error, key, fields)
        return
    if running or (said := _what_came(services, found)):
        command = command_of(services.workspace.root, found.settings, found.export_id, found.places)
        notes = (*found.notes, f":small[The same: {code(command)}]")
        done_state(found.said if running else said, notes, key=f"{key}-said")
    follow_job(services, found.job_id)


def _what_came(services: Services, found: Answer) -> str:
    """What was written in the end; empty where a data set did not become whole, as its job says."""
    if found.places.choice is None:
        return found.said
    results = services.workspace.exports.get(found.export_id).results
    if results.made is None:
        return ""
    form = plain(EXPORT_FORMATS.get(found.places.choice.name).title)
    return f"{plural(results.made, 'clip')} written to {code(str(found.places.folder))} as {form}."


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
    numbers = services.supervisor.with_followers(job_id)
    # The latest alone: what a data set is put together from is done when that begins.
    watch_jobs(services, [services.workspace.jobs.get(numbers[-1])], lambda jobs: job_card(services, jobs[0]))


def _ask(key: str, folder: Path) -> None:
    st.session_state[f"{key}-making"] = folder


def _key(key: str) -> str:
    return f"{key}-answer"
