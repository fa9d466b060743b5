"""Counts for a filter panel: the same as asking for each filter alone, one by one."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage import Workspace
from storage.clips import Clip
from storage.errors import StorageError
from storage.feature_rows import FeatureTable
from storage.library import crossfilter
from storage.library.column_order import can_order
from storage.library.column_reader import ColumnReader
from storage.library.crossfilter import BINS
from storage.library.view import FLAGS, ClipView, Range, filters_of
from tests.filled_workspace import fill

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow as pa

    from storage.library.crossfilter import ViewCounts

EVERYTHING = ClipView()
NUMBERS = ("duration_s", "reward", "hands_any_share", "simulated_labels", "composite_score")
bounds = st.none() | st.floats(-0.5, 3)
ranges = st.builds(Range, st.sampled_from(NUMBERS), bounds, bounds).filter(
    lambda r: r.low is not None or r.high is not None
)
views = st.builds(
    ClipView,
    ranges=st.lists(ranges, unique_by=lambda r: r.column, max_size=3).map(tuple),
    sources=st.lists(st.sampled_from(["folder", "epic", "none such"]), unique=True, max_size=2).map(tuple),
    videos=st.lists(st.sampled_from(["video0", "video1", "gone"]), unique=True, max_size=2).map(tuple),
    tags=st.lists(st.sampled_from(["keep", "wet floor", "nobody's"]), unique=True, max_size=2).map(tuple),
    without_tags=st.lists(st.sampled_from(["drop", "keep"]), unique=True, max_size=1).map(tuple),
    narration=st.sampled_from(["", "cut", "open DRAWER", "zebra"]),
    flags=st.lists(st.sampled_from(list(FLAGS)), unique=True, max_size=2).flatmap(
        lambda names: st.tuples(*(st.tuples(st.just(n), st.booleans()) for n in names))
    ),
)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """One workspace for all examples: they only read it."""
    with Workspace(tmp_path_factory.mktemp("counts") / "workspace") as workspace:
        ids = fill(workspace)
        workspace.tags.add(ids[::3], "keep")
        workspace.tags.add(ids[::4], "wet floor")
        workspace.tags.add(ids[:5], "drop")
        yield workspace


def without(view: ClipView, field: str, column: str = "") -> ClipView:
    """The view without its filters of one field, or of one number or flag in it."""
    kept = [part for part in getattr(view, field) if column and (getattr(part, "column", None) or part[0]) != column]
    changes: dict[str, Any] = {field: tuple(kept)}
    return replace(view, **changes)


def one_by_one(workspace: Workspace, view: ClipView, found: ViewCounts) -> None:
    """Check every count against a query of its own."""
    library = workspace.library
    extent = library.extent(view)
    assert found.clips == extent.clips
    assert found.duration_s == pytest.approx(extent.duration_s)
    for spread in (spread for spread in found.numbers if spread.column in NUMBERS):
        others = without(view, "ranges", spread.column)
        values = library.points(others, [spread.column], limit=10_000).column(spread.column).to_pylist()
        known = [value for value in values if value is not None]
        expected = [0] * BINS
        if spread.low is not None and spread.high is not None:
            width = (spread.high - spread.low) / BINS or 1.0
            for value in known:
                expected[min(BINS - 1, int((value - spread.low) // width))] += 1
            assert sum(spread.passing) == len(known)
            # A value on an edge may fall on either side of it, by the last bit of a division.
            assert sum(abs(a - b) for a, b in zip(spread.passing, expected, strict=True)) <= 2
    for name, (yes, no) in found.flags.items():
        others = without(view, "flags", name)
        assert (yes, no) == tuple(
            library.extent(
                replace(others, flags=(*(flag for flag in others.flags if flag[0] != name), (name, value)))
            ).clips
            for value in (True, False)
        )
    for source in found.sources:
        assert source.passing == library.extent(replace(view, sources=(source.value,))).clips
    for tag in found.tags:
        others = replace(view, without_tags=tuple(t for t in view.without_tags if t != tag.value))
        with_it = replace(others, tags=tuple(dict.fromkeys([*view.tags, tag.value])))
        assert tag.passing == library.extent(with_it).clips


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(view=views)
def test_all_counts_at_once_are_those_of_each_query_alone(filled: Workspace, view: ClipView) -> None:
    one_by_one(filled, view, filled.library.counts(view)[0])


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(view=views)
def test_the_funnel_is_what_each_filter_leaves_one_by_one(filled: Workspace, view: ClipView) -> None:
    inside, so_far = filled.library.extent(view).clips, EVERYTHING
    steps = filled.library.funnel(view)
    for part, step in zip(filters_of(view), steps[1:], strict=True):
        so_far = part.add(so_far)
        assert step.clips == filled.library.extent(so_far).clips
        assert step.only_this == filled.library.extent(part.remove(view)).clips - inside


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(view=views, sort=st.sampled_from(["", *NUMBERS, "start_s"]), descending=st.booleans())
def test_in_memory_clips_have_the_order_of_the_statement(
    filled: Workspace, view: ClipView, sort: str, descending: bool
) -> None:
    view = replace(view, sort=sort, descending=descending)
    filled.library.counts(EVERYTHING)
    columns = filled.library._columns.at_hand(filled.library.changes)
    assert columns is not None
    assert can_order(columns, view)
    found = filled.library.order(view)
    assert [clip_id for clip_id, _ in found.part(0, 1000)] == filled.library.ids(view)
    by_statement = filled.library._ordered(view, 1000, 0)
    assert found.part(0, 1000) == by_statement
    assert filled.library._ordered(view, 7, 3) == by_statement[3:10]


def test_over_all_clips_the_bars_are_the_stored_histogram(filled: Workspace) -> None:
    found, _ = filled.library.counts(EVERYTHING)
    for spread in found.numbers:
        stored = filled.library.histogram(spread.column, bins=BINS)
        assert tuple(spread.everything) == tuple(spread.passing) == stored.counts


def test_what_was_written_is_counted(workspace: Workspace) -> None:
    ids = fill(workspace)
    assert [tag.value for tag in workspace.library.counts(EVERYTHING)[0].tags] == []
    workspace.tags.add(ids[:7], "keep")
    found, changes = workspace.library.counts(EVERYTHING)
    if changes == workspace.library.changes:
        assert [(tag.value, tag.passing) for tag in found.tags] == [("keep", 7)]


@pytest.mark.parametrize("name", ["source", "video_id", "clip_id", "length_s", "is_failed", "no_such"])
def test_what_is_no_number_is_refused_alike_before_and_after_the_columns_are_kept(
    workspace: Workspace, name: str
) -> None:
    ids = fill(workspace)

    def refused() -> list[str]:
        said = []
        for view in (ClipView(sort=name), ClipView(ranges=(Range(name, 1.0),))):
            asked = [lambda view=view: workspace.library.order(view)]
            if view.ranges:
                asked += [lambda view=view: workspace.library.counts(view), lambda v=view: workspace.library.funnel(v)]
            for ask in asked:
                with pytest.raises(StorageError, match="no number of this library") as caught:
                    ask()
                said.append(str(caught.value))
        return said

    workspace.tags.add(ids[:1], "keep")  # whatever `fill` kept is out of date
    cold = refused()
    workspace.library.counts(EVERYTHING)
    assert workspace.library._columns.at_hand(workspace.library.changes) is not None
    assert refused() == cold


@pytest.mark.parametrize("writes", [1, 1000], ids=["once", "all the time"])
def test_clips_written_between_two_parts_of_the_columns_are_in_all_or_in_none(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    fill(workspace)
    database, left = workspace.database, [writes]
    real = database.table

    def table_and_a_clip(sql: str, *args: Any, **more: Any) -> pa.Table:
        found = real(sql, *args, **more)
        if left[0]:
            left[0] -= 1
            clip = Clip(video_id="video0", start_s=100.0 + left[0], end_s=101.0 + left[0], origin="stride")
            adding = threading.Thread(target=workspace.clips.add, args=([clip],))
            adding.start()
            adding.join()
        return found

    monkeypatch.setattr(database, "table", table_and_a_clip)
    columns = ColumnReader(database).read(workspace.library.numbers())
    left[0] = 0
    assert columns.everything == columns.table.num_rows > 40
    assert None not in columns.table.column("duration_s").to_pylist()


def test_columns_read_in_a_transaction_are_at_hand_afterwards(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(workspace)
    monkeypatch.setattr("storage.library.column_reader.TRIES", 0)
    workspace.library.counts(EVERYTHING)
    assert workspace.library._columns.at_hand(workspace.library.changes) is not None


def test_numbers_of_an_extractor_that_is_new_are_counted_once_the_columns_hold_them(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(workspace)
    monkeypatch.setattr("storage.library.column_cache.PATIENCE", 1e6)
    workspace.library.counts(EVERYTHING)
    workspace.features.ensure([FeatureTable("blur_2", ("sharpness",))])
    found, changes = workspace.library.counts(EVERYTHING)
    assert changes != workspace.library.changes, "the caller asks again"
    assert "blur_2_sharpness" not in [spread.column for spread in found.numbers]
    monkeypatch.setattr(workspace.library._columns, "_good_until_s", 0.0)
    found, _ = workspace.library.counts(EVERYTHING)
    assert "blur_2_sharpness" in [spread.column for spread in found.numbers]


def test_an_empty_workspace_and_an_unknown_number(workspace: Workspace) -> None:
    found, _ = workspace.library.counts(EVERYTHING)
    assert (found.clips, found.everything, found.sources, found.tags) == (0, 0, [], [])
    with pytest.raises(StorageError, match="no number of this library"):
        workspace.library.counts(ClipView(ranges=(Range("no_such", 1.0),)))


def test_of_very_many_clips_a_sample_is_counted_and_scaled(
    filled: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("storage.library.column_reader.MOST_CLIPS", 20)
    with Workspace(tmp_path / "other") as workspace:
        fill(workspace)
        view = ClipView(sources=("epic",))
        found, _ = workspace.library.counts(view)
        assert found.is_sample
        assert (found.everything, found.clips) == (40, workspace.library.extent(view).clips)
        assert sum(found.numbers[0].everything) == pytest.approx(40, abs=BINS / 2)
    assert crossfilter.MOST_CLIPS == 300_000
