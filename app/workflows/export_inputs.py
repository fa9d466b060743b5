"""What the workers of an export in some format get from the store: clips with facts of their videos, and the card's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from app.workflows.export_words import described
from engine.errors import ExportError
from engine.export.formats.base import ClipToExport, ExportFacts
from engine.export.formats.made import CLIPS_FILE, VECTORS_FILE, write_facts
from engine.files.place import place_of
from engine.tables.vectors import write_vectors

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from storage import Workspace
    from storage.exports import ExportRun

__all__ = ["ClipsOfTable", "kept_table", "with_videos", "write_inputs"]

_FOLDERS = re.compile(r"(?<=')(?:[A-Za-z]:)?[/\\][^']*[/\\]|(?<![\w.:/\\])(?:[A-Za-z]:)?[/\\](?:[^\s'/\\]+[/\\])+")
"""The folders of an absolute path, quoted or not: of `'/a/b c/d.mp4'` all but `d.mp4`."""
NO_VIDEO = "Its video was removed from the workspace."
VIDEO_COLUMNS = {"path": pa.string(), "fps": pa.float64(), "width": pa.int64(), "height": pa.int64()}
VIDEO_COLUMNS |= {"duration_s": pa.float64()}
_CLIP_COLUMNS = ["rank", "clip_id", "video_path", "start_s", "end_s", "video_fps", "video_width", "video_height"]


class ClipsOfTable(Sequence[ClipToExport]):
    """The clips of a list with the columns of their videos, each made when it is read: a list may hold a million."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table.select(_CLIP_COLUMNS).combine_chunks()

    def __len__(self) -> int:
        rows: int = self._table.num_rows
        return rows

    @overload
    def __getitem__(self, place: int) -> ClipToExport: ...
    @overload
    def __getitem__(self, place: slice) -> list[ClipToExport]: ...
    def __getitem__(self, place: int | slice) -> ClipToExport | list[ClipToExport]:
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        if not -len(self) <= place < len(self):
            raise IndexError(place)
        (row,) = self._table.slice(place % len(self), 1).to_pylist()
        return ClipToExport(**{name.removeprefix("video_"): value for name, value in row.items()})


def kept_table(workspace: Workspace, export_id: str) -> pa.Table:
    """The list of an export, as it was written. Raises `ExportError` where it is lost."""
    try:
        return pq.read_table(workspace.paths.export_list(export_id))
    except (OSError, pa.ArrowException) as error:
        raise ExportError(
            f"the list of export {export_id} can't be read: {error}", remedy="Make it anew from its settings (--fresh)."
        ) from error


def with_videos(workspace: Workspace, listed: pa.Table) -> pa.Table:
    """A list with its videos' facts as they are now; empty where a video was removed since."""
    ids = listed.column("video_id")
    wanted = ids.unique().to_pylist()
    known = {video.video_id: video for video in workspace.videos.find(ids=wanted, limit=len(wanted))}
    for name, kind in VIDEO_COLUMNS.items():
        values = [getattr(known[one], name) if one in known else None for one in ids.to_pylist()]
        listed = listed.append_column(f"video_{name}", pa.array(values, kind))
    return listed


def write_inputs(workspace: Workspace, export_id: str, parts_job: int | None, folder: Path) -> None:
    """Write what the assembly of an export needs into `folder`: the clips that `parts_job` made, or all of a format
    without parts, how they were chosen, and their embeddings. Raises `ExportError` where no clip could be made."""
    run = workspace.exports.get(export_id)
    table = with_videos(workspace, kept_table(workspace, export_id))
    left_out = _left_out(workspace, table, parts_job)
    made = table.filter(pc.invert(pc.is_in(table.column("clip_id"), value_set=pa.array(list(left_out), pa.string()))))
    if not made.num_rows:
        first = next(iter(left_out.values()), "the list is empty")
        raise ExportError(f"no clip of the export could be made, so there is no data set: {first}")
    pq.write_table(made, folder / CLIPS_FILE)
    write_facts(_facts(workspace, run, made, left_out), folder)
    model = made.column("embedding_model")[0].as_py()
    if model is not None and model == workspace.features.embedding_model():
        ids = made.column("clip_id")
        found = workspace.features.vector_batches(model, ids)
        write_vectors(folder / VECTORS_FILE, (len(ids), workspace.features.vector_width(model)), found)


def _left_out(workspace: Workspace, table: pa.Table, parts_job: int | None) -> dict[str, str]:
    """Clip that could not be made → why. Paths of this machine do not stand in it: it becomes part of the card."""
    found = {}
    rows = table.select(["clip_id", "video", "video_path"]).to_pylist()
    done = set() if parts_job is None else {k for k, v in workspace.jobs.outcomes(parts_job).items() if v == "done"}
    errors = {} if parts_job is None else {f.item: f.error for f in workspace.jobs.failures(parts_job)}
    for row in rows:
        clip_id, path = row["clip_id"], row["video_path"]
        if path is None:
            found[clip_id] = NO_VIDEO
        elif parts_job is not None and clip_id not in done:
            error = errors.get(clip_id, "The worker did not report it.")
            said = str(place_of(path))
            named = error.replace(repr(said), f"'{row['video']}'").replace(said, row["video"])
            found[clip_id] = without_folders(named)
    return found


def without_folders(text: str) -> str:
    """A sentence with absolute paths cut down to the names of their files."""
    return _FOLDERS.sub("", text)


def _facts(workspace: Workspace, run: ExportRun, made: pa.Table, left_out: Mapping[str, str]) -> ExportFacts:
    """How the clips were chosen. A repetition says what the first export did: it is the same data set."""
    while run.results.repeats is not None:
        run = workspace.exports.get(run.results.repeats)
    first = {name: made.column(name)[0].as_py() for name in made.column_names if name in _CONSTANT}
    counts = made.column("source").value_counts().to_pylist()
    sources = {one["values"]: one["counts"] for one in sorted(counts, key=lambda one: str(one["values"]))}
    return ExportFacts(
        export_id=run.export_id,
        created_at=run.created_at.isoformat(timespec="seconds"),
        app_version=first["app_version"],
        chosen=tuple(described(run.settings)),
        ranked_by=first["ranked_by"],
        model_name=first["model_name"],
        seed=first["seed"],
        settings_hash=first["settings_hash"],
        threshold=first["threshold"],
        labels_by=first["labels_by"],
        notes=run.results.notes,
        synthetic=sources.get("sample", 0),
        sources=sources,
        left_out=left_out,
    )


_CONSTANT = {"app_version", "ranked_by", "model_name", "seed", "settings_hash", "threshold", "labels_by"}
