"""Rows as dataclasses: each field by the column of its name, and none that the query forgot."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import storage
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


def test_a_column_is_read_as_a_list_in_and_out_of_a_transaction(workspace: Workspace) -> None:
    database = workspace.database
    sql = "SELECT range::TEXT AS clip_id FROM range(?) ORDER BY range DESC"
    assert database.column(sql, [3]) == ["2", "1", "0"]
    assert database.column(sql, [0]) == []
    assert database.transact(lambda: database.column("SELECT $one", {"one": 1})) == [1]


def test_the_store_makes_no_dict_for_each_row_of_a_single_column() -> None:
    """There may be a million of them; `Database.column` reads them as a list."""
    found = []
    for path in sorted(Path(storage.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp) and isinstance(node.elt, ast.Subscript):
                of, (each, *more) = node.elt, node.generators
                plain = not more and not each.ifs and ast.unparse(of.value) == ast.unparse(each.target)
                text = isinstance(of.slice, ast.Constant) and isinstance(of.slice.value, str)
                if plain and text and "values()" not in ast.unparse(each.iter):
                    found.append(f"{path.name}:{node.lineno}: {ast.unparse(node)}")
    assert found == []
