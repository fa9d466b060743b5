"""`handpicked demo`: run every step, from videos to a report, on sample videos or one's own, without a browser."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer

from app.cli.options import options
from app.cli.output import print_json, print_table, say
from app.cli.session import session
from app.reports.validation_html import report_html
from app.workflows.demo import FootageDemo, SampleDemo, run_demo
from engine.files.typed_path import typed_path

__all__ = ["demo"]


def demo(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="The folder of the demonstration's workspace.")] = Path("demo"),
    videos: Annotated[
        int | None,
        typer.Option(min=1, max=1000, help="How many sample videos; else as data.yaml says.", show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same demonstration.")] = 0,
    videos_from: Annotated[
        Path | None,
        typer.Option(
            help="A folder of your own videos in the place of rendered ones. The labels are simulated all the same: "
            "they follow the composite score.",
            show_default=False,
            exists=True,
        ),
    ] = None,
) -> None:
    """Walk the whole path on sample videos, or on your own with simulated labels; each step is timed and checked."""
    context.find_root().obj = replace(options(context), workspace=typed_path(out))
    reports = []
    with session(context) as opened:
        base = (opened.workspace, opened.supervisor, seed, report_html)
        demo = FootageDemo(*base, folder=videos_from.absolute()) if videos_from else SampleDemo(*base, videos=videos)
        for report in run_demo(demo):
            reports.append(report)
            say(
                f"{'ok' if report.ok else 'FAILED':<8}{report.step} ({report.seconds:.1f} s)",
                "" if report.ok else "red",
            )
    ok = all(report.ok for report in reports)
    if options(context).json:
        print_json({"ok": ok, "workspace": str(options(context).workspace), "steps": [asdict(r) for r in reports]})
    else:
        rows = [(r.step, "ok" if r.ok else "FAILED", round(r.seconds, 1), r.found) for r in reports]
        print_table(("step", "", "seconds", "found"), rows)
        if videos_from:
            say("The labels are simulated: they follow the composite score, and say nothing about people.", "yellow")
        say(f"\nhandpicked --workspace {out} app    opens the result", "bold")
    if not ok:
        raise typer.Exit(1)
