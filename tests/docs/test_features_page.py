"""docs/features.md names every column of `clip_features`, with its formula, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from engine.features.composite import COMPOSITE
from engine.features.registry import extractor_names, get

PAGE = Path(__file__).resolve().parents[2] / "docs" / "features.md"


def test_the_page_and_the_registry_name_the_same_columns() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+) \| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    named = [name for name, _, _ in rows]
    ours = [f"{name}_{column.name}" for name in extractor_names() for column in get(name).columns]
    assert sorted(named) == sorted([*ours, f"composite_{COMPOSITE.name}"])
    assert all(formula.strip() and meaning.strip() for _, formula, meaning in rows)


def test_every_unit_of_the_registry_stands_on_the_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name in extractor_names():
        for column in get(name).columns:
            (row,) = re.findall(rf"^\| `{name}_{column.name}` \|.*$", text, re.MULTILINE)
            assert column.unit in row, (name, column.name)
