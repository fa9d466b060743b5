"""The page of one clip: the clip large between its neighbours, with its facts, tags, scores, numbers, similar clips."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from app.components.browser.messages import uninterrupted
from app.components.clips.features import clip_features
from app.components.clips.hand_overlay import hand_overlay
from app.components.clips.library_address import current_view, open_clip, set_view
from app.components.clips.unplayable import missing_file, say_unplayable
from app.components.clips.video_marker import Split, video_marker
from app.components.clips.wall import clip_wall
from app.components.feedback import show_error
from app.components.label.kind_choice import with_kind
from app.components.library.leave import page_was_asked_for_again
from app.components.library.loupe.loupe import loupe
from app.components.states.empty import leads_to
from app.markdown_text import code, plain
from app.media import footage_of
from app.text import ago, duration, plural, timecode
from app.workflows.clip_edits import change_window, split_clip
from engine.errors import HandpickedError
from engine.preference.kinds import USED_FIRST, counted_by
from storage.library.around import around
from storage.library.view import ClipView
from storage.tags import DROP, KEEP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.components.clips.hand_overlay import DrawnTrack
    from app.services import Services
    from storage.clips import StoredClip
    from storage.videos import Video

__all__ = ["clip_page"]

SIMILAR = 12
EACH_SIDE = 40
"""Neighbours that the browser knows on each side: a held arrow runs through them while the app sends more."""
EDITS = "clip-edited"
"""Session key: the clip whose window is being changed; any other is looked at."""
ORDER = "clip-order"
"""Session key: the view that somebody steps through, and the version of its order when they began."""
CSS = Path(__file__).with_name("clip_page.css")


def clip_page(services: Services, clip_id: str) -> None:
    """Everything about one clip."""
    st.html(CSS)
    try:
        clip = services.workspace.clips.get(clip_id)
    except HandpickedError as error:
        st.button(
            "Library", icon=":material/arrow_back:", type="tertiary", on_click=uninterrupted(open_clip), args=(None,)
        )
        show_error(error)
        return
    video = services.workspace.videos.get(clip.video_id)
    with st.container(key="clip-page", horizontal=True, gap="medium"):
        main = st.container(key="clip-main")
        side = st.container(key="clip-side", width=288, gap="small")
    with side:
        if page_was_asked_for_again(key="clip-left"):
            open_clip(None)
            st.rerun()
        said(services, clip_id)
        tag_box(services, clip_id)
        facts(services, video, clip)
        tracks = hand_overlay(services, [clip])
    with main:
        if st.session_state.get(EDITS) == clip_id:
            edit(services, video, clip, tracks)
        else:
            look(services, clip, tracks)
    st.subheader("Measured")
    clip_features(services, clip_id)
    similar(services, clip_id)


def look(services: Services, clip: StoredClip, tracks: Sequence[DrawnTrack]) -> None:
    """The clip large, between its neighbours in the view."""
    view = current_view()
    before = st.session_state.get(ORDER)
    version = before[1] if before and before[0] == view else ""
    library = services.workspace.library
    found = around(library, view, clip.clip_id, each_side=EACH_SIDE, version=version)
    neighbours = found or around(library, ClipView(), clip.clip_id, each_side=EACH_SIDE)
    if neighbours is None:
        return
    if found:
        st.session_state[ORDER] = (view, found.version)
    edited = loupe(services, view, neighbours, clip.clip_id, tracks=tracks, in_view=found is not None, key="loupe")
    if edited:
        st.session_state[EDITS] = edited
        open_clip(edited)
        st.rerun()


def edit(services: Services, video: Video, clip: StoredClip, tracks: Sequence[DrawnTrack]) -> None:
    """Change the clip's window, or split it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"### Edit {plain(clip.narration or video.name)}")
        if st.button("Done", type="primary", icon=":material/check:"):
            del st.session_state[EDITS]
            st.rerun()
    footage = footage_of(services.workspace, video)
    if footage is None or not video.place.exists():
        can_play(services, video)
        return
    clips = services.workspace.clips.of_video(video.video_id)
    marked = video_marker(
        footage, duration_s=video.duration_s, fps=video.fps, clips=clips, tracks=tracks,
        key="clip-player", own=clip,
    )  # fmt: skip
    if marked is None:
        return
    try:
        if isinstance(marked, Split):
            made, stays = split_clip(services.workspace, clip.clip_id, marked.at_s)
        else:
            made, stays = change_window(services.workspace, clip.clip_id, marked.start_s, marked.end_s)
    except HandpickedError as error:
        show_error(error)
        return
    services.make_pictures()
    kept = " The old one stays, tagged “replaced”, because labels speak of it." if stays else ""
    st.toast(f"{plural(len(made), 'clip')} in its place, not measured yet.{kept}", icon=":material/content_cut:")
    st.session_state[EDITS] = made[0]
    open_clip(made[0])
    st.rerun()


