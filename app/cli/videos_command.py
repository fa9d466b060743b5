"""`handpicked videos`: list videos, cut them into clips, relocate and remove them."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.executor_option import Address, Executor
from app.cli.job_report import JobReport, exit_with
from app.cli.options import options
from app.cli.output import print_json, print_table, say
from app.cli.session import session
from app.text import duration, plural
from app.workflows.clipping import cut_job, preview
from app.workflows.videos import relocate, remove
from engine.settings.data import DataSettings

if TYPE_CHECKING:
    from storage.videos import ListedVideo

__all__ = ["cli"]

cli = typer.Typer(no_args_is_help=True, help="Videos in the workspace: list, cut into clips, point elsewhere, remove.")

VideoId = Annotated[str, typer.Argument(help="The video's id, as `videos list` shows it.", metavar="VIDEO")]


class Method(StrEnum):
    """How videos become clips."""

    ANNOTATIONS = "annotations"
    STRIDE = "stride"
    SHOTS = "shots"
    ACTIVITY = "activity"
    WHOLE = "whole"


@cli.command("list")
def list_videos(
    context: typer.Context,
    search: Annotated[str, typer.Option(help="Part of a name or path.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 100,
) -> None:
    """List videos with their lengths and clip counts."""
    with session(context) as opened:
        rows = opened.workspace.videos.overview(search=search, limit=limit)
    if options(context).json:
        print_json({"videos": [as_json(row) for row in rows]})
    elif not rows:
        say("No videos. `handpicked import PATH` brings some in.")
    else:
        columns = ("video", "length", "picture", "codec", "clips", "path", "damage")
        print_table(
            columns,
            [
                (
                    *(video.video_id, duration(video.duration_s), f"{video.width}×{video.height}", video.codec),
                    *(listed.clips, str(video.place), video.damage),
                )
                for listed in rows
                for video in (listed.video,)
            ],
        )


def as_json(row: ListedVideo) -> dict[str, object]:
    """A video as `--json` has it."""
    return {**asdict(row.video), "damage": row.video.damage, "clips": row.clips, "poster": row.poster}


@cli.command("cut")
def cut(
    context: typer.Context,
    videos: Annotated[list[str] | None, typer.Argument(help="Videos; without any, those that have no clips.")] = None,
    clips: Annotated[Method, typer.Option(help="How to cut.")] = Method.STRIDE,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would make.")] = False,
    executor: Executor = None,
    address: Address = None,
) -> None:
    """Make clips of videos that are here already, by the workspace's clipping settings."""
    with session(context, executor=executor, address=address) as opened:
        workspace = opened.workspace
        settings = workspace.settings.load(DataSettings).clipping
        chosen = workspace.videos.find(ids=videos or workspace.videos.without_clips())
        before = workspace.clips.count()
        reports: list[JobReport] = []
        if clips is not Method.SHOTS:
            say(f"{preview(workspace, chosen, clips.value, settings).sentence}, of {plural(len(chosen), 'video')}")
        job = cut_job(clips.value, settings, chosen)
        if job.spec.items and not dry_run:
            reports.append(opened.run(job.title, job.spec))
        added = workspace.clips.count() - before
    if options(context).json:
        jobs = [{"title": report.job.title, **report.as_json()} for report in reports]
        print_json({"videos": len(chosen), "clips_added": added, "jobs": jobs})
    else:
        say(f"{plural(added, 'new clip')}.", "bold")
    exit_with(*(report.exit_code for report in reports))


@cli.command("relocate")
def relocate_video(
    context: typer.Context,
    video: VideoId,
    place: Annotated[str, typer.Argument(help="Where the file (or its tar) lies now, or the folder that it is in.")],
) -> None:
    """Point a video that has moved at its new place; of a tar, all its members."""
    with session(context) as opened:
        moved = relocate(opened.workspace, video, place)
        now = opened.workspace.videos.get(video).place
    others = f", and {plural(len(moved) - 1, 'other video')} of its tar with it" if len(moved) > 1 else ""
    finish(context, video, f"{video} is now at {now}{others}.")


@cli.command("remove")
def remove_video(context: typer.Context, video: VideoId) -> None:
    """Take a video and its clips out of the workspace. The file itself is not touched."""
    with session(context) as opened:
        place = opened.workspace.videos.get(video).place
        remove(opened.workspace, video)
    finish(context, video, f"{video} was removed from the workspace; {place.file} was not touched.")


def finish(context: typer.Context, video: str, message: str) -> None:
    """Print the result, as text or JSON."""
    if options(context).json:
        print_json({"video_id": video, "message": message})
    else:
        say(message)
