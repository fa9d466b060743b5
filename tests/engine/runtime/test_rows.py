"""Rows: what a step adds is what the app reads, and what another version made is understood or refused in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from engine.errors import JobError
from engine.runtime.rows import Row, rows_of
from engine.runtime.shards import ShardFolder, ShardWriter

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Seen(Row):
    TABLE = "seen"

    clip_id: str
    share: float | None
    note: str = ""


def test_rows_come_back_as_they_were_added(tmp_path: Path) -> None:
    made = [Seen("a", 0.5), Seen("b", None, "dark")]
    writer = ShardWriter(tmp_path)
    output = writer.begin("item")
    output.add(Seen, made)
    output.seal()
    writer.commit(output)
    written = writer.flush()
    assert written is not None
    shard = ShardFolder.open(tmp_path / written[0])
    assert shard.read(Seen) == made
    assert shard.table_names == ["seen"]


def test_a_column_too_many_is_left_out_and_one_with_a_default_may_lack() -> None:
    assert rows_of(Seen, [{"clip_id": "a", "share": 1.0, "colour": "red"}]) == [Seen("a", 1.0)]


def test_a_column_that_lacks_is_refused_by_name() -> None:
    with pytest.raises(JobError, match="the results 'seen' lack clip_id, share"):
        rows_of(Seen, [{"note": "n"}])
