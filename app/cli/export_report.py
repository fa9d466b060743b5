"""What a command says of an export that it wrote, as text and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.cli.options import options
from app.cli.output import print_json, say
from app.text import duration, plural
from app.workflows.export_plan import left_out

if TYPE_CHECKING:
    import typer

    from app.workflows.export_plan import ExportPlan
    from app.workflows.exporting import Written

__all__ = ["record_of", "report"]


def record_of(plan: ExportPlan, written: Written) -> dict[str, Any]:
    """An export as JSON has it, before its jobs."""
    return {
        "export_id": written.export_id,
        "clips": plan.clips,
        "hours": plan.seconds / 3600,
        "videos": plan.videos,
        "ranked_by": plan.settings.ranked_by,
        "model_id": plan.settings.model_id,
        "synthetic_clips": plan.synthetic,
        "notes": list(written.notes),
        "kept_by_tag": [
            {"clip_id": clip_id, "rank": kept.rank, "score": kept.score} for clip_id, kept in plan.kept_by_tag
        ],
        "list_file": str(written.list_file) if written.list_file else None,
        "folder": str(written.folder) if written.folder else None,
        "state": "done",
        "message": "",
        "failed": [],
        "follow_ups": [],
    }


def report(context: typer.Context, plan: ExportPlan, said: dict[str, Any], *, data_set: bool = False) -> None:
    """Print what was written and why other clips were not, and how to write it again."""
    if options(context).json:
        print_json(said)
        return
    for note in said["notes"]:
        say(note, "yellow")
    if plan.synthetic:
        say(f"{plural(plan.synthetic, 'clip')} of rendered sample videos: synthetic.", "yellow")
    where = " and ".join(filter(None, [said["list_file"], said["folder"]]))
    if said.get("made", plan.clips) is None:
        say(f"Nothing was written to {where}.", "bold")
        return
    say(f"{plural(said.get('made', plan.clips), 'clip')}, {duration(plan.seconds)}, written to {where}.", "bold")
    say(f"Left out: {left_out(plan)}." if left_out(plan) else "Nothing was left out.")
    if data_set:
        again = "--out DIR"
    else:
        again = " ".join(filter(None, ["--out FILE" * bool(said["list_file"]), "--cut DIR" * bool(said["folder"])]))
    say(f"Again, exactly: handpicked exports repeat {said['export_id']} {again}")
