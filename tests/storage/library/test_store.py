"""Views of the library: what they hold, in which order, and what is kept of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.database import Database
from storage.errors import StorageError
from storage.feature_rows import FeatureFailure
from storage.library.view import FLAGS, ClipView, Range, filters_of, view_from_params, view_params
from tests.filled_workspace import WIDTH, fill

if TYPE_CHECKING:
    import pyarrow as pa

    from storage import Workspace

EVERYTHING = ClipView()
words = st.text("abc é:&=?'\"%", min_size=1, max_size=8)
bounds = st.none() | st.floats(allow_nan=False, allow_infinity=False)
ranges = st.builds(Range, st.from_regex(r"[a-z_]{1,8}", fullmatch=True), bounds, bounds).filter(
    lambda r: r.low is not None or r.high is not None
)
views = st.builds(
    ClipView,
    ranges=st.lists(ranges, unique_by=lambda r: r.column, max_size=3).map(tuple),
    sources=st.lists(words, unique=True, max_size=2).map(tuple),
    tags=st.lists(words, unique=True, max_size=2).map(tuple),
    narration=words | st.just(""),
    flags=st.lists(st.sampled_from(list(FLAGS)), unique=True).flatmap(
        lambda names: st.tuples(*(st.tuples(st.just(n), st.booleans()) for n in sorted(names, key=list(FLAGS).index)))
    ),
    sort=words | st.just(""),
    descending=st.booleans(),
)


@given(views)
def test_an_address_holds_the_whole_view(view: ClipView) -> None:
    assert view_from_params(view_params(view)) == view


@given(st.dictionaries(st.sampled_from(["range", "source", "order", "failed", "sort", "junk"]), st.lists(words)))
def test_no_address_is_too_odd(params: dict[str, list[str]]) -> None:
    view_from_params(params)


@given(st.dictionaries(st.sampled_from(["tag", "video", "narration", "sort", "like"]), st.lists(st.text(max_size=3))))
def test_whatever_an_address_says_is_text_that_can_be_stored(params: dict[str, list[str]]) -> None:
    view = view_from_params(params)
    repr(view).encode()
    assert all("\0" not in text for text in (*view.tags, *view.videos, view.narration, view.sort, view.similar_to))


def test_an_endless_address_is_answered(workspace: Workspace) -> None:
    ids = fill(workspace)
    many = [f"nothing{n}" for n in range(2_000)]
    view = view_from_params({"without": many, "video": [*many, "video1"], "narration": ["zz " * 100, "x" * 100_000]})
    assert workspace.library.extent(replace(view, narration="")).clips == len(ids) // 4
    assert workspace.library.extent(view).clips == 0
    assert view.narration == "zz " * 100


def test_a_condition_finds_clips_and_nothing_else(workspace: Workspace) -> None:
    ids = set(fill(workspace))
    assert workspace.clips.matching("false) UNION ALL SELECT video_id FROM video WHERE (true") == set()
    assert workspace.clips.matching("true) UNION ALL SELECT 5 WHERE (true") == ids


def test_a_range_without_a_number_is_no_filter() -> None:
    assert view_from_params({"range": ["reward:much:", "x::", "y:nan:inf", "z:1:"]}).ranges == (Range("z", 1.0),)


def test_every_clip_is_there_once_whatever_the_order_and_the_page(workspace: Workspace) -> None:
    ids = fill(workspace)
    for view in (EVERYTHING, replace(EVERYTHING, sort="reward"), replace(EVERYTHING, sort="labels", descending=False)):
        pages = [workspace.library.ids(view, limit=7, offset=offset) for offset in range(0, len(ids), 7)]
        assert sorted(clip_id for page in pages for clip_id in page) == sorted(ids)


def test_ranges_and_sorting_agree_with_the_public_view(workspace: Workspace) -> None:
    fill(workspace)
    view = ClipView(ranges=(Range("hands_any_share", 0.2, 0.8), Range("reward", None, 0.5)), sort="composite_score")
    expected = workspace.database.rows(
        "SELECT clip_id, composite_score FROM clip_features JOIN clip_score USING (clip_id) "
        "WHERE hands_any_share BETWEEN 0.2 AND 0.8 AND reward <= 0.5 ORDER BY composite_score DESC"
    )
    page = workspace.library.page(view, limit=100, columns=["hands_any_share"])
    assert [row.clip_id for row in page] == [row["clip_id"] for row in expected]
    assert [row.sorted_by for row in page] == [row["composite_score"] for row in expected]
    assert all(0.2 <= (row.numbers["hands_any_share"] or 0) <= 0.8 for row in page)
    assert workspace.library.extent(view).clips == len(expected) > 0
    worst_first = workspace.library.ids(replace(view, descending=False))
    assert worst_first == [row["clip_id"] for row in reversed(expected)]


def test_clips_without_the_number_come_last_both_ways(workspace: Workspace) -> None:
    ids = fill(workspace)
    workspace.database.write("DELETE FROM reward_score WHERE clip_id = ?", [ids[0]])
    for descending in (True, False):
        assert workspace.library.ids(ClipView(sort="reward", descending=descending))[-1] == ids[0]


def test_words_sources_videos_and_origins(workspace: Workspace) -> None:
    ids = fill(workspace)
    library = workspace.library
    assert library.extent(ClipView(narration="CUT onion")).clips == len(ids) * 3 // 10
    assert library.extent(ClipView(narration="onion%")).clips == 0
    assert library.extent(ClipView(sources=("epic",))).clips == 20
    assert library.extent(ClipView(sources=("epic", "folder"), videos=("video1",))).clips == 10
    assert library.extent(ClipView(origins=("manual",))).clips == 0


def test_yes_or_no_filters_share_out_all_clips(workspace: Workspace) -> None:
    ids = fill(workspace)
    workspace.features.add_failures([FeatureFailure(ids[3], "hands", "broken")])
    for name in FLAGS:
        yes, no = (set(workspace.library.ids(replace(EVERYTHING, flags=((name, value),)))) for value in (True, False))
        assert yes | no == set(ids)
        assert not yes & no
    assert workspace.library.ids(replace(EVERYTHING, flags=(("failed", True),))) == [ids[3]]
    assert workspace.library.extent(replace(EVERYTHING, flags=(("hand_track", True),))).clips == 0


def test_an_unknown_number_is_refused_by_name(workspace: Workspace) -> None:
    fill(workspace)
    with pytest.raises(StorageError, match="'reward; DROP TABLE clip' is no number"):
        workspace.library.ids(ClipView(sort="reward; DROP TABLE clip"))


def test_the_shown_statement_gives_the_same_clips(workspace: Workspace) -> None:
    fill(workspace)
    workspace.tags.add(workspace.library.ids(EVERYTHING, limit=20), "it's odd")
    view = ClipView(
        ranges=(Range("reward", -1.0, None),), sources=("epic", "folder"), tags=("it's odd",), narration="onion"
    )
    rows = workspace.database.rows(workspace.library.sql(view))
    assert [row["clip_id"] for row in rows] == workspace.library.ids(view)


def test_a_histogram_counts_each_clip_once(workspace: Workspace) -> None:
    ids = fill(workspace)
    for view in (None, ClipView(sources=("epic",))):
        found = workspace.library.histogram("hands_any_share", view)
        assert sum(found.counts) == (len(ids) if view is None else 20)
        assert len(found.edges) == len(found.counts) + 1
    flat = workspace.library.histogram("labels", ClipView(videos=("nobody",)))
    assert (flat.edges, flat.counts) == ((), ())


def test_the_funnel_says_what_each_filter_takes(workspace: Workspace) -> None:
    ids = fill(workspace)
    view = ClipView(ranges=(Range("hands_any_share", 0.5, None),), sources=("epic",))
    steps = workspace.library.funnel(view)
    assert [step.title for step in steps] == ["All clips", "hands_any_share ≥ 0.5", "source: epic"]
    assert steps[0].clips == len(ids)
    inside = workspace.library.extent(view).clips
    assert steps[-1].clips == inside
    assert steps[1].only_this == 20 - inside
    assert steps[2].only_this == steps[1].clips - inside


def test_removing_each_filter_leaves_none() -> None:
    view = ClipView(
        ranges=(Range("a", 1.0), Range("b", None, 2.0)),
        sources=("epic", "gopro"),
        tags=("x", "y"),
        without_tags=("z",),
        narration="cut",
        flags=(("labelled", True),),
        selection="abc",
    )
    parts = filters_of(view, names={"abc": "lasso"})
    assert "source: epic, gopro" in [part.title for part in parts]
    assert parts[-1].title == "lasso"
    bare = view
    for part in parts:
        assert part.remove(bare) != bare
        bare = part.remove(bare)
    assert bare == EVERYTHING
    again = EVERYTHING
    for part in parts:
        again = part.add(again)
    assert again == view


def test_a_search_by_likeness_reads_the_vectors_once_whatever_is_filtered(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = fill(workspace)
    found = workspace.features.vectors()
    assert found is not None
    unit = found.vectors / np.linalg.norm(found.vectors, axis=1, keepdims=True)
    cosine = dict(zip(found.clip_ids, unit @ unit[found.clip_ids.index(ids[5])], strict=True))
    statements: list[str] = []
    read = Database.table

    def table(database: Database, sql: str, *given: object, **named: object) -> pa.Table:
        answer = read(database, sql, *given, **named)  # type: ignore[arg-type]
        assert "vector" not in answer.column_names
        statements.append(sql)
        return answer

    monkeypatch.setattr(Database, "table", table)
    view = ClipView(similar_to=ids[5])
    best_first = sorted(ids, key=lambda clip_id: -cosine[clip_id])
    assert workspace.library.ids(view, limit=7, offset=3) == best_first[3:10]
    of_epic = replace(view, sources=("epic",))
    epic = {row.clip_id for row in workspace.library.page(ClipView(sources=("epic",)), limit=100)}
    page = workspace.library.page(of_epic, limit=5)
    assert [row.clip_id for row in page] == [clip_id for clip_id in best_first if clip_id in epic][:5]
    assert [row.sorted_by for row in page] == pytest.approx([float(cosine[row.clip_id]) for row in page], abs=1e-5)
    assert workspace.library.order(view).ids([(0, 40)]) == best_first
    assert sum("array_cosine_similarity" in sql for sql in statements) == 1
    workspace.tags.add([ids[0]], "keep")
    assert workspace.library.ids(view) == best_first
    assert sum("array_cosine_similarity" in sql for sql in statements) == 1, "a tag changes no vector"
    workspace.database.write("DELETE FROM embedding_16 WHERE clip_id = ?", [best_first[-1]])
    assert workspace.library.ids(view) == best_first[:-1]
    assert sum("array_cosine_similarity" in sql for sql in statements) == 2
    best_first.pop()
    shown = workspace.database.rows(workspace.library.sql(of_epic))
    assert [row["clip_id"] for row in shown] == [clip_id for clip_id in best_first if clip_id in epic]


def test_likeness_orders_by_the_cosine(workspace: Workspace) -> None:
    ids = fill(workspace)
    found = workspace.features.vectors()
    assert found is not None
    unit = found.vectors / np.linalg.norm(found.vectors, axis=1, keepdims=True)
    row = found.clip_ids.index(ids[5])
    expected = [found.clip_ids[n] for n in np.argsort(-(unit @ unit[row]), kind="stable")]
    assert workspace.library.ids(ClipView(similar_to=ids[5])) == expected
    query = np.ones(WIDTH, np.float32)
    search = workspace.library.keep_search("text", "a word", "made up", query)
    assert workspace.library.search_for("text", "a word", "made up") == search
    by_text = [found.clip_ids[n] for n in np.argsort(-(unit @ query), kind="stable")]
    assert workspace.library.ids(ClipView(search=search)) == by_text


def test_vectors_of_two_models_are_never_compared(workspace: Workspace) -> None:
    fill(workspace)
    search = workspace.library.keep_search("text", "a word", "another model", np.ones(WIDTH, np.float32))
    assert workspace.library.ids(ClipView(search=search)) == []


def test_saved_views_and_selections_are_kept_by_name(workspace: Workspace) -> None:
    ids = fill(workspace)
    library = workspace.library
    library.save_view("best hands", "sort=reward")
    library.save_view("best hands", "sort=composite_score")
    assert library.saved_views() == {"best hands": "sort=composite_score"}
    library.forget_view("best hands")
    assert library.saved_views() == {}
    with pytest.raises(StorageError, match="needs a name"):
        library.save_view("  ", "")
    chosen = library.keep_selection([ids[4], ids[2], ids[4]], "lasso")
    assert chosen == library.keep_selection([ids[2], ids[4]], "lasso")
    assert library.selection(chosen) == ("lasso", 2)
    assert set(library.ids(ClipView(selection=chosen))) == {ids[2], ids[4]}
