"""A table from a stranger is read into the columns that are wanted, or refused before it takes the memory."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.errors import FormatError
from engine.files.parquet_pages import check_pages
from engine.files.read_parquet import TableLimits, read_parquet
from tests.hostile import limited

if TYPE_CHECKING:
    from pathlib import Path

WANTED = {"clip_id": pa.string(), "vector": pa.list_(pa.float32()), "damaged": pa.bool_()}


def refusal(path: Path, rows: int = 10) -> str:
    with pytest.raises(FormatError) as caught:
        read_parquet(path, TableLimits(rows), WANTED)
    return str(caught.value)


def table(**changed: object) -> pa.Table:
    columns = {"clip_id": ["a", "b"], "vector": [[1.0, 2.0], None], "damaged": [True, None]}
    return pa.table({**columns, **changed})


def test_what_is_wanted_comes_in_its_type(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(table(more=[1, 2]), path)
    assert read_parquet(path, TableLimits(2), WANTED).to_pylist() == [
        {"clip_id": "a", "vector": [1.0, 2.0], "damaged": True},
        {"clip_id": "b", "vector": None, "damaged": None},
    ]
    found = read_parquet(path, TableLimits(2), {"clip_id": pa.string()}, others=None)
    assert found.schema == pa.schema([("clip_id", pa.string())])
    empty = table().slice(0, 0)
    pq.write_table(empty, path)
    assert read_parquet(path, TableLimits(0), WANTED).num_rows == 0


def test_a_table_that_is_another_is_refused_by_the_column(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    for changed, reason in (
        (table(clip_id=[{"a": 1}, {"a": 2}]), "'clip_id'"),
        (table(vector=["x", "y"]), "'vector'"),
        (table(damaged=["maybe", "no"]), "'damaged'"),
        (table(vector=[[1.0] * 9000, []]), "more than 8,192 values"),
        (table(clip_id=["x" * 9000, ""]), "longer than 8,192 bytes"),
        (table().drop_columns(["damaged"]), "lacks the column 'damaged'"),
        (pa.concat_tables([table()] * 9), "18 rows, where 10"),
        (pa.table({str(n): [1] for n in range(600)}), "600 columns"),
    ):
        pq.write_table(changed, path)
        assert reason in refusal(path)
    path.write_bytes(b"PAR1 no table PAR1")
    assert "no sound Parquet" in refusal(path)
    assert "no sound Parquet" in refusal(tmp_path / "missing.parquet")


@pytest.mark.parametrize("kind", ["texts", "lists"])
def test_a_bomb_is_refused_within_megabytes(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "bomb.parquet"
    if kind == "texts":  # two million times the same text: 16 GB
        indices = pa.array(np.zeros(2_000_000, np.int32))
        column = pa.DictionaryArray.from_arrays(indices, pa.array(["x" * 8000]))
    else:  # one cell of fifty million numbers
        numbers = pa.array(np.zeros(50_000_000, np.float32))
        column = pa.ListArray.from_arrays(pa.array([0, 50_000_000], pa.int32()), numbers)
    pq.write_table(pa.table({"c": column}), path)
    assert path.stat().st_size < 100_000
    said = limited(
        "import pyarrow as pa; from engine.files.read_parquet import TableLimits, read_parquet",
        "read_parquet(Path(sys.argv[1]), TableLimits(3_000_000, bytes=100 << 20), "
        "{'c': pa.string() if sys.argv[2] == 'texts' else pa.list_(pa.float32())})",
        path,
        kind,  # type: ignore[arg-type]
    )
    assert "refused: it" in said
    assert "105 MB of memory" in said


PAGE_BYTES = 8 * 17_000_000
"""Large enough for its size to be written in as many bytes as the largest that there is."""


def compact(number: int) -> bytes:
    """A number as Thrift's compact protocol writes it."""
    value = number << 1
    written = bytearray()
    while value >= 0x80:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*written, value])


