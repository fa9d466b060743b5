"""The queues of background jobs: runs one job at a time in each lane, in worker processes, and records it in the store.

The app holds one supervisor for its lifetime, a command one for its own. No Streamlit here.
"""

from __future__ import annotations

import contextlib
import threading
import traceback
from dataclasses import replace
from typing import TYPE_CHECKING

from app.workflows.jobs.announced import ActiveJob, forget, write_down
from app.workflows.jobs.executors import executor_of
from app.workflows.jobs.job_run import CANCEL_REQUEST, JobRun
from app.workflows.jobs.kinds import LANES, Lane, Note, Remark, check_spec, job_kind, lane_of, typed_spec
from app.workflows.jobs.lane_queue import LaneQueue
from engine.cluster.executor import LOG_FILE
from engine.errors import HandpickedError, JobError
from engine.runtime.local import kill_leftover
from engine.runtime.machine import this_machine
from engine.runtime.spec import read_spec, write_spec
from engine.settings.jobs import ExecutorSettings, JobSettings
from storage.errors import StorageError
from storage.jobs import ACTIVE, ENDED, RESUMABLE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.workflows.jobs.kinds import FollowUp
    from app.workflows.jobs.live_progress import LiveProgress
    from engine.runtime.executor import Executor
    from engine.runtime.spec import JobSpec
    from storage import Workspace
    from storage.jobs import Job, JobState
    from storage.paths import WorkspacePaths

__all__ = ["Supervisor", "request_cancel"]

QUICK_SHARE = 4
"""Beside a long job, which keeps its workers, a quick one gets this part of the usual number, and at least one."""
ANNOUNCE_S = 1.0
"""How often it is written down what runs, for commands of other processes."""
UNRECORDED_WAIT_S = 1.0
"""How long to wait before trying again to record a job's end on a full disk."""


def request_cancel(paths: WorkspacePaths, job_id: int) -> None:
    """Ask whichever process runs a job to cancel it. Raises `JobError` for an unknown job."""
    folder = paths.job(job_id)
    if not folder.is_dir():
        raise JobError(f"there is no job {job_id}", remedy="The Jobs page shows them all.")
    (folder / CANCEL_REQUEST).touch()


