"""Writes `metadata.jsonl` beside cut clips: what `datasets` of Hugging Face reads of a folder of videos."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from engine.export.writers import write_table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["METADATA_FILE", "write_metadata"]

METADATA_FILE = "metadata.jsonl"
_OF_THIS_MACHINE = ("video_path", "file", "file_name", "text")
_RENAMED = {"video": "video_name"}


def write_metadata(listed: pa.Table, files: Mapping[str, str], path: Path) -> None:
    """Write a row for each clip of a ranked list that has a file: clip → its file below the folder of `path`.

    `file_name` is the file, `text` the narration, empty where there is none; then every column of the list but those
    about this machine. The column `video` is called `video_name`: `datasets` itself calls the clips `video`, and would
    take the one for the other. A number that could not be measured is null. Replaces an earlier file; raises
    `ExportError`.
    """
    ids = listed.column("clip_id")
    has_file = pc.is_in(ids, value_set=pa.array(list(files), pa.string()))
    rows = listed.filter(has_file).drop_columns([name for name in _OF_THIS_MACHINE if name in listed.column_names])
    rows = rows.rename_columns([_RENAMED.get(name, name) for name in rows.column_names])
    names = [files[clip_id] for clip_id in rows.column("clip_id").to_pylist()]
    text = pc.fill_null(rows.column("narration").cast(pa.string()), "")
    rows = rows.add_column(0, "file_name", pa.array(names, pa.string())).add_column(1, "text", text)
    write_table(rows, path, overwrite=True)
