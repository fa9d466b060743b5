"""Writes a table as CSV, Parquet or JSONL, atomically, replacing an existing file only on request."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from engine.errors import ExportError
from engine.files.formulas import neutralise_formula
from engine.files.replace_whole import replace_whole

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pandas as pd
    import pyarrow as pa

__all__ = ["FORMATS", "check_target", "neutralise_formulas", "write_pieces", "write_table"]

FORMATS = (".csv", ".parquet", ".jsonl")
PIECE = 50_000
"""Rows of a table that are turned into text at a time."""
_TEXT_KINDS = {"str", "category"}
"""Pandas' dtypes of text columns, besides `object`."""


def check_target(path: Path, *, overwrite: bool = False) -> None:
    """Raise `ExportError` where `path` has an unsupported suffix, or exists and may not be replaced."""
    if path.suffix.lower() not in FORMATS:
        raise ExportError(
            f"{path.name!r}: lists are written as {', '.join(FORMATS)}", remedy="Give the file one of these endings."
        )
    if path.is_dir():
        raise ExportError(f"{path} is a folder", remedy="Name a file in it.")
    if path.exists() and not overwrite:
        raise ExportError(
            f"{path} is there already", remedy="Choose another name, or ask for it to be overwritten (--overwrite)."
        )


def write_table(table: pa.Table, path: Path, *, overwrite: bool = False) -> None:
    """Write `table` in the format of the suffix of `path`, as `write_pieces`."""
    if path.suffix.lower() == ".csv":
        table = _as_spreadsheets_have_it(table)
    write_pieces(table.schema, table.to_batches(max_chunksize=PIECE), path, overwrite=overwrite)


def write_pieces(schema: pa.Schema, pieces: Iterable[pa.RecordBatch], path: Path, *, overwrite: bool = False) -> None:
    """Write a table that comes in pieces in the format of the suffix of `path`.

    In CSV, texts that a spreadsheet would run as a formula get an apostrophe in front. In JSONL a missing number is
    null. The file appears under its name only when complete. Raises `ExportError`.
    """
    check_target(path, overwrite=overwrite)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replace_whole(path) as temporary:
            _WRITERS[path.suffix.lower()](schema, pieces, temporary)
    except OSError as error:
        raise ExportError(
            f"{path} can't be written: {error.strerror or error}",
            remedy="Check the folder and the room on its disk, or choose another.",
        ) from error


def _as_spreadsheets_have_it(table: pa.Table) -> pa.Table:
    """Whole numbers with a gap as floats: pandas writes them so, and must do so in every piece."""
    for place, field in enumerate(table.schema):
        if str(field.type).startswith(("int", "uint")) and table.column(place).null_count:
            column = table.column(place).cast("double")
            table = table.set_column(place, field.with_type(column.type), column)
    return table


def neutralise_formulas(frame: pd.DataFrame) -> pd.DataFrame:
    """A copy of the table in which no cell and no column name runs as a formula in a spreadsheet."""
    texts = [name for name in frame.columns if frame[name].dtype == object or str(frame[name].dtype) in _TEXT_KINDS]
    changed = {name: frame[name].astype(object).map(neutralise_formula) for name in texts}
    return frame.assign(**changed).rename(columns=neutralise_formula)


def _csv(schema: pa.Schema, pieces: Iterable[pa.RecordBatch], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        neutralise_formulas(schema.empty_table().to_pandas()).to_csv(out, index=False, lineterminator="\n")
        for piece in pieces:
            neutralise_formulas(piece.to_pandas()).to_csv(out, index=False, header=False, lineterminator="\n")


def _parquet(schema: pa.Schema, pieces: Iterable[pa.RecordBatch], path: Path) -> None:
    import pyarrow.parquet as pq

    with pq.ParquetWriter(path, schema) as out:
        for piece in pieces:
            out.write_batch(piece)


def _jsonl(_schema: pa.Schema, pieces: Iterable[pa.RecordBatch], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as out:
        for piece in pieces:
            for row in piece.to_pylist():
                values = {name: _plain(value) for name, value in row.items()}
                out.write(json.dumps(values, ensure_ascii=False, default=str) + "\n")


def _plain(value: Any) -> Any:
    # JSON has no NaN; Python would write it all the same, and other readers would fail.
    return None if isinstance(value, float) and not math.isfinite(value) else value


_WRITERS = {".csv": _csv, ".parquet": _parquet, ".jsonl": _jsonl}
