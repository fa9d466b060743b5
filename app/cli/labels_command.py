"""`handpicked labels`: what annotators said."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli.output import print_json, print_table, say
from app.cli.session import options, session
from app.text import plural
from app.workflows.sampling import simulate_labels
from engine.preference.simulated import SimulatedAnnotator

__all__ = ["cli"]

cli = typer.Typer(no_args_is_help=True, help="Labels: statistics, and simulated annotators for the sample workspace.")


@cli.command("simulate")
def simulate(
    context: typer.Context,
    pairs: Annotated[int, typer.Option(min=1, help="How many pairs to answer.")] = 300,
    name: Annotated[str, typer.Option(help="The annotator's name.")] = "simulated",
    noise: Annotated[float, typer.Option(min=0.01, help="How far apart two clips seem alike.")] = 1.0,
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
        print_json({"annotator": made.annotator, "labels_added": made.labels, "ties": made.ties, "simulated": True})
    else:
        added = plural(made.labels, "simulated label")
        say(f"Added {added} by “{made.annotator}”, {plural(made.ties, 'tie')} among them.")


@cli.command("stats")
def stats(context: typer.Context) -> None:
    """Show how many labels each annotator gave; people and simulated annotators apart."""
    with session(context) as opened:
        counts = opened.workspace.labels.counts()
        rows = opened.workspace.labels.by_annotator()
    if options(context).json:
        print_json({"people": counts.people, "simulated": counts.simulated, "annotators": rows})
    elif not rows:
        say("No labels yet.")
    else:
        print_table(
            ("annotator", "", "labels", "left", "right", "tie", "skip", "median ms"),
            [
                (
                    row["annotator"],
                    "simulated" if row["simulated"] else "person",
                    *(row["labels"], row["left_answers"], row["right_answers"], row["ties"], row["skips"]),
                    None if row["response_ms"] is None else round(row["response_ms"]),
                )
                for row in rows
            ],
        )
        say(f"{plural(counts.people, 'label')} by people, {counts.simulated:,} simulated.", "dim")
