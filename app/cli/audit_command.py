"""`handpicked audit`: what is wrong with a folder of videos, a data set, a bundle or a workspace, without labels."""

from __future__ import annotations

import contextlib
import shutil
import signal
import tempfile
import threading
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.completion import complete_rule
from app.cli.job_report import DONE, FAILED, PARTLY, exit_with
from app.cli.options import options
from app.cli.output import print_json, print_table, say, write_file
from app.cli.session import session
from app.reports.audit_html import MOST_PICTURES, audit_html
from app.reports.audit_words import WHOLE, about_lines, answer_words, by_weight, count_words, headline, unknown_words
from app.workflows.audit_intake import take_in, target_of
from app.workflows.audit_measuring import AuditOptions, measure
from app.workflows.audit_pictures import picture_addresses, shown_clips
from app.workflows.audit_sets import AuditTarget
from app.workflows.auditing import AUDITED, AuditIntake, audit_workspace
from app.workflows.pictures import pictures_of
from engine.audit.fail_on import judge, parse_condition
from engine.errors import EngineError
from engine.files.typed_path import typed_path
from storage.paths import WorkspacePaths
from storage.settings import SettingsFiles

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.cli.session import Session
    from engine.audit.fail_on import Condition, Judgement
    from engine.audit.report import AuditReport
    from engine.runtime.spec import JobSpec

__all__ = ["audit"]

MOST_PRINTED = 3
"""Clips or files that the terminal names under each finding; the page and JSON have more."""


