"""Syncs with a shared bucket: pushes what this workspace shares, pulls what others share. Only new content is
transferred, nothing is deleted unless requested, and nobody's labels are lost."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.workflows.jobs.kinds import FollowUp, JobKind, Remark
from app.workflows.pictures import picture_jobs
from app.workflows.sharing.offers import offers_of
from app.workflows.sharing.pull import (
    PullPlan,
    about_of,
    incoming,
    merge_known_videos,
    note_of_known_videos,
    plan_pull,
    pulled_labels,
    videos_that_came,
)
from app.workflows.sharing.receive import receive_spec
from engine.errors import SyncError
from engine.files.problems import shortened_sentences
from engine.files.replace_whole import write_whole
from engine.runtime.spec import Item, JobSpec
from engine.settings.sync import SyncSettings
from storage.jobs import Outcome
from storage.s3.client import check_access, connect, list_objects
from storage.s3.contract import (
    PublishPayload,
    PublishSettings,
    PulledAbout,
    PulledRow,
    PullPayload,
    PullSettings,
    PushPayload,
    PushSettings,
)
from storage.s3.manifests import KINDS, Kind, SyncManifest, read_manifests
from storage.s3.plan import PushPlan, plan_push
from storage.s3.target import parse_target
from storage.sharing import PulledFile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.runtime.shards import ShardFolder
    from storage import Workspace
    from storage.s3.target import Target

__all__ = [
    "PUBLISH_KIND",
    "PULL_KIND",
    "PUSH_KIND",
    "Push",
    "Shared",
    "kinds_of",
    "look",
    "open_target",
    "pull_spec",
    "push_spec",
    "target_of",
]

AT_ONCE = 4
"""Files transferred at the same time; large ones in several parts each."""


@dataclass(frozen=True, kw_only=True)
class Push:
    """A planned push: what it would send, and what is left out."""

    target: Target
    plan: PushPlan
    manifests: tuple[SyncManifest, ...]
    """This workspace's manifests, to be published once the objects are uploaded."""
    changed: bool
    """Whether the published manifests of this workspace are out of date."""
    problems: tuple[str, ...] = ()
    """What is not shared, and why."""

    @property
    def nothing(self) -> bool:
        return not self.plan.send and not self.changed


@dataclass(frozen=True)
class Shared:
    """The bucket and this workspace compared, both ways."""

    push: Push
    pull: PullPlan
    people: int
    """Number of workspaces that share something, this one included if it does."""


def kinds_of(what: str) -> tuple[Kind, ...]:
    """The kinds that `all` or one kind's name stands for. Raises `SyncError` for another word."""
    if what == "all":
        return KINDS
    for kind in KINDS:
        if kind == what:
            return (kind,)
    raise SyncError(f"{what!r} can't be synced", remedy="Choose clips, videos, labels or all.")


def target_of(workspace: Workspace, address: str | None, endpoint_url: str | None) -> Target:
    """The target as given, else as in sync.yaml. Raises `SyncError` where neither names one."""
    remembered = workspace.settings.load(SyncSettings)
    found = address or remembered.target
    if not found:
        raise SyncError(
            "there is no bucket to sync with", remedy="Name one: s3://bucket/prefix, or set it in sync.yaml."
        )
    same = not address or address == remembered.target
    return parse_target(found, endpoint_url or (remembered.endpoint_url if same else None))


def open_target(target: Target) -> Any:
    """A client that reaches `target`. Raises `Refused` with the reason where it can't."""
    client = connect(target)
    check_access(client, target)
    return client


def look(workspace: Workspace, target: Target, kinds: Iterable[Kind], *, again: bool = False) -> Shared:
    """Compare this workspace with the bucket. Raises `SyncError`."""
    wanted = tuple(kinds)
    client = open_target(target)
    there = list_objects(client, target, "objects")
    everyone, problems = read_manifests(client, target, wanted)
    own = workspace.sharing.workspace_id(str(workspace.root))
    offers, not_offered = offers_of(workspace, wanted)
    at = datetime.now(UTC).isoformat(timespec="seconds")
    manifests, changed = [], False
    for kind in wanted:
        entries = tuple(offer.entry for offer in offers if offer.kind == kind)
        older = next((m for m in everyone if (m.workspace_id, m.kind) == (own, kind)), None)
        manifest = SyncManifest(
            workspace_id=own, kind=kind, created_at=at, app_version=version("handpicked"), entries=entries
        )
        if entries or older is not None:
            manifests.append(manifest)
            known = set() if older is None else {entry.model_dump_json() for entry in older.entries}
            changed = changed or not {entry.model_dump_json() for entry in entries} <= known
    push = Push(
        target=target,
        plan=plan_push(target, offers, there, again=again),
        manifests=tuple(manifests),
        changed=changed,
        problems=shortened_sentences(not_offered),
    )
    others = [m for m in everyone if m.workspace_id != own]
    return Shared(push, plan_pull(workspace, target, others, problems, wanted), len({m.workspace_id for m in everyone}))


# --- push -------------------------------------------------------------------------------------------------------------


