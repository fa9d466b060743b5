"""The labelling desk: a running sitting whose queue of pairs is in the browser."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from app.components.label.answered_pair import PART
from app.components.label.pair_viewer import median_shape, pair_viewer, sent_log, sent_wish, shown_clip
from app.components.label.sitting_start import AMONG, sitting_start, start_button
from app.components.states.empty import empty_state, leads_to
from app.components.states.waiting import making_words
from app.media import footage_of_clip
from app.navigation import page_path
from app.text import plural
from app.workflows.label_statistics import answers_of
from app.workflows.labelling import next_pairs, playable_clips, record_answers, steered
from engine.preference.agreement import self_agreement
from engine.preference.settings import LabellingSettings
from storage.errors import StorageError
from storage.jobs import ACTIVE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from streamlit.delta_generator import DeltaGenerator

    from app.components.label.pair_viewer import SentLog
    from app.services import Services
    from app.workflows.labelling import Playable
    from storage.sittings import HandedPair, Sitting

__all__ = ["labelling_desk", "sitting_under_way", "sitting_view"]

WANTED = "label-wanted"
STAGE = Path(__file__).with_name("stage.css")
UNDO_LEVELS = 20
"""How many answers Z can undo after a reload; before one, all of the sitting's."""


def labelling_desk(services: Services, head: DeltaGenerator) -> None:
    """Draw the form that starts a sitting, with its button in the page's `head`, else what is missing for labelling."""
    playable = playable_clips(services.workspace, fresh=True)
    make_previews(services, playable)
    if playable.clips < 2:
        with head:
            start_button("There are no two clips that can be played yet.")
        nothing_to_label(services, playable)
    else:
        sitting_start(services, playable, head)


def sitting_under_way(services: Services) -> Sitting | None:
    """The sitting that the page's address names, if there is something to show in it."""
    sitting = sitting_of_address(services)
    if sitting is None:
        return None
    playable = playable_clips(services.workspace)
    make_previews(services, playable)
    return sitting if playable.clips > 1 else None


def make_previews(services: Services, playable: Playable) -> None:
    """Start missing previews, ahead of the queue; once a session, because some videos can't have one."""
    if playable.lacking_preview and not st.session_state.get("label-previews"):
        st.session_state["label-previews"] = True
        services.make_pictures()


def nothing_to_label(services: Services, playable: Playable) -> None:
    """Show why there is no pair yet, and what to do."""
    if playable.total == 0:
        with empty_state(":material/compare:", "No clips yet", "A pair takes two clips. Import videos to make some."):
            leads_to("import_videos.py", "Import videos")
    elif playable.lacking_preview:
        jobs = [job for job in services.workspace.jobs.find(states=ACTIVE) if job.kind in ("previews", "look_again")]
        title = f"What can be played {making_words(services, jobs)}" if jobs else "Nothing can be played yet"
        what = plural(playable.lacking_preview, "video")
        failed = "" if jobs else " No job makes one now: look at what failed."
        with empty_state(
            ":material/hourglass_empty:",
            title,
            f"A browser can't play {what} as recorded, and there is no preview yet. Labelling starts when two clips "
            f"can be played; see Jobs.{failed}",
        ):
            leads_to("jobs.py", "Jobs")
    elif playable.missing_files:
        with empty_state(
            ":material/link_off:",
            "The videos are not there",
            f"{plural(playable.missing_files, 'file')} can't be found: plug the disk in, or point the videos to "
            "where they are now.",
        ):
            leads_to("videos.py", "Videos")
    else:
        with empty_state(":material/compare:", "One clip only", "A pair takes two clips. Make more of them."):
            leads_to("videos.py", "Videos")


def sitting_of_address(services: Services) -> Sitting | None:
    """The sitting that the page's address names, if it exists."""
    named = st.query_params.get("sitting")
    if not named:
        return None
    if st.session_state.get(AMONG):  # another page has just sent clips, which get a new sitting
        del st.query_params["sitting"]
        return None
    try:
        return services.workspace.sittings.get(named)
    except StorageError:
        del st.query_params["sitting"]
        return None


def sitting_view(services: Services, sitting: Sitting) -> None:
    """Draw a sitting: its pairs have the window to themselves."""
    st.html(STAGE)
    with st.container(key="label-stage"):
        pairs(services, sitting)


@st.fragment
def pairs(services: Services, sitting: Sitting) -> None:
    """The queue of pairs. Only this fragment runs again after an answer."""
    key = f"pairs-{sitting.sitting_id}"
    said = st.session_state.setdefault(f"said-{sitting.sitting_id}", Said())

    def take() -> None:
        if log := sent_log(key):
            said.take(services, log)

    def wish() -> None:
        wanted = sent_wish(key)
        if wanted and wanted.target:
            services.workspace.sittings.extend(sitting.sitting_id, wanted.target)
        elif wanted:
            st.session_state[f"{WANTED}-{sitting.sitting_id}"] = wanted.to

    log = pair_viewer(viewer_data(services, sitting, sent_log(key), said), key=key, on_log=take, on_wish=wish)
    # After a lost connection this is a new session: the browser's value arrives without a callback.
    if log and not said.knows(log):
        said.take(services, log)
        if said.error is None:
            st.rerun()
    if to := st.session_state.pop(f"{WANTED}-{sitting.sitting_id}", None):
        leave(sitting, to)


