"""Imports videos and annotation files, and cuts the videos into clips. Source files are never modified."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from app.workflows.clipping import clips_of, shot_job
from app.workflows.extracting import activity_job
from app.workflows.jobs.kinds import FollowUp, JobKind
from app.workflows.pictures import picture_jobs
from app.workflows.video_facts import correct
from engine.clipping import clip_shortfall
from engine.contracts.files import FilePayload, ImportSettings, PlannedClipRow, VideoRow
from engine.files.problems import shortened
from engine.files.typed_path import typed_paths
from engine.runtime.spec import Item, JobSpec
from engine.sources.dataset_index import read_dataset_index
from engine.sources.folder import list_files
from engine.sources.gopro import group_chapters
from engine.sources.length import check_against_length
from engine.sources.names import match_key
from engine.sources.read import read_annotations
from storage.clips import Clip
from storage.jobs import Outcome
from storage.segments import SegmentRow
from storage.videos import Video

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.clipping import ClippingSettings, Method
    from engine.contracts.files import Chapters
    from engine.runtime.shards import ShardFolder
    from engine.sources.types import Problem
    from storage import Workspace

__all__ = ["IMPORT_KIND", "AnnotationReport", "ImportRequest", "add_annotations", "import_spec", "prepare_import"]


@dataclass(frozen=True)
class ImportRequest:
    """The files to import with their job, and the paths that could not be listed."""

    spec: JobSpec
    problems: tuple[Problem, ...]

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
    # Resolves `..` but not links, so that a person recognises the path.
    typed, unknown = typed_paths(paths)
    given = {os.path.abspath(path) for path in typed}  # noqa: PTH100
    listing = list_files(sorted(given), follow_links=follow_links)
    chapters: Chapters = {}
    problems = [*unknown, *listing.problems]
    for recording in group_chapters(listing.files):
        problems.extend(recording.problems)
        if recording.is_gopro:
            chapters |= {str(c.path): (recording.recording_id, c.number) for c in recording.chapters}
    items = [
        Item(str(file), FilePayload(path=str(file), named=str(file) in given), cost=max(1.0, size_mb(file)))
        for file in listing.files
    ]
    settings = ImportSettings(
        source=source,
        clips=clips,
        clipping=clipping,
        pictures=pictures,
        chapters=chapters if source in ("gopro", "folder") else {},
    )
    return ImportRequest(import_spec(items, settings), shortened("", problems))


def import_spec(items: Sequence[Item[FilePayload]], settings: ImportSettings) -> JobSpec:
    """The job that imports `items`."""
    return JobSpec("import", tuple(items), settings)


def size_mb(path: Path) -> float:
    """How much there is to read, to balance the parts of a job."""
    try:
        return path.stat().st_size / 1e6
    except OSError:
        return 1.0


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
    outcomes = []
    for row in found:
        twin = known.get(row.sha256)
        if twin is not None:
            message = already_here(workspace, twin, row.path)
            video = workspace.videos.get(twin)
            corrected = correct(workspace, video, row)
            shortfall = ""
            if corrected and twin in workspace.videos.without_clips():
                shortfall = add_clips(workspace, workspace.videos.get(twin), row, planned.get(row.item, ()), settings)
            said = "; ".join(filter(None, [message, corrected]))
            warning = "; ".join(filter(None, [corrected, shortfall]))
            outcomes.append(Outcome(row.item, "skipped", said, warning=warning))
            continue
        video = new_video(workspace, row, source=settings.source, chapters=settings.chapters)
        workspace.videos.add([video])
        known[video.sha256] = video.video_id
        message = "" if video.video_id == video.name else f"as {video.video_id}"
        shortfall = add_clips(workspace, video, row, planned.get(row.item, ()), settings)
        outcomes.append(Outcome(row.item, "done", message, warning=shortfall))
    return outcomes


def add_clips(
    workspace: Workspace, video: Video, row: VideoRow, planned: Iterable[PlannedClipRow], settings: ImportSettings
) -> str:
    """Make the clips of a new video; returns why there are none or too few, or what was wrong with some."""
    if settings.clips == "annotations":
        limits = settings.clipping
        made = clips_of(workspace, video, "annotations", limits)
        workspace.clips.add(made.clips)
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
    if not Path(video.path).exists():
        workspace.videos.relocate(video_id, path)
        return f"the same content as {video_id}, which had moved: it now points here"
    return f"the same content as {video_id} ({video.path})"


def new_video(workspace: Workspace, row: VideoRow, *, source: str, chapters: Chapters) -> Video:
    """A row of the shard as a video with a new id."""
    recording_id, chapter = chapters.get(row.path, (None, None))
    return Video(
        video_id=new_id(workspace, row.name, row.sha256),
        name=row.name,
        name_key=match_key(row.path),
        path=row.path,
        source="gopro" if chapter is not None else source,
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


def after(workspace: Workspace, settings: ImportSettings) -> list[FollowUp]:
    """Shot detection where requested; then thumbnails of what is new, and previews of what a browser can't play."""
    shots = []
    if settings.clips == "shots":
        shots = [shot_job(settings.clipping, workspace.videos.find(ids=workspace.videos.without_clips()))]
    if settings.clips == "activity":
        measured = activity_job(workspace, settings.clipping, pictures=settings.pictures)
        return [measured] if measured.spec.items else []
    pictures = picture_jobs(workspace) if settings.pictures else []
    return [job for job in [*shots, *pictures] if job.spec.items]


IMPORT_KIND = JobKind(
    kind="import", lane="quick", settings=ImportSettings, payload=FilePayload, apply=apply, after=after, portable=True
)
