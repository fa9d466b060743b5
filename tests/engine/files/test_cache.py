"""What a run keeps for the next one is whole, or it is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from engine.files.cache import load_arrays, save_arrays

if TYPE_CHECKING:
    from pathlib import Path


def test_arrays_come_back_as_they_were_kept(tmp_path: Path) -> None:
    file = tmp_path / "arrays.npz"
    assert load_arrays(file) is None
    save_arrays(file, {"a": np.arange(3), "b": np.array([[np.nan]])})
    found = load_arrays(file)
    assert found is not None
    np.testing.assert_array_equal(found["a"], [0, 1, 2])
    np.testing.assert_array_equal(found["b"], [[np.nan]])
    assert [path.name for path in tmp_path.iterdir()] == ["arrays.npz"]


@pytest.mark.parametrize("left", [0, 10, 200])
def test_a_file_that_was_cut_off_is_forgotten(tmp_path: Path, left: int) -> None:
    file = tmp_path / "arrays.npz"
    save_arrays(file, {"a": np.arange(100)})
    file.write_bytes(file.read_bytes()[:left])
    assert load_arrays(file) is None
    assert not file.exists()