def audit(
    context: typer.Context,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            help="A folder of videos, annotation files beside it, a bundle, or a workspace; else --workspace.",
            metavar="PATH…",
        ),
    ] = None,
    fail_on: Annotated[
        list[str] | None,
        typer.Option(
            help="Exit with 1 where this was found: a rule (no-hands), a rule above a rate (no-hands=0.5), `errors` or "
            "`warnings`. May be given more than once.",
            metavar="RULE[=RATE]",
            show_default=False,
            autocompletion=complete_rule,
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write the page, in one file.", metavar="FILE.html", show_default=False)
    ] = None,
    sample: Annotated[
        int | None, typer.Option(min=1, help="Measure at most so many clips, drawn at random.", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed draws the same sample.")] = 0,
    skip: Annotated[
        str,
        typer.Option(
            help="Extractors to leave out, with commas between, e.g. hands,embedding: what rests on them is unknown.",
            show_default=False,
        ),
    ] = "",
    measuring: Annotated[
        bool | None,
        typer.Option(
            "--measure/--no-measure",
            help="Measure what is not measured yet: by default of a path, not of a workspace.",
            show_default=False,
        ),
    ] = None,
    lines: Annotated[
        Path | None,
        typer.Option(
            "--settings",
            help="An audit.yaml with other lines to draw, where a path is audited; a workspace has its own.",
            metavar="FILE.yaml",
            show_default=False,
        ),
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=64, help="Worker processes.", show_default=False)] = None,
) -> None:
    """Report what is wrong with videos, annotations, a bundle or a workspace. It needs no labels."""
    conditions = _conditions(fail_on or ())
    asked = _asked(skip, sample, seed)
    target = _target(context, [typed_path(path) for path in paths or ()])
    run = _Jobs()
    with _opened(context, target, lines, workers) as opened:
        run.opened = opened
        if target.kind == "workspace":
            if measuring:
                measure(opened.workspace, asked, run)
            intake = AuditIntake(path=str(opened.workspace.root), skipped=asked.skip)
        else:
            intake = take_in(opened.workspace, target, asked, run, measured=measuring is not False)
        intake = replace(intake, notes=(*intake.notes, *run.broken))
        report = audit_workspace(opened.workspace, intake)
        pictures = {}
        if out is not None:
            shown = shown_clips(report, MOST_PICTURES)
            spec = pictures_of(opened.workspace, shown)
            if spec.items and target.kind != "workspace":
                run("Make pictures for the page", spec)
            pictures = picture_addresses(opened.workspace, shown)
    answers = judge(report, conditions)
    if out is not None:
        write_file(typed_path(out), audit_html(report, answers, pictures))
    code = _exit_code(answers, broken=bool(run.broken))
    if options(context).json:
        print_json({**report.to_json(), "fail_on": [asdict(answer) for answer in answers], "exit_code": code})
    else:
        _tell(report, answers, out)
    exit_with(code)


class _Jobs:
    """Runs the jobs of an audit. Files and clips that fail are its findings; a job that breaks off is remembered."""

    def __init__(self) -> None:
        self.opened: Session | None = None
        self.broken: list[str] = []

    def __call__(self, title: str, spec: JobSpec) -> None:
        assert self.opened is not None  # noqa: S101 - set before anything runs
        report = self.opened.run(title, spec, complain=False)
        for ended in (report.first, *report.followers):
            if not ended.ok:
                self.broken.append(f"“{ended.job.title}” did not run to its end: {ended.reason}")


def _conditions(texts: Iterable[str]) -> list[Condition]:
    """What fails the build. Raises `typer.BadParameter` for an unknown rule, or a rate that is none."""
    try:
        return [parse_condition(text) for text in texts]
    except EngineError as error:
        raise typer.BadParameter(str(error), param_hint="--fail-on") from error


def _asked(skip: str, sample: int | None, seed: int) -> AuditOptions:
    """How much is measured. Raises `typer.BadParameter` for an extractor that there is not."""
    names = tuple(filter(None, map(str.strip, skip.split(","))))
    unknown = [name for name in names if name not in AUDITED]
    if unknown:
        raise typer.BadParameter(f"{unknown[0]!r} is none of {', '.join(AUDITED)}", param_hint="--skip")
    return AuditOptions(skip=names, sample=sample, seed=seed)


def _target(context: typer.Context, paths: list[Path]) -> AuditTarget:
    """What is audited. Raises `typer.BadParameter` where nothing is named, or both a path and a workspace are."""
    named = context.find_root().params.get("workspace")
    if not paths:
        root = options(context).workspace
        if not WorkspacePaths(root).database.exists():
            raise typer.BadParameter(f"name what to audit: there is no workspace in {root}", param_hint="PATH")
        return AuditTarget(kind="workspace", paths=(root,))
    target = target_of(paths)
    if named is not None and target.paths != (options(context).workspace,):
        raise typer.BadParameter("give either a path or --workspace", param_hint="PATH")
    return target


@contextlib.contextmanager
def _opened(context: typer.Context, target: AuditTarget, lines: Path | None, workers: int | None) -> Iterator[Session]:
    """The workspace that is audited, or one that is gone afterwards, however this ends."""
    root = context.find_root()
    if target.kind == "workspace":
        if lines is not None:
            raise typer.BadParameter("a workspace has its own audit.yaml", param_hint="--settings")
        root.obj = replace(options(context), workspace=target.paths[0])
        with session(context, workers=workers) as opened:
            yield opened
        return
    made = tempfile.TemporaryDirectory(prefix="handpicked-audit-", ignore_cleanup_errors=True)
    with _terminated_like_ctrl_c(), made as folder:
        root.obj = replace(options(context), workspace=Path(folder, "workspace"))
        if lines is not None:
            _lay_settings(typed_path(lines), options(context).workspace)
        try:
            with session(context, workers=workers, kept=False) as opened:
                yield opened
        except KeyboardInterrupt:  # between two jobs; during one the session says so
            say("Cancelled. Nothing is left of it.")
            raise typer.Exit(FAILED) from None


@contextlib.contextmanager
def _terminated_like_ctrl_c() -> Iterator[None]:
    """While this lasts, a request to end (a build's time is up) is a Ctrl-C: nothing is left behind."""
    if threading.current_thread() is not threading.main_thread():  # only there may Python take signals
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _lay_settings(lines: Path, workspace: Path) -> None:
    """Put a person's audit.yaml into a workspace that is about to be made. Raises `typer.BadParameter`."""
    place = SettingsFiles(WorkspacePaths(workspace).settings).path("audit")
    try:
        place.parent.mkdir(parents=True, mode=0o700)
        shutil.copyfile(lines, place)
    except OSError as error:
        raise typer.BadParameter(
            f"{lines} can't be read: {error.strerror or error}", param_hint="--settings"
        ) from error


def _exit_code(answers: tuple[Judgement, ...], *, broken: bool) -> int:
    """FAILED where a condition failed or a job broke off, PARTLY where a condition could not be decided, else DONE."""
    if broken or any(answer.answer == "failed" for answer in answers):
        return FAILED
    return PARTLY if any(answer.answer == "open" for answer in answers) else DONE


def _tell(report: AuditReport, answers: tuple[Judgement, ...], out: Path | None) -> None:
    """Print the summary: what was found, what could not be checked, and what fails the build."""
    say(headline(report), "bold")
    for line in about_lines(report.about):
        say(line)
    found = by_weight(report)
    if found:
        rows = [(one.severity, one.rule, count_words(one), one.limit) for one in found]
        print_table(("", "rule", "found", "line"), rows)
    for one in (one for one in found if one.subject not in WHOLE):
        for hit in one.hits[:MOST_PRINTED]:
            say(f"{one.rule}: {hit.id or hit.path}: {hit.detail}", "dim")
        if one.count > MOST_PRINTED:
            say(f"{one.rule}: and {one.count - MOST_PRINTED:,} more", "dim")
    for finding in report.findings:
        if finding.standing == "unknown":
            say(f"{finding.rule}: {unknown_words(finding)[0].lower()}{unknown_words(finding)[1:]}", "yellow")
    for line in answer_words(answers):
        say(line, "red" if line.startswith("Failed") else "yellow")
    if out is not None:
        say(f"The page: {out}", "bold")
