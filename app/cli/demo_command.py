"""`handpicked demo`: the whole path on sample videos, without a browser."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer

from app.cli.output import print_json, print_table, say
from app.cli.session import options, session
from app.reports.validation_html import report_html
from app.workflows.demo import run_demo
from app.workflows.sampling import DEFAULT_VIDEOS

__all__ = ["demo"]


def demo(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="The folder of the demonstration's workspace.")] = Path("demo"),
    videos: Annotated[int, typer.Option(min=1, max=1000, help="How many sample videos.")] = DEFAULT_VIDEOS,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same demonstration.")] = 0,
) -> None:
    """Walk the whole path on sample videos, each step timed and checked, and say how to look at the result."""
    context.find_root().obj = replace(options(context), workspace=out.expanduser().absolute())
    reports = []
    with session(context) as opened:
        for report in run_demo(opened.workspace, opened.supervisor, videos=videos, seed=seed, write_report=report_html):
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
        say(f"\nhandpicked --workspace {out} app    opens the result", "bold")
    if not ok:
        raise typer.Exit(1)
