"""Frozen dataclasses as JSON and back: how a report is stored, exported and read again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, Self, TypeVar

from pydantic import TypeAdapter, ValidationError

from engine.errors import FormatError
from engine.files.read_json import explain
from engine.statistics.finite import without_nan

__all__ = ["NULL", "StoredJson", "plain_values", "read_values"]

T = TypeVar("T")

NULL = {"null": True}
"""Metadata of a field that an older report may lack, and that a new one writes even where it is None."""


class StoredJson:
    """A frozen dataclass that is stored as one JSON object, its fields in their order.

    A field whose default is None is left out of the JSON while it is None: it is what older reports, or other kinds of
    reports, do not say. One without a default, or marked `NULL`, is written as null.
    """

    def to_json(self) -> dict[str, Any]:
        """The JSON object, ready for `json.dumps`."""
        values: dict[str, Any] = plain_values(self)
        return values

    @classmethod
    def from_json(cls, values: object) -> Self:
        """Read it back; keys that no field has are passed over. Raises `FormatError` that names what does not fit."""
        return read_values(cls, values)


def plain_values(value: Any) -> Any:
    """Dataclasses as dictionaries and sequences as lists, all the way down."""
    if is_dataclass(value) and not isinstance(value, type):
        named = {field: getattr(value, field.name) for field in fields(value)}
        return {
            field.name: plain_values(found)
            for field, found in named.items()
            if found is not None or field.default is MISSING or field.metadata.get("null")
        }
    if isinstance(value, dict):
        return {key: plain_values(entry) for key, entry in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [plain_values(entry) for entry in value]
    return value


def read_values(kind: type[T], values: object) -> T:
    """JSON values as a dataclass, every field of the type it should have; NaN, which old versions wrote, is None.

    Raises `FormatError`.
    """
    try:
        found: T = _reader(kind).validate_python(values)  # type: ignore[arg-type]  # every class can be hashed
    except ValidationError as error:
        raise FormatError(explain(error)) from error
    return without_nan(found)


@cache
def _reader(kind: type[Any]) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
