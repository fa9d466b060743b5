"""`handpicked sync`: push this workspace's videos, clips and labels to a shared bucket, and pull others' from it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.job_report import DONE, PARTLY, exit_with
from app.cli.options import options
from app.cli.output import print_json, say
from app.cli.session import Session, session
from app.text import plural, size
from app.workflows.sharing.pull import pulled_bundles
from app.workflows.sharing.sync import kinds_of, look, pull_spec, push_spec, target_of

if TYPE_CHECKING:
    from app.workflows.sharing.pull import PullPlan
    from app.workflows.sharing.sync import Push, Shared
    from engine.runtime.spec import JobSpec

__all__ = ["cli"]

cli = typer.Typer(
    no_args_is_help=True,
    help="Share videos, cut clips and labels through S3. Credentials come from the standard AWS places.",
)


class What(StrEnum):
    """What to push or pull."""

    ALL = "all"
    CLIPS = "clips"
    VIDEOS = "videos"
    LABELS = "labels"


TargetArgument = Annotated[
    str | None, typer.Argument(help="s3://bucket/prefix; else the one in sync.yaml.", metavar="s3://bucket/prefix")
]
Endpoint = Annotated[
    str | None, typer.Option("--endpoint-url", help="Of an S3 server that is not Amazon's.", show_default=False)
]
WhatOption = Annotated[What, typer.Option(help="What travels.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]


@cli.command("push")
def push(
    context: typer.Context,
    target: TargetArgument = None,
    endpoint_url: Endpoint = None,
    what: WhatOption = What.ALL,
    dry_run: DryRun = False,
    delete: Annotated[
        bool, typer.Option("--delete", help="Take from the bucket what this workspace offered and nobody offers now.")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="Send even what is there: mends damaged objects.")] = False,
) -> None:
    """Send what is new by content, verify it, then say what is on offer. Nothing is deleted unless asked."""
    with session(context) as opened:
        shared = see(opened, target, endpoint_url, what, again=again)
        said = push_facts(shared.push)
        if not dry_run:
            spec = push_spec(opened.workspace, shared.push, delete=delete, again=again)
            said |= run(opened, f"Push to {shared.push.target}", spec)
    finish(context, said, push_words(said), dry_run=dry_run)


@cli.command("pull")
def pull(
    context: typer.Context,
    target: TargetArgument = None,
    endpoint_url: Endpoint = None,
    what: WhatOption = What.ALL,
    dry_run: DryRun = False,
    delete: Annotated[
        bool, typer.Option("--delete", help="Delete what earlier pulls brought and nobody offers any more.")
    ] = False,
) -> None:
    """Fetch what others offer and this workspace lacks, verify it, import it. Labels of all people come together."""
    with session(context) as opened:
        shared = see(opened, target, endpoint_url, what)
        said = pull_facts(shared.pull, shared.people)
        if not dry_run:
            spec = pull_spec(opened.workspace, shared.pull, delete=delete)
            said |= run(opened, f"Pull from {shared.pull.target}", spec)
            said["bundles"] = [str(folder) for folder in pulled_bundles(opened.workspace)]
    finish(context, said, pull_words(said, delete=delete), dry_run=dry_run)


def see(opened: Session, target: str | None, endpoint_url: str | None, what: What, *, again: bool = False) -> Shared:
    """Compare the workspace with the bucket."""
    place = target_of(opened.workspace, target, endpoint_url)
    return look(opened.workspace, place, kinds_of(what.value), again=again)


def run(opened: Session, title: str, spec: JobSpec | None) -> dict[str, Any]:
    """Run the job and the jobs that follow it; returns how they ended."""
    if spec is None:
        return {"state": "done", "failed": [], "left_out": [], "message": "", "follow_ups": [], "exit_code": DONE}
    report = opened.run(title, spec)
    ended = (report.first, *report.followers)
    bad = next((one for one in ended if not one.ok), None)
    left_out = [reason for one in ended for reason in one.left_out]
    return {
        **report.as_json(),
        "state": bad.job.state if bad else "done",
        "message": bad.reason if bad else "",
        "failed": [{"item": failure.item, "error": failure.error} for one in ended for failure in one.failures],
        "left_out": left_out,
        "exit_code": report.exit_code,
    }


def push_facts(plan: Push) -> dict[str, Any]:
    """The result of a push for JSON output."""
    return {
        "target": str(plan.target),
        "send": [f"{offer.kind}: {offer.entry.name}" for offer in plan.plan.send],
        "send_bytes": plan.plan.send_bytes,
        "unchanged": len(plan.plan.unchanged),
        "missing": [str(offer.place) for offer in plan.plan.missing],
        "news": plan.changed,
        "problems": list(plan.problems),
    }


def push_words(said: dict[str, Any]) -> list[str]:
    """The same in sentences."""
    new = f"{plural(len(said['send']), 'file')} to send ({size(said['send_bytes'])})"
    lines = [f"{said['target']}: {new}, {said['unchanged']:,} there already."]
    return [*lines, *(f"Not there to be sent: {path}" for path in said["missing"]), *said["problems"]]


def pull_facts(plan: PullPlan, people: int) -> dict[str, Any]:
    """The result of a pull for JSON output."""
    return {
        "target": str(plan.target),
        "workspaces": people,
        "fetch": [f"{wanted.kind}: {wanted.entry.name}" for wanted in plan.fetch],
        "fetch_bytes": plan.fetch_bytes,
        "unchanged": plan.unchanged,
        "new_clips": plan.new_clips,
        "gone": [file.path for file in plan.gone],
        "problems": list(plan.problems),
    }


def pull_words(said: dict[str, Any], *, delete: bool) -> list[str]:
    """The same in sentences."""
    new = f"{plural(len(said['fetch']), 'file')} to fetch ({size(said['fetch_bytes'])})"
    offered = plural(said["workspaces"], "workspace")
    lines = [f"{said['target']}, on offer from {offered}: {new}, {said['unchanged']:,} here already."]
    if said["new_clips"]:
        lines.append(f"{plural(said['new_clips'], 'clip')} of videos that are here.")
    if said["gone"]:
        verb = "are deleted" if delete else "stay; --delete deletes them"
        lines.append(f"{plural(len(said['gone']), 'file')} of earlier pulls that nobody offers any more {verb}.")
    lines += said["problems"]
    lines += [f"Cut clips came as a bundle: handpicked import {folder}" for folder in said.get("bundles", ())]
    return lines


def finish(context: typer.Context, said: dict[str, Any], lines: list[str], *, dry_run: bool) -> None:
    """Print the result, as text or JSON; the exit code tells whether everything was done."""
    said["dry_run"] = dry_run
    code = said.pop("exit_code", DONE)
    if options(context).json:
        print_json(said)
    else:
        for line in lines:
            say(line)
        say(
            "Nothing was done: this was a dry run."
            if dry_run
            else "Done."
            if said["state"] == "done"
            else said["state"]
        )
    exit_with(code, PARTLY if said["problems"] or said.get("missing") else DONE)
