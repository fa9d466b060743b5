"""Adds others' clips of videos that are here: checks which are valid, and reports what is left out and why.

Bundles, pulls, and videos that come with clips all use `add_clips`; callers must report what it leaves out.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.settings.data import DataSettings
from engine.video.windows import Window
from storage.clips import Clip
from storage.errors import StorageError
from storage.tags import checked

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from storage import Workspace
    from storage.sharing import SharedClip

__all__ = ["Offered", "add_clips", "sound_offers"]

MOST_BEYOND_S = 0.5
"""How far others' clips may reach beyond the length measured here."""


@dataclass(frozen=True)
class Offered:
    """A clip that others know of a video that is here; `name` is theirs, for what is said of it."""

    video_id: str
    duration_s: float
    clip: SharedClip
    name: str = ""


class OfferedClips:
    """Others' clips of videos that are here, each window once, within the settings' limit of clips for each video,
    existing ones included."""

    def __init__(self, workspace: Workspace, video_ids: Iterable[str]) -> None:
        self._most = workspace.settings.load(DataSettings).clipping.max_clips_per_video
        self._here = workspace.clips.ids_by_video(video_ids)
        self._counts = Counter({video_id: len(clip_ids) for video_id, clip_ids in self._here.items()})
        self.clips: dict[str, Clip] = {}
        """Clips to add, and clips that are here already: their tags may be new."""
        self.new = 0
        self._too_many: Counter[str] = Counter()
        self._twice = 0

    def take(self, offered: Offered) -> Clip | None:
        """The clip, or None where it is left out. Raises `StorageError` for a window that lies outside of the video."""
        video_id = offered.video_id
        clip = window_of(video_id, offered.duration_s, offered.clip)
        if clip.clip_id in self._here.get(video_id, ()):
            return self.clips.setdefault(clip.clip_id, clip)
        known = self.clips.get(clip.clip_id)
        if known is not None:  # several people may share the same clip
            self._twice += known != clip
            return known if known == clip else None
        if self._counts[video_id] >= self._most:
            self._too_many[video_id] += 1
            return None
        self._counts[video_id] += 1
        self.new += 1
        self.clips[clip.clip_id] = clip
        return clip

    def problems(self) -> list[str]:
        """Sentences on what was left out."""
        limit = f"at most {self._most:,} clips of a video come in (`max_clips_per_video` in data.yaml)"
        found = [f"{number:,} more clips of {video} are left out: {limit}" for video, number in self._too_many.items()]
        if self._twice:
            found.append(f"{self._twice:,} clips are left out: to the millisecond, their windows are those of others")
        return found


def window_of(video_id: str, duration_s: float, said: SharedClip) -> Clip:
    """Another workspace's clip as a clip of a video here. Raises `StorageError` for a window outside the video."""
    clip = Clip(
        video_id=video_id,
        start_s=said.start_s,
        end_s=said.end_within(duration_s),
        origin=said.origin,
        narration=said.narration,
        verb=said.verb,
        noun=said.noun,
    )
    try:
        # To the millisecond, as in clip ids: a clip that begins later than that shows no frame.
        Window(round(clip.start_s, 3), round(clip.end_s, 3)).check_inside(duration_s, slack_s=MOST_BEYOND_S)
    except ValueError as error:
        raise StorageError(f"{error}.") from error
    return clip


def add_clips(workspace: Workspace, offered: Sequence[Offered], title: str) -> list[str]:
    """Add others' clips of videos that are here, and their tags, as one action called `title` that can be undone.
    Returns which clips were left out, and why."""
    made, tags, problems = sound_offers(workspace, offered)
    workspace.clips.add(made.clips.values())
    workspace.tags.add_theirs(tags, title)
    return problems


def sound_offers(
    workspace: Workspace, offered: Sequence[Offered]
) -> tuple[OfferedClips, list[tuple[str, str]], list[str]]:
    """`(clips, tags, problems)`: the valid part of `offered`, and sentences on the rest. Nothing is written."""
    made = OfferedClips(workspace, {one.video_id for one in offered})
    tags: list[tuple[str, str]] = []
    problems: list[str] = []
    for one in offered:
        try:
            clip = made.take(one)
        except StorageError as error:
            problems.append(f"{one.name or f'a clip of {one.video_id}'} is left out: {error}")
            continue
        tags += [(clip.clip_id, tag) for tag in one.clip.tags] if clip is not None else []
    good, odd = sound_tags(tags)
    return made, good, [*problems, *made.problems(), *odd]


def sound_tags(tags: Iterable[tuple[str, str]]) -> tuple[list[tuple[str, str]], list[str]]:
    """`(tags, problems)`: the `(clip_id, tag)` with a valid tag, and sentences on the rest."""
    good: list[tuple[str, str]] = []
    problems: list[str] = []
    for clip_id, tag in tags:
        try:
            good.append((clip_id, checked(tag)))
        except StorageError as error:
            problems.append(f"a tag of {clip_id} is left out: {error}")
    return good, problems