def push_spec(workspace: Workspace, push: Push, *, delete: bool = False, again: bool = False) -> JobSpec | None:
    """The job that sends what is new and then publishes the manifests; None where there is nothing to do."""
    if push.nothing and not delete:
        return None
    settings = PushSettings(
        target=push.target,
        part_bytes=workspace.settings.load(SyncSettings).part_size_mb * 1_000_000,
        again=again,
        delete=delete,
        notes=tuple(str(path) for path in write_notes(workspace, push.manifests)),
    )
    if not push.plan.send:
        return publish_spec(settings)
    items = tuple(
        Item(
            f"{offer.kind}: {offer.entry.name} ({offer.entry.sha256[:8]})",
            PushPayload(path=offer.place.address, sha256=offer.entry.sha256, size_bytes=offer.entry.size_bytes),
            cost=max(1.0, offer.entry.size_bytes / 1e6),
        )
        for offer in push.plan.send
    )
    return JobSpec("push", items, settings)


def write_notes(workspace: Workspace, manifests: Iterable[SyncManifest]) -> list[Path]:
    """Write this workspace's manifests to a note for the worker that publishes them."""
    folder = workspace.paths.sharing
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for manifest in manifests:
        at = datetime.now(UTC)
        path = folder / f"manifest-{manifest.kind}-{at:%Y%m%dT%H%M%S%f}.json"
        write_whole(path, manifest.model_dump_json())
        made.append(path)
    return made


def publish_spec(settings: PushSettings) -> JobSpec:
    """The job that publishes this workspace's manifests; it runs last, so that every listed object exists."""
    items = tuple(Item(Path(note).name, PublishPayload(note=note), group="manifests") for note in settings.notes)
    return JobSpec("publish", items, PublishSettings(target=settings.target, delete=settings.delete))


def nothing(
    _workspace: Workspace, _settings: PushSettings | PublishSettings, _shard: ShardFolder, _prepared: None
) -> list[Outcome]:
    """Nothing to store after a push."""
    return []


def after_push(_workspace: Workspace, settings: PushSettings) -> list[FollowUp]:
    """Publish the manifests, now that everything that could be sent is uploaded."""
    return [FollowUp("Publish what is shared", publish_spec(settings))]


# --- pull -------------------------------------------------------------------------------------------------------------


def pull_spec(workspace: Workspace, plan: PullPlan, *, delete: bool = False) -> JobSpec | None:
    """The job that downloads what is new, and imports what needs no file; None where there is neither. With `delete`,
    files of earlier pulls that nobody shares any more are deleted at once."""
    if delete:
        plan.forget(workspace)
    known = note_of_known_videos(workspace, plan)
    if not plan.fetch and known is None:
        return None
    items = tuple(
        Item(
            f"{wanted.kind}: {wanted.entry.name} ({wanted.entry.sha256[:8]}, {wanted.workspace_id[:4]})",
            PullPayload(
                path=str(wanted.path),
                sha256=wanted.entry.sha256,
                size_bytes=wanted.entry.size_bytes,
                row=PulledAbout(kind=wanted.kind, about=wanted.entry.about.model_dump_json()),
            ),
            cost=max(1.0, wanted.entry.size_bytes / 1e6),
        )
        for wanted in {wanted.path: wanted for wanted in plan.fetch}.values()
    )
    return JobSpec("pull", items, PullSettings(target=plan.target, known=str(known) if known else None))


def apply_pull(workspace: Workspace, settings: PullSettings, shard: ShardFolder, _prepared: None) -> list[Outcome]:
    """Record the downloaded files, and import labels."""
    target = str(settings.target)
    taken, outcomes = [], []
    for row in shard.read(PulledRow):
        place = Path(row.path).relative_to(workspace.root).as_posix()
        file = PulledFile(place, row.kind, row.sha256, row.about)
        if file.what == "labels":
            try:
                _, left_out = pulled_labels(workspace, Path(row.path), about_of(file).videos)
            except SyncError as error:
                outcomes.append(Outcome(row.item, "failed", str(error)))
                continue
            if left_out:
                outcomes.append(Outcome(row.item, "done", left_out=" ".join(left_out)))
        taken.append(file)
    workspace.sharing.add_pulled(target, taken)
    return outcomes


def after_pull(workspace: Workspace, settings: PullSettings) -> list[FollowUp | Remark]:
    """Import others' clips of videos that are here; import the downloaded videos with their clips."""
    shutil.rmtree(incoming(workspace), ignore_errors=True)
    # A job of an earlier version took it in before it began.
    left_out = merge_known_videos(workspace, Path(settings.known)) if settings.known else ()
    arrivals = videos_that_came(workspace, str(settings.target))
    if not arrivals:
        return [*map(Remark, left_out), *(picture_jobs(workspace) if settings.known else [])]
    at = datetime.now(UTC)
    return [
        *map(Remark, left_out),
        FollowUp(
            "Import pulled videos", receive_spec(arrivals, workspace.paths.sharing / f"pull-{at:%Y%m%dT%H%M%S%f}.json")
        ),
    ]


PUSH_KIND = JobKind(
    kind="push", settings=PushSettings, payload=PushPayload, apply=nothing, after=after_push, workers=AT_ONCE
)
PUBLISH_KIND = JobKind(kind="publish", settings=PublishSettings, payload=PublishPayload, apply=nothing, workers=1)
PULL_KIND = JobKind(
    kind="pull", settings=PullSettings, payload=PullPayload, apply=apply_pull, after=after_pull, workers=AT_ONCE
)
