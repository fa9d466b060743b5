"""Plans a pull (what others share and this workspace lacks), and imports the files once they are downloaded."""

from __future__ import annotations

import contextlib
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, TypeAdapter

from app.workflows.sharing.bundle_in import clip_names, left_out_annotators
from app.workflows.sharing.offered_clips import Offered, add_clips, sound_offers
from app.workflows.sharing.receive import Arrival, shared
from engine.errors import ExportError, FormatError, SyncError
from engine.export.bundle import read_bundle
from engine.export.names import safe_name
from engine.files.names import Sha256, path_problem
from engine.files.problems import shortened_sentences
from engine.files.read_json import parse_model, read_within
from engine.files.replace_whole import write_whole
from storage.errors import StorageError
from storage.s3.manifests import About, OfferedClip
from storage.sharing import LabelEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from storage import Workspace
    from storage.s3.manifests import Entry, Kind, SyncManifest
    from storage.s3.target import Target
    from storage.sharing import PulledFile

__all__ = [
    "PullPlan",
    "Wanted",
    "about_of",
    "merge_known_videos",
    "note_of_known_videos",
    "plan_pull",
    "pulled_bundles",
    "pulled_labels",
    "videos_that_came",
]


class KnownVideo(BaseModel):
    """Others' clips and tags of a video that is here, as written to a note for the job that imports them."""

    model_config = ConfigDict(frozen=True)

    sha256: Sha256
    clips: tuple[OfferedClip, ...]


KNOWN_VIDEOS = TypeAdapter(list[KnownVideo])


@dataclass(frozen=True)
class Wanted:
    """A shared object to download, and its target path."""

    kind: Kind
    workspace_id: str
    entry: Entry
    path: Path


@dataclass(frozen=True, kw_only=True)
class PullPlan:
    """The files and clips that a pull would bring."""

    target: Target
    fetch: tuple[Wanted, ...]
    unchanged: int
    known_videos: tuple[Entry, ...]
    """Videos that are here already, of which others may have clips that this workspace lacks."""
    new_clips: int
    """Clips of known videos that need no file."""
    gone: tuple[PulledFile, ...]
    """Files of earlier pulls that nobody shares any more."""
    problems: tuple[str, ...]

    @property
    def nothing(self) -> bool:
        return not self.fetch and not self.new_clips

    @property
    def fetch_bytes(self) -> int:
        return sum(wanted.entry.size_bytes for wanted in self.fetch)

    def forget(self, workspace: Workspace) -> None:
        """Delete pulled files that nobody shares any more; a video with its clips, but never its labels."""
        for file in self.gone:
            path = workspace.root / file.path
            if file.what == "videos":
                video_id = workspace.videos.by_sha256([file.sha256]).get(file.sha256)
                if video_id is not None and workspace.videos.get(video_id).path == str(path):
                    workspace.media.delete_files(workspace.media.files_of_video(video_id))
                    workspace.videos.remove(video_id)
            path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                path.parent.rmdir()
        workspace.sharing.forget_pulled(file.path for file in self.gone)


def plan_pull(
    workspace: Workspace,
    target: Target,
    manifests: Iterable[SyncManifest],
    problems: Iterable[str],
    kinds: Iterable[Kind],
) -> PullPlan:
    """Compare what others share with this workspace, by content."""
    pulled = {file.path: file for file in workspace.sharing.pulled(str(target))}
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
    gone = [file for file in pulled.values() if file.what in removable]
    offered, _ = offered_clips_of(workspace, [(entry.sha256, entry.about.clips) for entry in known])
    lacking, _, odd = sound_offers(workspace, offered)
    return PullPlan(
        target=target,
        fetch=tuple(fetch),
        unchanged=len(listed) - len(fetch),
        known_videos=tuple(known),
        new_clips=lacking.new,
        gone=() if said else tuple(file for file in gone if file.path not in places),
        problems=shortened_sentences([*said, *odd]),
    )


def relative(workspace: Workspace, path: Path) -> str:
    """The path below the workspace."""
    return path.relative_to(workspace.root).as_posix()


EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,10}")


def place_of(workspace: Workspace, manifest: SyncManifest, entry: Entry) -> Path:
    """The path for a downloaded object. Raises `SyncError` for an untrusted name that would leave its folder."""
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
        raise SyncError(f"{entry.name[:120]!r} of {manifest.workspace_id} is left out: {error}.") from error


def is_here(workspace: Workspace, wanted: Wanted, pulled: dict[str, PulledFile]) -> bool:
    """Whether an earlier pull brought this content to this place, and it is still there."""
    brought = pulled.get(relative(workspace, wanted.path))
    path = wanted.path
    same = brought is not None and brought.sha256 == wanted.entry.sha256
    if wanted.kind == "labels":  # its entries were imported; the file is not kept
        return same
    if wanted.kind == "videos":  # it was downloaded but not imported: pulling it again makes up for that
        return False
    return same and path.is_file() and path.stat().st_size == wanted.entry.size_bytes


