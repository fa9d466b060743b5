"""Imports measured gains (ΔM) of clips from a CSV file, from a real robot or another measurement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from engine.errors import SourceError
from engine.files.formulas import without_formula_guard
from engine.files.problems import total
from engine.files.read_csv import read_table
from engine.files.values import BadValueError, clean_name, parse_number, shown
from engine.sources.folder import printable

if TYPE_CHECKING:
    from collections.abc import Container
    from pathlib import Path

    from engine.files.problems import Problem
    from storage import Workspace

__all__ = ["GainImport", "import_gains"]


@dataclass(frozen=True)
class GainImport:
    """The result of importing a file: gains stored, and rows left out."""

    gains: int
    problems: tuple[Problem, ...]
    """The first rows left out, and how many more there are."""

    @property
    def left_out(self) -> int:
        """How many rows could not be used."""
        return total(self.problems)


@dataclass(frozen=True)
class GainRow:
    """One row: the gain of a clip and its standard deviation."""

    clip_id: str
    gain: float
    gain_std: float | None
    line: int


def import_gains(workspace: Workspace, file: Path) -> GainImport:
    """Read `clip_id,gain[,gain_std]`; good rows are stored, others are reported with their line.

    Of two rows about one clip the first counts, and the other is reported. Raises `SourceError` where the file can't be
    read or lacks a column.
    """
    table = read_table(file)
    if missing := [name for name in ("clip_id", "gain") if name not in table.columns]:
        raise SourceError(
            f"{file.name}: there is no column {' and no column '.join(missing)}",
            remedy="The first line must read clip_id,gain or clip_id,gain,gain_std.",
        )
    known = workspace.clips.ids()
    rows: dict[str, GainRow] = {}
    for found in table.rows():
        try:
            row = read_row(found.cells, found.line, known, decimal_comma=table.delimiter == ";")
            if row.clip_id in rows:
                first = rows[row.clip_id].line
                raise BadValueError(f"the gain of {shown(row.clip_id)} stands on line {first}, which was taken")
        except BadValueError as error:
            table.report(found.line, str(error))
        else:
            rows[row.clip_id] = row
    if rows:
        at = datetime.now(UTC)
        columns = {
            "clip_id": [row.clip_id for row in rows.values()],
            "gain": [row.gain for row in rows.values()],
            "gain_std": [row.gain_std for row in rows.values()],
            "source": [printable(file.name)] * len(rows),
            "created_at": [at] * len(rows),
        }
        workspace.rewards.add_gains(pa.table(columns, schema=SCHEMA))
    return GainImport(len(rows), table.problems.listed())


def read_row(cells: dict[str, str], line: int, known: Container[str], *, decimal_comma: bool) -> GainRow:
    """Parse one row. Raises `BadValueError` that says what is wrong."""
    clip_id = clean_name(without_formula_guard(cells["clip_id"]), "clip")
    if clip_id not in known:
        raise BadValueError(f"there is no clip {shown(clip_id)} in this workspace")
    gain = parse_number(cells["gain"], "gain", decimal_comma=decimal_comma)
    spread = cells.get("gain_std", "").strip()
    if not spread:
        return GainRow(clip_id, gain, None, line)
    gain_std = parse_number(spread, "gain_std", decimal_comma=decimal_comma)
    if gain_std < 0:
        raise BadValueError(f"gain_std is {gain_std:g}, but can't be negative")
    return GainRow(clip_id, gain, gain_std, line)


SCHEMA = pa.schema(
    [
        ("clip_id", pa.string()),
        ("gain", pa.float64()),
        ("gain_std", pa.float64()),
        ("source", pa.string()),
        ("created_at", pa.timestamp("us", tz="UTC")),
    ]
)