def leave(sitting: Sitting, to: str) -> None:
    """Leave a sitting for another page or another part of this one; the sidebar comes back as it was."""
    st.session_state["label-ended"] = sitting.sitting_id
    train = page_path("train.py")
    if to == "train" and train:
        st.switch_page(train)
    if to == "statistics":
        st.session_state[PART] = "Statistics"
    del st.query_params["sitting"]
    st.rerun()


class Said:
    """The app's reply to a browser's events."""

    def __init__(self) -> None:
        self.confirmed: frozenset[str] = frozenset()
        self.refused: frozenset[str] = frozenset()
        self.error: str | None = None
        self.tab: str | None = None

    def take(self, services: Services, log: SentLog) -> None:
        """Store the browser's answers, or keep the reason why that failed: the browser sends them again."""
        self.tab = log.tab
        try:
            recorded = record_answers(services.workspace, log.events)
        except StorageError as error:
            self.error = str(error)
        else:
            self.confirmed, self.refused, self.error = recorded.stored, recorded.refused, None

    def knows(self, log: SentLog) -> bool:
        """Whether all these events were stored or refused."""
        ids = {str(event.get("event_id")) for event in log.events}
        return self.tab == log.tab and (self.error is not None or ids <= self.confirmed | self.refused)


def viewer_data(services: Services, sitting: Sitting, log: SentLog | None, said: Said) -> dict[str, Any]:
    """The data for the browser. There are no pairs before it has named its tab."""
    workspace = services.workspace
    settings = workspace.settings.load(LabellingSettings)
    progress = workspace.sittings.progress(sitting.sitting_id)
    queue = next_pairs(workspace, sitting, log.tab) if log else []
    past = workspace.sittings.past(sitting.sitting_id, log.tab, UNDO_LEVELS) if log else []
    clips = shown_clips(
        services,
        [clip_id for pair in queue for clip_id in (pair.left_clip_id, pair.right_clip_id)]
        + [clip_id for row in past for clip_id in (row.left_clip_id, row.right_clip_id)],
        scores=settings.show_scores,
    )
    shape = st.session_state.setdefault(f"shape-{sitting.sitting_id}", None)
    if shape is None and queue:
        shape = st.session_state[f"shape-{sitting.sitting_id}"] = shape_of(services, queue)
    place = hashlib.sha256(str(workspace.root).encode()).hexdigest()[:12]
    return {
        "scope": f"{place}|{sitting.annotator}",
        "annotator": sitting.annotator,
        "question": settings.question,
        "guidelines": settings.guidelines,
        "about": sitting.name or "",
        "target": workspace.sittings.get(sitting.sitting_id).target,
        "more": settings.target,
        "measured": steered(workspace),
        "pause_min": settings.pause_reminder_every_min,
        "done": progress.answers,
        "spent_ms": progress.spent_ms,
        "pairs": [shown_pair(p.pair_id, p.left_clip_id, p.right_clip_id, clips) for p in queue] if log else None,
        "past": [
            {**shown_pair(row.pair_id, row.left_clip_id, row.right_clip_id, clips), "answer": row.answer}
            for row in past
            if row.left_clip_id in clips and row.right_clip_id in clips
        ],
        "exhausted": bool(log) and not queue,
        "confirmed": sorted(said.confirmed),
        "refused": sorted(said.refused),
        "error": said.error,
        "shape": shape or 16 / 9,
        "agreement": agreement_text(services, sitting.annotator),
    }


def agreement_text(services: Services, annotator: str) -> str:
    """The annotator's agreement with themselves on repeated pairs; empty before there is one."""
    answers = answers_of(services.workspace, "people")
    found = self_agreement([answer for answer in answers if answer.annotator == annotator])
    return f"the same answer to {found.count:g} of {plural(found.total, 'repeat')}" if found.total else ""


def shown_pair(pair_id: str, left: str, right: str, clips: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """A pair as sent to the browser."""
    return {"pair_id": pair_id, "left": clips[left], "right": clips[right]}


def shown_clips(services: Services, clip_ids: Sequence[str], *, scores: bool) -> dict[str, dict[str, Any]]:
    """Clip → what the browser needs to play it, with its score where requested."""
    said = services.workspace.label_review.scores(clip_ids) if scores else {}
    return {
        row.clip_id: shown_clip(row, footage, f"reward {said[row.clip_id]:.2f}" if row.clip_id in said else None)
        for row in services.workspace.clips.playback(clip_ids)
        if (footage := footage_of_clip(row))
    }


def shape_of(services: Services, queue: Sequence[HandedPair]) -> float:
    """The aspect ratio of the players, fixed for a sitting so that they do not move between pairs."""
    return median_shape(services.workspace.clips.playback({pair.left_clip_id for pair in queue}))
