"""`handpicked validate` and `handpicked ablate`: test a reward by behaviour cloning, and without feature groups."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.executor_option import Address, Executor
from app.cli.job_report import FAILED, exit_with
from app.cli.options import options
from app.cli.output import print_json, print_table, say, write_file
from app.cli.session import session
from app.cli.success_table import tell_success
from app.reports.validation_html import report_html
from app.reports.validation_words import UNSUPPORTED, behind_words, believed, circularity, labels_behind, numbers
from app.workflows.rollouts import rollouts_spec
from app.workflows.staleness import split_warnings, stale_warnings
from app.workflows.validating import ablate_spec, run_of_job, validate_spec
from engine.validation.verdict import DROP_BAR

if TYPE_CHECKING:
    from app.cli.job_report import JobReport
    from engine.contracts.validation import Effort as EffortName
    from engine.statistics.interval import Estimate
    from engine.validation.ablation_report import AblationReport
    from engine.validation.validation_report import ValidationReport
    from storage import Workspace

__all__ = ["ablate", "validate"]

Model = Annotated[
    str | None, typer.Option(help="A reward model's id or name; else the current one.", show_default=False)
]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same numbers.")]
Effort = Annotated[
    bool | None,
    typer.Option(
        "--quick/--thorough", help="Minutes or tens of minutes; else as validation.yaml says.", show_default=False
    ),
]


def validate(
    context: typer.Context,
    model: Model = None,
    seed: Seed = 0,
    quick: Effort = None,
    target: Annotated[
        str,
        typer.Option(
            help="A saved view, or filters as in the Library's address, of the clips that show what the robot should "
            "do: the loss is measured on these alone.",
            show_default=False,
        ),
    ] = "",
    report: Annotated[
        Path | None, typer.Option(help="Write the whole report, charts included, as HTML.", metavar="FILE.html")
    ] = None,
    rollouts: Annotated[
        bool,
        typer.Option(
            "--rollouts",
            help="Also count success: sample workspaces only, and several times as long.",
            show_default=False,
        ),
    ] = False,
    executor: Executor = None,
    address: Address = None,
) -> None:
    """Measure the gain of clips by behaviour cloning, and hold the reward against it: ρ, controls, verdict."""
    with session(context, executor=executor, address=address) as opened:
        spec = validate_spec(opened.workspace, model=model, seed=seed, effort=_effort(quick), target=target or None)
        _say_stale(opened.workspace)
        ran = opened.run("Validate", spec)
        run = run_of_job(spec)
        found = opened.workspace.validation.get(run)
        gains = opened.workspace.validation.gains(run) if found else []
        success = None
        if found is not None and rollouts:
            counted = opened.run(
                "Count success", rollouts_spec(opened.workspace, run, seed=seed, effort=_effort(quick))
            )
            success = opened.workspace.validation.success(run)
            ran = counted if counted.exit_code else ran
    if found is None:
        _nothing(context, ran)
        return
    if report is not None:
        write_file(report, report_html(found, gains, success))
    if options(context).json:
        more = {"success": success.report.to_json()} if success is not None else {}
        print_json({"run_id": run, "model_id": found.model_id, "seed": seed, **found.report.to_json(), **more})
    else:
        _tell_gains(found.report)
        if success is not None:
            tell_success(success.report)
    exit_with(ran.exit_code)


def _tell_gains(report: ValidationReport) -> None:
    """Print the result of a validation."""
    say(report.verdict.sentence, "bold")
    say(f"The reward {labels_behind(report.labels)}.", "dim")
    if report.verdict.caveat:
        say(report.verdict.caveat)
    if behind_words(report):
        say(behind_words(report))
    if circularity(report.own_gains):
        say(circularity(report.own_gains), "yellow")
    if not report.supported:
        say(f"{UNSUPPORTED} {report.lacking or ''}".strip())
        print_table(("", "value", "95 % interval"), [(r.number, r.value, r.interval) for r in believed(report)])
        return
    print_table(("", "value", "95 % interval"), [(r.number, r.value, r.interval) for r in numbers(report)])
    controls = [(control.name, *_interval(control.rho), *_interval(control.behind)) for control in report.controls[:12]]
    print_table(("control", "|ρ|", "low", "high", "reward − it", "low", "high"), controls, title="Controls")


def ablate(
    context: typer.Context,
    model: Model = None,
    groups: Annotated[
        str | None,
        typer.Option(
            help="Feature groups to leave out together, with commas between; several sets with semicolons; "
            "else motion and hands together, then each group.",
            show_default=False,
        ),
    ] = None,
    seed: Seed = 0,
    quick: Effort = None,
    executor: Executor = None,
    address: Address = None,
) -> None:
    """Train the reward without groups of features, and see what ρ and pair accuracy lose."""
    sets = [[name.strip() for name in part.split(",") if name.strip()] for part in (groups or "").split(";")]
    with session(context, executor=executor, address=address) as opened:
        spec = ablate_spec(
            opened.workspace, model=model, groups=[part for part in sets if part], seed=seed, effort=_effort(quick)
        )
        _say_stale(opened.workspace)
        ran = opened.run("Ablate", spec)
        run = run_of_job(spec)
        found = next((row for row in opened.workspace.validation.ablations() if row.run_id == run), None)
    if found is None:
        _nothing(context, ran)
        return
    if options(context).json:
        print_json(
            {"run_id": run, "validation_run_id": found.validation_run_id, "seed": seed, **found.report.to_json()}
        )
    else:
        _tell_drops(found.report)
    exit_with(ran.exit_code)


def _tell_drops(report: AblationReport) -> None:
    """Print what leaving out groups of features cost."""
    rows = [
        (
            " + ".join(row.groups),
            *(_round(row.rho), *_interval(row.drop), _round(row.accuracy_drop.value), _round(row.power)),
            row.standing,
        )
        for row in report.rows
    ]
    say(f"ρ with all features: {_round(report.rho.value)}", "bold")
    print_table(("without", "ρ", "Δρ", "low", "high", "Δ accuracy", "power", f"drop ≥ {DROP_BAR:.1f}"), rows)


def _effort(quick: bool | None) -> EffortName | None:
    return None if quick is None else "quick" if quick else "thorough"


def _say_stale(workspace: Workspace) -> None:
    for warning in [*stale_warnings(workspace), *split_warnings(workspace, workspace.rewards.current())]:
        say(warning, "yellow")


def _nothing(context: typer.Context, report: JobReport) -> None:
    """Print why there is no run, and exit."""
    if options(context).json:
        print_json(report.as_json())
    exit_with(FAILED)


def _interval(found: Estimate) -> tuple[float | None, ...]:
    return tuple(_round(value) for value in (found.value, found.low, found.high))


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
