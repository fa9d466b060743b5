"""The seats of compared clips are made for the one that is the tallest for its width."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from app.components.library.compare import tallest_shape
from storage.library.rows import LibraryRow

BLANK: dict[str, Any] = dict.fromkeys(each.name for each in fields(LibraryRow))


@pytest.mark.parametrize(
    ("sizes", "shape"),
    [([(1280, 720), (640, 480)], 4 / 3), ([(1280, 720), (720, 1280)], 9 / 16), ([(0, 0)], 16 / 9), ([], 16 / 9)],
)
def test_the_seats_have_the_shape_of_the_tallest_clip(sizes: list[tuple[int, int]], shape: float) -> None:
    rows = [LibraryRow(**{**BLANK, "width": width, "height": height}) for width, height in sizes]
    assert tallest_shape(rows) == pytest.approx(shape)
