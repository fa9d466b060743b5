"""A job's specification: what is refused, how it is kept, and how it is split."""

from __future__ import annotations

import gc
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import JobError
from engine.runtime.payloads import WrittenPayload, with_windows
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


class Windows(ItemPayload):
    """As an extraction has them."""

    clips: tuple[Named, ...]


def a_large_spec() -> JobSpec:
    """200 items of 100 windows each, whose payloads were JSON from the start."""
    windows = json.dumps([{"path": f"{n}"} for n in range(100)])
    items = tuple(Item(f'"{k}", "payload": ', with_windows(Windows, windows), f"v{k}") for k in range(200))
    return JobSpec("k", items, Deep(a=1))


def test_no_payload_of_a_large_job_stays_in_memory_on_its_way_to_a_worker(tmp_path: Path) -> None:
    before = alive()
    spec = a_large_spec()
    spec.check_payloads(Windows)
    write_spec(spec.written(), tmp_path / "spec.json")
    typed = read_spec(tmp_path / "spec.json").typed(Deep, Windows)
    part, _ = split(typed, 2)
    (tmp_path / "part").mkdir()
    write_spec(part.written(step="a:b"), tmp_path / "part" / "spec.json")
    found = read_spec(tmp_path / "part" / "spec.json").typed(Deep, Windows)
    assert alive() == before, "windows became objects and stayed"
    assert [item.key for item in found.items] == [item.key for item in part.items]
    assert found.items[7].payload == spec.items[7].payload
    assert len(found.items[7].payload.clips) == 100


def alive() -> int:
    gc.collect()
    return sum(type(found) is Named for found in gc.get_objects())


def test_items_of_other_names_are_told_apart_without_their_payloads(tmp_path: Path) -> None:
    write_spec(a_large_spec().written(), tmp_path / "spec.json")
    first, second, *_ = read_spec(tmp_path / "spec.json").items
    (tmp_path / "spec.json").unlink()
    assert first != second


def test_a_spec_with_an_item_on_each_line_is_one_json_text(tmp_path: Path) -> None:
    """So earlier versions and other programs read it too."""
    spec = a_large_spec().written(number=3)
    write_spec(spec, tmp_path / "spec.json")
    plain = json.loads((tmp_path / "spec.json").read_text(encoding="utf-8"))
    assert (plain["kind"], plain["settings"], plain["number"]) == ("k", {"a": 1}, 3)
    assert [item["key"] for item in plain["items"]] == [item.key for item in spec.items]
    assert plain["items"][5]["payload"] == spec.items[5].payload


@pytest.mark.parametrize("indent", [None, 1])
def test_a_spec_of_an_earlier_version_is_read_as_a_whole(tmp_path: Path, indent: int | None) -> None:
    spec = a_large_spec().written()
    write_spec(spec, tmp_path / "spec.json")
    plain = json.loads((tmp_path / "spec.json").read_text(encoding="utf-8"))
    (tmp_path / "spec.json").write_text(json.dumps(plain, indent=indent), encoding="utf-8")
    assert read_spec(tmp_path / "spec.json") == spec


def test_a_spec_that_was_cut_off_is_a_job_error(tmp_path: Path) -> None:
    write_spec(a_large_spec().written(), tmp_path / "spec.json")
    whole = (tmp_path / "spec.json").read_bytes()
    for length in (len(whole) // 2, len(whole) - 1, len(whole) - 3):
        (tmp_path / "spec.json").write_bytes(whole[:length])
        with pytest.raises(JobError, match=r"spec\.json"):
            read_spec(tmp_path / "spec.json")


def test_a_payload_that_does_not_fit_is_found_before_the_work_begins(tmp_path: Path) -> None:
    items = (Item("good", Named(path="a")), Item("bad", WrittenPayload('{"path": 7}', Named)))
    write_spec(JobSpec("k", items).written(), tmp_path / "spec.json")
    with pytest.raises(JobError, match="a job of kind 'k', item 'bad': path"):
        read_spec(tmp_path / "spec.json").typed(StepSettings, Named)
    with pytest.raises(JobError, match="no Deep"):
        JobSpec("k", items).check_payloads(Deep)  # type: ignore[arg-type]


def test_what_all_items_share_is_read_without_them(tmp_path: Path) -> None:
    write_spec(a_large_spec().written(), tmp_path / "spec.json")
    found = read_spec(tmp_path / "spec.json", items=False)
    assert (found.items, found.settings) == ((), {"a": 1})


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
