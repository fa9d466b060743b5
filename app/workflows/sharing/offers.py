"""Lists what this workspace can share: its videos with their clips, its cut clips, everybody's labels."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from engine.errors import ExportError
from engine.export.bundle import MANIFEST, SUMS, read_bundle
from engine.export.names import safe_name
from engine.files.digest import sha256_of_file
from engine.files.place import FilePlace
from engine.files.read_json import explain
from engine.files.replace_whole import write_whole
from storage.clips import clip_id
from storage.s3.manifests import About, Entry, Kind, OfferedClip
from storage.s3.plan import Offer
from storage.sharing import entry_digest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from storage import Workspace
    from storage.sharing import LabelEntry, SharedClip
    from storage.videos import Video

__all__ = ["LABELS_FILE", "offers_of"]

LABELS_FILE = "labels.jsonl"


def offers_of(workspace: Workspace, kinds: Iterable[Kind]) -> tuple[list[Offer], list[str]]:
    """Everything of these kinds to share, even where its file is gone, and what is left out and why."""
    problems: list[str] = []
    offers: list[Offer] = []
    for kind in kinds:
        if kind == "videos":
            found, problems = videos(workspace)
            offers += found
        else:
            offers += cut_clips(workspace) if kind == "clips" else labels(workspace)
    return offers, problems


def videos(workspace: Workspace) -> tuple[list[Offer], list[str]]:
    """Every video, with its clips, their narration and tags; and which clips other workspaces would refuse."""
    clips = workspace.sharing.clips_by_video()
    offers: list[Offer] = []
    problems: list[str] = []
    for video in workspace.videos.find():
        offered, odd = offered_clips(video, clips.get(video.video_id, []))
        about = About(video_id=video.video_id, source=video.source, group=group_of(video.recording_id), clips=offered)
        entry = Entry(sha256=video.sha256, size_bytes=video.size_bytes, name=video.place.name, about=about)
        offers.append(Offer("videos", entry, video.place))
        problems += odd
    return offers, problems


def group_of(recording_id: str | None) -> str:
    """A name for what a video belongs to. Only its last part can be read: the rest may be a folder of this machine."""
    if not recording_id:
        return ""
    return f"{hashlib.sha256(recording_id.encode()).hexdigest()[:16]}/{safe_name(Path(recording_id).name)}"


def offered_clips(video: Video, clips: Iterable[SharedClip]) -> tuple[list[OfferedClip], list[str]]:
    """The clips of a video as others read them, and the ids of those that they would refuse (a text too long, say)."""
    offered: list[OfferedClip] = []
    problems: list[str] = []
    for clip in clips:
        try:
            offered.append(OfferedClip(**asdict(clip)))
        except ValidationError as error:
            name = clip_id(video.video_id, clip.start_s, clip.end_within(video.duration_s))
            problems.append(f"The clip {name} is not offered to others: {explain(error)}.")
    return offered, problems


def cut_clips(workspace: Workspace) -> list[Offer]:
    """The files of every export whose folder can still be read."""
    made: list[Offer] = []
    for run in workspace.exports.find():
        folder = Path(run.results.folder or "")
        if not run.results.folder or not (folder / MANIFEST).is_file():
            continue
        try:
            manifest = read_bundle(folder).manifest
        except ExportError:
            continue
        if manifest.export_id != run.export_id:
            continue  # a later export replaced its files
        known = {clip.file: (clip.sha256, clip.size_bytes) for clip in manifest.clips}
        for name in (*manifest.files, MANIFEST, SUMS):
            path = folder / name
            if path.is_file():
                known[name] = (sha256_of_file(path), path.stat().st_size)
        made += [
            Offer(
                "clips",
                Entry(sha256=sha256, size_bytes=size_bytes, name=name, about=About(export_id=run.export_id)),
                FilePlace(folder / name),
            )
            for name, (sha256, size_bytes) in known.items()
        ]
    return made


def labels(workspace: Workspace) -> list[Offer]:
    """One file with every label entry that was ever made or pulled here; none where there is no label."""
    entries = workspace.sharing.label_entries()
    if not entries:
        return []
    body = "".join(json.dumps(as_line(entry), ensure_ascii=False) + "\n" for entry in entries).encode()
    digest = hashlib.sha256(body).hexdigest()
    path = workspace.paths.sharing / f"labels-{digest[:16]}.jsonl"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        for older in path.parent.glob("labels-*.jsonl"):
            older.unlink()
        write_whole(path, body)
    spoken_of = {name.rpartition("@")[0] for entry in entries for name in (entry.left_clip_id, entry.right_clip_id)}
    names = {video_id: sha256 for sha256, video_id in workspace.sharing.video_names().items()}
    about = About(
        entries=len(entries),
        simulated=sum(entry.kind == "simulated" for entry in entries),
        model=sum(entry.kind == "model" for entry in entries),
        videos={video_id: names[video_id] for video_id in sorted(spoken_of & names.keys())},
    )
    return [Offer("labels", Entry(sha256=digest, size_bytes=len(body), name=LABELS_FILE, about=about), FilePlace(path))]


def as_line(entry: LabelEntry) -> dict[str, object]:
    """A label entry as JSON has it, named by its content; `simulated` is what earlier versions read of its kind."""
    return {
        **entry.model_dump(),
        "simulated": entry.simulated,
        "created_at": entry.created_at.isoformat(),
        "entry": entry_digest(entry),
    }
