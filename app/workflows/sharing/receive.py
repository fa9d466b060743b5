"""Imports files that come with clips, tags and data from others: bundles of cut clips, and pulled videos.

A note beside the job maps the SHA-256 of each file to the clips that it brings. The worker's checksum is compared
with it, so a file that was damaged on its way is never imported under a good one's name.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.workflows.extracting import recompute_composite
from app.workflows.importing import SAME_CONTENT, new_video
from app.workflows.jobs.kinds import FollowUp, JobKind, Note, Remark
from app.workflows.pictures import picture_jobs
from app.workflows.sharing.bundle_in import BundleReport, clip_names, take_data
from app.workflows.sharing.offered_clips import Offered, add_clips
from engine.contracts.files import ReceivedFilePayload, ReceiveSettings, VideoRow
from engine.contracts.sources import UnpackPayload, UnpackSettings
from engine.errors import ExportError
from engine.export.bundle import peek_bundle, read_bundle
from engine.files.problems import shortened_sentences
from engine.files.replace_whole import write_whole
from engine.runtime.spec import Item, JobSpec
from storage.database import filled
from storage.jobs import Outcome
from storage.sharing import SharedClip

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.export.bundle import Bundle
    from engine.export.manifest import BundleClip, Manifest
    from engine.runtime.shards import ShardFolder
    from storage import Workspace
    from storage.s3.manifests import OfferedClip

__all__ = ["RECEIVE_KIND", "UNPACK_KIND", "Arrival", "BundleRequest", "prepare_bundle", "receive_spec"]


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A file that came with clips."""

    path: str
    sha256: str
    source: str
    clips: tuple[SharedClip, ...]
    video_id: str | None = None
    """The video's id elsewhere; None for an id from its file name."""
    group: str = ""
    """The recording whose clips stay on one side of splits; empty for the video alone."""


@dataclass(frozen=True, kw_only=True)
class BundleRequest:
    """A bundle that was read: the job that unpacks or imports what is new, and the clips that need no file."""

    manifest: Manifest
    spec: JobSpec
    folder: Path
    """The bundle's folder, once its job has unpacked it."""
    already_here: int
    """Clips whose source video is in this workspace: the job uses their window of it."""
    problems: tuple[str, ...]
    """What is left out, and why."""


def receive_spec(arrivals: Iterable[Arrival], note: Path, *, bundle: Path | None = None) -> JobSpec:
    """The job that imports `arrivals`; the clips that come with them are written to `note`. Raises OSError."""
    listed = list(arrivals)
    note.parent.mkdir(parents=True, exist_ok=True)
    said: dict[str, dict[str, Any]] = {}
    for a in listed:  # the same content may come twice, with different clips
        entry = said.setdefault(a.sha256, {"source": a.source, "clips": [], "video_id": a.video_id, "group": a.group})
        entry["clips"] += map(asdict, a.clips)
    write_whole(note, json.dumps(said))
    items = tuple(
        Item(a.path, ReceivedFilePayload(path=a.path, named=True, sha256=a.sha256))
        for a in {a.path: a for a in listed}.values()
    )
    settings = ReceiveSettings(
        note=str(note), bundle=str(bundle) if bundle else None, sums={a.path: a.sha256 for a in listed}
    )
    return JobSpec("receive", items, settings)


def prepare_bundle(workspace: Workspace, path: Path) -> BundleRequest:
    """Read a bundle and make the job that imports it. Raises `ExportError` for what is not a bundle.

    A zip file's job unpacks it first, in a worker: it may take minutes, and is cancelled like any other. A clip whose
    source video is in this workspace needs no file: its window of that video becomes a clip.
    """
    found = peek_bundle(path)
    if not found.packed:
        return request_of(workspace, read_bundle(path))
    here = workspace.videos.by_sha256({clip.video_sha256 for clip in found.manifest.clips})
    already_here = sum(clip.video_sha256 in here for clip in found.manifest.clips)
    folder = workspace.paths.bundle(found.folder_name)
    item = Item(str(path), UnpackPayload(path=str(path), folder=str(folder)))
    spec = JobSpec("unpack", (item,), UnpackSettings(folder=str(folder)))
    return BundleRequest(
        manifest=found.manifest, spec=spec, folder=folder, already_here=already_here, problems=found.problems
    )


def request_of(workspace: Workspace, bundle: Bundle) -> BundleRequest:
    """The job that imports the files of a bundle, and makes clips of the windows that need none. Nothing is stored
    before it runs."""
    here = workspace.videos.by_sha256({clip.video_sha256 for clip in bundle.manifest.clips})
    arrivals = []
    problems = list(bundle.problems)
    for clip in bundle.manifest.clips:
        if clip.video_sha256 not in here:
            try:
                arrivals.append(arrival_of(bundle, clip))
            except ExportError as error:
                problems.append(f"{clip.clip_id} is left out: {error}")
    note = workspace.paths.bundle_note(bundle.digest)
    spec = receive_spec(arrivals, note, bundle=bundle.folder)
    already_here = sum(clip.video_sha256 in here for clip in bundle.manifest.clips)
    return BundleRequest(
        manifest=bundle.manifest,
        spec=spec,
        folder=bundle.folder,
        already_here=already_here,
        problems=shortened_sentences(problems),
    )


