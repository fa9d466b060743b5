"""Where a workspace may lie: in any folder, or it is refused in words and nothing is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from storage import Workspace
from storage.errors import StorageError
from storage.query import query

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "name",
    [
        *(
            "a b",
            "a#b",
            "a%20b",
            "a%zz",
            "it's",
            'say "so"',
            "line\nbreak",
            "zażółć 日本 🎥",
            "a;b",
            "[a]*",
            "$HOME",
            "~a",
        ),
        *("-w", "a,b", "{a}", "file:a", "s3:", "a&b|c", "escape\x1b[2J", "e\u0301"),
    ],
)
def test_a_workspace_may_lie_in_any_folder(tmp_path: Path, name: str) -> None:
    root = tmp_path / name
    for _ in range(2):
        with Workspace(root) as workspace:
            assert workspace.clips.count() == 0
    assert query(root / "handpicked.duckdb", "SELECT count(*) AS n FROM clip").to_pylist() == [{"n": 0}]
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("name", "sign"),
    [
        *(("what?", "a question mark"), ("a?access_mode=read_only", "a question mark"), ("a\\b", "a backslash")),
        ("a\udcffb", "not UTF-8"),
    ],
)
def test_a_folder_that_the_database_cannot_open_is_refused(tmp_path: Path, name: str, sign: str) -> None:
    with pytest.raises(StorageError, match=sign) as refused:
        Workspace(tmp_path / name)
    assert "--workspace" in refused.value.remedy
    assert list(tmp_path.iterdir()) == []
