"""Reads and validates the tables of a bundle: checksum, size, columns, types, and finite numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from engine.errors import FormatError, HandpickedError
from engine.features.registry import extractor_names, get
from engine.files.digest import sha256_of_file
from engine.files.read_parquet import TableLimits, read_parquet
from engine.files.values import MAX_MAGNITUDE
from storage.feature_reads import KEPT
from storage.feature_rows import FeatureTable

if TYPE_CHECKING:
    from engine.export.bundle import Bundle

__all__ = ["MOST_LABELS", "measured_table", "sound_scores", "sound_vectors", "table_of_bundle"]

MOST_LABELS = 2_000_000
MOST_REWARD = 1e6
"""The largest magnitude accepted of a reward or its spread: in logits or standard deviations, ten is a lot."""
MOST_IN_VECTOR = 1e6
LOCAL_ONLY = frozenset({"composite"})
"""Feature tables that every workspace computes itself, from its own weights and clips."""

_TIME = pa.timestamp("us", tz="UTC")
COLUMNS: dict[str, dict[str, pa.DataType]] = {
    "features": {
        "clip_id": pa.string(),
        "extractor_version": pa.int32(),
        "settings_hash": pa.string(),
        "note": pa.string(),
        "damaged": pa.bool_(),
    },
    "embedding": {"clip_id": pa.string(), "model": pa.string(), "vector": pa.list_(pa.float32())},
    "scores": {
        "clip_id": pa.string(),
        "reward": pa.float64(),
        "reward_std": pa.float64(),
        "robot_reward": pa.float64(),
        "robot_reward_std": pa.float64(),
    },
    "labels": {
        "label_id": pa.string(),
        "left_clip_id": pa.string(),
        "right_clip_id": pa.string(),
        "answer": pa.string(),
        "annotator": pa.string(),
        "simulated": pa.bool_(),
        "response_ms": pa.int64(),
        "strategy": pa.string(),
        "created_at": _TIME,
    },
}
ADDED_LATER: dict[str, dict[str, pa.DataType]] = {
    "features": {"measured_on": pa.string()},
    "labels": {"kind": pa.string()},
}
"""Columns that bundles of earlier versions lack."""


def table_of_bundle(bundle: Bundle, name: str, most_rows: int, kind: str, *, others: bool = False) -> pa.Table:
    """Read a table, checking the manifest's checksum and the columns of its kind; with `others`, further columns are
    numbers. Raises `FormatError` or `ExportError` with the reason."""
    path = bundle.file(name)
    if sha256_of_file(path) != bundle.manifest.files[name]:
        raise FormatError("it is damaged (its SHA-256 is not the manifest's)")
    return read_parquet(
        path,
        TableLimits(most_rows),
        COLUMNS[kind],
        others=pa.float64() if others else None,
        optional=ADDED_LATER.get(kind),
    )


def measured_table(
    bundle: Bundle, name: str, most_rows: int, extractor: str, problems: list[str]
) -> tuple[FeatureTable, pa.Table] | None:
    """Read the feature table of a known extractor, with its known columns. Rows with impossible numbers are counted in
    `problems`.

    None for tables that every workspace computes itself. Raises `FormatError` for an unknown extractor: its numbers
    could not be checked.
    """
    if extractor in LOCAL_ONLY:
        return None
    if extractor not in extractor_names():
        raise FormatError(f"there is no extractor {extractor[:40]!r} here")
    try:
        columns = tuple(column.name for column in get(extractor).columns)
    except HandpickedError as error:
        raise FormatError(str(error)) from error
    rows = table_of_bundle(bundle, name, most_rows, "features", others=True)
    known = FeatureTable(extractor, tuple(column for column in columns if column in rows.column_names))
    kept = [name for name in KEPT if name in rows.column_names]
    whole = rows.select([*kept, *known.columns])
    whole = whole.filter(complete(whole, tuple(COLUMNS["features"])))
    sound = pa.array([True] * whole.num_rows, pa.bool_())
    for column in known.columns:
        size = pc.abs(whole.column(column))
        small = pc.or_(pc.is_nan(size), pc.less_equal(size, MAX_MAGNITUDE))  # NaN is read as a missing number
        sound = pc.and_(sound, pc.fill_null(small, True))
    return known, _kept(whole, sound, name, "beyond what any feature can be", problems)


def sound_vectors(bundle: Bundle, name: str, most_rows: int, problems: list[str]) -> pa.Table:
    """The vectors of a bundle that are all of one width and hold finite numbers; others are counted in `problems`."""
    rows = table_of_bundle(bundle, name, most_rows, "embedding")
    rows = rows.filter(complete(rows, rows.column_names))
    if not rows.num_rows:
        return rows
    widths = pc.list_value_length(rows.column("vector"))
    width = pc.mode(widths)[0].as_py()["mode"]
    sound = [
        cell is not None and len(cell) == width > 0 and all(x is not None and abs(x) <= MOST_IN_VECTOR for x in cell)
        for cell in rows.column("vector").to_pylist()
    ]
    return _kept(rows, pa.array(sound, pa.bool_()), name, "no vectors of numbers", problems)


def sound_scores(bundle: Bundle, name: str, most_rows: int, problems: list[str]) -> pa.Table:
    """The scores of a bundle that are numbers; others are counted in `problems`."""
    rows = table_of_bundle(bundle, name, most_rows, "scores")
    good = complete(rows, ("clip_id", "reward", "reward_std"))
    for column in ("reward", "reward_std", "robot_reward", "robot_reward_std"):
        size = pc.abs(rows.column(column))
        good = pc.and_(good, pc.fill_null(pc.less_equal(size, MOST_REWARD), column.startswith("robot")))
    return _kept(rows, good, name, "no scores", problems)


def complete(rows: pa.Table, columns: tuple[str, ...] | list[str]) -> pa.ChunkedArray:
    """Which rows have all of these columns."""
    good = pc.is_valid(rows.column(columns[0]))
    for column in columns[1:]:
        good = pc.and_(good, pc.is_valid(rows.column(column)))
    return good


def _kept(rows: pa.Table, good: pa.Array | pa.ChunkedArray, name: str, what: str, problems: list[str]) -> pa.Table:
    kept = rows.filter(good)
    if gone := rows.num_rows - kept.num_rows:
        problems.append(f"{name}: {gone:,} rows are {what} and are left out.")
    return kept
