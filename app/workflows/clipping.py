"""Cuts videos into clips: windows planned from a video's length, annotations, activity or shots, then stored."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from math import isfinite
from typing import TYPE_CHECKING

from app.workflows.damage import take_damage
from app.workflows.jobs.kinds import FollowUp, JobKind
from app.workflows.pictures import picture_jobs
from engine.clipping import (
    ClippingSettings,
    ClipPlan,
    clip_shortfall,
    plan_activity,
    plan_annotations,
    plan_shots,
    plan_stride,
    plan_whole,
    plan_windows,
    summarise,
)
from engine.contracts.cutting import MakeClipsSettings, VideoToCutRow
from engine.contracts.shots import ShotPayload, ShotRow, ShotSettings
from engine.features.activity import active_windows
from engine.features.settings import FeatureSettings
from engine.files.problems import shortened_sentences
from engine.runtime.spec import Item, ItemPayload, JobSpec
from engine.sources.length import check_against_length
from engine.sources.types import Problem, Segment
from engine.video.windows import Window, union
from storage.clips import Clip
from storage.errors import StorageError
from storage.jobs import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.clipping import Method, PlannedClip, PlanSummary
    from engine.runtime.shards import ShardFolder
    from storage import Workspace
    from storage.segments import SegmentRow
    from storage.videos import Video

__all__ = [
    "CLIPS_KIND",
    "METHODS",
    "SHOTS_KIND",
    "MadeClips",
    "add_manual",
    "clips_of",
    "cut_job",
    "cut_video",
    "preview",
    "preview_some",
    "shot_job",
]

MOST_PREVIEWED_VIDEOS = 500
MOST_PREVIEWED_CLIPS = 50_000
"""The most windows planned for a page's preview: about a second's work."""

METHODS: dict[Method, str] = {
    "annotations": "One clip for each annotated action",
    "stride": "Clips of a fixed length, one after another",
    "shots": "One clip for each shot, cut where the picture changes",
    "activity": "Clips without idle head and tail, by the motion and hands of measured clips",
    "whole": "Each video is one clip",
}


@dataclass(frozen=True)
class MadeClips:
    """Clips of one video, the plans they come from, and the problems met."""

    clips: tuple[Clip, ...]
    plans: tuple[ClipPlan, ...]
    problems: tuple[Problem, ...] = ()


def clips_of(workspace: Workspace, video: Video, method: str, settings: ClippingSettings) -> MadeClips:
    """The clips that `method` gives for one video. Shots need its frames, so they come from a job (`shot_job`)."""
    if method == "stride":
        planned = plan_stride(
            video.duration_s,
            settings.length_s,
            settings.stride_s,
            min_s=settings.min_s,
            keep_tail=settings.keep_tail,
            most=settings.max_clips_per_video,
        )
        return MadeClips(as_clips(video, planned.clips), (planned,))
    if method == "whole":
        planned = plan_whole(video.duration_s)
        return MadeClips(as_clips(video, planned.clips), (planned,))
    if method == "annotations":
        return from_annotations(workspace, video, settings)
    if method == "activity":
        return from_activity(workspace, video, settings)
    raise StorageError(f"{method!r} is no way to make clips here", remedy=f"Choose one of {', '.join(METHODS)}.")


def from_annotations(workspace: Workspace, video: Video, settings: ClippingSettings) -> MadeClips:
    """Clips from the annotation rows that name the video, trimmed to its length, file by file; and the windows that a
    data set names of it, as they are."""
    clips: list[Clip] = []
    plans: list[ClipPlan] = []
    problems: list[Problem] = []
    rows = sorted(workspace.segments.of_video(video.name_key, video.path), key=lambda row: row.file)
    for file, group in groupby(rows, key=lambda row: row.file):
        of_file = list(group)
        segments = [as_segment(video, row) for row in of_file]
        checked = check_against_length(segments, {video.name: video.duration_s}, path=file)
        if of_file[0].is_window:
            planned = plan_windows(checked.segments, video.duration_s)
        else:
            planned = plan_annotations(checked.segments, video.duration_s, settings)
        ids = {row.row_number: row.segment_id for row in of_file}
        clips.extend(as_clips(video, planned.clips, ids))
        plans.append(planned)
        problems.extend(checked.problems)
    return MadeClips(tuple(clips), tuple(plans), tuple(problems))


def from_activity(workspace: Workspace, video: Video, settings: ClippingSettings) -> MadeClips:
    """Clips from the stretches of the video in which its measured clips show activity. Nothing is decoded.

    A video without a measured clip gives none, and a problem that reports it.
    """
    limits = workspace.settings.load(FeatureSettings).activity  # type: ignore[attr-defined]
    windows: list[Window] = []
    measured = 0
    for clip in workspace.clips.of_video(video.video_id):
        motion = workspace.features.track("motion_track", clip.clip_id)
        if motion is None or clip.origin == "activity":
            continue
        hands = workspace.features.track("hand_track", clip.clip_id)
        window = Window(clip.start_s, clip.end_s)
        windows.extend(active_windows(motion.series, hands.series if hands else None, window, limits))
        measured += 1
    if not measured:
        reason = "none of its clips was measured yet: extract motion and hands first"
        return MadeClips((), (ClipPlan(),), (Problem(str(video.place), None, reason),))
    planned = plan_activity([(w.start_s, w.end_s) for w in union(windows)], video.duration_s, settings)
    return MadeClips(as_clips(video, planned.clips), (planned,))


def as_segment(video: Video, row: SegmentRow) -> Segment:
    """A row of the segment table as the planner's type."""
    return Segment(
        video_name=video.name,
        start_s=row.start_s,
        end_s=row.end_s if isfinite(row.end_s) else video.duration_s,
        narration=row.narration or "",
        verb=row.verb or "",
        noun=row.noun or "",
        row=row.row_number,
    )


