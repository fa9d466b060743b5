"""Lists as CSV, Parquet and JSONL."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.errors import ExportError
from engine.export import writers
from engine.export.writers import neutralise_formulas, write_table

if TYPE_CHECKING:
    from pathlib import Path

TABLE = pa.table(
    {
        "rank": [1, 2],
        "narration": ["=cmd|' /C calc'!A0", 'says "hi", twice\nand on'],
        "reward": [0.1 + 0.2, float("nan")],
        "note": [None, "ü"],
    }
)


def test_csv_reads_back_with_formulas_neutralised(tmp_path: Path) -> None:
    write_table(TABLE, tmp_path / "list.csv")
    back = pd.read_csv(tmp_path / "list.csv")
    assert back["narration"].tolist() == ["'=cmd|' /C calc'!A0", 'says "hi", twice\nand on']
    assert back["reward"][0] == 0.1 + 0.2, "every digit comes back"
    assert back["reward"].isna().tolist() == [False, True]


def test_parquet_reads_back_as_it_was(tmp_path: Path) -> None:
    write_table(TABLE, tmp_path / "list.parquet")
    back = pq.read_table(tmp_path / "list.parquet")
    assert back.column("narration").to_pylist() == TABLE.column("narration").to_pylist()
    assert back.schema == TABLE.schema


def test_jsonl_is_one_valid_object_a_line(tmp_path: Path) -> None:
    write_table(TABLE, tmp_path / "list.jsonl")

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    lines = (tmp_path / "list.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line, parse_constant=refuse) for line in lines]
    assert rows[1]["reward"] is None
    assert rows[0]["narration"].startswith("=cmd"), "JSON is no spreadsheet"
    assert rows[1]["note"] == "ü"


def test_nothing_is_overwritten_without_asking(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("mine")
    with pytest.raises(ExportError, match="--overwrite"):
        write_table(TABLE, path)
    assert path.read_text() == "mine"
    write_table(TABLE, path, overwrite=True)
    assert path.read_text().startswith("rank,")


@pytest.mark.parametrize("name", ["list.xlsx", "list", "list.csv.gz"])
def test_other_endings_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ExportError, match="csv"):
        write_table(TABLE, tmp_path / name)


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportError):
        write_table(TABLE, tmp_path / "file" / "list.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_list_in_many_pieces_is_the_file_that_one_piece_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A whole number is written as a float where any row lacks it, in the pieces without a gap too."""
    table = pa.table(
        {
            "rank": pa.array(range(7)),
            "place": pa.array([1, 2, 3, None, 5, 6, 7]),
            "kept": pa.array([True, False, None, True, None, False, True]),
            "tags": pa.array([None, None, "=a", "b", None, "c", "d"]),
            "score": pa.array([1.0, None, 0.25, 3.0, 4.0, 5.0, 6.0]),
        }
    )
    names = ("list.csv", "list.jsonl", "list.parquet")
    for name in names:
        write_table(table, tmp_path / name)
    monkeypatch.setattr(writers, "PIECE", 2)
    for name in names:
        write_table(table, tmp_path / f"again-{name}")
    for name in names[:2]:
        assert (tmp_path / name).read_bytes() == (tmp_path / f"again-{name}").read_bytes()
    assert pq.read_table(tmp_path / "again-list.parquet").equals(table)
    pd.testing.assert_frame_equal(
        pd.read_csv(tmp_path / "list.csv", keep_default_na=False),
        pd.read_csv(io.StringIO(neutralise_formulas(table.to_pandas()).to_csv(index=False)), keep_default_na=False),
    )


def test_a_list_without_rows_has_its_columns(tmp_path: Path) -> None:
    for name in ("list.csv", "list.parquet"):
        write_table(TABLE.slice(0, 0), tmp_path / name)
    assert (tmp_path / "list.csv").read_text() == "rank,narration,reward,note\n"
    assert pq.read_table(tmp_path / "list.parquet").schema == TABLE.schema
