"""Receiving: files that come with what others know of them. Bundles of cut clips, and videos out of a shared bucket.

A note beside the job says, for each file by its SHA-256, which clips it brings; the worker's checksum is compared with
it, so a file that was damaged on its way is never taken in under a good one's name.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.workflows.extracting import recompute_composite
from app.workflows.importing import new_video
from app.workflows.jobs.kinds import FollowUp, JobKind, Remark
from app.workflows.pictures import picture_jobs
from app.workflows.sharing.bundle_in import BundleReport, clip_names, take_data
from engine.contracts.files import ReceivedFilePayload, ReceiveSettings, VideoRow
from engine.contracts.sources import UnpackPayload, UnpackSettings
from engine.errors import ExportError
from engine.export.bundle import peek_bundle, read_bundle
from engine.files.lenient import few
from engine.files.replace_whole import write_whole
from engine.runtime.spec import Item, JobSpec
from engine.settings.data import DataSettings
from engine.video.windows import Window
from storage.clips import Clip
from storage.errors import StorageError
from storage.jobs import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.export.bundle import Bundle
    from engine.export.manifest import BundleClip, Manifest
    from engine.runtime.shards import ShardFolder
    from storage import Workspace

__all__ = ["RECEIVE_KIND", "UNPACK_KIND", "Arrival", "BundleRequest", "prepare_bundle", "receive_spec"]


@dataclass(frozen=True)
class Arrival:
    """A file that came with clips: each a dict of `start_s`, `end_s` (None for the end of the file), `origin`,
    `narration`, `verb`, `noun`, `tags`."""

    path: str
    sha256: str
    source: str
    clips: tuple[dict[str, Any], ...]
    video_id: str | None = None
    """What others call the video; None for a name from its file's."""


@dataclass(frozen=True)
class BundleRequest:
    """A bundle that was looked at: the job that unpacks or imports what is new, and what needs no file."""

    manifest: Manifest
    spec: JobSpec
    already_here: int
    """Clips whose source is in this workspace: their own window of it is used."""
    problems: tuple[str, ...]
    """What of it is left out, and why."""


def receive_spec(arrivals: Iterable[Arrival], note: Path, *, bundle: Path | None = None) -> JobSpec:
    """The job that imports `arrivals`; what comes with them is written down in `note`. Raises OSError."""
    listed = list(arrivals)
    note.parent.mkdir(parents=True, exist_ok=True)
    said: dict[str, dict[str, Any]] = {}
    for a in listed:  # the same content may come twice, each time with other clips
        entry = said.setdefault(a.sha256, {"source": a.source, "clips": [], "video_id": a.video_id})
        entry["clips"] += a.clips
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
    """Look at a bundle and make the job that imports it. Raises `ExportError` for what is none.

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
    return BundleRequest(found.manifest, spec, already_here, found.problems)


def request_of(workspace: Workspace, bundle: Bundle) -> BundleRequest:
    """Take in the clips of a bundle that need no file, and make the job that imports the files of the others."""
    here = workspace.videos.by_sha256({clip.video_sha256 for clip in bundle.manifest.clips})
    lengths = {video.video_id: video.duration_s for video in workspace.videos.find(ids=here.values())}
    arrivals, tags = [], []
    own = OfferedClips(workspace)
    problems = list(bundle.problems)
    for clip in bundle.manifest.clips:
        try:
            if clip.video_sha256 in here:
                video_id = here[clip.video_sha256]
                ours = own.take(video_id, lengths[video_id], clip.model_dump())
                tags += [(ours.clip_id, tag) for tag in clip.tags] if ours is not None else []
            else:
                arrivals.append(arrival_of(bundle, clip))
        except (ExportError, StorageError) as error:
            problems.append(f"{clip.clip_id} is left out: {error}")
    workspace.clips.add(own.clips.values())
    workspace.tags.add_theirs(tags, "Tags from a bundle")
    problems += own.problems()
    note = workspace.paths.bundle_note(bundle.digest)
    spec = receive_spec(arrivals, note, bundle=bundle.folder)
    return BundleRequest(bundle.manifest, spec, len(own.clips), few(problems))


def arrival_of(bundle: Bundle, clip: BundleClip) -> Arrival:
    """A clip's file and what is known of it. Raises `ExportError` where the file is missing or not the bundle's own."""
    # `whole` clips make room when activity is looked for: these must not.
    origin = "annotations" if clip.origin == "whole" else clip.origin
    said = {"origin": origin, "narration": clip.narration, "verb": clip.verb, "noun": clip.noun}
    window = {"start_s": 0.0, "end_s": None, **said, "tags": list(clip.tags)}
    return Arrival(str(bundle.file(clip.file)), clip.sha256, clip.source, (window,))


def finish_bundle_import(workspace: Workspace, folder: str | Path) -> BundleReport:
    """Take in features, embeddings, scores and labels of a bundle's clips that are here; again, it adds nothing."""
    bundle = read_bundle(Path(folder))
    report = take_data(workspace, bundle, clip_names(workspace, bundle))
    recompute_composite(workspace)
    return report


# --- taking in what the workers found -------------------------------------------------------------------------------


