"""A job's specification: what is refused, how it is kept, and how it is split."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import JobError
from engine.runtime.spec import Item, ItemPayload, JobSpec, SpecFile, StepSettings, read_spec, split, write_spec

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import JsonValue

NOTHING = ItemPayload()


class Named(ItemPayload):
    path: str


class Deep(StepSettings):
    a: int


ITEMS = st.lists(
    st.builds(
        Item,
        payload=st.just(NOTHING),
        key=st.text(min_size=1, max_size=8),
        group=st.sampled_from(["", "", "v1", "v2", "v3"]),
        cost=st.floats(0.01, 1000),
    ),
    max_size=40,
    unique_by=lambda item: item.key,
)


@given(items=ITEMS, n_parts=st.integers(1, 9))
def test_a_split_loses_and_doubles_nothing_and_keeps_groups_together(items: list[Item], n_parts: int) -> None:
    parts = split(JobSpec("k", tuple(items), Deep(a=1)), n_parts)
    assert len(parts) <= n_parts
    assert all(part.items for part in parts)
    assert sorted(item.key for part in parts for item in part.items) == sorted(item.key for item in items)
    assert all(part.kind == "k" and part.settings == Deep(a=1) for part in parts)
    homes: dict[str, set[int]] = {}
    for number, part in enumerate(parts):
        for item in part.items:
            homes.setdefault(item.group, set()).add(number)
    assert all(len(homes[group]) == 1 for group in homes if group)
    place = {item.key: n for n, item in enumerate(items)}
    for part in parts:
        assert [place[item.key] for item in part.items] == sorted(place[item.key] for item in part.items)


@given(items=ITEMS, n_parts=st.integers(1, 9))
def test_no_part_is_longer_than_greedy_placement_can_make_it(items: list[Item], n_parts: int) -> None:
    """Graham (1966): no more than the mean and the share of one group that could not be cut."""
    groups: dict[str, float] = {}
    for item in items:
        groups[item.group or f"\0{item.key}"] = groups.get(item.group or f"\0{item.key}", 0.0) + item.cost
    loads = [sum(item.cost for item in part.items) for part in split(JobSpec("k", tuple(items)), n_parts)]
    if items:
        bound = sum(groups.values()) / n_parts + (1 - 1 / n_parts) * max(groups.values())
        assert max(loads) <= bound * (1 + 1e-9)


def test_a_long_job_is_split_too() -> None:
    items = tuple(Item(f"i{n}", NOTHING) for n in range(60_000))
    assert [len(part.items) for part in split(JobSpec("k", items), 4)] == [15_000] * 4


@given(
    key=st.text(st.characters(), min_size=1),
    payload=st.dictionaries(
        st.text(), st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False)
    ),
    cost=st.floats(0.001, 1e12),
)
def test_a_spec_comes_back_from_disk_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, key: str, payload: dict[str, JsonValue], cost: float
) -> None:
    path = tmp_path_factory.getbasetemp() / "spec.json"
    spec = SpecFile("kind", (Item(key, payload, "g", cost),), {"deep": {"list": [1, None]}})
    write_spec(spec, path)
    assert read_spec(path) == spec
    assert not path.with_suffix(".tmp").exists()


def test_names_that_are_no_utf_8_survive(tmp_path: Path) -> None:
    spec = JobSpec("kind", (Item("a", Named(path="caf\udce9.mp4")),))
    write_spec(spec.written(), tmp_path / "spec.json")
    assert read_spec(tmp_path / "spec.json").typed(StepSettings, Named) == spec


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"kind": "x"}', '{"kind": "x", "items": [{"key": ""}], "settings": {}}']
)
def test_a_damaged_spec_is_a_job_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "spec.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(JobError):
        read_spec(path)


def test_a_spec_that_is_missing_or_from_elsewhere_is_a_job_error(tmp_path: Path) -> None:
    with pytest.raises(JobError, match=r"spec\.json"):
        read_spec(tmp_path / "spec.json")
    fields = {"kind": "x", "items": [{"key": "a", "colour": "red"}], "settings": {}}
    (tmp_path / "spec.json").write_text(json.dumps(fields), encoding="utf-8")
    with pytest.raises(JobError):
        read_spec(tmp_path / "spec.json")


@pytest.mark.parametrize("cost", [0.0, -1.0, float("nan")])
def test_an_item_costs_something(cost: float) -> None:
    with pytest.raises(JobError, match="cost must be positive"):
        Item("a", NOTHING, cost=cost)


def test_two_items_may_not_share_a_key() -> None:
    with pytest.raises(JobError, match="same key"):
        JobSpec("k", (Item("a", NOTHING), Item("a", NOTHING)))
