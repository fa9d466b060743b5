"""Changes a clip's window or splits a clip: a clip is named by its window, so the result is a new clip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import EngineError
from engine.video.windows import Window
from storage.clips import REPLACED, Clip

if TYPE_CHECKING:
    from storage import Workspace

__all__ = ["change_window", "split_clip"]

SHORTEST_S = 0.1


def change_window(workspace: Workspace, clip_id: str, start_s: float, end_s: float) -> tuple[list[str], bool]:
    """Give a clip another window. Returns the new clip's id, and whether the old one stays because it has labels.

    Raises `EngineError` for a window that is shorter than 0.1 s or lies outside of the video.
    """
    return replace_with(workspace, clip_id, [(start_s, end_s)])


def split_clip(workspace: Workspace, clip_id: str, at_s: float) -> tuple[list[str], bool]:
    """Split a clip in two at a time of its video. Returns their ids, and whether the old clip stays."""
    old = workspace.clips.get(clip_id)
    return replace_with(workspace, clip_id, [(old.start_s, at_s), (at_s, old.end_s)])


def replace_with(
    workspace: Workspace, clip_id: str, windows: list[tuple[float, float]], *, origin: str = "manual"
) -> tuple[list[str], bool]:
    """Replace a clip by clips with these windows, or by none; they inherit its narration and tags.

    Returns their ids, and whether the old clip stays because it has labels.
    """
    old = workspace.clips.get(clip_id)
    video = workspace.videos.get(old.video_id)
    for start_s, end_s in windows:
        try:
            window = Window(start_s, end_s)
            window.check_inside(video.duration_s, slack_s=0.001)
            if window.duration_s < SHORTEST_S:
                raise ValueError(f"{window.duration_s:.2f} s are too short")
        except ValueError as error:
            raise EngineError(
                f"{start_s:.2f} to {end_s:.2f} s can't be a clip of {video.name}: {error}.",
                remedy=f"A clip lies inside its video and is at least {SHORTEST_S:g} s long.",
            ) from error
    made = [
        Clip(
            video_id=old.video_id, start_s=start_s, end_s=end_s, origin=origin,
            narration=old.narration, verb=old.verb, noun=old.noun, segment_id=old.segment_id,
        )
        for start_s, end_s in windows
    ]  # fmt: skip
    ids = [clip.clip_id for clip in made]
    labelled = workspace.labels.speak_of(clip_id)

    def work() -> None:
        workspace.clips.add(made)
        for tag in workspace.tags.of_clip(clip_id):
            workspace.tags.add(ids, tag)
        if clip_id in ids:
            return
        if labelled:
            workspace.tags.add([clip_id], REPLACED)
        else:
            workspace.clips.remove([clip_id])

    workspace.database.transact(work)
    return ids, labelled and clip_id not in ids
