"""What a video's file says of itself, as the steps that look at one hand it to the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.contracts.files import FileFacts

if TYPE_CHECKING:
    from engine.video.types import VideoInfo

__all__ = ["file_facts"]


def file_facts(info: VideoInfo) -> FileFacts:
    """What comes from the file's content alone."""
    return FileFacts(
        duration_s=info.duration_s,
        first_frame_s=info.start_s,
        fps=info.fps,
        width=info.width,
        height=info.height,
        variable_rate=bool(info.variable_frame_rate),
        browser_playable=info.browser_playable,
        header_damage=info.damage,
    )
