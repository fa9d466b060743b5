"""`handpicked labels`: statistics of labels, labels from and to CSV files, and simulated annotators."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from app.cli.job_report import FAILED, PARTLY, exit_with
from app.cli.kind_option import Kind
from app.cli.options import options
from app.cli.output import print_json, print_table, print_text, say, write_file
from app.cli.session import session
from app.text import duration, plural
from app.workflows.label_files import Convention, export_labels, import_labels_file
from app.workflows.label_statistics import statistics_of
from app.workflows.sampling import simulate_labels
from engine.preference.kinds import BY, LABEL_KINDS
from engine.preference.simulated import SimulatedAnnotator
from engine.statistics.finite import without_nan

if TYPE_CHECKING:
    from engine.preference.answers import Share
    from engine.preference.kinds import LabelKind
    from engine.preference.statistics import LabelStatistics

__all__ = ["cli"]

cli = typer.Typer(
    no_args_is_help=True, help="Labels: statistics, CSV files, and simulated annotators for the sample workspace."
)
SHOWN_PROBLEMS = 20


@cli.command("simulate")
def simulate(
    context: typer.Context,
    pairs: Annotated[int, typer.Option(min=1, help="How many pairs to answer.")] = 300,
    name: Annotated[str, typer.Option(help="The annotator's name.")] = "simulated",
    noise: Annotated[float, typer.Option(min=0.01, help="Noise of answers, in units of quality.")] = 1.0,
    skill: Annotated[float, typer.Option(min=0.0, max=1.0, help="Share of answers that are no coin flip.")] = 1.0,
    tie_rate: Annotated[float, typer.Option(min=0.0, max=0.9, help="How readily ties are given.")] = 0.1,
    side_bias: Annotated[float, typer.Option(help="Pull to the left side; 0 for none.")] = 0.0,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same answers.")] = 0,
) -> None:
    """Let a simulated annotator answer pairs of sample clips. Its labels are marked simulated, always."""
    annotator = SimulatedAnnotator(
        name=name, skill=skill, noise=noise, tie_rate=tie_rate, side_bias=side_bias, seed=seed
    )
    with session(context) as opened:
        made = simulate_labels(opened.workspace, annotator, pairs=pairs)
    if options(context).json:
        print_json({"annotator": made.annotator, "labels_added": made.labels, "ties": made.ties, "kind": "simulated"})
    else:
        added = plural(made.labels, "simulated label")
        say(f"Added {added} by “{made.annotator}”, {plural(made.ties, 'tie')} among them.")


@cli.command("import")
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A CSV file, in our convention or crowd-kit's.", metavar="FILE")],
    kind: Annotated[
        Kind | None,
        typer.Option(
            help="Whose labels they are: people's, a simulated annotator's, or a model's judgement. By default what "
            "the file states in its column kind, and people's where it states nothing. A file that states another "
            "kind is refused.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Take in labels from a CSV file. Columns: left_clip,right_clip,label,annotator,kind,… or worker,left,right,label.

    The same file twice adds nothing. Rows that can't be used are named by their line; the rest is taken.
    """
    with session(context) as opened:
        found = import_labels_file(opened.workspace, file, kind=kind.value if kind else None)
    if options(context).json:
        problems = [{"line": problem.line, "reason": problem.reason} for problem in found.problems]
        print_json({"file": str(file), **asdict(found), "problems": problems})
    else:
        for problem in found.problems[:SHOWN_PROBLEMS]:
            say(f"{file.name}:{problem.line}: {problem.reason}", "yellow")
        if found.left_out > SHOWN_PROBLEMS:
            say(f"… and {plural(found.left_out - SHOWN_PROBLEMS, 'more row')} like these.", "yellow")
        known = f", {found.known:,} known already" if found.known else ""
        left_out = f", {plural(found.left_out, 'row')} left out" if found.problems else ""
        say(f"Added {found.added_words}{known}{left_out}.")
    if found.problems:
        exit_with(PARTLY if found.added or found.known else FAILED)


