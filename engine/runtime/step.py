"""How one item of a job is done: the interface of every kind of job in a worker."""

from __future__ import annotations

from abc import ABC, abstractmethod
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, get_args

from engine.cancel import Cancelled
from engine.errors import JobError
from engine.runtime.spec import ItemPayload, StepSettings
from engine.runtime.stages import stage_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.runtime.shards import ItemOutput
    from engine.runtime.spec import Item, JobSpec, SpecFile
    from engine.runtime.stages import Plan, Stage

__all__ = ["AnyStep", "SkipItem", "Step", "StepContext", "load_step", "step_class"]

S = TypeVar("S", bound=StepSettings)
P = TypeVar("P", bound=ItemPayload)


class SkipItem(Exception):  # noqa: N818 - a verdict, not an error
    """Raised by a step: there is nothing to do for this item, and that is no failure."""


class StepContext:
    """What a step may call while it works on an item."""

    def __init__(
        self,
        output: ItemOutput,
        progress: Callable[[float, str, Stage | None], None],
        warn: Callable[[str], None],
        cancelled: Callable[[], bool],
    ) -> None:
        self.output = output
        self._progress = progress
        self._plan: Plan = ()
        self._stage = ""
        self.warn = warn
        self.is_cancelled = cancelled

    def plan(self, *stages: tuple[str, float]) -> None:
        """Name the stages of this item in order, each with the share of the item at which it ends."""
        self._plan, self._stage = stages, stages[0][0]

    def progress(self, fraction: float, note: str = "", *, stage: str = "") -> None:
        """Report how much of the item is done, in [0, 1], and which planned `stage` is under way: empty for the same.

        A cancel takes effect here: call it every second or so. Raises `ValueError` for a stage that was not planned.
        """
        if self.is_cancelled():
            raise Cancelled
        self._stage = stage or self._stage
        self._progress(fraction, note, stage_of(self._plan, self._stage, fraction) if self._stage else None)


class Step(ABC, Generic[S, P]):
    """One kind of work over items. Made once a part; models load in `prepare`.

    `class CutClip(Step[CutSettings, CutClipPayload])` declares what a job of this kind has in common and what an item
    of it is about; both stand in `Settings` and `Payload`, and a worker holds its specification against them once.
    """

    Settings: ClassVar[type[StepSettings]] = StepSettings
    Payload: ClassVar[type[ItemPayload]] = ItemPayload

    def __init_subclass__(cls) -> None:
        """Read off which models were declared."""
        super().__init_subclass__()
        for base in cls.__dict__.get("__orig_bases__", ()):
            for model in get_args(base):
                if isinstance(model, type) and issubclass(model, StepSettings):
                    cls.Settings = model
                if isinstance(model, type) and issubclass(model, ItemPayload):
                    cls.Payload = model

    def __init__(self, settings: S, inputs: Path | None = None) -> None:
        self.settings = settings
        self._inputs = inputs
        self.say: Callable[[str], None] = lambda _note: None
        """Tells people what `prepare` is about, where that takes long: a download, a large model."""
        self.part_number = 0
        """Which of a job's parts this worker does, from 0."""
        self.threads = 0
        """How many threads this worker's libraries may use: its share of the machine's cores; 0: not stated."""
        self.items_at_once = 1
        """How many items a worker does at the same time, each in a thread; `prepare` may raise it."""

    @classmethod
    def models(cls, _settings: S) -> dict[str, str]:
        """Which model files of this machine a worker would use, in words: model → which of it. Two machines that say
        the same make the same numbers. Loads nothing heavy."""
        return {}

    @property
    def inputs(self) -> Path:
        """The folder with what the app wrote down for this job. Raises `JobError` for a kind that writes nothing."""
        if self._inputs is None:
            raise JobError("the worker was not told where the inputs of its job are")
        return self._inputs

    def prepare(self) -> None:
        """Load what all items share. An `EngineError` from here fails the job, with its message."""

    @abstractmethod
    def process(self, item: Item[P], context: StepContext) -> None:
        """Do `item`: put rows and files into `context.output`.

        Raises an `EngineError` (the item failed; the message says why), `SkipItem`, or lets anything else escape (a
        defect: the item fails and the traceback goes to the job's log).
        """


def step_class(address: str) -> type[AnyStep]:
    """The step at `module:class`, imported now. Raises `JobError` where there is none."""
    module, _, name = address.partition(":")
    found = getattr(import_module(module), name, None) if name else None
    if not (isinstance(found, type) and issubclass(found, Step)):
        raise JobError(f"{address} is no step")
    return found


def load_step(part: SpecFile) -> tuple[AnyStep, JobSpec]:
    """The step that does a part, imported now, and the part with settings and payloads of the step's models.

    Raises `JobError` where there is no such step, or where the settings or an item are not what it asks for.
    """
    if not part.step.partition(":")[2]:
        raise JobError(f"the worker was not told what does jobs of kind {part.kind!r}")
    try:
        found = step_class(part.step)
    except JobError as error:
        raise JobError(f"{error.message}, so jobs of kind {part.kind!r} can't be done") from error
    spec = part.typed(found.Settings, found.Payload)
    step = found(spec.settings, Path(part.inputs) if part.inputs else None)
    step.part_number, step.threads = part.number, part.threads
    return step, spec


AnyStep = Step[Any, Any]
