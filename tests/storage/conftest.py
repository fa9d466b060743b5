"""A small database of its own for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from storage.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty file with one table."""
    opened = Database(tmp_path / "test.duckdb")
    opened.write("CREATE TABLE n (i INTEGER PRIMARY KEY, v INTEGER)")
    yield opened
    opened.close()
