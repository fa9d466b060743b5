"""What was read is kept as long as nothing was written that it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from storage.kept import Kept
from storage.writes import EVERY_TABLE, NO_TABLE, written_table

if TYPE_CHECKING:
    from storage import Workspace


@pytest.mark.parametrize(
    ("sql", "table"),
    [
        ("INSERT INTO clip_tag VALUES (?, ?)", "clip_tag"),
        ("  insert or replace into feature_motion BY NAME SELECT * FROM incoming", "feature_motion"),
        ("INSERT OR IGNORE INTO doubt SELECT 1", "doubt"),
        ("DELETE FROM clip WHERE clip_id IN (SELECT clip_id FROM clip_tag)", "clip"),
        ('UPDATE "video" SET path = ?', "video"),
        ("INSERT OR REPLACE INTO embedding_512 SELECT 1", "embedding"),
        ("INSERT INTO feature_blur_2 SELECT 1", "feature_blur_2"),
        ("DELETE FROM feature_embedding_512", "feature_embedding_512"),
        ("SELECT 1", NO_TABLE),
        ("WITH a AS (SELECT 1) SELECT * FROM a", NO_TABLE),
        ("CREATE OR REPLACE VIEW clip_features AS SELECT 1", EVERY_TABLE),
        ("ALTER TABLE clip ADD COLUMN a TEXT", EVERY_TABLE),
        ("DELETE FROM clip; DELETE FROM video", EVERY_TABLE),
    ],
)
def test_a_statement_is_known_by_the_table_that_it_writes(sql: str, table: str) -> None:
    assert written_table(sql) == table


def test_a_write_counts_for_its_table_alone_and_an_unknown_one_for_all(workspace: Workspace) -> None:
    database = workspace.database
    clips, tags = database.changes_of("clip"), database.changes_of("clip_tag")
    database.write("INSERT INTO clip_tag VALUES ('a', 'keep', now())")
    assert (database.changes_of("clip"), database.changes_of("clip_tag")) == (clips, tags + 1)
    database.write_arrow(
        "DELETE FROM clip_tag WHERE clip_id IN (SELECT clip_id FROM incoming)", pa.table({"clip_id": ["a"]})
    )
    assert (database.changes_of("clip"), database.changes_of("clip_tag")) == (clips, tags + 2)
    database.write("CREATE OR REPLACE VIEW seen AS SELECT 1 AS one")
    assert database.changes_of("clip") > clips


def test_writes_to_a_table_whose_name_ends_in_a_number_are_counted(workspace: Workspace) -> None:
    database = workspace.database
    for table in ("feature_blur_2", "embedding_8"):
        database.write(f"CREATE TABLE {table} (clip_id TEXT)")
        before = database.changes_of(table)
        database.write(f"INSERT INTO {table} VALUES ('a')")  # noqa: S608 - names above
        assert database.changes_of(table) == before + 1, table
        assert database.changes_of(table.upper()) == before + 1, table


def test_a_transaction_that_only_reads_is_no_write(workspace: Workspace) -> None:
    database = workspace.database
    before = (database.changes, database.changes_of("clip"))
    assert database.transact(lambda: database.scalar("SELECT count(*) FROM clip")) == 0
    assert (database.changes, database.changes_of("clip")) == before


def test_a_transaction_counts_when_it_is_committed_and_not_when_it_fails(workspace: Workspace) -> None:
    database = workspace.database
    before, inside = database.changes_of("clip_tag"), []

    def work() -> None:
        inside.append(database.changes_of("clip_tag"))
        database.write("INSERT INTO clip_tag VALUES ('a', 'keep', now())")
        inside.append(database.changes_of("clip_tag"))

    def fail() -> None:
        work()
        raise ValueError("on purpose")

    with pytest.raises(ValueError, match="on purpose"):
        database.transact(fail)
    assert database.changes_of("clip_tag") == before
    database.transact(work)
    assert database.changes_of("clip_tag") == before + 1
    assert len({*inside, before, before + 1}) == 6, "inside, nothing that is kept fits"


def test_the_values_used_last_are_kept() -> None:
    kept, read = Kept[str](2), []

    def value(key: str, changes: int = 0) -> str:
        return kept.get(key, changes, lambda: (read.append(key), key)[1])

    for key in ("a", "b", "a", "c", "a"):
        assert value(key) == key
    assert read == ["a", "b", "c"]
    value("b")
    value("a", 1)
    assert read == ["a", "b", "c", "b", "a"]