def test_a_page_whose_header_lies_is_refused_before_it_takes_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "lie.parquet"
    zeros = pa.table({"c": pa.array(np.zeros(PAGE_BYTES // 8, np.int64))})
    layout = {
        "use_dictionary": False,
        "data_page_size": 1 << 30,
        "write_batch_size": 1 << 30,
        "row_group_size": PAGE_BYTES,
    }
    pq.write_table(zeros, path, compression="zstd", max_rows_per_page=1 << 30, **layout)
    content = path.read_bytes()
    at = 7  # after the file's mark, and the page's kind
    lie = compact((1 << 31) - 1)
    assert content[4:at] == b"\x15\x00\x15"
    assert len(compact(PAGE_BYTES)) == len(lie)
    path.write_bytes(content[:at] + lie + content[at + len(lie) :])
    assert path.stat().st_size < 100_000
    said = limited(
        "import pyarrow as pa; from engine.files.read_parquet import TableLimits, read_parquet",
        "read_parquet(Path(sys.argv[1]), TableLimits(20_000_000, bytes=200 << 20), {'c': pa.int64()})",
        path,
    )
    assert "refused: its pages would take more than 210 MB of memory" in said


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("compression", ["none", "snappy", "zstd"])
def test_the_pages_of_sound_files_add_up_to_what_their_footer_says(
    version: str, compression: str, tmp_path: Path
) -> None:
    path = tmp_path / "t.parquet"
    rows = 5000
    made = pa.table(
        {
            "clip_id": [f"clip {n % 700}" for n in range(rows)],
            "vector": [[float(n)] * (n % 5) if n % 7 else None for n in range(rows)],
            "damaged": [None if n % 3 else n % 2 == 0 for n in range(rows)],
        }
    )
    pq.write_table(
        made, path, compression=compression, data_page_version=version, data_page_size=1000, row_group_size=1700
    )
    about = pq.read_metadata(path)
    footer_bytes = sum(
        about.row_group(group).column(place).total_uncompressed_size
        for group in range(about.num_row_groups)
        for place in range(about.num_columns)
    )
    check_pages(path, about, footer_bytes, range(about.num_columns))
    with pytest.raises(FormatError, match="its pages would take more than"):
        check_pages(path, about, footer_bytes // 2, range(about.num_columns))
    assert read_parquet(path, TableLimits(rows), WANTED).num_rows == rows


def test_only_the_columns_that_are_read_count_against_the_limits(tmp_path: Path) -> None:
    path = tmp_path / "wide.parquet"
    rows = 200_000
    pq.write_table(
        pa.table({"clip_id": ["a"] * rows, "other.x": np.arange(rows) * 1.0}), path, use_dictionary=["clip_id"]
    )
    limits = TableLimits(rows, bytes=1 << 20)
    assert read_parquet(path, TableLimits(rows, bytes=5 << 20), {"clip_id": pa.string()}).num_rows == rows
    with pytest.raises(FormatError, match=r"larger than|more than 1 MB"):
        read_parquet(path, limits, {"other.x": pa.float64()})


@pytest.mark.parametrize("kind", [pa.list_(pa.string()), pa.large_list(pa.large_string())])
def test_lists_of_texts_are_read_and_their_sizes_limited(tmp_path: Path, kind: pa.DataType) -> None:
    path, wanted = tmp_path / "tasks.parquet", {"tasks": pa.list_(pa.string())}

    def write(tasks: list[list[str] | None]) -> None:
        pq.write_table(pa.table({"tasks": pa.array(tasks, kind)}), path)

    write([["fold"], [], None, ["wipe", "put"]])
    assert read_parquet(path, TableLimits(4), wanted)["tasks"].to_pylist() == [["fold"], [], None, ["wipe", "put"]]
    for tasks, words in (
        ([["x" * 9000]], "longer than 8,192 bytes"),
        ([["a"] * 100], "more than 64 values"),
        ([["x" * 8000] * 60] * 100, "more than 1 MB"),  # repeated texts are stored once: a few kilobytes on disk
    ):
        write(tasks)
        with pytest.raises(FormatError, match=words):
            read_parquet(path, TableLimits(200, bytes=1 << 20, list_width=64), wanted)


def test_a_pipe_is_refused_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.parquet")
    assert refusal(tmp_path / "pipe.parquet") == "it is no regular file"
