"""Lists as CSV, Parquet and JSONL."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.errors import ExportError
from engine.export.writers import write_table

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
