"""`handpicked download`: fetch videos of a data set and import them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app.cli.job_report import exit_with
from app.cli.options import options
from app.cli.output import print_json, say
from app.cli.session import session
from app.text import plural
from app.workflows.downloading import download_spec, ids_from, unseen_licence
from engine.settings.data import DataSettings

__all__ = ["download"]


class DataSet(StrEnum):
    """Data sets that can be downloaded."""

    EPIC = "epic"
    EGO4D = "ego4d"


def download(
    context: typer.Context,
    source: Annotated[DataSet, typer.Option(help="The data set.")],
    video_ids: Annotated[
        str | None, typer.Option(help="Videos, with commas between, e.g. P01_101,P01_102.", show_default=False)
    ] = None,
    from_annotations: Annotated[
        Path | None, typer.Option(help="Fetch every video that this annotation file speaks of.", show_default=False)
    ] = None,
    base_url: Annotated[
        str | None, typer.Option(help="A mirror of the data set's server (EPIC only).", show_default=False)
    ] = None,
    checksums: Annotated[
        Path | None, typer.Option(help="A list of MD5 sums to check against (EPIC only).", show_default=False)
    ] = None,
) -> None:
    """Fetch videos into the workspace and import them. A download that was cut off goes on where it stopped."""
    named = [part.strip() for part in (video_ids or "").split(",") if part.strip()]
    if not named and from_annotations is None:
        raise typer.BadParameter("give --video-ids or --from-annotations")
    with session(context) as opened:
        workspace = opened.workspace
        ids = [*named, *(ids_from(from_annotations, source.value) if from_annotations else ())]
        spec = download_spec(
            workspace,
            source.value,
            ids,
            clipping=workspace.settings.load(DataSettings).clipping,
            base_url=base_url,
            checksum_file=checksums,
        )
        licence = unseen_licence(workspace, source.value)
        if licence is not None:
            say(f"{licence.title} is under {licence.name} ({licence.url}). {licence.summary}\n", "yellow")
        before = workspace.videos.count()
        report = opened.run(f"Download {plural(len(spec.items), 'video')}", spec)
        added = workspace.videos.count() - before
    if options(context).json:
        print_json({**report.as_json("video"), "videos_added": added})
    else:
        say(f"{plural(report.job.done, 'download')} done, {plural(added, 'new video')} imported.", "bold")
    exit_with(report.exit_code)