def note_of_known_videos(workspace: Workspace, plan: PullPlan) -> Path | None:
    """Write others' clips and tags of videos that are here to a note for the job that imports them; None without any.
    Raises OSError."""
    known = [
        KnownVideo(sha256=entry.sha256, clips=tuple(entry.about.clips))
        for entry in plan.known_videos
        if entry.about.clips
    ]
    if not known:
        return None
    body = KNOWN_VIDEOS.dump_json(known)
    path = workspace.paths.sharing / f"known-{hashlib.sha256(body).hexdigest()[:16]}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, body)
    return path


def merge_known_videos(workspace: Workspace, note: Path) -> tuple[str, ...]:
    """Import others' clips and tags of videos that are here, all or nothing; returns what is left out, and why."""
    known = KNOWN_VIDEOS.validate_json(note.read_bytes())
    offered, gone = offered_clips_of(workspace, [(video.sha256, video.clips) for video in known])
    problems: list[str] = workspace.database.transact(
        lambda: add_clips(workspace, offered, "Tags from the shared bucket")
    )
    return shortened_sentences([*gone, *problems])


def offered_clips_of(
    workspace: Workspace, known: Sequence[tuple[str, Sequence[OfferedClip]]]
) -> tuple[list[Offered], list[str]]:
    """`(offered, problems)`: others' clips of the videos here; a video that was removed meanwhile is reported."""
    here = workspace.videos.by_sha256({sha256 for sha256, _ in known})
    lengths = {video.video_id: video.duration_s for video in workspace.videos.find(ids=here.values())}
    offered: list[Offered] = []
    problems: list[str] = []
    for sha256, clips in known:
        video_id = here.get(sha256)
        if video_id is None:
            problems.append(f"{len(clips):,} clips of a video are left out: it was removed meanwhile ({sha256[:8]})")
            continue
        offered += [Offered(video_id, lengths[video_id], shared(clip)) for clip in clips]
    return offered, problems


def incoming(workspace: Workspace) -> Path:
    """The folder for downloaded label files until they are imported."""
    return workspace.paths.sharing / "incoming"


MAX_LABEL_BYTES = 512 << 20
"""The most bytes of a label file: two million labels or so."""


def pulled_labels(workspace: Workspace, path: Path, videos: dict[str, str]) -> tuple[int, tuple[str, ...]]:
    """Import a file of label entries, under the ids that their videos have here; returns how many are new, and a
    sentence on each annotator who was left out, for their labels here are of another kind.

    Raises `SyncError` for a malformed file; then nothing of it is imported.
    """
    try:
        lines = read_within(path, MAX_LABEL_BYTES).splitlines()
        said = [parse_model(line, LabelEntry) for line in lines]
    except FormatError as error:
        raise SyncError(
            f"{path.name} is no file of labels: {error}", remedy="Its owner should push the labels again."
        ) from error
    names = workspace.sharing.name_videos(videos)

    def here(clip_id: str) -> str:
        video_id, _, window = clip_id.rpartition("@")
        return f"{names.get(video_id, video_id)}@{window}"

    refused = workspace.labels.of_another_kind((entry.annotator, entry.kind) for entry in said)
    added = workspace.sharing.merge_label_entries(
        [
            entry.model_copy(
                update={"left_clip_id": here(entry.left_clip_id), "right_clip_id": here(entry.right_clip_id)}
            )
            for entry in said
            if (entry.annotator, entry.kind) not in refused
        ]
    )
    return added, shortened_sentences(left_out_annotators(path.name, refused))


def videos_that_came(workspace: Workspace, target: str) -> list[Arrival]:
    """Pulled videos that are not imported yet."""
    files = [file for file in workspace.sharing.pulled(target) if file.what == "videos"]
    here = workspace.videos.by_sha256({file.sha256 for file in files})
    arrivals = []
    for file in files:
        path = workspace.root / file.path
        if file.sha256 not in here and path.is_file():
            about = about_of(file)
            clips = tuple(shared(clip) for clip in about.clips)
            arrivals.append(
                Arrival(
                    path=str(path),
                    sha256=file.sha256,
                    source=about.source,
                    clips=clips,
                    video_id=about.video_id,
                    group=about.group,
                )
            )
    return arrivals


def about_of(file: PulledFile) -> About:
    """The owner's data about a pulled file. Raises `SyncError` where an older version stored data that this one can't
    read."""
    try:
        return parse_model(file.about, About)
    except FormatError as error:
        raise SyncError(
            f"what came with {file.path} can't be understood ({error})",
            remedy="Pull again: it is then downloaded anew.",
        ) from error


def pulled_bundles(workspace: Workspace) -> list[Path]:
    """Pulled bundles of cut clips that hold clips which are not here yet."""
    found = []
    for folder in sorted((workspace.paths.pulled / "exports").glob("*/")):
        try:
            bundle = read_bundle(folder)
        except ExportError:
            continue
        if len(clip_names(workspace, bundle)) < len(bundle.manifest.clips):
            found.append(folder)
    return found
