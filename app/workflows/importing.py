"""Imports videos and annotation files, and cuts the videos into clips. Source files are never modified."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.workflows.clipping import clips_of, shot_job
from app.workflows.extracting import activity_job
from app.workflows.jobs.kinds import FollowUp, JobKind, Note
from app.workflows.known_scores import scores_note, take_scores
from app.workflows.pictures import picture_jobs
from app.workflows.video_facts import correct
from engine.clipping import clip_shortfall
from engine.contracts.files import FilePayload, ImportSettings, PlannedClipRow, VideoRow
from engine.files.place import place_of
from engine.files.problems import shortened
from engine.files.typed_path import typed_paths
from engine.runtime.spec import Item, JobSpec
from engine.sources.dataset_index import read_dataset_index
from engine.sources.length import check_against_length
from engine.sources.names import match_key
from engine.sources.read import read_annotations
from engine.sources.video_files import Ego4d, EpicKitchens, Folder, FolderOptions, GoPro
from storage.clips import Clip
from storage.jobs import Outcome
from storage.segments import SegmentRow
from storage.videos import Video

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from engine.clipping import ClippingSettings, Method
    from engine.contracts.files import Chapters
    from engine.runtime.shards import ShardFolder
    from engine.sources.base import SourceListing
    from engine.sources.types import Problem
    from storage import Workspace

__all__ = [
    "IMPORT_KIND",
    "SAME_CONTENT",
    "AnnotationReport",
    "ImportRequest",
    "add_annotations",
    "import_job",
    "prepare_import",
]

SAME_CONTENT = "the same content as"
"""How the message begins about a file whose content another video has."""

VIDEO_FILES = {kind.name: kind for kind in (Folder, EpicKitchens, Ego4d, GoPro)}


@dataclass(frozen=True)
class ImportRequest:
    """The files to import with their job, and the paths that could not be listed."""

    spec: JobSpec
    problems: tuple[Problem, ...]
    notes: tuple[str, ...] = ()
    """What a person should know of how the source was read."""
    new_segments: int = 0
    """How many of the windows that the source names were not known."""

    @property
    def files(self) -> int:
        return len(self.spec.items)


@dataclass(frozen=True, kw_only=True)
class AnnotationReport:
    """The result of reading an annotation file."""

    path: str
    format: str
    rows: int
    new_segments: int
    videos: int
    waiting_videos: int
    new_clips: int
    problems: tuple[Problem, ...] = field(default=())
    """The first problems, and how many more there are."""


def prepare_import(
    paths: Iterable[str | Path],
    *,
    source: str,
    clips: Method | None,
    clipping: ClippingSettings,
    pictures: bool = True,
    follow_links: bool = True,
) -> ImportRequest:
    """List the files under `paths` and make the job that imports them.

    `clips` is a clipping method, or None; with `pictures`, thumbnails and previews follow.
    """
    typed, unknown = typed_paths(paths)
    kind = VIDEO_FILES.get(source, Folder)
    listing = kind(FolderOptions(follow_links=follow_links)).listing(typed)
    spec = import_job(listing, source=source, clips=clips, clipping=clipping, pictures=pictures)
    return ImportRequest(spec, shortened("", (*unknown, *listing.problems)))


def import_job(
    listing: SourceListing,
    *,
    source: str,
    clips: Method | None,
    clipping: ClippingSettings,
    pictures: bool = True,
    scores: str | None = None,
) -> JobSpec:
    """The job that imports the files of a listing."""
    items = [
        Item(
            str(place_of(file.path)),
            FilePayload(
                path=file.path,
                named=file.named,
                name=file.name,
                group=file.group,
                chapter=file.chapter,
                source=file.source,
            ),
            cost=max(1.0, file.size_bytes / 1e6),
        )
        for file in listing.files
    ]
    settings = ImportSettings(source=source, clips=clips, clipping=clipping, pictures=pictures, scores=scores)
    return JobSpec("import", tuple(items), settings)


def add_annotations(
    workspace: Workspace, path: str | Path, *, source: str | None, clipping: ClippingSettings
) -> AnnotationReport:
    """Store the rows of an annotation file, and make clips of those whose video is here; the rest wait for their video.

    Raises `SourceError` where the file can't be read at all.
    """
    read = read_annotations(path, source if source != "folder" else None)  # type: ignore[arg-type]
    file = os.path.abspath(path)  # noqa: PTH100 - without `..`, with links as they were named
    index = read_dataset_index(file, read.source)
    lengths_s = {name: video.duration_s for name, video in index.videos.items() if video.duration_s}
    checked = check_against_length(read.segments, lengths_s, path=file)
    segments = [
        SegmentRow(
            source=read.source,
            video_name=s.video_name,
            name_key=match_key(s.video_name),
            start_s=s.start_s,
            end_s=s.end_s,
            narration=s.narration or None,
            verb=s.verb or None,
            noun=s.noun or None,
            participant=s.participant or None,
            file=file,
            row_number=s.row or 0,
        )
        for s in checked.segments
    ]
    names = {s.name_key for s in segments}
    here = [video for video in workspace.videos.find() if video.name_key in names]

    # Each video's clips are stored on their own: an annotation file may name thousands of videos.
    new_segments = workspace.segments.add(segments)
    new_clips = 0
    problems: list[Problem] = []
    for video in here:
        made = clips_of(workspace, video, "annotations", clipping)
        new_clips += workspace.clips.add(made.clips)
        problems.extend(made.problems)
    return AnnotationReport(
        path=file,
        format=read.format,
        rows=len(segments),
        new_segments=new_segments,
        videos=len(names),
        waiting_videos=len(names - {video.name_key for video in here}),
        new_clips=new_clips,
        problems=shortened(file, (*index.problems, *read.problems, *checked.problems, *problems)),
    )


# --- storing what the workers found ---------------------------------------------------------------------------------


def apply(workspace: Workspace, settings: ImportSettings, shard: ShardFolder, _prepared: None) -> list[Outcome]:
    """Add a shard's videos whose content is new, and their clips."""
    found = shard.read(VideoRow)
    planned: dict[str, list[PlannedClipRow]] = {}
    for clip in shard.read(PlannedClipRow):
        planned.setdefault(clip.item, []).append(clip)
    known = workspace.videos.by_sha256(row.sha256 for row in found)
    imported: dict[str, Video] = {}
    outcomes = []
    for row in found:
        twin = known.get(row.sha256)
        if twin is not None:
            message = already_here(workspace, twin, row.path)
            if row.source:
                workspace.videos.state_source(twin, row.source)
            corrected = correct(workspace, workspace.videos.get(twin), row)
            imported[row.path] = video = workspace.videos.get(twin)
            shortfall = ""
            if (corrected and twin in workspace.videos.without_clips()) or has_windows(workspace, video, settings):
                shortfall = add_clips(workspace, video, row, planned.get(row.item, ()), settings)
            said = "; ".join(filter(None, [message, corrected]))
            warning = "; ".join(filter(None, [corrected, shortfall]))
            outcomes.append(Outcome(row.item, "skipped", said, warning=warning))
            continue
        imported[row.path] = video = new_video(workspace, row, source=settings.source, chapters=settings.chapters)
        workspace.videos.add([video])
        known[video.sha256] = video.video_id
        message = "" if video.video_id == video.name else f"as {video.video_id}"
        shortfall = add_clips(workspace, video, row, planned.get(row.item, ()), settings)
        outcomes.append(Outcome(row.item, "done", message, warning=shortfall))
    if settings.scores:
        take_scores(workspace, settings.scores, imported)
    return outcomes


