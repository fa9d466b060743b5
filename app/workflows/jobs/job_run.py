"""One job under way: starts its workers, reads what they report, takes their results in, restarts those that die."""

from __future__ import annotations

import contextlib
import shutil
import threading
import time
import traceback
from collections import Counter
from dataclasses import replace
from queue import Empty, Queue
from typing import TYPE_CHECKING

from app.workflows.jobs.kinds import job_kind, source_files, step_of
from app.workflows.jobs.live_progress import ProgressWatch
from app.workflows.jobs.part import Part
from app.workflows.jobs.prepared import keep_prepared
from app.workflows.jobs.shard_intake import ShardIntake
from engine.cancel import Cancelled
from engine.errors import HandpickedError
from engine.runtime import messages
from engine.runtime.executor import Ended, JobAhead, PartEvent
from engine.runtime.local import kill_leftover
from engine.runtime.spec import Item, ItemPayload, split, write_spec
from storage.errors import StorageError
from storage.jobs import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from app.workflows.jobs.live_progress import LiveProgress
    from engine.runtime.executor import Executor
    from engine.runtime.machine import WorkerPlan
    from engine.runtime.messages import Message
    from engine.runtime.spec import JobSpec
    from engine.settings.jobs import RuntimeSettings
    from storage import Workspace
    from storage.jobs import JobState

Items = list[Item[ItemPayload]]

__all__ = ["CANCEL_REQUEST", "INPUTS", "JobRun"]

CANCEL_REQUEST = "cancel-requested"
"""A file of this name in a job's folder requests a cancel from the process that runs the job."""

INPUTS = "inputs"
"""Name of the folder, beside a job's spec, with the data that its workers need from the store."""
CANCEL_GRACE_S = 1.0
"""How long a cancelled worker may take to write finished results before it is killed."""
MAX_WARNINGS = 1000
"""The most warnings stored for one run of a job: a broken file may give one for every frame."""
MAX_LOST_MACHINES = 5
"""An item in hand at this many losses of a whole machine is failed: machines come and go, but it may be its doing."""
MAX_STARTUP_CRASHES = 3
"""A part that dies this often in a row with no item in hand will not start at all."""


