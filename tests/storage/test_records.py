"""Rows as dataclasses: each field by the column of its name, and none that the query forgot."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from storage.database import filled
from storage.errors import StorageError

if TYPE_CHECKING:
    from storage import Workspace


@dataclass(frozen=True)
class Place:
    """Two numbers, one with a default, and one that is computed."""

    x: int
    y: int = 0
    z: int = field(init=False, default=7)


def test_a_row_becomes_a_dataclass_by_the_names_of_its_columns_in_any_order(workspace: Workspace) -> None:
    found = workspace.database.records(Place, "SELECT 2 AS y, 1 AS x, 3 AS beside UNION ALL SELECT 5, 4, 6 ORDER BY x")
    assert found == [Place(1, 2), Place(4, 5)]
    assert workspace.database.record(Place, "SELECT 1 AS x, 2 AS y") == Place(1, 2)
    assert workspace.database.record(Place, "SELECT 1 AS x, 2 AS y WHERE false") is None


def test_a_missing_column_is_an_error_even_where_the_field_has_a_default(workspace: Workspace) -> None:
    with pytest.raises(StorageError, match="no column y to make a Place of"):
        workspace.database.records(Place, "SELECT 1 AS x")
    with pytest.raises(StorageError, match="no column x, y to make a Place of"):
        filled(Place, [{}])
    assert filled(Place, []) == []
