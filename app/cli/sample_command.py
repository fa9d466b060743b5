"""`handpicked sample`: render sample videos into the workspace and import them."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli.executor_option import Address, Executor
from app.cli.job_report import exit_with
from app.cli.options import options
from app.cli.output import print_json, say
from app.cli.session import session
from app.text import plural
from app.workflows.sampling import sample_as_set

__all__ = ["sample"]


def sample(
    context: typer.Context,
    videos: Annotated[
        int | None,
        typer.Option(min=1, max=1000, help="How many videos to render; else as data.yaml says.", show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same videos.")] = 0,
    executor: Executor = None,
    address: Address = None,
) -> None:
    """Render first-person sample videos with known truth into the workspace, and import them."""
    with session(context, executor=executor, address=address) as opened:
        before = opened.workspace.videos.totals()
        report = opened.run("Render sample videos", sample_as_set(opened.workspace, videos=videos, seed=seed))
        after = opened.workspace.videos.totals()
    result = {"videos_added": after.videos - before.videos, "clips_added": after.clips - before.clips}
    if options(context).json:
        print_json({**report.as_json("video"), **result})
    else:
        say(
            f"Added {plural(result['videos_added'], 'sample video')} and {plural(result['clips_added'], 'clip')}.",
            "bold",
        )
    exit_with(report.exit_code)
