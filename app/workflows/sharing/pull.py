"""What others offer and this workspace lacks, and how it is taken in when it has come."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.workflows.sharing.bundle_in import clip_names
from app.workflows.sharing.receive import Arrival, add_clips, window_of
from engine.errors import ExportError, FormatError, SyncError
from engine.export.bundle import read_bundle
from engine.export.names import safe_name
from engine.files.lenient import few
from engine.files.names import path_problem
from engine.files.read_json import parse_model, read_within
from storage.errors import StorageError
from storage.s3.manifests import About
from storage.sharing import LabelEntry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from storage import Workspace
    from storage.s3.manifests import Entry, Kind, SyncManifest
    from storage.s3.target import Target

__all__ = [
    "PullPlan",
    "Wanted",
    "about_of",
    "merge_known_videos",
    "plan_pull",
    "pulled_bundles",
    "pulled_labels",
    "videos_that_came",
]


@dataclass(frozen=True)
class Wanted:
    """An object on offer, and where it goes."""

    kind: Kind
    workspace_id: str
    entry: Entry
    path: Path


@dataclass(frozen=True)
class PullPlan:
    """What a pull would bring."""

    target: Target
    fetch: tuple[Wanted, ...]
    unchanged: int
    known_videos: tuple[Entry, ...]
    """Videos that are here already: others may have cut clips of them that we lack."""
    new_clips: int
    """Clips of known videos that need no file."""
    gone: tuple[dict[str, Any], ...]
    """What earlier pulls brought and nobody offers any more."""
    problems: tuple[str, ...]

    @property
    def nothing(self) -> bool:
        return not self.fetch and not self.new_clips

    @property
    def fetch_bytes(self) -> int:
        return sum(wanted.entry.size_bytes for wanted in self.fetch)

    def forget(self, workspace: Workspace) -> None:
        """Delete what nobody offers any more, of what pulls brought; a video goes with its clips, never its labels."""
        for row in self.gone:
            path = workspace.root / row["path"]
            if row["what"] == "videos":
                video_id = workspace.videos.by_sha256([row["sha256"]]).get(row["sha256"])
                if video_id is not None and workspace.videos.get(video_id).path == str(path):
                    workspace.media.delete_files(workspace.media.files_of_video(video_id))
                    workspace.videos.remove(video_id)
            path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                path.parent.rmdir()
        workspace.sharing.forget_pulled(row["path"] for row in self.gone)


def plan_pull(
    workspace: Workspace,
    target: Target,
    manifests: Iterable[SyncManifest],
    problems: Iterable[str],
    kinds: Iterable[Kind],
) -> PullPlan:
    """Compare what others offer with what is here, by content."""
    pulled = {row["path"]: row for row in workspace.sharing.pulled(str(target))}
    said = list(problems)
    listed: list[Wanted] = []
    for manifest in manifests:
        for entry in manifest.entries:
            try:
                listed.append(Wanted(manifest.kind, manifest.workspace_id, entry, place_of(workspace, manifest, entry)))
            except SyncError as error:
                said.append(str(error))
    here = workspace.videos.by_sha256({wanted.entry.sha256 for wanted in listed if wanted.kind == "videos"})
    fetch: list[Wanted] = []
    known: list[Entry] = []
    for wanted in listed:
        if wanted.kind == "videos" and wanted.entry.sha256 in here:
            known.append(wanted.entry)
        elif not is_here(workspace, wanted, pulled):
            fetch.append(wanted)
    places = {relative(workspace, wanted.path) for wanted in listed}
    removable = {kind for kind in kinds if kind != "labels"}
    gone = [row for row in pulled.values() if row["what"] in removable]
    present = workspace.clips.ids()
    lengths = {video.video_id: video.duration_s for video in workspace.videos.find(ids=here.values())}
    lacking = set()
    for entry in known:
        video_id = here[entry.sha256]
        for clip in entry.about.clips:
            try:
                ours = window_of(video_id, lengths[video_id], clip.model_dump())
            except StorageError as error:
                said.append(f"A clip of {video_id} is left out: {error}")
            else:
                lacking.add(ours.clip_id)
    lacking -= present
    return PullPlan(
        target,
        tuple(fetch),
        len(listed) - len(fetch),
        tuple(known),
        len(lacking),
        () if said else tuple(row for row in gone if row["path"] not in places),
        few(said),
    )


def relative(workspace: Workspace, path: Path) -> str:
    """The path below the workspace."""
    return path.relative_to(workspace.root).as_posix()


EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,10}")


def place_of(workspace: Workspace, manifest: SyncManifest, entry: Entry) -> Path:
    """Where an object goes. Raises `SyncError` for a name that would leave its folder: it came from outside."""
    try:
        if manifest.kind == "videos":
            name = Path(entry.name)
            suffix = name.suffix if EXTENSION.fullmatch(name.suffix) else ""
            place = f"videos/{entry.sha256[:16]}/{safe_name(name.stem)}{suffix}"
            return workspace.paths.pulled_file(place)
        if manifest.kind == "labels":
            return workspace.paths.pulled_labels(f"{safe_name(manifest.workspace_id)}-{entry.sha256[:16]}.jsonl")
        if problem := path_problem(entry.name):
            raise StorageError(problem)
        export = safe_name(f"{manifest.workspace_id}-{entry.about.export_id}")
        return workspace.paths.pulled_file(f"exports/{export}/{entry.name}")
    except (StorageError, ValueError) as error:
        msg = f"{entry.name[:120]!r} of {manifest.workspace_id} is left out: {error}."
        raise SyncError(msg) from error


def is_here(workspace: Workspace, wanted: Wanted, pulled: dict[str, dict[str, Any]]) -> bool:
    """Whether an earlier pull brought this very content to this very place, and it is still there."""
    row = pulled.get(relative(workspace, wanted.path))
    path = wanted.path
    same = row is not None and row["sha256"] == wanted.entry.sha256
    if wanted.kind == "labels":  # its entries were taken in; the file is not kept
        return same
    if wanted.kind == "videos":  # it came, but its import has not ended: that is what fetching it again makes up for
        return False
    return same and path.is_file() and path.stat().st_size == wanted.entry.size_bytes


def merge_known_videos(workspace: Workspace, plan: PullPlan) -> None:
    """Take in others' clips and tags of videos that are here."""
    here = workspace.videos.by_sha256({entry.sha256 for entry in plan.known_videos})

    def work() -> None:
        for entry in plan.known_videos:
            video = workspace.videos.get(here[entry.sha256])
            clips = [clip.model_dump() for clip in entry.about.clips]
            add_clips(workspace, video.video_id, video.duration_s, clips, sender="the shared bucket")

    if here:
        workspace.database.transact(work)


