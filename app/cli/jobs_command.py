"""`handpicked jobs`: list, show, cancel, resume and retry background jobs."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.executor_option import Address, Executor
from app.cli.job_report import DONE, exit_with
from app.cli.options import options
from app.cli.output import print_json, print_table, say
from app.cli.session import session
from app.reports.job_words import progress_words
from app.reports.leftover_words import leftover_words
from app.text import ago, plural
from app.workflows.jobs.announced import announced
from app.workflows.jobs.kinds import lane_of
from app.workflows.jobs.leftovers import clean, leftovers
from app.workflows.jobs.supervisor import request_cancel
from storage import Workspace
from storage.errors import WorkspaceLocked
from storage.paths import WorkspacePaths

if TYPE_CHECKING:
    from app.cli.job_report import JobReport
    from storage.jobs import Job

__all__ = ["cli"]

cli = typer.Typer(help="Background work: list (as without a command), show, cancel, resume, retry, clean.")
MOST_LISTED = 20

JobNumber = Annotated[int, typer.Argument(help="The job's number, as `jobs list` shows it.", metavar="JOB")]


@cli.callback(invoke_without_command=True)
def jobs_alone(context: typer.Context) -> None:
    """List the latest jobs where no command is named."""
    if context.invoked_subcommand is None:
        list_jobs(context, MOST_LISTED)


@cli.command("list")
def list_jobs(
    context: typer.Context, limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = MOST_LISTED
) -> None:
    """List jobs, newest first. While the app has the workspace open: those that run and wait, with lane and stage."""
    try:
        with session(context) as opened:
            jobs = opened.workspace.jobs.find(limit=limit)
            left = leftovers(opened.workspace)
    except WorkspaceLocked:
        list_active(context)
        return
    if options(context).json:
        print_json({"jobs": [{**asdict(job), "lane": lane_of(job.kind)} for job in jobs]})
    elif not jobs:
        say("No jobs yet. `handpicked import PATH` starts the first.")
    else:
        rows = [
            (
                *(job.job_id, job.title, lane_of(job.kind), job.state, progress_words(job, None), job.failed),
                *(ago(job.created_at), job.message.partition("\n")[0]),
            )
            for job in jobs
        ]
        print_table(("job", "what", "lane", "state", "progress", "failed", "started", "why"), rows)
        if left.places:
            say(f"{leftover_words(left)}; `handpicked jobs clean` removes them.", "dim")


def list_active(context: typer.Context) -> None:
    """List what runs and waits in the process that has the workspace open, as it wrote it down a second ago."""
    found = announced(WorkspacePaths(options(context).workspace))
    words = {each.job_id: progress_words(each.job(), each.live(), each.ahead) for each in found}
    if options(context).json:
        jobs = [
            {**each.model_dump(mode="json"), "lane": lane_of(each.kind), "progress": words[each.job_id]}
            for each in found
        ]
        print_json({"jobs": jobs, "only_active": True})
        return
    say("The app or a command has the workspace open: these are the jobs that run and wait in it now.", "dim")
    if not found:
        say("None does.")
        return
    print_table(
        ("job", "what", "lane", "state", "progress"),
        [(each.job_id, each.title, lane_of(each.kind), each.state, words[each.job_id]) for each in found],
    )


@cli.command("show")
def show(context: typer.Context, job: JobNumber) -> None:
    """Show one job: its history, its failures, the end of its log."""
    with session(context) as opened:
        found = opened.workspace.jobs.get(job)
        events = opened.workspace.jobs.events(job)
        failures = opened.workspace.jobs.failures(job)
        log = opened.supervisor.log(job, 4_000)
    if options(context).json:
        print_json({**asdict(found), "failures": [asdict(f) for f in failures], "events": [asdict(e) for e in events]})
        return
    print_table(("job", "what", "state", "done", "total", "failed"), [summary(found)])
    if found.message:
        say(found.message, "red" if found.state == "failed" else "yellow")
    if failures:
        print_table(("item", "error"), [(f.item, f.error) for f in failures], title="\nFailures")
    print_table(
        ("when", "", "what"),
        [(f"{e.created_at.astimezone():%H:%M:%S}", e.state or e.level, e.message) for e in events],
        title="\nHistory",
    )
    if log.strip():
        say(f"\nLog\n{log.rstrip()}", "dim")


def summary(job: Job) -> tuple[object, ...]:
    """A job as a row of the list."""
    return job.job_id, job.title, job.state, job.done, job.total, job.failed


@cli.command("cancel")
def cancel(context: typer.Context, job: JobNumber) -> None:
    """Cancel a job, here or in a running app. What is finished is kept."""
    paths = WorkspacePaths(options(context).workspace)
    try:
        with Workspace(paths.root) as workspace:
            found = workspace.jobs.get(job)
            if found.active:
                # Nobody else has the workspace open, so nothing runs: a process that died left the job active.
                workspace.jobs.set_state(job, "cancelled", "Cancelled from the command line.")
            message = f"Job {job} is {workspace.jobs.get(job).state}."
    except WorkspaceLocked:
        request_cancel(paths, job)
        message = f"Job {job}: the process that runs it was asked to stop."
    finish(context, job, message)


@cli.command("resume")
def resume(
    context: typer.Context,
    job: JobNumber,
    executor: Executor = None,
    address: Address = None,
) -> None:
    """Go on with a job that was cancelled, interrupted or failed."""
    with session(context, executor=executor, address=address) as opened:
        opened.supervisor.resume(job)
        report = opened.follow(job)
    finish(context, job, f"Job {job} is {report.job.state}.", report)


@cli.command("retry")
def retry(
    context: typer.Context,
    job: JobNumber,
    executor: Executor = None,
    address: Address = None,
) -> None:
    """Try a job's failed items again."""
    with session(context, executor=executor, address=address) as opened:
        count = opened.supervisor.retry_failed(job)
        report = opened.follow(job) if count else None
    said = (
        f"Tried {plural(count, 'item')} again; {report.job.failed} failed." if report else "Nothing failed in that job."
    )
    finish(context, job, said, report)


@cli.command("clean")
def clean_up(
    context: typer.Context,
    *,
    every: Annotated[
        bool, typer.Option("--all", help="Give up jobs that could be resumed or tried again as well.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how much there is.")] = False,
) -> None:
    """Delete the specifications and logs of finished jobs. What happened, and why items failed, stays."""
    with session(context) as opened:
        if dry_run:
            found = leftovers(opened.workspace, resumable=every, sizes=True)
        else:
            found = clean(opened.workspace, resumable=every)
    if options(context).json:
        print_json({"jobs": found.jobs, "notes": found.notes, "size_bytes": found.size_bytes, "removed": not dry_run})
    elif not found.places:
        say("There is nothing to clean up.")
    else:
        say(f"{leftover_words(found)}{'' if dry_run else ', and were removed'}.")


def finish(context: typer.Context, job: int, said: str, report: JobReport | None = None) -> None:
    """Print how the jobs ended, as text or JSON."""
    if options(context).json:
        print_json({"job_id": job, "said": said, **(report.as_json() if report else {"message": said})})
    else:
        say(said)
    exit_with(report.exit_code if report else DONE)
