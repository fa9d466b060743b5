"""Explains why a video can't be played yet, with the progress of its preview or the button that starts it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.components.browser.messages import uninterrupted
from app.components.states.box import state_box
from app.components.states.empty import leads_to
from app.components.states.failed import failed_state
from app.markdown_text import plain
from app.workflows.jobs.item_state import item_state
from engine.errors import HandpickedError

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from app.services import Services
    from app.workflows.jobs.item_state import ItemState
    from storage.jobs import JobState
    from storage.videos import Video

__all__ = ["missing_file", "say_unplayable"]

LOOKS: dict[str, JobState] = {
    "queued": "queued",
    "running": "running",
    "failed": "failed",
    "stopped": "interrupted",
    "absent": "interrupted",
}


def missing_file(video: Video, remedy: str) -> DeltaGenerator:
    """Say that a video's file is not there, or not what was imported; returns the place for the way out."""
    place = video.place
    if place.is_changed():
        title = "Its tar holds something else now"
        written = f"{plain(str(place.file))} was written anew since it was imported."
        text = f"{written} Import it again, or put the old one back."
    else:
        title = "The file is not there any more"
        text = f"It was at {plain(str(place.file))}. Plug the disk in, or {remedy}."
    return failed_state(title, text, key="file-missing")


def say_unplayable(services: Services, video: Video) -> None:
    """Show why, with the remedy where there is one."""
    kind = "look_again" if video.first_frame_s is None else "previews"
    state = item_state(services.workspace, services.supervisor, kind, video.video_id)
    if video.first_frame_s is None:
        text = (
            "This video was imported by an earlier version, which did not write down when a player shows its first "
            f"picture. Without that you might see other seconds than were measured. {looking(state)}"
        )
    else:
        text = f"A browser can't play {plain(video.codec)} in {plain(video.container)} as recorded. {preview(state)}"
    box, actions = state_box(LOOKS[state.state], "This video can't be played yet", key=f"unplayable-{video.video_id}")
    box.markdown(text)
    with actions:
        if state.state in ("failed", "stopped", "absent") and not state.under_way:
            st.button(
                "Try again" if state.state == "failed" else "Start it",
                key=f"playable-{video.video_id}",
                on_click=uninterrupted(start),
                args=(services, video, state),
            )
        leads_to("jobs.py", "Jobs")
    if refused := st.session_state.pop(_refused(video), None):
        box.caption(f":red[{plain(refused)}]")
    if state.state in ("failed", "stopped", "absent") and state.under_way:
        box.caption("The job is still at work on others; this can be tried again when it has ended.")


def looking(state: ItemState) -> str:
    """Show the progress of re-reading the video's facts."""
    return {
        "queued": "It is queued to be looked at again.",
        "running": "It is being looked at again now.",
        "failed": f"Looking at it again failed: {plain(state.reason)}",
        "stopped": "Looking at it again was stopped.",
        "absent": "It has not been looked at again yet.",
    }[state.state]


def preview(state: ItemState) -> str:
    """Show the progress of the video's preview."""
    return {
        "queued": "A preview is queued.",
        "running": "A preview is being made now.",
        "failed": f"Its preview failed: {plain(state.reason)}",
        "stopped": "Making its preview was stopped.",
        "absent": "No preview of it has been made yet.",
    }[state.state]


def start(services: Services, video: Video, state: ItemState) -> None:
    """Start the missing job, or resume the stopped one."""
    if state.state in ("failed", "stopped") and state.job_id is not None:
        retry = services.supervisor.retry_failed if state.state == "failed" else services.supervisor.resume
        try:
            retry(state.job_id)
        except HandpickedError as error:  # its specification is gone, say
            st.session_state[_refused(video)] = str(error)
    elif video.first_frame_s is None:
        services.look_again()
    else:
        services.make_pictures()


def _refused(video: Video) -> str:
    return f"playable-{video.video_id}-refused"