def apply(workspace: Workspace, settings: ReceiveSettings, shard: ShardFolder, _prepared: None) -> list[Outcome]:
    """Add the videos whose content is what was promised, and their clips."""
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
            if said["video_id"]:
                named = workspace.sharing.name_videos({said["video_id"]: video.sha256})
                video = replace(video, video_id=named[said["video_id"]])
            workspace.videos.add([video])
            known[video.sha256] = twin = video.video_id
            outcomes.append(Outcome(row.item, "done"))
        else:
            outcomes.append(Outcome(row.item, "skipped", f"the same content as {twin}"))
        duration_s = workspace.videos.get(twin).duration_s
        sender = "a bundle" if settings.bundle else "the shared bucket"
        if problems := add_clips(workspace, twin, duration_s, said["clips"], sender=sender):
            last = outcomes.pop()
            outcomes.append(replace(last, left_out="; ".join(few(problems))))
    return outcomes


MOST_BEYOND_S = 0.5
"""How far a clip may reach beyond the length that this machine measured; others say what they like."""


class OfferedClips:
    """The clips that others know of videos that are here: each window once, and no more of a video than the settings
    allow."""

    def __init__(self, workspace: Workspace) -> None:
        self._most = workspace.settings.load(DataSettings).clipping.max_clips_per_video
        self.clips: dict[str, Clip] = {}
        self._counts: Counter[str] = Counter()
        self._too_many: Counter[str] = Counter()
        self._twice = 0

    def take(self, video_id: str, duration_s: float, said: dict[str, Any]) -> Clip | None:
        """The clip, or None where it is left out. Raises `StorageError` for a window that lies outside of the video."""
        if self._counts[video_id] >= self._most:
            self._too_many[video_id] += 1
            return None
        clip = window_of(video_id, duration_s, said)
        if clip.clip_id in self.clips:
            self._twice += 1
            return None
        self._counts[video_id] += 1
        self.clips[clip.clip_id] = clip
        return clip

    def problems(self) -> list[str]:
        """What was left out, in words."""
        limit = f"at most {self._most:,} clips of a video come in (`max_clips_per_video` in data.yaml)"
        found = [f"{number:,} more clips of {video} are left out: {limit}" for video, number in self._too_many.items()]
        if self._twice:
            found.append(f"{self._twice:,} clips are left out: to the millisecond, their windows are those of others")
        return found


def window_of(video_id: str, duration_s: float, said: dict[str, Any]) -> Clip:
    """A clip that others know of a video that is here. Raises `StorageError` for a window that lies outside of it."""
    end_s = duration_s if said["end_s"] is None else said["end_s"]
    clip = Clip(video_id, said["start_s"], end_s, said["origin"], said["narration"], said["verb"], said["noun"])
    try:
        # To the millisecond, as the clip is named: what begins later than that shows no frame.
        Window(round(clip.start_s, 3), round(clip.end_s, 3)).check_inside(duration_s, slack_s=MOST_BEYOND_S)
    except ValueError as error:
        msg = f"{error}."
        raise StorageError(msg) from error
    return clip


def add_clips(
    workspace: Workspace, video_id: str, duration_s: float, clips: Iterable[dict[str, Any]], *, sender: str
) -> list[str]:
    """Add what was said about a video: clips, and their tags, as one action that can be undone.

    `sender`: where it comes from, for the title of that action. Returns which clips were left out, and why.
    """
    made = OfferedClips(workspace)
    tags: list[tuple[str, str]] = []
    problems: list[str] = []
    for said in clips:
        try:
            clip = made.take(video_id, duration_s, said)
        except StorageError as error:
            problems.append(f"a clip of {video_id} is left out: {error}")
            continue
        tags += [(clip.clip_id, tag) for tag in said.get("tags", ())] if clip is not None else []
    workspace.clips.add(made.clips.values())
    workspace.tags.add_theirs(tags, f"Tags from {sender}: {video_id}")
    return [*problems, *made.problems()]


def after(workspace: Workspace, settings: ReceiveSettings) -> list[FollowUp | Remark]:
    """What the bundle knows about its clips; then pictures of what is new."""
    remarks: list[FollowUp | Remark] = []
    if settings.bundle:
        try:
            report = finish_bundle_import(workspace, settings.bundle)
            remarks += [Remark(problem) for problem in report.problems]
        except ExportError as error:
            remarks.append(Remark(str(error)))
    return [*remarks, *(job for job in picture_jobs(workspace) if job.spec.items)]


def nothing(_workspace: Workspace, _settings: UnpackSettings, _shard: ShardFolder, _prepared: None) -> list[Outcome]:
    """An unpacked bundle lies in its folder; the job that follows imports it."""
    return []


def after_unpacking(workspace: Workspace, settings: UnpackSettings) -> list[FollowUp | Remark]:
    """Import what was unpacked."""
    folder = Path(settings.folder)
    if not folder.is_dir():
        return []  # it could not be unpacked: the item says why
    # What the manifest itself leaves out was said when the bundle was looked at.
    request = request_of(workspace, replace(read_bundle(folder), problems=()))
    follow = FollowUp(f"Import bundle {folder.name}", request.spec)
    return [*map(Remark, request.problems), follow]


RECEIVE_KIND = JobKind(kind="receive", settings=ReceiveSettings, payload=ReceivedFilePayload, apply=apply, after=after)
UNPACK_KIND = JobKind(
    kind="unpack", settings=UnpackSettings, payload=UnpackPayload, apply=nothing, after=after_unpacking, workers=1
)
