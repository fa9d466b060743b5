"""Shards appear whole or not at all."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import JobError
from engine.runtime.shards import ItemOutput, ShardFolder, ShardWriter, finished_shards


def finish(writer: ShardWriter, item: str, rows: list[dict[str, Any]], files: dict[str, bytes] | None = None) -> Any:
    """Do an item."""
    output = writer.begin(item)
    output.add_rows("t", rows)
    for name, data in (files or {}).items():
        output.file(name).write_bytes(data)
    output.seal()
    return writer.commit(output)


def test_a_shard_holds_rows_files_and_names_of_its_items(tmp_path: Path) -> None:
    writer = ShardWriter(tmp_path, flush_every_s=1000)
    assert finish(writer, "a", [{"x": 1}], {"deep/er/a.bin": b"A"}) is None
    assert finish(writer, "b", [{"x": 2}, {"x": 3}], {"b.bin": b"B"}) is None
    assert finished_shards(tmp_path) == []
    assert writer.flush() == ("000000", ["a", "b"])
    (folder,) = finished_shards(tmp_path)
    shard = ShardFolder.open(folder)
    assert shard.items == ["a", "b"]
    assert shard.rows("t") == [{"x": 1}, {"x": 2}, {"x": 3}]
    assert {name: path.read_bytes() for name, path in shard.files().items()} == {"deep/er/a.bin": b"A", "b.bin": b"B"}
    assert shard.rows("absent") == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["000000"]


def test_there_is_no_shard_of_nothing(tmp_path: Path) -> None:
    assert ShardWriter(tmp_path).flush() is None
    assert finished_shards(tmp_path / "absent") == []


def test_a_shard_is_due_by_time_and_by_number(tmp_path: Path) -> None:
    by_time = ShardWriter(tmp_path / "time", flush_every_s=0)
    assert finish(by_time, "a", []) == ("000000", ["a"])
    assert finish(by_time, "b", []) == ("000001", ["b"])
    by_number = ShardWriter(tmp_path / "number", flush_every_s=1000, flush_every_items=2)
    assert finish(by_number, "a", []) is None
    assert finish(by_number, "b", []) == ("000000", ["a", "b"])


def test_a_shard_is_due_by_size(tmp_path: Path) -> None:
    """So that what travels from a cluster, or waits to be taken in, is never much more."""
    made: list[list[str]] = []
    writer = ShardWriter(
        tmp_path, flush_every_s=3600, flush_every_bytes=100_000, on_shard=lambda _name, items: made.append(items)
    )
    for number in range(5):
        output = writer.begin(f"i{number}")
        if number == 2:
            output.add_rows("numbers", ({"value": float(value)} for value in range(13_000)))
        else:
            output.file(f"{number}.bin").write_bytes(b"x" * 40_000)
        output.seal()
        writer.commit(output)
    writer.flush()
    assert made == [["i0", "i1", "i2"], ["i3", "i4"]]


def test_a_discarded_item_leaves_nothing(tmp_path: Path) -> None:
    writer = ShardWriter(tmp_path)
    output = writer.begin("a")
    output.add_rows("t", [{"x": 1}])
    output.file("a.bin").write_bytes(b"A")
    writer.discard(output)
    assert writer.flush() is None
    assert list(tmp_path.iterdir()) == []


@given(
    st.lists(
        st.lists(
            st.dictionaries(
                st.sampled_from("abc"), st.none() | st.integers(-5, 5) | st.floats(-5, 5, width=16), min_size=1
            ),
            max_size=3,
        ),
        min_size=1,
        max_size=5,
    )
)
def test_no_column_and_no_row_is_lost_whatever_rows_lack(
    tmp_path_factory: pytest.TempPathFactory, items: list[list[dict[str, Any]]]
) -> None:
    writer = ShardWriter(tmp_path_factory.mktemp("shards"), flush_every_s=1000)
    for number, rows in enumerate(items):
        finish(writer, str(number), rows)
    writer.flush()
    (folder,) = finished_shards(writer.folder)
    read = [{k: v for k, v in row.items() if v is not None} for row in ShardFolder.open(folder).rows("t")]
    assert read == [{k: v for k, v in row.items() if v is not None} for rows in items for row in rows]


def test_rows_that_do_not_agree_are_refused_before_they_meet_others(tmp_path: Path) -> None:
    output = ItemOutput(item="a", folder=tmp_path)
    output.add_rows("t", [{"x": 1}, {"x": "text"}])
    with pytest.raises((ValueError, TypeError)):
        output.seal()


@pytest.mark.parametrize("name", ["/etc/x", "../x", "a/../../x", "..", ""])
def test_a_file_stays_inside_its_shard(tmp_path: Path, name: str) -> None:
    output = ShardWriter(tmp_path / "shards").begin("a")
    if name:
        with pytest.raises(ValueError, match="inside"):
            output.file(name)
    assert list(tmp_path.iterdir()) == [tmp_path / "shards"]


@pytest.mark.parametrize("step", ["mkdir", "write_text", "rename"])
def test_a_write_that_fails_midway_leaves_no_finished_shard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    writer = ShardWriter(tmp_path, flush_every_s=1000)
    finish(writer, "a", [{"x": 1}], {"a.bin": b"A"})

    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, step, full)
        with pytest.raises(OSError, match="No space"):
            writer.flush()
    assert finished_shards(tmp_path) == []


def test_what_is_under_way_is_never_listed(tmp_path: Path) -> None:
    writer = ShardWriter(tmp_path, flush_every_s=0)
    finish(writer, "a", [{"x": 1}])
    (tmp_path / "000001.tmp").mkdir()
    (tmp_path / "000001.tmp" / "manifest.json").write_text('{"items": ["b"], "tables": []}', encoding="utf-8")
    (tmp_path / "000002").mkdir()
    writer.begin("c").file("c.bin").write_bytes(b"C")
    assert [path.name for path in finished_shards(tmp_path)] == ["000000"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"items": []}', '{"items": ["a"], "tables": ["gone"]}'])
def test_a_damaged_shard_says_so(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(JobError, match="can't be read"):
        ShardFolder.open(tmp_path)


def test_a_worker_that_writes_tables_loads_no_pandas_and_may_still_ask_for_a_frame(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from engine.runtime.shards import ShardWriter\n"
        "writer = ShardWriter(Path(sys.argv[1])); output = writer.begin('a')\n"
        "output.add_rows('t', [{'x': 1, 'y': 'one'}]); output.seal(); writer.commit(output); writer.flush()\n"
        "print('pandas' in sys.modules)\n"
        "import pyarrow.parquet\n"
        "print(pyarrow.parquet.read_table(Path(sys.argv[1]) / '000000' / 't.parquet').to_pandas()['y'][0])\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["False", "one"], done.stderr
