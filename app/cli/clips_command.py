"""`handpicked clips`: list, tag and edit the clips of a library view. A view is written as in the page's address."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.job_report import exit_with
from app.cli.options import options
from app.cli.output import print_json, print_table, say
from app.cli.session import session
from app.text import plural, timecode
from app.workflows.clip_edits import change_window, split_clip
from app.workflows.encoding import search_for
from app.workflows.likeness import MIN_OVERLAP, MIN_SIMILARITY, keep_best_of_each, map_job, near_duplicates_job
from app.workflows.named_views import view_called
from storage.library.view import ClipView

if TYPE_CHECKING:
    from storage.library.rows import LibraryRow
    from storage.tags import TagAction

__all__ = ["cli"]

cli = typer.Typer(no_args_is_help=True, help="Clips: list, search, tag, near-duplicates, the map, their windows.")

View = Annotated[
    str,
    typer.Option(
        "--view",
        help="A saved view's name, or filters as in the Library's address: "
        "'source=epic&range=hands_any_share:0.5:&tag=keep'.",
        show_default=False,
    ),
]
Clip = Annotated[str, typer.Argument(help="The clip's id, as `clips list` shows it.", metavar="CLIP")]


@cli.command("list")
def list_clips(
    context: typer.Context,
    view: View = "",
    sort: Annotated[str, typer.Option(help="A number, e.g. reward or composite_score.", show_default=False)] = "",
    lowest_first: Annotated[bool, typer.Option("--lowest-first", help="The worst instead of the best.")] = False,
    search: Annotated[str, typer.Option(help="Order by likeness to a text (CLIP only).", show_default=False)] = "",
    like: Annotated[str, typer.Option(help="Order by likeness to a clip.", show_default=False)] = "",
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 40,
    sql: Annotated[bool, typer.Option("--sql", help="Print the SQL behind it instead.")] = False,
) -> None:
    """List the clips of a view in its order."""
    with session(context) as opened:
        library = opened.workspace.library
        wanted = view_called(opened.workspace, view)
        if sort:
            wanted = replace(wanted, sort=sort, descending=not lowest_first)
        if search:
            wanted = replace(wanted, search=search_for(opened.workspace, "text", search, search.encode()), sort="")
        if like:
            opened.workspace.clips.get(like)
            wanted = replace(wanted, similar_to=like, sort="")
        if sql:
            say(library.sql(wanted))
            return
        extent = library.extent(wanted)
        rows = library.page(wanted, limit=limit)
    by = wanted.sort or ("likeness" if wanted.search or wanted.similar_to else "")
    if options(context).json:
        clips = [as_json(row) for row in rows]
        print_json({"clips": extent.clips, "duration_s": extent.duration_s, "sorted_by": by, "rows": clips})
        return
    print_table(
        ("clip", "start", "narration", "tags", by or "reward"),
        [
            (
                *(row.clip_id, timecode(row.start_s), row.narration, ", ".join(row.tags)),
                rounded(row.sorted_by if by else row.reward),
            )
            for row in rows
        ],
    )
    say(f"{len(rows):,} of {plural(extent.clips, 'clip')}")


def as_json(row: LibraryRow) -> dict[str, object]:
    """A clip as `--json` has it; its tags are null where it has none."""
    kept = ("clip_id", "video_id", "start_s", "end_s", "narration", "tags", "reward", "reward_std", "sorted_by")
    return {name: getattr(row, name) for name in kept} | {"tags": row.tags or None}


def rounded(value: float | None) -> float | None:
    """Numbers rounded for display in a table."""
    return None if value is None else round(value, 4)


@cli.command()
def tag(context: typer.Context, name: Annotated[str, typer.Argument(metavar="TAG")], view: View = "") -> None:
    """Tag every clip of a view; `keep` and `drop` shut each other out."""
    with session(context) as opened:
        workspace = opened.workspace
        report_action(context, workspace.tags.add(workspace.library.ids(view_called(workspace, view)), name))


@cli.command()
def untag(context: typer.Context, name: Annotated[str, typer.Argument(metavar="TAG")], view: View = "") -> None:
    """Take a tag away from every clip of a view."""
    with session(context) as opened:
        workspace = opened.workspace
        report_action(context, workspace.tags.remove(workspace.library.ids(view_called(workspace, view)), name))


@cli.command()
def undo(context: typer.Context) -> None:
    """Take the latest tagging back."""
    with session(context) as opened:
        report_action(context, opened.workspace.tags.undo())


def report_action(context: typer.Context, action: TagAction | None) -> None:
    """Print what a tagging action changed."""
    if options(context).json:
        print_json({"action": action.title if action else None, "clips": action.clips if action else 0})
    elif action is None:
        say("There is nothing to take back.")
    else:
        say(f"{action.title}: {plural(action.clips, 'clip')}")


@cli.command()
def views(context: typer.Context) -> None:
    """List the saved views."""
    with session(context) as opened:
        saved = opened.workspace.library.saved_views()
    if options(context).json:
        print_json({"views": saved})
    else:
        print_table(("view", "filters"), list(saved.items()))


@cli.command("map")
def make_map(
    context: typer.Context, method: Annotated[str, typer.Option(help="umap or pca", metavar="METHOD")] = "umap"
) -> None:
    """Give every clip its place on the map of embeddings."""
    if method not in ("umap", "pca"):
        msg = f"--method is {method!r}"
        raise typer.BadParameter(f"{msg}; it can be umap or pca")
    with session(context) as opened:
        job = map_job(opened.workspace, "umap" if method == "umap" else "pca")
        report = opened.run(job.title, job.spec)
    if options(context).json:
        print_json({**report.as_json(), "done": report.job.done})
    exit_with(report.exit_code)


@cli.command()
def duplicates(
    context: typer.Context,
    similarity: Annotated[float, typer.Option(min=0, max=1, help="Least cosine of embeddings.")] = (MIN_SIMILARITY),
    overlap: Annotated[float, typer.Option(min=0, max=1, help="Least share of time in common.")] = MIN_OVERLAP,
    drop: Annotated[bool, typer.Option("--drop", help="Tag all but the best of each group `drop`.")] = False,
) -> None:
    """Find groups of clips that show nearly the same."""
    with session(context) as opened:
        job = near_duplicates_job(opened.workspace, min_similarity=similarity, min_overlap=overlap)
        report = opened.run(job.title, job.spec)
        groups, others = opened.workspace.likeness.group_counts(ClipView())
        dropped = keep_best_of_each(opened.workspace, ClipView()) if drop else 0
    if options(context).json:
        print_json({**report.as_json(), "groups": groups, "others": others, "dropped": dropped})
    else:
        said = f", {dropped:,} tagged drop" if drop else ""
        say(f"{plural(groups, 'group')} with {plural(others, 'clip')} beside the best of each{said}")
    exit_with(report.exit_code)


@cli.command()
def window(
    context: typer.Context,
    clip: Clip,
    start_s: Annotated[float, typer.Option(help="New start in the video.")],
    end_s: Annotated[float, typer.Option(help="New end in the video.")],
) -> None:
    """Give a clip another window. A new clip takes its place, with its narration and tags."""
    with session(context) as opened:
        made, stays = change_window(opened.workspace, clip, start_s, end_s)
    changed(context, made, stays=stays)


@cli.command()
def split(context: typer.Context, clip: Clip, at_s: Annotated[float, typer.Option(help="Where in the video.")]) -> None:
    """Make two clips of one."""
    with session(context) as opened:
        made, stays = split_clip(opened.workspace, clip, at_s)
    changed(context, made, stays=stays)


def changed(context: typer.Context, made: list[str], *, stays: bool) -> None:
    """Print the clips that a changed window resulted in."""
    if options(context).json:
        print_json({"clips": made, "old_one_stays": stays})
        return
    say(f"Made {', '.join(made)}.")
    if stays:
        say("The old clip stays, tagged `replaced`: labels speak of it.")
