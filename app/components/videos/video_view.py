"""The page of one video: player with its clips on a timeline, facts, cutting, relocating and removing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from app.components.browser.messages import uninterrupted
from app.components.clips.features import clip_features
from app.components.clips.hand_overlay import hand_overlay
from app.components.clips.unplayable import missing_file, say_unplayable
from app.components.clips.video_marker import Marked, video_marker
from app.components.press import pressed
from app.components.videos.clip_choice import clip_choice
from app.markdown_text import plain
from app.media import footage_of, media_url
from app.text import duration, plural, size, timecode
from app.workflows.clipping import add_manual, cut_video, preview, shot_job
from app.workflows.videos import relocate, remove
from engine.files.problems import shortened_sentences
from engine.settings.data import DataSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streamlit.delta_generator import DeltaGenerator

    from app.services import Services
    from storage.clips import StoredClip
    from storage.videos import Video

__all__ = ["video_view"]


def video_view(services: Services, video: Video, head: DeltaGenerator) -> None:
    """Draw the page of one video; the button that cuts it stands in the page's `head`."""
    clips = services.workspace.clips.of_video(video.video_id)
    main, side = st.columns([0.7, 0.3], gap="medium")
    with main:
        player(services, video, clips)
    with side:
        facts(video, len(clips))
        cut(services, video, head)
        manage(services, video)
    clip_list(services, clips)


def player(services: Services, video: Video, clips: Sequence[StoredClip]) -> None:
    """Draw the player, or why the video can't be played yet."""
    if not video.place.exists():
        missing_file(video, "say below where it is now")
        file, member = video.place.file, video.place.member
        with st.form("relocate", border=True):
            asked = "Where it is now" if member is None else "Where its tar is now"
            place = st.text_input(asked, placeholder="/data/elsewhere/" + file.name)
            if st.form_submit_button("Point there", type="primary"):
                moved = relocate(services.workspace, video.video_id, place)
                if len(moved) > 1:
                    st.toast(f"{plural(len(moved), 'video')} of this tar were pointed there.")
                services.look_again()
                st.rerun()
        return
    footage = footage_of(services.workspace, video)
    if footage is None:
        say_unplayable(services, video)
        return
    tracks = hand_overlay(services, clips)
    marked = video_marker(
        footage,
        duration_s=video.duration_s,
        fps=video.fps,
        clips=clips,
        tracks=tracks,
        key=f"marker-{video.sha256[:16]}",
    )
    if isinstance(marked, Marked):
        add_manual(services.workspace, video.video_id, marked.start_s, marked.end_s)
        services.make_pictures()
        st.rerun()


def facts(video: Video, clips: int) -> None:
    """Show the file's facts: size, codec, length."""
    rate = f"{video.fps:.2f} fps" + (", variable" if video.variable_rate else "")
    rows = {
        "Length": duration(video.duration_s),
        "Picture": f"{video.width} × {video.height}, {rate}",
        "Codec": f"{video.codec}, {video.pix_fmt}, in {video.container}",
        "Size": size(video.size_bytes),
        "Source": video.source,
        "Clips": f"{clips:,}",
    }
    if video.damage:
        rows["Damage"] = video.damage
    if video.rotation_deg:
        rows["Rotation"] = f"{video.rotation_deg}°, shown upright"
    if video.recorded_at:
        rows["Recorded"] = f"{video.recorded_at:%-d %b %Y, %H:%M} UTC"
    if video.recording_id:
        chapter = f", chapter {video.chapter}" if video.chapter is not None else ""
        rows["Recording"] = f"{Path(video.recording_id).name}{chapter}"
    if video.has_telemetry:
        rows["Telemetry"] = "GoPro sensor track"
    with st.container(border=True, gap="small"):
        st.markdown("  \n".join(f":gray[{label}] {plain(value)}" for label, value in rows.items()))
        st.caption(plain(str(video.place)))


def cut(services: Services, video: Video, head: DeltaGenerator) -> None:
    """Choose how this video is cut into clips, with a preview of the counts, and cut it."""
    workspace = services.workspace
    with st.expander("How clips are made", icon=":material/content_cut:"):
        settings = workspace.settings.load(DataSettings).clipping
        method, clipping, fields = clip_choice(settings, key=f"cut-{video.video_id}", default="stride")
        if method == "shots":
            said = "The pictures are looked through for cuts, in the background."
        else:
            summary = preview(workspace, [video], method, clipping)
            said = f"{summary.sentence[0].upper()}{summary.sentence[1:]}."
        st.markdown(said)
    with head:
        go = pressed(
            "Make clips",
            key=f"make-{video.video_id}",
            type="primary",
            icon=":material/content_cut:",
            help=said,
            why_not=fields.problem,
        )
    if not go:
        return
    if method == "shots":
        job = shot_job(clipping, [video])
        services.supervisor.submit(job.title, job.spec)
    else:
        new, odd = cut_video(workspace, video, method, clipping)
        st.toast(f"{plural(new, 'new clip')}", icon=":material/check:")
        for problem in shortened_sentences(odd):
            st.toast(plain(problem), icon=":material/warning:", duration="long")
        services.make_pictures()
    st.rerun()


def manage(services: Services, video: Video) -> None:
    """Remove the video from the workspace."""
    with st.expander("Remove from the workspace", icon=":material/remove_circle:"):
        st.markdown("The video and its clips leave the workspace. **The file itself is not touched.**")
        st.button(
            "Remove", key=f"remove-{video.video_id}", on_click=uninterrupted(_remove, _leave), args=(services, video)
        )


def _remove(services: Services, video: Video) -> None:
    remove(services.workspace, video.video_id)


def _leave(_done: object) -> None:
    st.query_params.pop("video", None)


def clip_list(services: Services, clips: Sequence[StoredClip]) -> None:
    """The clips as a table; selected rows can be removed."""
    st.subheader("Clips")
    if not clips:
        st.caption("None yet. Mark one on the player with I and O, or make them all with “Make clips”.")
        return
    table = [
        {
            "picture": media_url(c.thumbnail) if c.thumbnail else None,
            "start": timecode(c.start_s),
            "end": timecode(c.end_s),
            "length": round(c.duration_s, 2),
            "origin": c.origin,
            "narration": c.narration or "",
            "clip": c.clip_id,
        }
        for c in clips
    ]
    chosen = st.dataframe(
        table,
        hide_index=True,
        row_height=56,
        on_select="rerun",
        selection_mode="multi-row",
        key="clip-table",
        column_config={
            "picture": st.column_config.ImageColumn("", width="small"),
            "length": st.column_config.NumberColumn("length (s)", format="%.2f"),
        },
    ).selection.rows
    if len(chosen) == 1:
        clip_features(services, clips[chosen[0]].clip_id)
    if chosen:
        st.button(
            f"Remove {plural(len(chosen), 'clip')}",
            icon=":material/delete:",
            on_click=services.workspace.clips.remove,
            args=([clips[row].clip_id for row in chosen],),
        )
