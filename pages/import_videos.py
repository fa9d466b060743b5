"""The Import page: import videos, annotation files and bundles, and cut the videos into clips."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from app.components.browser.messages import uninterrupted
from app.components.feedback import show_error
from app.components.page_head import page_head
from app.components.press import pressed
from app.components.settings.option_fields import ask_options
from app.components.states.done import done_state
from app.components.states.running import running_state, watch_jobs
from app.components.videos.bundle_box import bundle_box, bundles_among
from app.components.videos.clip_choice import clip_choice
from app.components.videos.download_box import DOWNLOADABLE, download_box
from app.components.videos.folder_picker import folder_picker
from app.components.videos.import_result import Held, import_result
from app.markdown_text import plain
from app.services import open_services
from app.text import named, plural
from app.workflows.data_sets import list_source, prepare_listed, recognised_source
from app.workflows.importing import add_annotations
from app.workflows.sharing.receive import prepare_bundle
from engine.errors import HandpickedError
from engine.files.problems import Problem, total
from engine.files.typed_path import typed_path
from engine.settings.data import DataSettings
from engine.sources.registry import SOURCES

if TYPE_CHECKING:
    from app.workflows.importing import AnnotationReport
    from engine.clipping import Method
    from storage import Workspace
    from storage.jobs import Job

MANY_LINES = 6
LISTING_S = 15
"""How long what was found below the paths is kept: a large data set takes seconds to read."""


def lines(key: str) -> list[str]:
    """The lines of a text area that are not blank."""
    return [line.strip() for line in st.session_state.get(key, "").splitlines() if line.strip()]


def forget_last_import() -> None:
    """The boxes are filled again: what the last import said no longer belongs to them."""
    st.session_state.pop("import-report", None)
    if not any(workspace.jobs.get(job_id).active for job_id in st.session_state.get("import-jobs", [])):
        st.session_state.pop("import-jobs", None)


def choose_source(name: str) -> None:
    """Choose another source, as if by hand."""
    st.session_state["import-source"] = name
    forget_last_import()


def plain_paths() -> list[str]:
    """The paths that are not bundles."""
    return [path for path in lines("import-paths") if not bundles_among([path])]


@st.cache_data(ttl=LISTING_S, max_entries=20, show_spinner=False)
def found_words(_workspace: Workspace, source: str, paths: list[str], values: dict[str, Any]) -> tuple[str, list[str]]:
    """What the source finds below the paths now, and what a person should know of it."""
    try:
        listed = list_source(_workspace, source, paths, values)
    except HandpickedError as error:
        return str(error), []
    listing = listed.listing
    windows = f", {plural(len(listing.segments), 'window')} in them" if listing.segments else ""
    missing = f"; {listing.problems[0]}" if listing.problems else ""
    more = total(listing.problems) - 1
    rest = f" (and {plural(more, 'problem')} more)" if more > 0 else ""
    return f"{plural(len(listing.files), 'file')} to look at{windows}{missing}{rest}", list(listed.notes)


services = open_services()
workspace = services.workspace
settings = workspace.settings.load(DataSettings)
head = page_head("Import")
came = st.container()  # what came of pressing the button, under it: the eye is there

sources, unloaded = SOURCES.all()
by_name = {one.name: one for one in sources}
st.session_state.setdefault("import-source", "folder")
chosen = st.segmented_control(
    "Source",
    list(by_name),
    format_func=named({name: one.title for name, one in by_name.items()}),
    required=True,
    key="import-source",
)
source = chosen or "folder"
kind = by_name[source]
st.caption(kind.description)
for fault in unloaded:
    st.caption(f":material/warning: {plain(str(fault))}")

if "import-paths-next" in st.session_state:
    st.session_state["import-paths"] = st.session_state.pop("import-paths-next")
    forget_last_import()

left, right = st.columns(2, gap="medium")
with left.container(border=True, height="stretch"):
    st.subheader("Videos")
    st.text_area(
        "Files and folders, one a line",
        key="import-paths",
        on_change=uninterrupted(forget_last_import),
        height=110,
        placeholder="/data/gopro/2026-11-02\n/data/epic/P01",
        help="Nothing is copied and nothing is modified: clips are windows of the files where they lie. A bundle that "
        "a colleague exported, as its folder or a zip file of it, is opened too.",
    )
    unnamed = st.empty()
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Browse folders", icon=":material/folder_open:"):
            newest = workspace.videos.overview(sort="imported", limit=1)
            folder_picker("import-paths", newest[0].video.place.file.parent if newest else None)
        counted = st.empty()
    noted = st.container(gap="small")
    own = {"follow_links": settings.imports.follow_links} if "follow_links" in kind.Options.model_fields else {}
    values, wrong = ask_options(kind.Options.model_fields, kind.Options().model_dump() | own, key=f"import-{source}")
    if plain_paths() and not wrong:
        said, notes = found_words(workspace, source, plain_paths(), values)
        counted.caption(plain(said))
        with noted:
            for note in notes:
                st.caption(f":material/info: {plain(note)}")
            other = recognised_source(plain_paths()) if source == "folder" else None
            if other:
                title = by_name[other].title
                st.caption(f":material/info: This is a {title} data set, with clips of its own.")
                st.button(f"Import it as {title}", on_click=uninterrupted(choose_source), args=(other,))
    for number, bundle in enumerate(bundles_among(lines("import-paths"))):
        bundle_box(services, bundle, key=f"bundle-{number}")
    if not kind.has_windows:
        st.text_area(
            "Annotation files, one a line",
            key="import-annotations",
            on_change=uninterrupted(forget_last_import),
            height=80,
            placeholder="/data/epic/EPIC_100_train.csv",
            help="EPIC-KITCHENS CSV, Ego4D JSON, or a CSV with the columns video, start_s, end_s, label. "
            "Rows about videos that are not here yet are kept and wait for them.",
        )
with right.container(border=True, height="stretch"):
    st.subheader("Clips")
    # Each kind of source has its own default, so its own widgets.
    usual: Method = "annotations" if kind.has_windows else "stride"
    held = "import-windows" if kind.has_windows else "import"
    method, clipping, fields = clip_choice(settings.clipping, key=held, default=usual, windows=kind.has_windows)
    if wrong:
        fields.problems.append(wrong)


@dataclass(frozen=True, kw_only=True)
class ImportReport:
    """What came of pressing the button, to be shown in the run after it."""

    before: Held
    """What the workspace held."""
    jobs: list[int] = field(default_factory=list)
    annotations: list[AnnotationReport] = field(default_factory=list)
    errors: list[HandpickedError] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def start() -> ImportReport:
    """Read the annotations at once, and queue the videos as a job.

    Reads the session before the first piece of work only: the next message would end the import between two of them.
    """
    annotations, bundles, paths = lines("import-annotations"), bundles_among(lines("import-paths")), plain_paths()
    report = ImportReport(before=Held.now(workspace))
    for file in annotations:
        try:
            read = add_annotations(workspace, typed_path(file), source=source, clipping=clipping)
        except HandpickedError as error:
            report.errors.append(error)
        else:
            report.annotations.append(read)
            report.problems.extend(read.problems)
    for bundle in bundles:
        try:
            prepared = prepare_bundle(workspace, bundle)
        except HandpickedError as error:
            report.errors.append(error)
        else:
            report.problems.extend(Problem(bundle.name, None, reason) for reason in prepared.problems)
            doing = "Unpack" if prepared.spec.kind == "unpack" else "Import"
            report.jobs.append(services.supervisor.submit(f"{doing} bundle {bundle.name}", prepared.spec))
    if paths:
        try:
            listed = list_source(workspace, source, paths, values)
            request = prepare_listed(workspace, listed, clips=method, clipping=clipping)
        except HandpickedError as error:
            report.errors.append(error)
            return report
        report.problems.extend(request.problems)
        if request.files:
            report.jobs.append(services.supervisor.submit("Import", request.spec))
    return report


def started(report: ImportReport) -> None:
    """Keep what came of it for the page."""
    st.session_state["import-jobs"] = report.jobs
    st.session_state["import-before"] = report.before
    st.session_state["import-report"] = report


# Not disabled by empty boxes: it must react to a click right after pasting, before the text reaches the app.
with head:
    go = pressed("Import", key="import-go", type="primary", icon=":material/video_call:", why_not=fields.problem)
if go and (lines("import-paths") or lines("import-annotations")):
    uninterrupted(start, started)()
    st.rerun()
if go:
    unnamed.markdown(":small[:red[:material/error: Name at least one file or folder first.]]")

if source in DOWNLOADABLE:
    download_box(services, source, clipping)

job_ids = st.session_state.get("import-jobs", [])
if job_ids:

    def progress(jobs: list[Job]) -> None:
        """The running imports, then what they brought."""
        under_way = [job for job in jobs if job.active]
        for job in under_way:
            running_state(services, job)
        if not under_way:
            import_result(services, jobs, st.session_state.get("import-before"))

    with came:
        watch_jobs(services, [workspace.jobs.get(job_id) for job_id in job_ids], progress)


def annotations_read(number: int, read: AnnotationReport) -> None:
    """What an annotation file brought; `number` tells files of one name apart."""
    lines_read = f"{plural(read.rows, 'row')} of {read.format}, {read.new_segments:,} new"
    waiting = f"{plural(read.waiting_videos, 'video')} not here yet, their rows wait." if read.waiting_videos else ""
    done_state(
        f"{plain(Path(read.path).name)}: {plural(read.new_clips, 'clip')} made",
        [f"{lines_read}.", *([waiting] if waiting else [])],
        key=f"annotations-{number}",
    )


def problems_found(problems: list[Problem]) -> None:
    """The files and rows that can't be used, by their names."""
    with st.expander(f"{plural(total(problems), 'problem')}", icon=":material/warning:", expanded=True):
        text = "\n".join(map(str, problems))
        shown = text.splitlines()[:200]
        st.code("\n".join(shown), language=None, height=200 if len(shown) > MANY_LINES else "content")
        st.download_button("Download the list", text, "import-problems.txt", on_click="ignore")


report: ImportReport | None = st.session_state.get("import-report")
if report:
    with came:
        for error in report.errors:
            show_error(error)
        for number, read in enumerate(report.annotations):
            annotations_read(number, read)
        if report.problems:
            problems_found(report.problems)
