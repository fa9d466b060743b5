"""`handpicked validate` and `handpicked ablate`: test a reward by behaviour cloning, and without feature groups."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.job_report import FAILED, exit_with
from app.cli.output import print_json, print_table, say, write_file
from app.cli.session import options, session
from app.reports.validation_html import report_html
from app.reports.validation_words import UNSUPPORTED, believed, circularity, labels_behind, partial_given
from app.workflows.staleness import stale_warnings
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
    report: Annotated[
        Path | None, typer.Option(help="Write the whole report, charts included, as HTML.", metavar="FILE.html")
    ] = None,
) -> None:
    """Measure the gain of clips by behaviour cloning, and hold the reward against it: ρ, controls, verdict."""
    with session(context) as opened:
        spec = validate_spec(opened.workspace, model=model, seed=seed, effort=_effort(quick))
        _say_stale(opened.workspace)
        ran = opened.run("Validate", spec)
        run = run_of_job(spec)
        found = opened.workspace.validation.get(run)
        gains = opened.workspace.validation.gains(run) if found else []
    if found is None:
        _nothing(context, ran)
        return
    if report is not None:
        write_file(report, report_html(found, gains))
    if options(context).json:
        print_json({"run_id": run, "model_id": found.model_id, "seed": seed, **found.report.to_json()})
    else:
        _tell_gains(found.report)
    exit_with(ran.exit_code)


def _tell_gains(report: ValidationReport) -> None:
    """Print the result of a validation."""
    say(report.verdict.sentence, "bold")
    say(f"The reward {labels_behind(report.labels)}.", "dim")
    if report.verdict.caveat:
        say(report.verdict.caveat)
    if circularity(report.own_gains):
        say(circularity(report.own_gains), "yellow")
    if not report.supported:
        say(UNSUPPORTED)
        print_table(("", "value", "95 % interval"), [(r.number, r.value, r.interval) for r in believed(report)])
        return
    print_table(("", "value", "low", "high"), _numbers(report))
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
) -> None:
    """Train the reward without groups of features, and see what ρ and pair accuracy lose."""
    sets = [[name.strip() for name in part.split(",") if name.strip()] for part in (groups or "").split(";")]
    with session(context) as opened:
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
    for warning in stale_warnings(workspace):
        say(warning, "yellow")


def _nothing(context: typer.Context, report: JobReport) -> None:
    """Print why there is no run, and exit."""
    if options(context).json:
        print_json(report.as_json())
    exit_with(FAILED)


def _numbers(report: ValidationReport) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = [("ρ (rewards that saw no label of the source)", *_interval(report.rho))]
    if report.rho_stored is not None:
        rows.append(("ρ of the model's own scores", *_interval(report.rho_stored)))
    if report.partial is not None:
        rows.append((f"partial ρ given {partial_given(report)}", *_interval(report.partial)))
    if report.lds is not None:
        rows.append(("LDS (against full training)", *_interval(report.lds.rho)))
    single = {
        "ceiling": report.ceiling,
        "reliability of ΔM": report.reliability_gain,
        "ρ of groups by reward": report.groups.bins_rho,
        "skill of the cloning model": report.skill.share,
        "p across sources": report.p_across,
        "p within sources": report.p_within,
        "clips": report.clips,
        "sources": report.sources,
    }
    return [*rows, *((name, _round(value), None, None) for name, value in single.items())]


def _interval(found: Estimate) -> tuple[float | None, ...]:
    return tuple(_round(value) for value in (found.value, found.low, found.high))


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