def has_windows(workspace: Workspace, video: Video, settings: ImportSettings) -> bool:
    """Whether a data set names windows of this very file, and they are to be its clips."""
    rows = workspace.segments.of_video(video.name_key, video.path) if settings.clips == "annotations" else ()
    return any(row.is_window for row in rows)


def add_clips(
    workspace: Workspace, video: Video, row: VideoRow, planned: Iterable[PlannedClipRow], settings: ImportSettings
) -> str:
    """Make the clips of a new video; returns why there are none or too few, or what was wrong with some."""
    if settings.clips == "annotations":
        limits = settings.clipping
        made = clips_of(workspace, video, "annotations", limits)
        workspace.clips.add(made.clips)
        workspace.clips.link(made.clips)
        shortfall = clip_shortfall(made.plans, limits.max_clips_per_video)
        return "; ".join(filter(None, [shortfall, *map(str, made.problems)]))
    workspace.clips.add(
        Clip(video_id=video.video_id, start_s=clip.start_s, end_s=clip.end_s, origin=clip.origin) for clip in planned
    )
    return row.few_clips


def already_here(workspace: Workspace, video_id: str, path: str) -> str:
    """The message about a file whose content is known; where its old path is gone, the video moves to this one."""
    video = workspace.videos.get(video_id)
    if video.path == path:
        return "already imported"
    if not video.place.exists():
        workspace.videos.relocate({video_id: place_of(path)})
        workspace.segments.move({video.path: path})
        return f"{SAME_CONTENT} {video_id}, which had moved: it now points here"
    workspace.segments.move({path: video.path})
    return f"{SAME_CONTENT} {video_id} ({video.place})"