@cli.command("export")
def export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The CSV file to write; - for stdout.", metavar="FILE")],
    convention: Annotated[str, typer.Option("--format", help="handpicked or crowd-kit.")] = "handpicked",
    who: Annotated[
        str, typer.Option(help="all, people, simulated or model (a model's judgement); crowd-kit's format holds one.")
    ] = "",
) -> None:
    """Write labels to a CSV file, each with its kind: people's, simulated, or a model's judgement."""
    if convention not in ("handpicked", "crowd-kit"):
        raise typer.BadParameter(f"{convention!r}: choose handpicked or crowd-kit", param_hint="--format")
    kinds: dict[str, LabelKind | None] = {"": None, "all": None, **{kind: kind for kind in LABEL_KINDS}}
    if who not in kinds or (who == "all" and convention == "crowd-kit"):
        known = f"{', '.join(LABEL_KINDS)}, or all in our own format"
        raise typer.BadParameter(f"{who!r}: choose {known}", param_hint="--who")
    with session(context) as opened:
        text, count = export_labels(opened.workspace, convention=cast("Convention", convention), kind=kinds[who])
    if str(file) == "-":
        print_text(text)
        return
    write_file(file, text)
    if options(context).json:
        print_json({"file": str(file), "labels": count})
    else:
        say(f"{plural(count, 'label')} written to {file}.")


@cli.command("stats")
def stats(context: typer.Context) -> None:
    """Show who gave how many labels, how far they agree, and whether more are worth it; each kind by itself."""
    with session(context) as opened:
        counts = opened.workspace.labels.counts()
        rows = opened.workspace.labels.by_annotator()
        found = {kind: statistics_of(opened.workspace, kind) for kind in counts.kinds}
    if options(context).json:
        said = {name: without_nan(asdict(statistics)) for name, statistics in found.items()}
        annotators = [asdict(row) for row in rows]
        print_json({**asdict(counts), "annotators": annotators, "statistics": said})
    elif not found:
        say("No labels yet.")
    else:
        for kind, statistics in found.items():
            show(statistics, f"Labels by {BY[kind]}")


def show(statistics: LabelStatistics, title: str) -> None:
    """Print a table of annotators, then a line for each further finding."""
    print_table(
        ("annotator", "labels", "left", "right", "tie", "skip", "left of decided", "same again", "skill", "median"),
        [
            (
                one.annotator,
                *(one.labels, one.left, one.right, one.ties, one.skips),
                percent(one.side_bias),
                percent(one.self_agreement),
                "" if one.skill is None else f"{one.skill.skill:.2f} [{one.skill.low:.2f}, {one.skill.high:.2f}]",
                "" if one.times is None else duration(one.times.median_ms / 1000),
            )
            for one in statistics.annotators
        ],
        title=f"{title}: {statistics.labels:,}",
    )
    for agreed in statistics.agreements:
        say(f"{agreed.one} and {agreed.other} agree on {percent(agreed.agreed)}; Cohen's κ {number(agreed.kappa)}.")
    if not math.isnan(statistics.alpha):
        say(f"Krippendorff's α over all annotators: {statistics.alpha:.2f}.")
    seen = statistics.coverage
    say(f"{plural(seen.clips, 'clip')} seen, {seen.median:g} labels a clip, {seen.enough_share:.0%} at least 4.")
    progress = statistics.progress
    if progress is not None:
        before = f" since {progress.moved[-2][0]:,} labels" if len(progress.moved) > 1 else ""
        tau = progress.moved[-2][1] if len(progress.moved) > 1 else 1.0
        say(f"Kendall's τ of the ranking{before} with today's: {tau:.2f}.")
        say(f"Expected correlation of the scores with those of endless labels: {progress.reliability:.2f}.")
        more = plural(progress.worthwhile, "more label")
        say(f"About {more} are worth their time." if progress.worthwhile else "More labels would add little.")
    for outlier in statistics.outliers:
        say(f"{outlier.annotator} {outlier.reason}.", "yellow")


def percent(share: Share) -> str:
    """`52 % of 120`; empty where there is no share."""
    return f"{share.value:.0%} of {share.total:,}" if share.total else ""


def number(value: float) -> str:
    """Two decimals, or a dash for a missing number."""
    return "-" if math.isnan(value) else f"{value:.2f}"