class JobRun:
    """Runs one job to its end. `run` blocks; `cancel` may be called from any thread."""

    def __init__(
        self,
        workspace: Workspace,
        job_id: int,
        spec: JobSpec,
        executor: Executor,
        limits: RuntimeSettings,
        plan: WorkerPlan,
    ) -> None:
        self._workspace = workspace
        self._job_id = job_id
        self._spec = spec
        self._executor = executor
        self._limits = limits
        self._plan = plan
        self._threads = plan.threads
        self._kind = job_kind(spec.kind)
        self._intake = ShardIntake(workspace, job_id, spec, self._kind)
        self._folder = workspace.paths.job(job_id)
        self._inputs = self._folder / INPUTS
        self._events: Queue[PartEvent] = Queue()
        self._parts: dict[Path, Part] = {}
        self._deaths: Counter[str] = Counter()
        self._lost_machines: Counter[str] = Counter()
        self._startup_crashes = 0
        self._cancel = threading.Event()
        self._cancelled_s: float | None = None
        self._fatal = ""
        self._launches = 0
        self._watched = ProgressWatch({item.key: item.cost for item in spec.items})
        self._outcomes: list[Outcome] = []
        self._warnings = 0
        self._heard_s = time.monotonic()
        self._getting_ready = False

    # --- public ---------------------------------------------------------------------------------------------

    def cancel(self) -> None:
        """Ask the job to stop; finished results stay."""
        self._cancel.set()

    def live(self) -> LiveProgress:
        """The job's live progress."""
        live = self._watched.live(self._parts_in_hand())
        return replace(live, note="getting ready") if self._getting_ready else live

    def _parts_in_hand(self) -> list[Part]:
        return [part for part in list(self._parts.values()) if not part.ended]  # a copy: other threads add parts

    # --- the run ------------------------------------------------------------------------------------------------

    def run(self) -> tuple[JobState, str]:
        """Do the job's remaining items; returns the final state and a sentence about it."""
        try:
            self._ingest_leftovers()
            outcomes = self._workspace.jobs.outcomes(self._job_id)
            left = [i for i in self._spec.items if outcomes.get(i.key) not in ("done", "skipped", "failed")]
            self._watched.settle({item.key for item in self._spec.items} - {item.key for item in left})
            if left:
                self._ready(left)
                self._prepare()
            parts = split(self._spec.with_items(left), self._plan.workers)
            self._threads = self._plan.threads_of(len(parts))
            for number, part in enumerate(parts):
                self._launch(part, number)
            while any(not part.ended for part in self._parts.values()) and not self._fatal:
                self._drain_events()
                self._watch()
            self._account_for_all()
        except Cancelled:
            self._cancel.set()
        except (StorageError, OSError) as error:
            self._fatal = self._fatal or str(error)
        except HandpickedError as error:
            self._fatal = self._fatal or str(error)  # the job's inputs could not be written
        finally:
            self._stop_all()
            self._executor.close()
            shutil.rmtree(self._inputs, ignore_errors=True)
        try:
            self._record_outcomes()
        except StorageError as error:
            self._fatal = self._fatal or str(error)
        return self._verdict()

    def _ready(self, left: Items) -> None:
        """Have the executor get ready, and split the job as it says. Raises `JobError`, `Cancelled`."""
        settings = self._spec.settings.model_dump(mode="json")
        # A name that is no UTF-8 can't travel as JSON; its own item says what is the matter with it.
        files = tuple(path for path in source_files(self._kind, left) if path == path.encode(errors="ignore").decode())
        ahead = JobAhead(self._folder, step=step_of(self._spec.kind), settings=settings, files=files)
        local = self._plan
        self._getting_ready = True
        self._plan = self._executor.ready(ahead, local, self._is_cancelled)
        self._getting_ready = False
        if self._plan is not local:
            self._threads = self._plan.threads
            self._workspace.jobs.note(self._job_id, f"Runs {self._plan.why}.")

    def _is_cancelled(self) -> bool:
        if (self._folder / CANCEL_REQUEST).exists():
            self._cancel.set()
        return self._cancel.is_set()

    def _prepare(self) -> None:
        """Write down what the workers need from the store, and keep what the app must know when their results come."""
        if self._kind.prepare is None:
            return
        shutil.rmtree(self._inputs, ignore_errors=True)
        self._inputs.mkdir(parents=True)
        prepared = self._kind.prepare(self._workspace, self._spec.settings, self._inputs)
        if prepared is not None:
            keep_prepared(prepared, self._folder)

    def _verdict(self) -> tuple[JobState, str]:
        if self._fatal:
            return "failed", self._fatal
        if self._cancel.is_set():
            return "cancelled", self._kind.cancelled
        return "done", ""

    def _ingest_leftovers(self) -> None:
        """Store shards that an earlier run of this job finished but did not store."""
        kill_leftover(self._folder)
        for folder in sorted(self._folder.glob("part-*")):
            kill_leftover(folder)
            self._intake.ingest_finished(folder)

    def _launch(
        self, spec: JobSpec, number: int, *, items_at_once: int = 0, rest: tuple[Item[ItemPayload], ...] = ()
    ) -> None:
        self._launches += 1
        # A new name for every launch, so that shards of two launches are not mistaken for one another.
        folder = self._folder / f"part-{time.time_ns()}-{self._launches:03d}"
        folder.mkdir(parents=True)
        inputs = None if self._kind.prepare is None else self._inputs
        written = spec.written(
            step=step_of(spec.kind),
            inputs=inputs,
            number=number,
            items_at_once=items_at_once,
            threads=self._threads,
        )
        write_spec(written, folder / "spec.json")
        running = self._executor.start(folder, self._events)
        self._parts[folder] = Part(
            spec=spec,
            folder=folder,
            running=running,
            heard_s=time.monotonic(),
            number=number,
            items_at_once=items_at_once,
            rest=rest,
        )

    def _drain_events(self) -> None:
        # Bounded, so that time limits and a cancel are checked however many messages the workers send.
        until = time.monotonic() + 0.1
        try:
            while (left := until - time.monotonic()) > 0:
                event = self._events.get(timeout=left)
                part = self._parts[event.folder]
                part.heard_s = self._heard_s = event.said_s
                self._handle(part, event.event)
        except Empty:
            self._heard_s = time.monotonic()
        self._record_outcomes()

    def _handle(self, part: Part, event: Message | Ended) -> None:
        part.queued = event.reason if isinstance(event, messages.Queued) else ""
        match event:
            case messages.Heartbeat():
                part.rss_bytes = event.rss_bytes
            case messages.Started():
                part.begin(event.item)
            case messages.Progress():
                part.progress(event)
            case messages.Done():
                part.done(event.item)
            case messages.Warned():
                self._warn(f"{event.item}: {event.message}")
            case messages.Skipped():
                self._settle(part, Outcome(event.item, "skipped", event.reason))
            case messages.Failed():
                self._settle(part, Outcome(event.item, "failed", event.error))
            case messages.Shard():
                self._note_settled(part, self._intake.ingest_shard(part.folder, event.name))
            case messages.Fatal():
                part.fatal = event.error
            case messages.Finished():
                part.finished = True
            case Ended():
                self._on_worker_exit(part, event.reason, machine_lost=event.machine_lost)

    def _settle(self, part: Part, outcome: Outcome) -> None:
        self._outcomes.append(outcome)
        self._note_settled(part, [outcome.item])

    def _note_settled(self, part: Part, items: Iterable[str]) -> None:
        settled = list(items)
        part.settle(settled)
        self._watched.settle(settled)

    def _record_outcomes(self) -> None:
        """Record the outcomes of items, many in one transaction: workers skip files faster than the store commits."""
        if self._outcomes:
            self._workspace.jobs.record(self._job_id, self._outcomes)
            self._outcomes = []

    def _account_for_all(self) -> None:
        """Record items without an outcome as failed: every item of a job that ran to its end has one."""
        if self._fatal or self._cancel.is_set():
            return
        self._record_outcomes()
        outcomes = self._workspace.jobs.outcomes(self._job_id)
        silent = [i.key for i in self._spec.items if outcomes.get(i.key) not in ("done", "skipped", "failed")]
        self._outcomes += [Outcome(key, "failed", "The workers ended without reporting it.") for key in silent]

    def _warn(self, message: str) -> None:
        self._warnings += 1
        if self._warnings < MAX_WARNINGS:
            self._workspace.jobs.note(self._job_id, message, level="warning")
        elif self._warnings == MAX_WARNINGS:
            self._workspace.jobs.note(self._job_id, "There are more warnings like these.", level="warning")

    def _on_worker_exit(self, part: Part, reason: str, *, machine_lost: bool = False) -> None:
        """A part's process is gone: done, told to stop, unable to go on, or dead with an item in hand."""
        part.ended = True
        # A shard may be in place although the process died before it reported it.
        self._note_settled(part, self._intake.ingest_finished(part.folder))
        if part.fatal:
            self._fatal = self._fatal or part.fatal
            return
        if self._cancel.is_set() or self._fatal:
            return
        why = part.killed_for or reason or "the worker ended without finishing"
        left = [item for item in part.spec.items if item.key not in part.settled]
        if part.finished:
            for item in list(left):  # their shard was damaged on the disk
                left = self._requeue_or_fail(part, item.key, "its results could not be read back", left)
        elif not part.suspects:
            self._startup_crashes += not machine_lost
            if self._startup_crashes >= MAX_STARTUP_CRASHES:
                self._fatal = f"The worker can't be kept running: {why}. {part.log_tail()}".strip()
                return
            if left or part.rest:
                self._warn(f"{why[0].upper()}{why[1:]}, with no item known to be in hand; another worker goes on.")
        elif len(part.suspects) > 1:
            self._startup_crashes = 0
            self._apart(part, why, left)
            return
        else:
            self._startup_crashes = 0
            left = self._requeue_or_fail(part, part.suspects[0], why, left, machine_lost=machine_lost)
        if left:
            self._launch(part.spec.with_items(left), part.number, items_at_once=part.items_at_once, rest=part.rest)
        elif part.rest:
            self._launch(part.spec.with_items(part.rest), part.number)

    def _apart(self, part: Part, why: str, left: list[Item[ItemPayload]]) -> None:
        """One of several items in hand ended the worker: do these one by one, to see which, and the others after."""
        suspects = [item for item in left if item.key in part.suspects]
        self._warn(f"{', '.join(item.key for item in suspects)}: {why}; they will be tried again, one by one.")
        rest = tuple(item for item in left if item.key not in part.suspects)
        self._launch(part.spec.with_items(suspects), part.number, items_at_once=1, rest=rest)

    def _requeue_or_fail(
        self, part: Part, culprit: str, why: str, left: list[Item[ItemPayload]], *, machine_lost: bool = False
    ) -> list[Item[ItemPayload]]:
        """Hold the item in hand responsible; returns what the part still has to do, the culprit last."""
        counted, most = self._deaths, self._limits.tries
        if machine_lost:
            counted, most = self._lost_machines, MAX_LOST_MACHINES
        counted[culprit] += 1
        rest = [item for item in left if item.key != culprit]
        if counted[culprit] >= most:
            times = f", {counted[culprit]} times" if counted[culprit] > 1 else ""
            self._settle(part, Outcome(culprit, "failed", f"{why[0].upper()}{why[1:]}{times}."))
            return rest
        self._warn(f"{culprit}: {why}; it will be tried again.")
        return rest + [item for item in left if item.key == culprit]

    def _watch(self) -> None:
        """Act on cancel requests and time limits; follow the progress."""
        now = time.monotonic()
        self._watched.look(self._parts_in_hand())
        if self._is_cancelled():
            if self._cancelled_s is None:
                self._cancelled_s = now
                self._cancel_parts()
            elif now - self._cancelled_s > CANCEL_GRACE_S:
                for part in self._parts.values():
                    if not part.ended:
                        part.running.kill()
            return
        for part in self._parts.values():
            if part.ended or part.killed_for:
                continue
            # By what was heard so far: while shards are taken in, signs of life wait their turn.
            part.killed_for = part.overdue(self._heard_s, self._limits)
            if part.killed_for:
                part.running.kill()

    def _cancel_parts(self) -> None:
        for part in self._parts.values():
            if not part.ended:
                part.running.cancel()

    def _stop_all(self) -> None:
        """Stop all workers, whatever happened, and store what they finished."""
        deadline = time.monotonic() + CANCEL_GRACE_S
        self._cancel_parts()
        while any(not part.ended for part in self._parts.values()) and time.monotonic() < deadline + 5:
            if time.monotonic() > deadline:
                for part in self._parts.values():
                    part.running.kill()
            with contextlib.suppress(Empty):
                event = self._events.get(timeout=0.1)
                if isinstance(event.event, Ended):
                    self._parts[event.folder].ended = True
                    self._rescue(event.folder)

    def _rescue(self, part_folder: Path) -> None:
        """Store what a stopped part had finished. Where that fails it stays on disk, and Resume stores it."""
        try:
            self._intake.ingest_finished(part_folder)
        except (HandpickedError, OSError) as error:
            self._fatal = self._fatal or str(error)
        except Exception:
            self._fatal = self._fatal or f"Unexpected error in the app:\n{traceback.format_exc()}"