def incoming(workspace: Workspace) -> Path:
    """Where files of labels lie until they are taken in."""
    return workspace.paths.sharing / "incoming"


MAX_LABEL_BYTES = 512 << 20
"""Two million labels or so."""


def pulled_labels(workspace: Workspace, path: Path, videos: dict[str, str]) -> int:
    """Take in a file of label entries, under the names that their videos have here; returns how many are new.

    Raises `SyncError` for a file that can't be understood; nothing of it is taken in.
    """
    try:
        lines = read_within(path, MAX_LABEL_BYTES).splitlines()
        said = [parse_model(line, LabelEntry).model_dump() for line in lines]
    except FormatError as error:
        msg = f"{path.name} is no file of labels: {error}"
        raise SyncError(msg, remedy="Its owner should push the labels again.") from error
    names = workspace.sharing.name_videos(videos)
    for entry in said:
        for side in ("left_clip_id", "right_clip_id"):
            video_id, _, window = entry[side].rpartition("@")
            entry[side] = f"{names.get(video_id, video_id)}@{window}"
    return workspace.sharing.merge_label_entries(said)


def videos_that_came(workspace: Workspace, target: str) -> list[Arrival]:
    """The pulled videos that are not imported yet."""
    rows = [row for row in workspace.sharing.pulled(target) if row["what"] == "videos"]
    here = workspace.videos.by_sha256({row["sha256"] for row in rows})
    arrivals = []
    for row in rows:
        path = workspace.root / row["path"]
        if row["sha256"] not in here and path.is_file():
            about = about_of(row["path"], row["about"])
            clips = tuple(clip.model_dump() for clip in about.clips)
            arrivals.append(Arrival(str(path), row["sha256"], about.source, clips, about.video_id))
    return arrivals


def about_of(path: str, about: str) -> About:
    """What the owner of a pulled file said about it. Raises `SyncError` where an older version took in what this one
    does not understand."""
    try:
        return parse_model(about, About)
    except FormatError as error:
        msg = f"what came with {path} can't be understood ({error})"
        raise SyncError(msg, remedy="Pull again: it is asked for anew.") from error


def pulled_bundles(workspace: Workspace) -> list[Path]:
    """Bundles of cut clips that pulls brought and that hold clips which are not here yet."""
    found = []
    for folder in sorted((workspace.paths.pulled / "exports").glob("*/")):
        try:
            bundle = read_bundle(folder)
        except ExportError:
            continue
        if len(clip_names(workspace, bundle)) < len(bundle.manifest.clips):
            found.append(folder)
    return found
