"""No spreadsheet runs a cell of a table that we wrote."""

from __future__ import annotations

import pytest

from engine.files.formulas import neutralise_formula


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx", "\nx"])
def test_a_formula_is_neutralised(cell: str) -> None:
    assert neutralise_formula(cell) == f"'{cell}"


def test_a_carriage_return_begins_no_row_of_its_own() -> None:
    """CSV writers put no quotes around it, and a spreadsheet would run what stands behind it."""
    assert [neutralise_formula(cell) for cell in ("stir\r=1+1", "\rx", "a\r\nb")] == ["stir\n=1+1", "'\nx", "a\nb"]


def test_other_cells_stay_as_they_are() -> None:
    assert [neutralise_formula(cell) for cell in ("a=1", "", 3, None, -1.5)] == ["a=1", "", 3, None, -1.5]
