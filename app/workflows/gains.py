"""Measured gains (ΔM) from a CSV: what a real robot, or somebody else's measurement, says about clips."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from engine.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path

    from storage import Workspace

__all__ = ["GainImport", "import_gains"]

MOST_PROBLEMS = 50


@dataclass(frozen=True)
class GainImport:
    """What came of reading a file: gains taken in, and rows that could not be, as `(line, reason)`."""

    gains: int
    problems: tuple[tuple[int, str], ...]


def import_gains(workspace: Workspace, file: Path) -> GainImport:
    """Read `clip_id,gain[,gain_std]`; good rows are taken in, others are named with their line.

    Raises `SourceError` where the file can't be read or lacks a column.
    """
    known = workspace.clips.ids()
    rows: dict[str, dict[str, Any]] = {}
    problems: list[tuple[int, str]] = []
    at = datetime.now(UTC)
    try:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream)
            if missing := [name for name in ("clip_id", "gain") if name not in (reader.fieldnames or [])]:
                msg = f"{file.name}: there is no column {' and no column '.join(missing)}"
                raise SourceError(msg, remedy="The first line must read clip_id,gain or clip_id,gain,gain_std.")
            for row in reader:
                try:
                    clip_id, gain, gain_std = read_row(row, known)
                except ValueError as error:
                    problems.append((reader.line_num, str(error)))
                    continue
                rows[clip_id] = {
                    "clip_id": clip_id,
                    "gain": gain,
                    "gain_std": gain_std,
                    "source": file.name,
                    "created_at": at,
                }
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        msg = f"{file}: can't be read as CSV: {error}"
        raise SourceError(msg, remedy="Give a text file with commas between, in UTF-8.") from error
    if rows:
        workspace.rewards.add_gains(pa.Table.from_pylist(list(rows.values()), SCHEMA))
    return GainImport(len(rows), tuple(problems[:MOST_PROBLEMS]))


def read_row(row: dict[str, str | None], known: set[str]) -> tuple[str, float, float | None]:
    """`(clip_id, gain, gain_std)`. Raises `ValueError` that says what is wrong."""
    clip_id = (row["clip_id"] or "").strip()
    if clip_id not in known:
        raise ValueError(f"there is no clip {clip_id!r} in this workspace")
    gain = number(row["gain"], "gain")
    spread = (row.get("gain_std") or "").strip()
    if not spread:
        return clip_id, gain, None
    gain_std = number(spread, "gain_std")
    if gain_std < 0:
        raise ValueError(f"gain_std is {gain_std:g}, but can't be negative")
    return clip_id, gain, gain_std


def number(text: str | None, name: str) -> float:
    """A finite number. Raises `ValueError`."""
    try:
        value = float(text or "")
    except ValueError:
        raise ValueError(f"{name} is {text!r}, which is no number") from None
    if not math.isfinite(value):
        raise ValueError(f"{name} is {text!r}, which is no finite number")
    return value


SCHEMA = pa.schema(
    [
        ("clip_id", pa.string()),
        ("gain", pa.float64()),
        ("gain_std", pa.float64()),
        ("source", pa.string()),
        ("created_at", pa.timestamp("us", tz="UTC")),
    ]
)
