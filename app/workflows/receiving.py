"""Receiving: files that come with what others know of them. Bundles of cut clips, and videos out of a shared bucket.

A note beside the job says, for each file by its SHA-256, which clips it brings; the worker's checksum is compared with
it, so a file that was damaged on its way is never taken in under a good one's name.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.workflows.extracting import recompute_composite
from app.workflows.importing import new_video
from app.workflows.kinds import FollowUp, JobKind, register
from app.workflows.pictures import picture_jobs
from app.workflows.unbundling import BundleReport, clip_names, take_data
from engine.export.bundle import read_bundle
from engine.runtime.spec import Item, JobSpec
from storage.clips import Clip
from storage.jobs import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.export.bundle import Bundle
    from engine.runtime.shards import ShardFolder
    from storage import Workspace

__all__ = ["Arrival", "BundleRequest", "prepare_bundle", "receive_spec"]


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
    """A bundle that was looked at: the job that imports what is new, and what needs no file."""

    bundle: Bundle
    spec: JobSpec
    already_here: int
    """Clips whose source is in this workspace: their own window of it is used."""


def receive_spec(arrivals: Iterable[Arrival], note: Path, *, bundle: Path | None = None) -> JobSpec:
    """The job that imports `arrivals`; what comes with them is written down in `note`. Raises OSError."""
    listed = list(arrivals)
    note.parent.mkdir(parents=True, exist_ok=True)
    said = {a.sha256: {"source": a.source, "clips": list(a.clips), "video_id": a.video_id} for a in listed}
    note.write_text(json.dumps(said), encoding="utf-8")
    items = tuple(
        Item(a.path, {"path": a.path, "named": True, "sha256": a.sha256}) for a in {a.path: a for a in listed}.values()
    )
    settings = {
        "note": str(note),
        "bundle": str(bundle) if bundle else None,
        "sums": {a.path: a.sha256 for a in listed},
        "source": "",
        "chapters": {},
    }
    return JobSpec("receive", items, settings)


def prepare_bundle(workspace: Workspace, path: Path) -> BundleRequest:
    """Look at a bundle and make the job that imports it. Raises `ExportError` for what is none.

    A clip whose source video is in this workspace needs no file: its window of that video becomes a clip.
    """
    bundle = read_bundle(path, workspace.paths.pulled)
    here = workspace.videos.by_sha256({clip.video_sha256 for clip in bundle.manifest.clips})
    arrivals, own, tags = [], [], []
    for clip in bundle.manifest.clips:
        said = {"origin": clip.origin, "narration": clip.narration, "verb": clip.verb, "noun": clip.noun}
        if clip.video_sha256 in here:
            ours = Clip(here[clip.video_sha256], clip.start_s, clip.end_s, **said)
            own.append(ours)
            tags += [(ours.clip_id, tag) for tag in clip.tags]
            continue
        # `whole` clips make room when activity is looked for: these must not.
        said["origin"] = "annotations" if clip.origin == "whole" else clip.origin
        window = {"start_s": 0.0, "end_s": None, **said, "tags": list(clip.tags)}
        arrivals.append(Arrival(str(bundle.folder / clip.file), clip.sha256, clip.source, (window,)))
    workspace.clips.add(own)
    workspace.tags.add_theirs(tags, "Tags from a bundle")
    note = workspace.paths.pulled / f"bundle-{bundle.manifest.export_id}.json"
    return BundleRequest(bundle, receive_spec(arrivals, note, bundle=bundle.folder), len(own))


def finish_bundle_import(workspace: Workspace, folder: str | Path) -> BundleReport:
    """Take in features, embeddings, scores and labels of a bundle's clips that are here; again, it adds nothing."""
    bundle = read_bundle(Path(folder))
    report = take_data(workspace, bundle, clip_names(workspace, bundle))
    recompute_composite(workspace)
    return report


# --- taking in what the workers found -------------------------------------------------------------------------------


def apply(workspace: Workspace, settings: dict[str, Any], shard: ShardFolder) -> list[Outcome]:
    """Add the videos whose content is what was promised, and their clips."""
    note = json.loads(Path(settings["note"]).read_text(encoding="utf-8"))
    found = shard.rows("video")
    known = workspace.videos.by_sha256(row["sha256"] for row in found)
    outcomes = []
    for row in found:
        if row["sha256"] != settings["sums"].get(row["path"]):
            message = "The file is not what its manifest says (SHA-256 differs): damaged on its way, or changed since."
            outcomes.append(Outcome(row["item"], "failed", message))
            continue
        said = note[row["sha256"]]
        twin = known.get(row["sha256"])
        if twin is None:
            video = new_video(workspace, row, {**settings, "source": said["source"]})
            if said["video_id"]:
                named = workspace.sharing.name_videos({said["video_id"]: video.sha256})
                video = replace(video, video_id=named[said["video_id"]])
            workspace.videos.add([video])
            known[video.sha256] = twin = video.video_id
            outcomes.append(Outcome(row["item"], "done"))
        else:
            outcomes.append(Outcome(row["item"], "skipped", f"the same content as {twin}"))
        duration_s = workspace.videos.get(twin).duration_s
        sender = "a bundle" if settings["bundle"] else "the shared bucket"
        add_clips(workspace, twin, duration_s, said["clips"], sender=sender)
    return outcomes


MOST_BEYOND_S = 0.5
"""How far a clip may reach beyond the length that this machine measured; others say what they like."""


def add_clips(
    workspace: Workspace, video_id: str, duration_s: float, clips: Iterable[dict[str, Any]], *, sender: str
) -> None:
    """Add what was said about a video: clips, and their tags, as one action that can be undone.

    `sender`: where it comes from, for the title of that action.
    """
    made = []
    tags: list[tuple[str, str]] = []
    for said in clips:
        end_s = duration_s if said["end_s"] is None else said["end_s"]
        if end_s > duration_s + MOST_BEYOND_S:
            continue
        clip = Clip(video_id, said["start_s"], end_s, said["origin"], said["narration"], said["verb"], said["noun"])
        made.append(clip)
        tags += [(clip.clip_id, tag) for tag in said.get("tags", ())]
    workspace.clips.add(made)
    workspace.tags.add_theirs(tags, f"Tags from {sender}: {video_id}")


def after(workspace: Workspace, settings: dict[str, Any]) -> list[FollowUp]:
    """What the bundle knows about its clips; then pictures of what is new."""
    if settings["bundle"]:
        finish_bundle_import(workspace, settings["bundle"])
    return [job for job in picture_jobs(workspace) if job.spec.items]


register(JobKind("receive", apply, after))
