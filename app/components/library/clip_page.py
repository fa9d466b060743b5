"""The page of one clip: looped player, features, tags, similar clips, labels and scores, changing its window."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from app.components.clips.features import clip_features
from app.components.clips.hand_overlay import hand_overlay
from app.components.clips.library_address import current_view, open_clip, set_view
from app.components.clips.unplayable import say_unplayable
from app.components.clips.video_marker import Split, video_marker
from app.components.clips.wall import clip_wall
from app.components.feedback import code, plain, show_error
from app.components.label.kind_choice import with_kind
from app.components.library.leave import page_was_asked_for_again
from app.media import footage_of
from app.text import ago, duration, plural, timecode
from app.workflows.clip_edits import change_window, split_clip
from engine.errors import HandpickedError
from engine.preference.kinds import USED_FIRST, counted_by
from storage.library.view import ClipView
from storage.tags import DROP, KEEP

if TYPE_CHECKING:
    from app.services import Services
    from storage.clips import StoredClip
    from storage.videos import Video

__all__ = ["clip_page"]

NEIGHBOURS = 12


def clip_page(services: Services, clip_id: str) -> None:
    """Everything about one clip."""
    st.button("Library", icon=":material/arrow_back:", type="tertiary", on_click=open_clip, args=(None,))
    if page_was_asked_for_again(key="clip-left"):
        open_clip(None)
        st.rerun()
    try:
        clip = services.workspace.clips.get(clip_id)
    except HandpickedError as error:
        show_error(error)
        return
    video = services.workspace.videos.get(clip.video_id)
    st.title(plain(clip.narration or video.name))
    main, side = st.columns([0.68, 0.32], gap="medium")
    with main:
        player(services, video, clip)
    with side:
        facts(video, clip)
        decide(services, clip_id)
        said(services, clip_id)
    neighbours(services, clip_id)
    st.subheader("Measured")
    clip_features(services, clip_id)


def player(services: Services, video: Video, clip: StoredClip) -> None:
    """Play the window in a loop; marks change it."""
    if not Path(video.path).exists():
        st.warning(f"The video's file is not at {plain(video.path)} any more.", icon=":material/link_off:")
        return
    footage = footage_of(services.workspace, video)
    if footage is None:
        say_unplayable(services, video)
        return
    clips = services.workspace.clips.of_video(video.video_id)
    marked = video_marker(
        footage, duration_s=video.duration_s, fps=video.fps, clips=clips, tracks=hand_overlay(services, [clip]),
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
    open_clip(made[0])
    st.rerun()


def facts(video: Video, clip: StoredClip) -> None:
    """Show the clip's video, window and origin."""
    rows = {
        "Video": video.name,
        "From": timecode(clip.start_s),
        "To": timecode(clip.end_s),
        "Length": duration(clip.duration_s),
        "Source": video.source,
        "Origin": clip.origin,
    }
    with st.container(border=True, gap="small"):
        st.markdown("  \n".join(f":gray[{label}] {plain(value)}" for label, value in rows.items()))
        st.caption(plain(clip.clip_id))
        st.page_link(
            "../pages/videos.py", label="Open the whole video", icon=":material/video_library:",
            query_params={"video": video.video_id},
        )  # fmt: skip


def decide(services: Services, clip_id: str) -> None:
    """Draw the keep and drop buttons and the tags."""
    tags = services.workspace.tags
    have = tags.of_clip(clip_id)
    with st.container(border=True, gap="small"):
        decided = next((tag for tag in have if tag in (KEEP, DROP)), None)
        st.session_state["clip-decision"] = decided
        st.segmented_control(
            "Decision", [KEEP, DROP], format_func=str.capitalize, key="clip-decision",
            on_change=lambda: set_decision(services, clip_id, st.session_state["clip-decision"]),
        )  # fmt: skip
        st.session_state["clip-tags"] = [tag for tag in have if tag not in (KEEP, DROP)]
        known = [tag for tag in services.workspace.library.facets().tags if tag not in (KEEP, DROP)]
        st.multiselect(
            "Tags", known, key="clip-tags", accept_new_options=True, placeholder="Add a tag",
            on_change=lambda: set_tags(services, clip_id, st.session_state["clip-tags"]),
        )  # fmt: skip


def set_decision(services: Services, clip_id: str, decision: str | None) -> None:
    """Tag the clip as keep, drop, or neither."""
    if decision:
        services.workspace.tags.add([clip_id], decision)
        return
    for tag in (KEEP, DROP):
        if tag in services.workspace.tags.of_clip(clip_id):
            services.workspace.tags.remove([clip_id], tag)


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
    with st.container(border=True, gap="small"):
        if not scores and not labels:
            st.caption("No label and no reward yet.")
        for score in scores[:5]:
            st.markdown(f":gray[{plain(score.name)}] reward {score.reward:.2f} ± {score.reward_std:.2f}")
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


def neighbours(services: Services, clip_id: str) -> None:
    """Show the most similar clips."""
    model = services.workspace.features.embedding_model()
    like = ClipView(similar_to=clip_id)
    if model is None:
        return
    rows = services.workspace.library.page(like, limit=NEIGHBOURS + 1)
    rows = [row for row in rows if row.clip_id != clip_id][:NEIGHBOURS]
    if not rows:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader("Looks like")
        st.button(
            "Order the Library by likeness",
            type="tertiary",
            icon=":material/sort:",
            on_click=by_likeness,
            args=(clip_id,),
        )
    st.caption(f"By the embedding of {code(model)}.")
    clip_wall(services, rows, badge="likeness", key="neighbours", here=True)


def by_likeness(clip_id: str) -> None:
    """Close the clip and order the library by likeness to it."""
    set_view(replace(current_view(), similar_to=clip_id, search="", sort="", descending=True))
    open_clip(None)