def can_play(services: Services, video: Video) -> None:
    """Say why a browser can't play the video, where it can't."""
    if not video.place.exists():
        with missing_file(video, "say on the video's page where it is now"):
            leads_to("videos.py", "Videos")
    elif footage_of(services.workspace, video) is None:
        say_unplayable(services, video)


def facts(services: Services, video: Video, clip: StoredClip) -> None:
    """Show the clip's video, window and origin."""
    can_play(services, video)
    rows = {
        "Video": video.name,
        "From": timecode(clip.start_s),
        "To": timecode(clip.end_s),
        "Length": duration(clip.duration_s),
        "Source": video.source,
        "Origin": clip.origin,
    }
    with st.container(gap="small"):
        st.markdown("  \n".join(f":gray[{label}] {plain(value)}" for label, value in rows.items()))
        leads_to("videos.py", "Open the whole video", video=video.video_id)


def tag_box(services: Services, clip_id: str) -> None:
    """Draw the clip's tags beside keep and drop, which the loupe has."""
    have = services.workspace.tags.of_clip(clip_id)
    key = f"clip-tags-{clip_id}"
    st.session_state[key] = [tag for tag in have if tag not in (KEEP, DROP)]
    known = [tag for tag in services.workspace.library.tag_names() if tag not in (KEEP, DROP)]
    st.multiselect(
        "Tags", known, key=key, accept_new_options=True, placeholder="Add a tag",
        on_change=uninterrupted(lambda: set_tags(services, clip_id, st.session_state[key])),
    )  # fmt: skip


def set_tags(services: Services, clip_id: str, wanted: list[str]) -> None:
    """Replace the clip's tags other than keep and drop."""
    have = {tag for tag in services.workspace.tags.of_clip(clip_id) if tag not in (KEEP, DROP)}
    for tag in set(wanted) - have:
        services.workspace.tags.add([clip_id], tag)
    for tag in have - set(wanted):
        services.workspace.tags.remove([clip_id], tag)


def said(services: Services, clip_id: str) -> None:
    """Show the clip's scores and labels."""
    scores = services.workspace.rewards.of_clip(clip_id)
    labels = services.workspace.labels.of_clip(clip_id)
    with st.container(gap="small"):
        if not scores and not labels:
            st.caption("No label and no reward yet.")
        for score in scores[:5]:
            st.markdown(f"Reward **{score.reward:.2f}** ± {score.reward_std:.2f}  \n:gray[{plain(score.name)}]")
        if labels:
            for kind in USED_FIRST:
                outcomes = [row.outcome for row in labels if row.kind == kind]
                won, lost, tied = (outcomes.count(outcome) for outcome in ("won", "lost", "tie"))
                if outcomes:
                    st.markdown(f"{counted_by(len(outcomes), kind)}: won {won}, lost {lost}, tied {tied}")
            with st.expander("Labels"):
                for label in labels[:20]:
                    who = with_kind(label.annotator, label.kind)
                    st.caption(
                        f"{label.outcome} against {plain(label.other_clip_id)} · {plain(who)} · {ago(label.created_at)}"
                    )


def similar(services: Services, clip_id: str) -> None:
    """Show the most similar clips."""
    model = services.workspace.features.embedding_model()
    if model is None:
        return
    rows = services.workspace.library.page(ClipView(similar_to=clip_id), limit=SIMILAR + 1)
    rows = [row for row in rows if row.clip_id != clip_id][:SIMILAR]
    if not rows:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader("Looks like this")
        st.button(
            "Order the Library by likeness",
            type="tertiary",
            icon=":material/sort:",
            help=f"By the embedding of {code(model)}.",
            on_click=uninterrupted(by_likeness),
            args=(clip_id,),
        )
    clip_wall(services, rows, badge="likeness", key="neighbours", here=True)


def by_likeness(clip_id: str) -> None:
    """Close the clip and order the library by likeness to it."""
    set_view(replace(current_view(), similar_to=clip_id, search="", sort="", descending=True))
    open_clip(None)
