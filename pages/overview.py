"""The Overview page: what the workspace holds, and the next step."""

from __future__ import annotations

import streamlit as st

from app.components.browser.messages import uninterrupted
from app.components.feedback import remark
from app.components.first_clips import first_clips
from app.components.jobs.run_watch import run_watch
from app.components.next_step import NextStep, next_step
from app.components.page_head import page_head
from app.components.press import pressed
from app.components.stale_note import measured_again
from app.components.states.empty import empty_state, leads_to
from app.markdown_text import code
from app.navigation import page_entry
from app.services import open_services
from app.text import duration, named, plural, size
from app.workflows.extracting import extract_spec, standing
from app.workflows.extraction_workers import extraction_workers
from app.workflows.sampling import sample_as_set
from engine.preference.kinds import counted_by
from storage.jobs import ACTIVE

STAGE_PX = 260

services = open_services()
workspace = services.workspace
totals = workspace.videos.totals()
labels = workspace.labels.counts()
head = page_head("Overview")


def extract(only: list[str] | None = None, *, again: bool = False) -> None:
    """Start measuring: what is missing, or everything `again`; with the extractors in `only`."""
    spec = extract_spec(workspace, only=only, again=again)
    if spec.items:
        services.supervisor.submit("Extract features", spec)


def load_sample() -> None:
    """Start rendering the sample videos; their import follows by itself."""
    services.supervisor.submit("Render sample videos", sample_as_set(workspace))


if not totals.videos and not totals.segments_waiting:
    rendering = not services.supervisor.idle
    with empty_state(
        ":material/video_call:",
        "Start with some first-person video",
        "Handpicked cuts it into clips and finds, from a few hundred of your choices, what is worth training on.  \n"
        "No footage at hand? The sample workspace renders some, with known truth, in about a minute.",
    ):
        leads_to("import_videos.py", "Import videos")
        st.button(
            "Sample videos are on their way" if rendering else "Load the sample workspace",
            icon=":material/movie_edit:",
            on_click=uninterrupted(load_sample),
            disabled=rendering,
        )
    st.stop()

extractors = standing(workspace)
lacking = [row for row in extractors if row.measured < row.total]
extracting = workspace.jobs.find(states=ACTIVE, kind="extract")


def step_now() -> NextStep:
    """The next step, whose button stands in the head."""
    if not totals.videos:
        waiting = f"**{plural(totals.segments_waiting, 'annotation')} wait for their videos.**"
        text = f"{waiting} Import the videos and their clips appear by themselves."
        return NextStep(text, "Import videos", ":material/video_call:", "import_videos.py")
    if not totals.clips:
        text = "**The videos have no clips yet.** Choose how to cut them."
        return NextStep(text, "Make clips", ":material/content_cut:", "videos.py")
    if extracting:
        text = "**The clips are being measured.** Until then, look at what they show."
        return NextStep(text, "Look at the clips", ":material/photo_library:", "library.py")
    if lacking:
        names = ", ".join(row.title.lower() for row in lacking)
        text = f"**Measure the clips:** {names}. Each video is decoded once."
        return NextStep(text, "Extract features", ":material/straighten:", "")
    return next_step(workspace, labels)


step = step_now()
with head:
    go = pressed(step.button, key=f"overview-next-{step.button}", type="primary", icon=step.icon)
if go and step.file:
    st.switch_page(page_entry(step.file).path)
if go:
    extract()
    st.rerun()
with st.container(border=True, key="next-step"):
    st.markdown(step.text)
if extracting or lacking:
    run_watch(services, "extract")

with st.container(horizontal=True):
    st.metric("Videos", f"{totals.videos:,}", border=True)
    st.metric("Footage", duration(totals.video_s), border=True)
    st.metric("Clips", f"{totals.clips:,}", border=True)
    st.metric("In clips", duration(totals.clip_s), border=True)
    st.metric("On disk", size(totals.video_bytes), border=True)

with st.container(horizontal=True, vertical_alignment="center", gap="small"):
    if workspace.sample.video_ids():
        st.badge("Synthetic: this workspace holds rendered sample videos", icon=":material/movie_edit:", color="blue")
    if labels.kinds:
        said = " · ".join(counted_by(labels.of(kind), kind) for kind in labels.kinds)
        apart = "" if labels.kinds == ("people",) else ", never counted together with people's"
        st.caption(f"{said}{apart}.")

if aside := workspace.clips.set_aside():
    rows = ", ".join(f"{count:,} of `{table}`" for table, count in aside.items())
    remark(
        f"An update set rows aside that could not be true ({rows}): windows outside of any video, or numbers that are "
        "none. They are kept in the table `set_aside`. Of a clip among them, labels and measured numbers stay where "
        "they are; its tags and pictures are gone.",
        ":material/rule:",
    )
    st.button(
        "Dismiss",
        key="set-aside-read",
        help="The rows stay in the table `set_aside`.",
        on_click=workspace.clips.dismiss_set_aside,
    )

if totals.clips and not extracting:
    measured_again(workspace)

first_clips(services)

with st.container(horizontal=True, vertical_alignment="center"):
    st.subheader("Where the clips stand")
    with st.popover("Extract some", icon=":material/straighten:", disabled=bool(extracting) or not totals.clips):
        titles = {row.extractor: row.title for row in extractors}
        chosen = st.multiselect("Extractors", list(titles), list(titles), format_func=named(titles), key="extract-only")
        again = st.toggle("Measure again what has its numbers", key="extract-again")
        st.caption(f"{extraction_workers(workspace.settings)}. Settings › Jobs changes that.")
        if pressed("Extract", key="extract-some", why_not="" if chosen else "Choose an extractor."):
            extract(chosen, again=again)
            st.rerun()
pictured = workspace.clips.count_with_media("thumbnail")
stages = [("Cut", totals.clips), ("With pictures", pictured), *((row.title, row.measured) for row in extractors)]
embedding_model = workspace.features.embedding_model()
if embedding_model is not None:
    fallback = "" if "/" in embedding_model else ", the bundled fallback: it knows pictures, no text"
    st.caption(f"Embeddings are by {code(embedding_model)}{fallback}.")
with st.grid(min_column_width=STAGE_PX, border=False):
    for label, done in stages:
        st.progress(done / totals.clips if totals.clips else 0.0, f"{label}: {done:,} of {totals.clips:,}")
