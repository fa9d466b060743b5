"""The kinds of job: the step that does the work, how the app takes its results in, and what follows.

Installed packages add kinds by entry points of one name in two groups: in `handpicked.kinds` a `JobKind`, which the app
loads, and in `handpicked.steps` the class of its step, which workers load.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, get_args

from engine.errors import JobError
from engine.files.place import place_of
from engine.runtime.machine import USUAL_NEEDS, WorkerNeeds, WorkerPlan, plan_workers
from engine.runtime.spec import ItemPayload, StepSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from app.workflows.jobs.prepared import Prepared
    from engine.runtime.machine import Machine
    from engine.runtime.shards import ShardFolder
    from engine.runtime.spec import Item, JobSpec, SpecFile
    from storage import Workspace
    from storage.jobs import Outcome

__all__ = [
    "BUILT_IN",
    "KINDS_GROUP",
    "LANES",
    "STEPS_GROUP",
    "AnyKind",
    "BuiltIn",
    "FollowUp",
    "JobKind",
    "Lane",
    "Note",
    "Remark",
    "check_spec",
    "job_kind",
    "lane_of",
    "source_files",
    "step_of",
    "typed_spec",
]

Lane = Literal["quick", "long"]
"""Where a job waits for its turn. One job runs in each lane: what a person waits for in front of the screen is `quick`,
and never stands behind hours of measuring, training or transfers, which are `long`."""
LANES: tuple[Lane, ...] = get_args(Lane)

KINDS_GROUP, STEPS_GROUP = "handpicked.kinds", "handpicked.steps"

S = TypeVar("S", bound=StepSettings)
R = TypeVar("R", bound="Prepared | None")


@dataclass(frozen=True)
class FollowUp:
    """A job to start when another has ended."""

    title: str
    spec: JobSpec


@dataclass(frozen=True)
class Remark:
    """What an ended job could not store, and why; part of the job's history. The job is done in part."""

    text: str


@dataclass(frozen=True)
class Note:
    """Information about what a job stored; part of the job's history."""

    text: str


def _no_cards(_settings: StepSettings) -> int:
    return 0


def _nothing_remains(_workspace: Workspace, _settings: StepSettings, _folder: Path) -> None:
    return


def _nothing_follows(_workspace: Workspace, _settings: StepSettings) -> Iterable[FollowUp | Note | Remark]:
    return ()


