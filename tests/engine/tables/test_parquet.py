"""Tables of clips and pairs come back from Parquet as they were written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from engine.errors import RewardError
from engine.tables.parquet import fingerprint, read_clips, read_extra, read_pairs, write_clips, write_extra, write_pairs
from tests.engine.reward import made

if TYPE_CHECKING:
    from pathlib import Path


def test_tables_come_back_as_they_went(tmp_path: Path) -> None:
    table = replace(made.clips(), duration_s=np.arange(60.0))
    table.values[4, 1] = np.nan
    pairs = made.answers(table)
    write_clips(table, tmp_path / "clips.parquet")
    write_pairs(pairs, tmp_path / "pairs.parquet")
    write_extra({"gain": np.array([1.0, np.nan])}, tmp_path / "extra.parquet")
    again, pairs_again = read_clips(tmp_path / "clips.parquet"), read_pairs(tmp_path / "pairs.parquet")
    assert fingerprint(again, pairs_again) == fingerprint(table, pairs)
    assert again.groups == table.groups
    assert np.array_equal(again.values, table.values, equal_nan=True)
    assert np.array_equal(again.duration_s, table.duration_s)  # type: ignore[arg-type]
    assert read_extra(tmp_path / "extra.parquet")["gain"][0] == 1
    assert read_extra(tmp_path / "none.parquet") == {}
    (tmp_path / "pairs.parquet").write_bytes(b"PAR1 not")
    with pytest.raises(RewardError, match="can't be read"):
        read_pairs(tmp_path / "pairs.parquet")
    assert fingerprint(table, pairs.take(list(range(100)))) != fingerprint(table, pairs)