def as_clips(
    video: Video, planned: Iterable[PlannedClip], segment_ids: dict[int, str] | None = None
) -> tuple[Clip, ...]:
    """Planned windows as clips to store."""
    ids = segment_ids or {}
    return tuple(
        Clip(
            video_id=video.video_id,
            start_s=p.start_s,
            end_s=p.end_s,
            origin=p.origin,
            narration=p.narration or None,
            verb=p.verb or None,
            noun=p.noun or None,
            segment_id=ids.get(p.row) if p.row is not None else None,
        )
        for p in planned
    )


def preview(workspace: Workspace, videos: Iterable[Video], method: str, settings: ClippingSettings) -> PlanSummary:
    """Preview of cutting these videos: counts and lengths, with a sentence about them."""
    return summarise(plan for video in videos for plan in clips_of(workspace, video, method, settings).plans)


def preview_some(
    workspace: Workspace, videos: Sequence[Video], method: str, settings: ClippingSettings
) -> tuple[PlanSummary, int]:
    """`(preview, number of videos)` of the first videos: as many as can be planned while a page waits."""
    plans: list[ClipPlan] = []
    looked_at = planned = 0
    for video in videos[:MOST_PREVIEWED_VIDEOS]:
        if planned >= MOST_PREVIEWED_CLIPS:
            break
        found = clips_of(workspace, video, method, settings).plans
        plans += found
        planned += sum(len(plan.clips) for plan in found)
        looked_at += 1
    return summarise(plans), looked_at


def cut_video(
    workspace: Workspace, video: Video, method: str, settings: ClippingSettings
) -> tuple[int, tuple[str, ...]]:
    """Make and store the clips of one video; existing windows stay. Returns how many are new, and why there are
    none or too few, or what was wrong with some."""
    made = clips_of(workspace, video, method, settings)
    new = workspace.clips.add(made.clips)
    workspace.clips.link(made.clips)
    why = clip_shortfall(made.plans, settings.max_clips_per_video)
    return new, tuple(filter(None, [why, *map(str, made.problems)]))


# --- many videos: a job, whose worker only reports progress ----------------------------------------------------------


def cut_job(method: Method, settings: ClippingSettings, videos: Iterable[Video]) -> FollowUp:
    """The job that makes clips of `videos`."""
    if method == "shots":
        return shot_job(settings, videos)
    items = tuple(Item(video.video_id, ItemPayload()) for video in videos)
    return FollowUp("Make clips", JobSpec("clips", items, MakeClipsSettings(method=method, clipping=settings)))


def apply_cut(workspace: Workspace, settings: MakeClipsSettings, shard: ShardFolder, _prepared: None) -> list[Outcome]:
    """Make the clips of a shard's videos, one video at a time, so that memory holds one video's clips."""
    wanted = [row.item for row in shard.read(VideoToCutRow)]
    videos = {video.video_id: video for video in workspace.videos.find(ids=wanted)}
    outcomes = []
    for video_id in wanted:
        if video_id not in videos:
            outcomes.append(Outcome(video_id, "skipped", "the video was removed meanwhile"))
            continue
        _, odd = cut_video(workspace, videos[video_id], settings.method, settings.clipping)
        outcomes.append(Outcome(video_id, "done", left_out="; ".join(shortened_sentences(odd))))
    return outcomes


def add_manual(workspace: Workspace, video_id: str, start_s: float, end_s: float) -> Clip:
    """Store a window that a person marked. Raises `StorageError` for one that is not inside the video."""
    video = workspace.videos.get(video_id)
    start_s, end_s = round(max(0.0, start_s), 3), round(min(end_s, video.duration_s), 3)
    clip = Clip(video_id=video_id, start_s=start_s, end_s=end_s, origin="manual")
    workspace.clips.add([clip])
    return clip


# --- shots: a job, because they need the frames ----------------------------------------------------------------------


def shot_job(clipping: ClippingSettings, videos: Iterable[Video]) -> FollowUp:
    """The job that finds the shots of `videos` and makes clips of them."""
    items = tuple(Item(v.video_id, ShotPayload(path=v.path), cost=max(1.0, v.duration_s)) for v in videos)
    return FollowUp("Find shots", JobSpec("shots", items, ShotSettings(clipping=clipping)))


def apply_shots(workspace: Workspace, settings: ShotSettings, shard: ShardFolder, _prepared: None) -> list[Outcome]:
    """Make clips of the shots in a shard."""
    limits = settings.clipping
    windows: dict[str, list[tuple[float, float]]] = {}
    for row in shard.read(ShotRow):
        windows.setdefault(row.item, []).append((row.start_s, row.end_s))
    take_damage(workspace, shard)
    outcomes = []
    for video in workspace.videos.find(ids=windows):
        planned = plan_shots(windows[video.video_id], video.duration_s, limits)
        workspace.clips.add(as_clips(video, planned.clips))
        why = clip_shortfall([planned], limits.max_clips_per_video)
        outcomes.append(Outcome(video.video_id, "done", warning=why))
    return outcomes


CLIPS_KIND = JobKind(
    kind="clips",
    lane="quick",
    settings=MakeClipsSettings,
    apply=apply_cut,
    after=lambda workspace, _settings: picture_jobs(workspace),
    workers=1,
)
SHOTS_KIND = JobKind(
    kind="shots",
    settings=ShotSettings,
    payload=ShotPayload,
    apply=apply_shots,
    portable=True,
    after=lambda workspace, _settings: picture_jobs(workspace),
)