@dataclass(frozen=True, kw_only=True)
class JobKind(Generic[S, R]):
    """What joins a kind of job to the store."""

    kind: str
    lane: Lane = "long"
    settings: type[S]
    """The model of the settings, as the kind's step declares it."""
    payload: type[ItemPayload] = ItemPayload
    """The model of what an item is about, as the step declares it."""
    apply: Callable[[Workspace, S, ShardFolder, R], Iterable[Outcome]]
    """Takes a finished shard in. It runs inside the shard's transaction and may be called again after a conflict; the
    items that it says nothing about are done. Its last argument is what `prepare` returned; None without `prepare`."""
    after: Callable[[Workspace, S], Iterable[FollowUp | Note | Remark]] = _nothing_follows
    """Runs once the job has ended by itself; names the jobs that should follow, and what a person should know."""
    prepare: Callable[[Workspace, S, Path], R] | None = None
    """Writes what the workers need from the store into a folder, before they start; the folder goes when the job ends.
    What it returns is kept for `apply`."""
    prepared: type[R] | None = None
    """The model of what `prepare` returns; None where that is None."""
    cards: Callable[[S], int] = _no_cards
    """How many of NVIDIA's cards the work runs on, one worker a card; 0 where it runs on the CPU."""
    workers: int | None = None
    """Number of worker processes, for work that is not bound by the cores; None for as many as `needs` allow."""
    needs: WorkerNeeds = USUAL_NEEDS
    """What one worker keeps busy and holds."""
    stopped: Callable[[Workspace, S, Path], None] = _nothing_remains
    """Runs when the job has ended before its time: cancelled, failed, or found interrupted when the workspace is opened
    again. Deletes what its workers left outside of the job's folder, which is the last argument; may run repeatedly."""
    portable: bool = False
    """Whether its workers may run on other machines: they read what items name and their inputs, and write nothing but
    their shards."""
    cancelled: str = "Cancelled. What was finished is kept; Resume does the rest."
    """The message about a cancelled job."""

    def plan(self, settings: S, machine: Machine, *, asked: int = 0) -> WorkerPlan:
        """How many workers do a job with these `settings` on this machine, and how many threads each may use.

        `asked` is the number of workers that a person has set, 0 for none; it does not hold for work on cards.
        """
        if cards := self.cards(settings):
            each = max(1, machine.cores // cards)
            return WorkerPlan(workers=cards, threads=each, why="one for each graphics card")
        if self.workers:
            return WorkerPlan(workers=self.workers, threads=0)
        return plan_workers(machine, self.needs, asked)


AnyKind = JobKind[Any, Any]

MOST_FILES = 200
"""So many of the files that a job reads are looked for on each node of a cluster."""


def source_files(kind: AnyKind, items: Sequence[Item[ItemPayload]]) -> tuple[str, ...]:
    """Some of the files that workers read of the items, evenly spread: what a payload or its clip calls `path`; of a
    video inside a tar, the tar."""
    fields = kind.payload.model_fields
    if "path" not in fields and "clip" not in fields:
        return ()
    step = max(1, -(-len(items) // MOST_FILES))
    payloads = (item.payload for item in items[::step])
    paths = (str(getattr(getattr(payload, "clip", payload), "path", "")) for payload in payloads)
    return tuple(dict.fromkeys(str(place_of(path).file) for path in paths if path))


@dataclass(frozen=True)
class BuiltIn:
    """Where a kind of job of this project is, as `module:name`: each loads only when it is needed."""

    kind: str
    step: str


BUILT_IN: dict[str, BuiltIn] = {
    "ablate": BuiltIn("app.workflows.validating:ABLATE_KIND", "engine.steps.ablate:Ablate"),
    "clips": BuiltIn("app.workflows.clipping:CLIPS_KIND", "engine.steps.plan_clips:PlanClips"),
    "download": BuiltIn("app.workflows.downloading:DOWNLOAD_KIND", "engine.steps.download_video:DownloadVideo"),
    "export": BuiltIn("app.workflows.exporting:EXPORT_KIND", "engine.steps.cut_clip:CutClip"),
    "export_parts": BuiltIn("app.workflows.export_sets:PARTS_KIND", "engine.steps.make_part:MakePart"),
    "export_set": BuiltIn("app.workflows.export_sets:SET_KIND", "engine.steps.assemble_set:AssembleSet"),
    "extract": BuiltIn("app.workflows.extracting:EXTRACT_KIND", "engine.steps.extract_features:ExtractFeatures"),
    "import": BuiltIn("app.workflows.importing:IMPORT_KIND", "engine.steps.import_file:ImportFile"),
    "look_again": BuiltIn("app.workflows.looking_again:LOOK_AGAIN_KIND", "engine.steps.look_again:LookAgain"),
    "map": BuiltIn("app.workflows.likeness:MAP_KIND", "engine.steps.map_embeddings:MapEmbeddings"),
    "near_duplicates": BuiltIn(
        "app.workflows.likeness:NEAR_DUPLICATES_KIND", "engine.steps.find_near_duplicates:FindNearDuplicates"
    ),
    "pictures": BuiltIn("app.workflows.pictures:PICTURES_KIND", "engine.steps.make_pictures:MakePictures"),
    "previews": BuiltIn("app.workflows.pictures:PREVIEWS_KIND", "engine.steps.make_preview:MakePreview"),
    "publish": BuiltIn("app.workflows.sharing.sync:PUBLISH_KIND", "storage.s3.steps:Publish"),
    "pull": BuiltIn("app.workflows.sharing.sync:PULL_KIND", "storage.s3.steps:Pull"),
    "push": BuiltIn("app.workflows.sharing.sync:PUSH_KIND", "storage.s3.steps:Push"),
    "push_to_hub": BuiltIn("app.workflows.publishing:HUB_KIND", "engine.steps.push_to_hub:PushToHub"),
    "receive": BuiltIn("app.workflows.sharing.receive:RECEIVE_KIND", "engine.steps.import_file:ReceiveFile"),
    "rollouts": BuiltIn("app.workflows.rollouts:ROLLOUTS_KIND", "engine.steps.count_success:CountSuccess"),
    "sample": BuiltIn("app.workflows.sampling:SAMPLE_KIND", "engine.steps.render_sample:RenderSample"),
    "score": BuiltIn("app.workflows.rewarding:SCORE_KIND", "engine.steps.score_clips:ScoreClips"),
    "shots": BuiltIn("app.workflows.clipping:SHOTS_KIND", "engine.steps.find_shots:FindShots"),
    "train": BuiltIn("app.workflows.rewarding:TRAIN_KIND", "engine.steps.train_reward:TrainReward"),
    "unpack": BuiltIn("app.workflows.sharing.receive:UNPACK_KIND", "engine.steps.unpack_bundle:UnpackBundle"),
    "validate": BuiltIn("app.workflows.validating:VALIDATE_KIND", "engine.steps.validate:Validate"),
}


def job_kind(name: str) -> AnyKind:
    """The kind called `name`. Raises `JobError` for one that neither this version nor an installed package has."""
    address = BUILT_IN[name].kind if name in BUILT_IN else _added(KINDS_GROUP, name)
    if address is None:
        raise JobError(
            f"this version knows no kind of job called {name!r}",
            remedy="Another version of Handpicked made the job, or a package that is not installed.",
        )
    module, _, attribute = address.partition(":")
    kind = getattr(import_module(module), attribute, None)
    if not isinstance(kind, JobKind) or kind.kind != name:
        raise JobError(f"{address} is not the kind of job {name!r}", remedy="Its package has to be mended.")
    return kind


def lane_of(name: str) -> Lane:
    """The lane of a kind of job; `long` for one that this version does not know: an old job, which no lane runs."""
    try:
        return job_kind(name).lane
    except JobError:
        return "long"


def step_of(name: str) -> str:
    """The address of the step that does jobs of this kind, `module:class`. Raises `JobError` where it has none."""
    address = BUILT_IN[name].step if name in BUILT_IN else _added(STEPS_GROUP, name)
    if address is None:
        raise JobError(
            f"nothing says which step does jobs of kind {name!r}",
            remedy=f"Its package needs an entry point {name!r} in the group {STEPS_GROUP}.",
        )
    return address


def _added(group: str, name: str) -> str | None:
    """What an installed package says of a kind: the address, `module:name`."""
    return next((entry.value for entry in entry_points(group=group, name=name)), None)


def check_spec(spec: JobSpec) -> None:
    """Raises `JobError` where there is no such kind of job, or where the job was made for another kind."""
    kind = job_kind(spec.kind)
    step_of(spec.kind)
    spec.settings_as(kind.settings)
    spec.check_payloads(kind.payload)


def typed_spec(file: SpecFile) -> JobSpec:
    """A specification from a file, held against the models of its kind.

    Raises `JobError` for an unknown kind, or one that names the kind and the field which does not fit.
    """
    kind = job_kind(file.kind)
    return file.typed(kind.settings, kind.payload)