def arrival_of(bundle: Bundle, clip: BundleClip) -> Arrival:
    """A clip's file with its data. Raises `ExportError` where the file is missing or not inside the bundle."""
    # Clips of origin `whole` are replaced when activity is looked for; these must stay.
    origin = "annotations" if clip.origin == "whole" else clip.origin
    window = replace(shared(clip), start_s=0.0, end_s=None, origin=origin)
    return Arrival(
        path=str(bundle.file(clip.file)),
        sha256=clip.sha256,
        source=clip.source,
        clips=(window,),
        group=clip.video_sha256,
    )


def shared(clip: BundleClip | OfferedClip) -> SharedClip:
    """A clip out of a bundle's or a bucket's manifest, with its window of its video."""
    return filled(SharedClip, [clip.model_dump()])[0]


def finish_bundle_import(workspace: Workspace, folder: str | Path) -> BundleReport:
    """Make clips of the bundle's windows of videos that are here, and import features, embeddings, scores and labels
    of all its clips that are here. Repeating it adds nothing."""
    bundle = read_bundle(Path(folder))
    left_out = add_windows(workspace, bundle)
    report = take_data(workspace, bundle, clip_names(workspace, bundle))
    recompute_composite(workspace)
    return replace(report, problems=(*left_out, *report.problems))


def add_windows(workspace: Workspace, bundle: Bundle) -> tuple[str, ...]:
    """Add the bundle's clips whose source video is here, all or nothing; returns which are left out, and why."""
    here = workspace.videos.by_sha256({clip.video_sha256 for clip in bundle.manifest.clips})
    lengths = {video.video_id: video.duration_s for video in workspace.videos.find(ids=here.values())}
    own = [(here[clip.video_sha256], clip) for clip in bundle.manifest.clips if clip.video_sha256 in here]
    offered = [Offered(video_id, lengths[video_id], shared(clip), clip.clip_id) for video_id, clip in own]
    problems: list[str] = workspace.database.transact(lambda: add_clips(workspace, offered, "Tags from a bundle"))
    return shortened_sentences(problems)


# --- storing what the workers found ---------------------------------------------------------------------------------


def apply(workspace: Workspace, settings: ReceiveSettings, shard: ShardFolder, _prepared: None) -> list[Outcome]:
    """Add the videos whose checksum is right, and their clips."""
    note = json.loads(Path(settings.note).read_text(encoding="utf-8"))
    found = shard.read(VideoRow)
    known = workspace.videos.by_sha256(row.sha256 for row in found)
    outcomes = []
    for row in found:
        if row.sha256 != settings.sums.get(row.path):
            message = "The file is not what its manifest says (SHA-256 differs): damaged on its way, or changed since."
            outcomes.append(Outcome(row.item, "failed", message))
            continue
        said = note[row.sha256]
        twin = known.get(row.sha256)
        if twin is None:
            video = new_video(workspace, row, source=said["source"], chapters=settings.chapters)
            video = replace(video, recording_id=video.recording_id or said.get("group") or None)
            if said["video_id"]:
                named = workspace.sharing.name_videos({said["video_id"]: video.sha256})
                video = replace(video, video_id=named[said["video_id"]])
            workspace.videos.add([video])
            known[video.sha256] = twin = video.video_id
            outcomes.append(Outcome(row.item, "done"))
        else:
            outcomes.append(Outcome(row.item, "skipped", f"{SAME_CONTENT} {twin}"))
        duration_s = workspace.videos.get(twin).duration_s
        sender = "a bundle" if settings.bundle else "the shared bucket"
        offered = [Offered(twin, duration_s, clip) for clip in filled(SharedClip, said["clips"])]
        if problems := add_clips(workspace, offered, f"Tags from {sender}: {twin}"):
            last = outcomes.pop()
            outcomes.append(replace(last, left_out="; ".join(shortened_sentences(problems))))
    return outcomes


def after(workspace: Workspace, settings: ReceiveSettings) -> list[FollowUp | Note | Remark]:
    """Import the bundle's data about its clips; then make pictures of what is new."""
    remarks: list[FollowUp | Note | Remark] = []
    if settings.bundle:
        try:
            report = finish_bundle_import(workspace, settings.bundle)
            remarks += [Remark(problem) for problem in report.problems]
            remarks += [Note(f"{report.clips:,} of the bundle's clips are here now."), *map(Note, report.notes)]
        except ExportError as error:
            remarks.append(Remark(str(error)))
    return [*remarks, *(job for job in picture_jobs(workspace) if job.spec.items)]


def nothing(_workspace: Workspace, _settings: UnpackSettings, _shard: ShardFolder, _prepared: None) -> list[Outcome]:
    """Nothing to store after unpacking: the job that follows imports the folder."""
    return []


def after_unpacking(workspace: Workspace, settings: UnpackSettings) -> list[FollowUp | Remark]:
    """Import the unpacked bundle."""
    folder = Path(settings.folder)
    if not folder.is_dir():
        return []  # it could not be unpacked: the item's failure says why
    # What the manifest itself leaves out was reported when the bundle was read.
    request = request_of(workspace, replace(read_bundle(folder), problems=()))
    follow = FollowUp(f"Import bundle {folder.name}", request.spec)
    return [*map(Remark, request.problems), follow]


RECEIVE_KIND = JobKind(
    kind="receive", lane="quick", settings=ReceiveSettings, payload=ReceivedFilePayload, apply=apply, after=after
)
UNPACK_KIND = JobKind(
    kind="unpack",
    lane="quick",
    settings=UnpackSettings,
    payload=UnpackPayload,
    apply=nothing,
    after=after_unpacking,
    workers=1,
)
