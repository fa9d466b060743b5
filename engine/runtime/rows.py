"""Rows that a step puts into a shard and the app reads out of it: one class says the columns to both."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from engine.errors import JobError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Row", "rows_of"]


class Row:
    """A row of the table `TABLE` of a shard. Each kind of row is a frozen dataclass below this class; its fields are
    the table's columns."""

    TABLE: ClassVar[str]

    def columns(self) -> dict[str, Any]:
        """Column → value, as Arrow takes it."""
        return dict(vars(self))


R = TypeVar("R", bound=Row)


def rows_of(model: type[R], values: Iterable[Mapping[str, Any]]) -> list[R]:
    """The rows of a table as objects. A column that the class does not know is left out, one with a default may lack.

    Raises `JobError` where another one lacks: the shard was made by another version.
    """
    required, known = _columns(model)
    found = []
    for row in values:
        if missing := required - row.keys():
            raise JobError(
                f"the results {model.TABLE!r} lack {', '.join(sorted(missing))}",
                remedy="Another version of Handpicked made them. Start the job again from its page.",
            )
        found.append(model(**{name: value for name, value in row.items() if name in known}))
    return found


def _columns(model: type[Row]) -> tuple[frozenset[str], frozenset[str]]:
    """The columns that a table must have, and all that it may have."""
    listed = fields(model)  # type: ignore[arg-type]
    required = (f.name for f in listed if f.default is MISSING and f.default_factory is MISSING)
    return frozenset(required), frozenset(f.name for f in listed)
