"""Corrects facts of a video that an earlier version read wrongly, when it is imported or read again."""

from __future__ import annotations

from math import floor
from typing import TYPE_CHECKING

from app.workflows.clip_edits import SHORTEST_S, replace_with

if TYPE_CHECKING:
    from engine.contracts.files import FileFacts
    from storage import Workspace
    from storage.videos import Video

__all__ = ["correct"]

CORRECTED_S = 0.25
CORRECTED_SHARE = 0.05
"""Lengths and rates that differ by less count as equal: they are measured in two ways."""
BEYOND_S = 0.001
"""A clip may end this much after its video: both are rounded."""
WRONG_TIMES = "earlier versions took their video's length or frame rate for another"
WRONG_PICTURES = "earlier versions took pictures of WebM and Matroska that begin before zero at wrong times"
MISREAD = {
    "mpeg": {"mpeg1video", "mpeg2video", "h264", "hevc"},
    "mxf": {"h264", "hevc"},
    "asf": {"h264", "hevc", "mjpeg", "wmv1", "wmv2", "wmv3", "vc1", "mpeg4", "msmpeg4v2", "msmpeg4v3"},
}
"""Container → codecs of which earlier versions reported damage, or frames out of order, where there was none."""


def correct(workspace: Workspace, video: Video, facts: FileFacts) -> str:
    """Replace wrong facts of a video; returns what has changed, in words.

    Clips beyond the end are shortened or go, and what was measured on
    the rest by wrong times counts as not measured. Belongs into a transaction.
    """
    said = []
    if abs(video.duration_s - facts.duration_s) > CORRECTED_S:
        said.append(f"its length is {facts.duration_s:,.2f} s, not {video.duration_s:,.2f} s")
    if abs(video.fps - facts.fps) > CORRECTED_SHARE * video.fps:
        said.append(f"its rate is {facts.fps:,.2f} frames a second, not {video.fps:,.2f}")
    if said:
        workspace.videos.correct(video.video_id, facts)
        said += shorten_clips(workspace, video.video_id)
        workspace.features.doubt(video.video_id, WRONG_TIMES)
    workspace.videos.look_again(
        video.video_id,
        facts.first_frame_s,
        browser_playable=facts.browser_playable,
        header_damage=facts.header_damage,
    )
    is_first_look = video.first_frame_s is None
    is_before_zero = facts.first_frame_s < 0 and video.container in ("webm", "matroska")
    if is_first_look and is_before_zero:
        workspace.features.doubt(video.video_id, WRONG_PICTURES)
    if is_first_look and (is_before_zero or video.codec in MISREAD.get(video.container, ())):
        # any damage that is still there is reported again when the video is measured again
        workspace.videos.set_read_damage(video.video_id, "")
        workspace.media.forget(video.video_id)
    return f"corrected: {', '.join(said)}" if said else ""


def shorten_clips(workspace: Workspace, video_id: str) -> list[str]:
    """Shorten or remove clips that reach beyond the end of their video; returns what was done, in words.

    A clip with labels stays, tagged as replaced.
    """
    end_s = floor(workspace.videos.get(video_id).duration_s * 1000) / 1000
    counts = {"shortened": 0, "removed": 0, "kept": 0}
    for clip in workspace.clips.of_video(video_id):
        if clip.end_s <= end_s + BEYOND_S:
            continue
        is_part_left = end_s - clip.start_s >= SHORTEST_S
        rest = [(clip.start_s, end_s)] if is_part_left else []
        _, kept = replace_with(workspace, clip.clip_id, rest, origin=clip.origin)
        counts["shortened" if is_part_left else "removed"] += 1
        counts["kept"] += kept
    words = {
        "shortened": "that reached beyond its end shortened",
        "removed": "beyond its end removed",
        "kept": "of these kept, tagged “replaced”, because labels speak of them",
    }
    return [f"{count:,} {'clip' if count == 1 else 'clips'} {words[what]}" for what, count in counts.items() if count]
