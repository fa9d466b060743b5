"""Opens the workspace and its job supervisor for the length of one command, and runs jobs in the foreground."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer
from rich.progress import BarColumn, Progress, TextColumn

from app.cli.executor_option import ExecutorName, executor_settings
from app.cli.job_report import EndedJob, JobReport
from app.cli.options import options
from app.cli.output import err, say
from app.reports.job_words import progress_words
from app.text import one_line
from app.workflows.jobs.supervisor import Supervisor
from storage import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.runtime.spec import JobSpec

__all__ = ["Session", "session"]


@dataclass(frozen=True)
class Session:
    """The open workspace, its supervisor and the options, as a command uses them."""

    workspace: Workspace
    supervisor: Supervisor
    kept: bool = True
    """Whether the workspace outlives the command, so that a cancelled job can be resumed."""

    def run(self, title: str, spec: JobSpec, *, complain: bool = True) -> JobReport:
        """Run a job and the jobs that follow it, print what went wrong, and return how they ended.

        Every command that runs jobs uses this function, and ends with the report's exit code. Without `complain`
        nothing is printed of items that failed: the caller reports them.
        """
        return self.follow(self.supervisor.submit(title, spec), complain=complain)

    def follow(self, job_id: int, *, complain: bool = True) -> JobReport:
        """Show the progress of a job and of the jobs that follow it until all have ended. Ctrl-C cancels cleanly.

        Raises `typer.Exit(1)` after a Ctrl-C.
        """
        try:
            with self._bars() as bars:
                self._watch(job_id, bars)
        except KeyboardInterrupt:
            say("Stopping; what is finished is kept …" if self.kept else "Stopping …")
            for job in self.workspace.jobs.find():
                if job.active:
                    self.supervisor.cancel(job.job_id)
            self.supervisor.wait_idle(10)
            rest = f"`handpicked jobs resume {job_id}` does the rest." if self.kept else "Nothing is left of it."
            say(f"Cancelled. {rest}")
            raise typer.Exit(1) from None
        report = self._report(job_id)
        if complain:
            report.complain()
        return report

    def _report(self, job_id: int) -> JobReport:
        jobs = self.workspace.jobs
        numbers = self.supervisor.with_followers(job_id)
        first, *rest = [
            EndedJob(jobs.get(number), tuple(jobs.failures(number)), tuple(jobs.left_out(number))) for number in numbers
        ]
        return JobReport(first, tuple(rest))

    def _watch(self, job_id: int, bars: Progress) -> None:
        tasks = {}
        while True:
            idle = self.supervisor.wait_idle(0.2)
            for job in map(self.workspace.jobs.get, self.supervisor.with_followers(job_id)):
                if job.job_id not in tasks:
                    tasks[job.job_id] = bars.add_task(one_line(job.title), total=job.total)
                live = self.supervisor.live(job)
                done = live.fraction * job.total if live else job.done + job.failed
                words = f"  {progress_words(job, live)}" if job.state != "queued" else ""
                bars.update(tasks[job.job_id], completed=done, description=one_line(f"{job.title}{words}"))
            if idle:
                return

    def _bars(self) -> Progress:
        return Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            console=err,
            disable=not err.is_terminal,
        )


@contextlib.contextmanager
def session(
    context: typer.Context,
    *,
    workers: int | None = None,
    executor: ExecutorName | None = None,
    address: str | None = None,
    kept: bool = True,
) -> Iterator[Session]:
    """Open the workspace for the length of a command; `workers` overrides the settings' number of processes, `executor`
    and `address` where they have jobs run.

    `kept`: whether the workspace outlives the command.
    """
    with Workspace(options(context).workspace) as workspace:
        supervisor = Supervisor(workspace, workers=workers, where=executor_settings(workspace, executor, address))
        if supervisor.interrupted:
            numbers = ", ".join(map(str, supervisor.interrupted))
            say(f"Interrupted earlier: job {numbers}. `handpicked jobs resume N` goes on with one.", "yellow")
        try:
            yield Session(workspace, supervisor, kept)
        finally:
            supervisor.close()
