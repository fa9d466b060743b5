"""Import: files become videos, annotations wait for theirs, videos become clips. Sources are never modified."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from app.workflows.clipping import clips_of, shot_job
from app.workflows.extracting import activity_job
from app.workflows.jobs.kinds import FollowUp, JobKind, register
from app.workflows.pictures import picture_jobs
from app.workflows.video_facts import correct
from engine.clipping import ClippingSettings, clip_shortfall
from engine.files.problems import shortened
from engine.files.typed_path import typed_paths
from engine.runtime.spec import Item, JobSpec
from engine.sources.dataset_index import read_dataset_index
from engine.sources.folder import list_files
from engine.sources.gopro import group_chapters
from engine.sources.length import check_against_length
from engine.sources.names import match_key
from engine.sources.read import read_annotations
from storage.clips import Clip, SegmentRow
from storage.jobs import Outcome
from storage.videos import Video

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pyarrow as pa

    from engine.runtime.shards import ShardFolder
    from engine.sources.types import Problem
    from storage import Workspace

__all__ = ["AnnotationReport", "ImportRequest", "add_annotations", "import_spec", "prepare_import"]


@dataclass(frozen=True)
class ImportRequest:
    """Files to look at, and what could not even be looked at."""

    spec: JobSpec
    problems: tuple[Problem, ...]

    @property
    def files(self) -> int:
        return len(self.spec.items)


@dataclass(frozen=True)
class AnnotationReport:
    """What reading an annotation file came to."""

    path: str
    format: str
    rows: int
    new_segments: int
    videos: int
    waiting_videos: int
    new_clips: int
    problems: tuple[Problem, ...] = field(default=())
    """The first that there were, and how many more."""


def prepare_import(
    paths: Iterable[str | Path],
    *,
    source: str,
    clips: str | None,
    clipping: ClippingSettings,
    pictures: bool = True,
    follow_links: bool = True,
) -> ImportRequest:
    """List the files under `paths` and make the job that looks at each.

    `clips` is a clipping method, or None; with `pictures`, thumbnails and previews follow.
    """
    # Without `..`, but with links as they were named: a person recognises the path.
    typed, unknown = typed_paths(paths)
    given = {os.path.abspath(path) for path in typed}  # noqa: PTH100
    listing = list_files(sorted(given), follow_links=follow_links)
    chapters: dict[str, tuple[str, int]] = {}
    problems = [*unknown, *listing.problems]
    for recording in group_chapters(listing.files):
        problems.extend(recording.problems)
        if recording.is_gopro:
            chapters |= {str(c.path): (recording.recording_id, c.number) for c in recording.chapters}
    items = [
        Item(str(file), {"path": str(file), "named": str(file) in given}, cost=max(1.0, size_mb(file)))
        for file in listing.files
    ]
    settings = {
        "source": source,
        "clips": clips,
        "clipping": clipping.model_dump(mode="json"),
        "pictures": pictures,
        "chapters": chapters if source in ("gopro", "folder") else {},
    }
    return ImportRequest(import_spec(items, settings), shortened("", problems))


def import_spec(items: Sequence[Item], settings: dict[str, Any]) -> JobSpec:
    """The job that imports `items`."""
    return JobSpec("import", tuple(items), settings)


def size_mb(path: Path) -> float:
    """How much there is to read, for the balance of parts."""
    try:
        return path.stat().st_size / 1e6
    except OSError:
        return 1.0


def add_annotations(
    workspace: Workspace, path: str | Path, *, source: str | None, clipping: ClippingSettings
) -> AnnotationReport:
    """Keep the rows of an annotation file, and make clips of those whose video is here; the rest wait for theirs.

    Raises `SourceError` where the file can't be read at all.
    """
    read = read_annotations(path, source if source != "folder" else None)  # type: ignore[arg-type]
    file = os.path.abspath(path)  # noqa: PTH100 - without `..`, with links as they were named
    beside = read_dataset_index(file, read.source)
    lengths_s = {name: video.duration_s for name, video in beside.videos.items() if video.duration_s}
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

    # Each video's clips are kept by themselves: an annotation file may speak of thousands of videos.
    new_segments = workspace.clips.add_segments(segments)
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
        problems=shortened(file, (*beside.problems, *read.problems, *checked.problems, *problems)),
    )


# --- taking in what the workers found -------------------------------------------------------------------------------


def apply(workspace: Workspace, settings: dict[str, Any], shard: ShardFolder) -> list[Outcome]:
    """Add the videos of a shard that are new by content, and their clips."""
    found = shard.rows("video")
    planned = shard.table("clip")
    known = workspace.videos.by_sha256(row["sha256"] for row in found)
    outcomes = []
    for row in found:
        twin = known.get(row["sha256"])
        if twin is not None:
            message = already_here(workspace, twin, row["path"])
            video = workspace.videos.get(twin)
            corrected = correct(workspace, video, row)
            shortfall = ""
            if corrected and twin in workspace.videos.without_clips():
                shortfall = add_clips(workspace, workspace.videos.get(twin), row, planned, settings)
            said = "; ".join(filter(None, [message, corrected]))
            outcomes.append(Outcome(row["item"], "skipped", said, "; ".join(filter(None, [corrected, shortfall]))))
            continue
        video = new_video(workspace, row, settings)
        workspace.videos.add([video])
        known[video.sha256] = video.video_id
        message = "" if video.video_id == video.name else f"as {video.video_id}"
        shortfall = add_clips(workspace, video, row, planned, settings)
        outcomes.append(Outcome(row["item"], "done", message, shortfall))
    return outcomes


def add_clips(
    workspace: Workspace, video: Video, row: dict[str, Any], planned: pa.Table | None, settings: dict[str, Any]
) -> str:
    """Make the clips of a video as it comes in; returns why there are none or too few, or what was wrong with some."""
    if settings["clips"] == "annotations":
        limits = ClippingSettings.model_validate(settings["clipping"])
        made = clips_of(workspace, video, "annotations", limits)
        workspace.clips.add(made.clips)
        shortfall = clip_shortfall(made.plans, limits.max_clips_per_video)
        return "; ".join(filter(None, [shortfall, *map(str, made.problems)]))
    if planned is not None:
        workspace.clips.add(
            Clip(video.video_id, window["start_s"], window["end_s"], window["origin"])
            for window in planned.filter(pc.equal(planned["item"], row["item"])).to_pylist()
        )
    return str(row["few_clips"])


def already_here(workspace: Workspace, video_id: str, path: str) -> str:
    """What to say of a file whose content is known; where its old path is gone, the video is pointed at this one."""
    video = workspace.videos.get(video_id)
    if video.path == path:
        return "already imported"
    if not Path(video.path).exists():
        workspace.videos.relocate(video_id, path)
        return f"the same content as {video_id}, which had moved: it now points here"
    return f"the same content as {video_id} ({video.path})"


def new_video(workspace: Workspace, row: dict[str, Any], settings: dict[str, Any]) -> Video:
    """A row of the shard as a video with a name of its own."""
    recorded_at = row["recorded_at"]
    recording_id, chapter = settings["chapters"].get(row["path"], (None, None))
    source = "gopro" if chapter is not None else settings["source"]
    return Video(
        video_id=new_id(workspace, row["name"], row["sha256"]),
        name=row["name"],
        name_key=match_key(row["path"]),
        path=row["path"],
        source=source,
        recorded_at=datetime.fromisoformat(recorded_at) if recorded_at else None,
        recording_id=recording_id,
        chapter=chapter,
        imported_at=datetime.now(UTC),
        **{key: row[key] for key in PROBED},
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
"""A clip's name is this and its times, and must fit into a file name of 255 bytes on any file system."""


def new_id(workspace: Workspace, name: str, sha256: str) -> str:
    """The file's name, made safe for file names and links; with the head of its digest where the name is taken."""
    safe = re.sub(r"[^\w.-]+", "_", name).strip("._") or "video"
    base = safe.encode()[:MAX_ID_BYTES].decode(errors="ignore")
    candidates = [base, f"{base}-{sha256[:8]}", f"{base}-{sha256}"]
    taken = workspace.videos.known_ids(candidates)
    return next(candidate for candidate in candidates if candidate not in taken)


def after(workspace: Workspace, settings: dict[str, Any]) -> list[FollowUp]:
    """Shots where asked for; then pictures of what is new, and previews of what a browser can't play."""
    shots = []
    if settings["clips"] == "shots":
        shots = [shot_job(settings["clipping"], workspace.videos.find(ids=workspace.videos.without_clips()))]
    if settings["clips"] == "activity":
        measured = activity_job(workspace, settings["clipping"], pictures=settings["pictures"])
        return [measured] if measured.spec.items else []
    pictures = picture_jobs(workspace) if settings["pictures"] else []
    return [job for job in [*shots, *pictures] if job.spec.items]


register(JobKind("import", apply, after))
