"""The kinds of job: what each does with a finished shard, and what follows when it is done.

The work itself is the engine's (`engine/runtime/step.py` names each kind's step); here is what joins it to the store.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from engine.errors import JobError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from engine.runtime.shards import ShardFolder
    from engine.runtime.spec import JobSpec
    from storage import Workspace
    from storage.jobs import Outcome

__all__ = ["FollowUp", "JobKind", "Note", "Remark", "job_kind", "register"]


@dataclass(frozen=True)
class FollowUp:
    """A job to start when another has ended."""

    title: str
    spec: JobSpec


@dataclass(frozen=True)
class Remark:
    """What a job that has ended did not take in, and why; it is in the job's history. The job is done in part."""

    text: str


@dataclass(frozen=True)
class Note:
    """What a person may want to know of what a job took in; it is in the job's history."""

    text: str


@dataclass(frozen=True)
class JobKind:
    """How the app takes in what a kind of job makes.

    `apply` runs inside the shard's transaction and may be called again after a conflict; the items that it says nothing
    about are done. `after` runs once the job has ended by itself and names the jobs that should follow, and whatever a
    person should know.
    """

    kind: str
    apply: Callable[[Workspace, dict[str, Any], ShardFolder], Iterable[Outcome]]
    after: Callable[[Workspace, dict[str, Any]], Iterable[FollowUp | Note | Remark]] = lambda _workspace, _settings: ()
    prepare: Callable[[Workspace, dict[str, Any], Path], dict[str, Any]] | None = None
    """Writes what the job needs from the store into a folder beside its spec, before its workers start; returns what
    the workers' settings get in addition to `inputs`, the folder. It goes when the job ends."""
    workers: int | None = None
    """How many processes share it; None for as many as the settings say. For work that is not bound by the cores."""
    cancelled: str = "Cancelled. What was finished is kept; Resume does the rest."
    """What a person is told about a cancelled job."""


MODULES = {
    "clips": "app.workflows.clipping",
    "download": "app.workflows.downloading",
    "export": "app.workflows.exporting",
    "extract": "app.workflows.extracting",
    "import": "app.workflows.importing",
    "look_again": "app.workflows.looking_again",
    "map": "app.workflows.likeness",
    "near_duplicates": "app.workflows.likeness",
    "pictures": "app.workflows.pictures",
    "previews": "app.workflows.pictures",
    "publish": "app.workflows.sharing.sync",
    "pull": "app.workflows.sharing.sync",
    "push": "app.workflows.sharing.sync",
    "receive": "app.workflows.sharing.receive",
    "sample": "app.workflows.sampling",
    "score": "app.workflows.rewarding",
    "shots": "app.workflows.clipping",
    "train": "app.workflows.rewarding",
    "unpack": "app.workflows.sharing.receive",
    "validate": "app.workflows.validating",
    "ablate": "app.workflows.validating",
}
"""Kind → the module that registers it, imported when it is first needed."""
_KINDS: dict[str, JobKind] = {}


def register(kind: JobKind) -> JobKind:
    """Make a kind of job known to the supervisor."""
    _KINDS[kind.kind] = kind
    return kind


def job_kind(name: str) -> JobKind:
    """The kind called `name`. Raises `JobError` for one that this version does not know."""
    if name not in _KINDS:
        if name not in MODULES:
            msg = f"this version knows no kind of job called {name!r}"
            raise JobError(msg, remedy="The job was made by another version of Handpicked.")
        import_module(MODULES[name])
    return _KINDS[name]
