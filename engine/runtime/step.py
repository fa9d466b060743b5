"""How one item of a job is done, and which kinds of job there are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from engine.cancel import Cancelled
from engine.errors import JobError

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.runtime.shards import ItemOutput
    from engine.runtime.spec import Item

__all__ = ["STEPS", "STEPS_GROUP", "SkipItem", "Step", "StepContext", "load_step"]

STEPS: dict[str, str] = {
    "clips": "engine.steps.plan_clips:PlanClips",
    "download": "engine.steps.download_video:DownloadVideo",
    "export": "engine.steps.cut_clip:CutClip",
    "extract": "engine.steps.extract_features:ExtractFeatures",
    "import": "engine.steps.import_file:ImportFile",
    "look_again": "engine.steps.look_again:LookAgain",
    "map": "engine.steps.map_embeddings:MapEmbeddings",
    "near_duplicates": "engine.steps.find_near_duplicates:FindNearDuplicates",
    "pictures": "engine.steps.make_pictures:MakePictures",
    "previews": "engine.steps.make_preview:MakePreview",
    "publish": "storage.s3.steps:Publish",
    "pull": "storage.s3.steps:Pull",
    "push": "storage.s3.steps:Push",
    "receive": "engine.steps.import_file:ImportFile",
    "sample": "engine.steps.render_sample:RenderSample",
    "score": "engine.steps.score_clips:ScoreClips",
    "shots": "engine.steps.find_shots:FindShots",
    "train": "engine.steps.train_reward:TrainReward",
    "unpack": "engine.steps.unpack_bundle:UnpackBundle",
    "validate": "engine.steps.validate:Validate",
    "ablate": "engine.steps.ablate:Ablate",
}
"""Kind of job → `module:class` of its step. Names, not classes: the app knows the kinds without their libraries."""

STEPS_GROUP = "handpicked.steps"
"""Entry points of this group add kinds of job: `kind = "package.module:Class"`."""


class SkipItem(Exception):  # noqa: N818 - a verdict, not an error
    """Raised by a step: there is nothing to do for this item, and that is no failure."""


class StepContext:
    """What a step may call while it works on an item."""

    def __init__(
        self,
        output: ItemOutput,
        progress: Callable[[float, str], None],
        warn: Callable[[str], None],
        cancelled: Callable[[], bool],
    ) -> None:
        self.output = output
        self._progress = progress
        self.warn = warn
        self.is_cancelled = cancelled

    def progress(self, fraction: float, note: str = "") -> None:
        """Say how much of the item is done, in [0, 1]. A cancel takes effect here: call it every second or so."""
        if self.is_cancelled():
            raise Cancelled
        self._progress(fraction, note)


class Step(ABC):
    """One kind of work. Made once a part with the job's settings; models load in `prepare`."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.say: Callable[[str], None] = lambda _note: None
        """Tells people what `prepare` is about, where that takes long: a download, a large model."""

    def prepare(self) -> None:  # noqa: B027 - most steps need nothing
        """Load what all items share. An `EngineError` from here fails the job, with its message."""

    @abstractmethod
    def process(self, item: Item, context: StepContext) -> None:
        """Do `item`: put rows and files into `context.output`.

        Raises an `EngineError` (the item failed; the message says why), `SkipItem`, or lets anything else escape (a
        defect: the item fails and the traceback goes to the job's log).
        """


def load_step(kind: str, settings: dict[str, Any]) -> Step:
    """The step of `kind`, imported now: one of `STEPS`, or one that an installed package adds under `STEPS_GROUP`.

    Raises `JobError` for an unknown kind.
    """
    target = STEPS.get(kind)
    if target is None:
        added = {entry.name: entry for entry in entry_points(group=STEPS_GROUP)}
        if kind not in added:
            msg = f"there is no kind of job called {kind!r}"
            raise JobError(msg, remedy=f"Known kinds: {', '.join(sorted([*STEPS, *added]))}.")
        made: Step = added[kind].load()(settings)
        return made
    module, _, name = target.partition(":")
    step: Step = getattr(import_module(module), name)(settings)
    return step