def new_video(workspace: Workspace, row: VideoRow, *, source: str, chapters: Chapters) -> Video:
    """A row of the shard as a video with a new id."""
    place = place_of(row.path)
    recording_id, chapter = chapters.get(row.path, (row.group or None, row.chapter))
    return Video(
        video_id=new_id(workspace, row.name, row.sha256),
        name=row.name,
        name_key=match_key(place.name if row.name == place.stem else row.name),
        path=row.path,
        source="gopro" if chapter is not None else row.source or source,
        recorded_at=datetime.fromisoformat(row.recorded_at) if row.recorded_at else None,
        recording_id=recording_id,
        chapter=chapter,
        imported_at=datetime.now(UTC),
        **{key: value for key, value in row.columns().items() if key in PROBED},
    )


PROBED = (
    *("sha256", "size_bytes", "duration_s", "fps", "width", "height", "codec", "pix_fmt", "container"),
    *(
        "rotation_deg",
        "has_audio",
        "has_telemetry",
        "variable_rate",
        "browser_playable",
        "first_frame_s",
        "header_damage",
    ),
)


MAX_ID_BYTES = 96
"""A clip's id is this and its times, and must fit into a file name of 255 bytes on any file system."""


def new_id(workspace: Workspace, name: str, sha256: str) -> str:
    """A video id from the file's name, safe in file names and links; with the start of its digest where it is taken."""
    safe = re.sub(r"[^\w.-]+", "_", name).strip("._") or "video"
    base = safe.encode()[:MAX_ID_BYTES].decode(errors="ignore")
    candidates = [base, f"{base}-{sha256[:8]}", f"{base}-{sha256}"]
    taken = workspace.videos.known_ids(candidates)
    return next(candidate for candidate in candidates if candidate not in taken)


def after(workspace: Workspace, settings: ImportSettings) -> list[FollowUp | Note]:
    """Shot detection where requested; then thumbnails of what is new, and previews of what a browser can't play."""
    came = list(scores_note(workspace, settings.scores)) if settings.scores else []
    shots = []
    if settings.clips == "shots":
        shots = [shot_job(settings.clipping, workspace.videos.find(ids=workspace.videos.without_clips()))]
    if settings.clips == "activity":
        measured = activity_job(workspace, settings.clipping, pictures=settings.pictures)
        return [*came, *([measured] if measured.spec.items else [])]
    pictures = picture_jobs(workspace) if settings.pictures else []
    return [*came, *(job for job in [*shots, *pictures] if job.spec.items)]


IMPORT_KIND = JobKind(
    kind="import", lane="quick", settings=ImportSettings, payload=FilePayload, apply=apply, after=after, portable=True
)
