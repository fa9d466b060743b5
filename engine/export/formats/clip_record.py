"""What an export says of one clip, as JSON has it: a row of the ranked list with its features apart."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa
    from pydantic import JsonValue

__all__ = ["clip_records", "feature_columns", "record_columns"]

_ROWS_AT_ONCE = 10_000
_LAST_BEFORE_FEATURES, _FIRST_AFTER_FEATURES = "damage", "ranked_by"
_LEFT_OUT = ("video_path", "video_duration_s")
"""Columns about this machine, or about the video as a whole."""


def clip_records(table: pa.Table) -> Iterator[dict[str, JsonValue]]:
    """Each row of an export's table as nothing but JSON's own values, in order.

    Numbers that could not be measured are None; `features`, where there are any, is a dict of its own; `synthetic` says
    whether the pictures are rendered, `simulated_labels` whether the model learned from simulated labels.
    """
    columns, features = record_columns(table), feature_columns(table)
    for batch in table.to_batches(max_chunksize=_ROWS_AT_ONCE):
        for row in batch.to_pylist():
            record: dict[str, JsonValue] = {name: _plain(row[name]) for name in columns}
            record["synthetic"] = row["source"] == "sample"
            record["simulated_labels"] = row["labels_by"] == "simulated"
            if features:
                record["features"] = {name: _plain(row[name]) for name in features}
            yield record


def feature_columns(table: pa.Table) -> list[str]:
    """The columns of an export's table that are features: they stand between the clip's facts and the ranking's."""
    names: list[str] = table.column_names
    return names[names.index(_LAST_BEFORE_FEATURES) + 1 : names.index(_FIRST_AFTER_FEATURES)]


def record_columns(table: pa.Table) -> list[str]:
    """The other columns that a record has under their own names."""
    left_out = {*_LEFT_OUT, *feature_columns(table)}
    return [name for name in table.column_names if name not in left_out]


def _plain(value: Any) -> JsonValue:
    """A value as JSON has it: numbers that are not finite as None, what JSON has no word for as text."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, bool | int | str) else str(value)