class Supervisor:
    """Starts, watches, cancels and resumes the jobs of one workspace: one at a time in each lane."""

    def __init__(
        self,
        workspace: Workspace,
        executor: Callable[[ExecutorSettings], Executor] = executor_of,
        *,
        workers: int | None = None,
        where: ExecutorSettings | None = None,
    ) -> None:
        """Mark jobs that a dead process left active as interrupted, and start a thread for each lane.

        `workers`: number of processes that share a job; None for the number in jobs.yaml, which may be left to the
        cores and the memory. `where`: where jobs run that can go elsewhere; None for what jobs.yaml says when a job
        starts.
        """
        self._workers = workers
        self._where = where
        self._workspace = workspace
        self._executor = executor
        self._changed = threading.Condition()
        self._lanes: dict[Lane, LaneQueue] = {lane: LaneQueue(lane) for lane in LANES}
        self._followers: dict[int, list[int]] = {}
        self._closing = False
        self.interrupted = workspace.jobs.interrupt_orphans()
        for job_id in self.interrupted:
            kill_leftover(workspace.paths.job(job_id))
            for part in workspace.paths.job(job_id).glob("part-*"):
                kill_leftover(part)  # workers end with their app, except one that hangs inside a library
            self._tidy(job_id)
        self._threads = [
            threading.Thread(target=self._work, args=(lane,), name=f"supervisor-{lane.lane}", daemon=True)
            for lane in self._lanes.values()
        ]
        self._threads.append(threading.Thread(target=self._announce, name="supervisor-announces", daemon=True))
        for thread in self._threads:
            thread.start()

    def submit(self, title: str, spec: JobSpec) -> int:
        """Queue a job; returns its number at once. Raises `JobError` for a kind that nobody knows, and where the job
        can't be written to the disk."""
        check_spec(spec)

        def write(job_id: int) -> None:
            file = self._spec_file(job_id)
            file.parent.mkdir(parents=True, exist_ok=True)
            write_spec(spec.written(), file)

        try:
            job_id = self._workspace.jobs.create(spec.kind, title, len(spec.items), write=write)
        except OSError as error:
            msg = f"the job {title!r} can't be written down: {error.strerror or error}"
            raise JobError(msg, remedy="Free some space on the workspace's disk, then start it again.") from error
        self._enqueue(job_id, spec.kind)
        return job_id

    def cancel(self, job_id: int) -> None:
        """Stop a queued or running job; finished results stay. An ended job is left as it is."""
        with self._changed:
            for lane in self._lanes.values():
                if job_id in lane.waiting:
                    lane.waiting.remove(job_id)
                    self._workspace.jobs.set_state(job_id, "cancelled", "Cancelled before it started.")
                elif lane.current and lane.current[0] == job_id:
                    lane.current[1].cancel()  # first, so that the job is stopped even where the store can't write
                    self._workspace.jobs.set_state(job_id, "cancelling", "Stopping after what is in hand.")
            self._changed.notify_all()

    def resume(self, job_id: int) -> None:
        """Queue a cancelled, interrupted or failed job again. Raises `JobError` for any other."""
        with self._changed:  # two tabs may request the same
            job = self._workspace.jobs.get(job_id)
            if job.state not in RESUMABLE:
                raise JobError(
                    f"job {job_id} is {job.state}", remedy=f"Only {', '.join(RESUMABLE)} jobs can be resumed."
                )
            self._again(job, "Resumed.")

    def retry_failed(self, job_id: int) -> int:
        """Try the failed items of an ended job again; returns how many."""
        with self._changed:
            job = self._workspace.jobs.get(job_id)
            if job.state not in ENDED:
                raise JobError(f"job {job_id} is still {job.state}", remedy="Wait for it to end, or cancel it.")
            if not self._workspace.jobs.failures(job_id):
                return 0
            typed_spec(read_spec(self._spec_file(job_id)))  # before the failures are cleared
            count = self._workspace.jobs.clear_failures(job_id)
            if count:
                self._again(job, f"Trying {count} failed item{'s' if count > 1 else ''} again.")
            return count

    def with_followers(self, job_id: int) -> list[int]:
        """The numbers of a job and of all jobs that this supervisor started after it, in order of start."""
        found = [job_id]
        for number in found:
            found.extend(self._followers.get(number, ()))
        return found

    def live(self, job: Job) -> LiveProgress | None:
        """Stage, time left and current items of a running job; None for any other."""
        running = next((lane.current for lane in self._lanes.values() if lane.runs(job.job_id)), None)
        return running[1].live() if running and running[0] == job.job_id else None

    def ahead_of(self, job_id: int) -> list[int]:
        """The jobs that a queued job waits for: the one that runs in its lane, then those before it in the queue."""
        with self._changed:
            for lane in self._lanes.values():
                if job_id in lane.waiting:
                    before = lane.waiting[: lane.waiting.index(job_id)]
                    return [lane.current[0], *before] if lane.current else before
        return []

    def wait(self, job_id: int, timeout_s: float | None = None) -> Job:
        """Wait for a job to end, or for `timeout_s`; returns its state then."""
        with self._changed:
            self._changed.wait_for(lambda: not self._pending(job_id), timeout_s)
        return self._workspace.jobs.get(job_id)

    def wait_idle(self, timeout_s: float) -> bool:
        """Wait until no job runs or is queued, or for `timeout_s`; returns whether that was reached."""
        with self._changed:
            return self._changed.wait_for(lambda: self.idle, timeout_s)

    @property
    def idle(self) -> bool:
        """Whether no job runs or is queued."""
        return all(lane.idle for lane in self._lanes.values())

    def close(self) -> None:
        """Stop cleanly: running jobs are recorded as interrupted and can be resumed."""
        with self._changed:
            self._closing = True
            for lane in self._lanes.values():
                if lane.current:
                    lane.current[1].cancel()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(10)

    def log(self, job_id: int, size_bytes: int = 60_000) -> str:
        """The last lines that the job's workers logged, oldest first."""
        pieces = []
        folder = self._workspace.paths.job(job_id)
        for file in [folder / LOG_FILE, *sorted(folder.glob("part-*/log.txt"))]:
            with contextlib.suppress(OSError):
                pieces.append(file.read_text(encoding="utf-8", errors="replace")[-size_bytes:])
        return "".join(pieces)[-size_bytes:]

    # --- the queues ---------------------------------------------------------------------------------------------

    def _pending(self, job_id: int) -> bool:
        return any(job_id in lane for lane in self._lanes.values())

    def _enqueue(self, job_id: int, kind: str) -> None:
        with self._changed:
            self._lanes[lane_of(kind)].waiting.append(job_id)
            self._changed.notify_all()

    def _again(self, job: Job, message: str) -> None:
        # A job whose folder is gone is refused here, not in the background.
        typed_spec(read_spec(self._spec_file(job.job_id)))
        (self._workspace.paths.job(job.job_id) / CANCEL_REQUEST).unlink(missing_ok=True)
        self._workspace.jobs.set_state(job.job_id, "queued", message)
        self._enqueue(job.job_id, job.kind)

    def _announce(self) -> None:
        """Write down each second what runs and waits, while anything does."""
        paths = self._workspace.paths
        with contextlib.suppress(OSError):
            forget(paths)  # of a process that was killed
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closing or not self.idle)
                closing = self._closing
            with contextlib.suppress(OSError, StorageError):  # a full disk, say: the jobs themselves go on
                if not closing:
                    write_down(paths, self._active())
            with self._changed:
                self._changed.wait_for(lambda: self._closing or self.idle, ANNOUNCE_S)
                nothing_active = self.idle
            with contextlib.suppress(OSError):
                if closing or nothing_active:
                    forget(paths)
            if closing:
                return

    def _active(self) -> list[ActiveJob]:
        """The active jobs with their progress, those that run first."""
        jobs = {job.job_id: job for job in self._workspace.jobs.find(states=ACTIVE)}
        found = [
            ActiveJob.of(
                job,
                self.live(job),
                tuple(jobs[number].title for number in self.ahead_of(job.job_id) if number in jobs),
            )
            for job in jobs.values()
        ]
        return sorted(found, key=lambda each: (each.state == "queued", each.job_id))

    def _spec_file(self, job_id: int) -> Path:
        return self._workspace.paths.job(job_id) / "spec.json"

    def _work(self, lane: LaneQueue) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closing or bool(lane.waiting))
                if self._closing:
                    break
                job_id = lane.waiting[0]
                try:
                    run, spec = self._prepare(job_id, lane)
                except Exception as error:
                    self._end(job_id, "failed", in_words(error))
                    continue
                # Moved from the queue to current in one step, so that no thread finds it in neither.
                lane.current = (job_id, run)
                lane.waiting.pop(0)
            state, message = self._run(job_id, run, spec)
            if state != "done":
                self._tidy(job_id)
            self._end(job_id, state, message)
        for job_id in list(lane.waiting):
            self._end(job_id, "interrupted", "The app was closed before this job began. Resume starts it.")

    def _prepare(self, job_id: int, lane: LaneQueue) -> tuple[JobRun, JobSpec]:
        settings = self._workspace.settings.load(JobSettings)
        limits, where = settings.runtime, self._where or settings.executor
        spec = typed_spec(read_spec(self._spec_file(job_id)))
        kind = job_kind(spec.kind)
        asked = limits.workers if self._workers is None else self._workers
        # Now, and not when the job was made: it may be resumed on another machine, or with less memory.
        plan = kind.plan(spec.settings, this_machine(), asked=asked)
        if lane.lane == "quick" and kind.workers is None and self._lanes["long"].current is not None:
            plan = replace(plan, workers=max(1, plan.workers // QUICK_SHARE), cores=plan.cores // QUICK_SHARE)
        if where.kind != "local" and not kind.portable:
            self._workspace.jobs.note(job_id, "Runs on this machine: jobs of this kind do not go into the cluster.")
            where = ExecutorSettings()
        return JobRun(self._workspace, job_id, spec, self._executor(where), limits, plan), spec

    def _run(self, job_id: int, run: JobRun, spec: JobSpec) -> tuple[JobState, str]:
        """Run a job and queue its followers; returns its final state. Never raises: this thread serves its lane."""
        try:
            self._workspace.jobs.set_state(job_id, "running")
            state, message = run.run()
        except Exception as error:
            return "failed", in_words(error)
        if self._closing and state == "cancelled":
            return "interrupted", "The app was closed while this job was under way. Resume does the rest."
        if state == "done":
            try:
                for follow in job_kind(spec.kind).after(self._workspace, spec.settings):
                    if isinstance(follow, Remark):
                        self._workspace.jobs.note(job_id, follow.text, level="left out")
                    elif isinstance(follow, Note):
                        self._workspace.jobs.note(job_id, follow.text)
                    else:
                        self._follow_with(job_id, follow)
            except Exception as error:
                message = f"All done, but what should follow could not be started: {in_words(error)}"
        return state, message

    def _tidy(self, job_id: int) -> None:
        """Have the kind of a job that ended before its time delete what its workers left elsewhere. Raises nothing."""
        folder = self._workspace.paths.job(job_id)
        with contextlib.suppress(HandpickedError, OSError):  # its folder is gone, or it is of another version
            file = read_spec(folder / "spec.json", items=False)
            kind = job_kind(file.kind)
            kind.stopped(self._workspace, file.settings_as(kind.settings), folder)

    def _follow_with(self, job_id: int, follow: FollowUp) -> None:
        """Start the jobs that follow a job, and note that in its history."""
        number = self.submit(follow.title, follow.spec)
        self._followers.setdefault(job_id, []).append(number)
        self._workspace.jobs.note(job_id, f"{follow.title} (job {number}) followed.")

    def _tell_the_cause(self, job_id: int, message: str) -> None:
        """Note a failure of `job_id` in the history of the job that it followed."""
        for cause, numbers in self._followers.items():
            if job_id in numbers:
                with contextlib.suppress(StorageError):
                    title = self._workspace.jobs.get(job_id).title
                    said = f"{title} (job {job_id}), which followed, failed: {message}"
                    self._workspace.jobs.note(cause, said, level="warning")

    def _end(self, job_id: int, state: JobState, message: str) -> None:
        """Record a job's final state. While that fails (a full disk), no other job starts in its lane."""
        if state == "failed":
            self._tell_the_cause(job_id, message)
        while True:
            with self._changed:
                # In one step: a cancel that comes now finds either a running job or an ended one.
                try:
                    self._workspace.jobs.set_state(job_id, state, message)
                except StorageError:
                    if not self._closing:
                        self._changed.wait(UNRECORDED_WAIT_S)
                        continue
                for lane in self._lanes.values():
                    if lane.runs(job_id):
                        lane.current = None
                    if job_id in lane.waiting:
                        lane.waiting.remove(job_id)
                self._changed.notify_all()
                return


def in_words(error: Exception) -> str:
    """A Handpicked error as its sentence; any other is a defect, logged with its traceback."""
    if isinstance(error, HandpickedError):
        return str(error)
    return f"Unexpected error in the app:\n{''.join(traceback.format_exception(error))}"
