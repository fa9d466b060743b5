"""Which clips come out: against a plain reading of the rules, and by hand."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.export import selection as module
from engine.export.selection import Candidates, select
from engine.export.settings import ExportSettings


def candidates(scores: list[float], videos: str | None = None, kept: str = "", vectors: object = None) -> Candidates:
    """Clips a, b, c, … with these scores; a letter of `videos` for each, those in `kept` tagged."""
    ids = tuple("abcdefghijklmnopqrstuvwxyz"[: len(scores)])
    return Candidates(
        clip_ids=pa.array(ids, pa.string()),
        videos=np.array([ord(letter) for letter in videos or ids], np.intp),
        scores=np.array(scores, dtype=np.float64),
        kept=np.array([name in kept for name in ids], dtype=bool),
        vectors=None if vectors is None else np.array(vectors, dtype=np.float32).__getitem__,
    )


def chosen(given_candidates: Candidates, **options: object) -> str:
    """The letters that come out, in order."""
    rows = select(given_candidates, ExportSettings.model_validate(options)).rows
    return "".join(given_candidates.clip_ids[row].as_py() for row in rows)


def test_best_first_equal_scores_by_name_and_none_without_a_score() -> None:
    found = candidates([0.1, 0.9, float("nan"), 0.9])
    assert chosen(found) == "bda"
    assert select(found, ExportSettings()).unscored == 1


def test_top_and_threshold() -> None:
    found = candidates([3, 1, 2, 5, 4])
    assert chosen(found, top=2) == "de"
    assert chosen(found, threshold=3) == "dea"
    left_out = select(found, ExportSettings(top=1, threshold=2))
    assert (left_out.below_threshold, left_out.beyond_top) == (1, 3)


def test_kept_clips_come_out_whatever_their_score_and_count_towards_the_top() -> None:
    found = candidates([3, float("nan"), 2, 5], kept="b")
    assert chosen(found, top=2) == "db"
    assert chosen(found, threshold=4) == "db"
    assert chosen(candidates([1, 2, 3], kept="abc"), top=2) == "cb"


def test_what_only_its_tag_brings_in_is_known_with_its_rank() -> None:
    def found(given_candidates: Candidates, **options: object) -> list[tuple[str, int | None]]:
        selection = select(given_candidates, ExportSettings.model_validate(options))
        return [(given_candidates.clip_ids[kept.row].as_py(), kept.rank) for kept in selection.kept_by_tag]

    tagged = candidates([5, 4, 3, 2, 1, float("nan")], kept="aef")
    assert found(tagged, top=3) == [("e", 5), ("f", None)], "a would come out anyway"
    assert found(tagged) == [("f", None)]
    assert found(tagged, threshold=2) == [("e", 5), ("f", None)]
    assert found(candidates([5, 4, 3], videos="xxy", kept="b"), per_video=1) == [("b", 2)]
    assert found(candidates([5, 4, 3])) == []


def test_quota_of_a_video() -> None:
    found = candidates([5, 4, 3, 2], videos="xxyx")
    assert chosen(found, per_video=1) == "ac"
    assert select(found, ExportSettings(per_video=1)).over_quota == 2


def test_near_duplicates_leave_the_better_one() -> None:
    found = candidates([5, 4, 3, 2], vectors=[[1, 0], [2, 0.001], [0, 1], [np.nan, np.nan]])
    assert chosen(found, diversity=0.99) == "acd"
    picked = select(found, ExportSettings(diversity=0.99))
    assert (picked.too_similar, picked.without_vector) == (1, 1)
    assert chosen(found) == "abcd", "embeddings count only where diversity is asked for"


def plain(found: Candidates, options: ExportSettings) -> list[int]:
    """The rules as one would read them out, a clip at a time."""
    order = sorted(
        range(len(found.scores)),
        key=lambda r: (-np.nan_to_num(found.scores[r], nan=-np.inf), found.clip_ids[r].as_py()),
    )
    out = [r for r in order if found.kept[r]][: options.top]
    for row in order:
        if found.kept[row] or not np.isfinite(found.scores[row]):
            continue
        if options.top is not None and len(out) >= options.top:
            break
        if options.threshold is not None and found.scores[row] < options.threshold:
            continue
        if options.per_video and sum(found.videos[o] == found.videos[row] for o in out) >= options.per_video:
            continue
        if options.diversity is not None and found.vectors is not None:
            vectors = found.vectors(np.arange(len(order)))
            units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
            if any(units[row] @ units[other] > options.diversity for other in out):
                continue
        out.append(row)
    return sorted(out, key=order.index)


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(0, 40),
    seed=st.integers(0, 10_000),
    top=st.none() | st.integers(1, 20),
    threshold=st.none() | st.floats(-1, 1),
    per_video=st.none() | st.integers(1, 4),
    diversity=st.none() | st.sampled_from([0.3, 0.8, 0.95]),
    block=st.sampled_from([1, 3, 512]),
)
def test_the_same_as_a_plain_reading_of_the_rules(
    n: int,
    seed: int,
    top: int | None,
    threshold: float | None,
    per_video: int | None,
    diversity: float | None,
    block: int,
) -> None:
    draw = np.random.default_rng(seed)
    scores = draw.normal(size=n).round(1)
    scores[draw.random(n) < 0.1] = np.nan
    found = Candidates(
        clip_ids=pa.array([f"{i:02d}" for i in draw.permutation(n)], pa.string()),
        videos=draw.integers(0, 3, n),
        scores=scores,
        kept=draw.random(n) < 0.1,
        vectors=draw.normal(size=(n, 3)).astype(np.float32).__getitem__,
    )
    options = ExportSettings(top=top, threshold=threshold, per_video=per_video, diversity=diversity)
    before, module.BLOCK = module.BLOCK, block
    try:
        picked = select(found, options)
    finally:
        module.BLOCK = before
    assert list(picked.rows) == plain(found, options)
    reasons = picked.unscored + picked.below_threshold + picked.too_similar + picked.over_quota + picked.beyond_top
    assert len(picked.rows) + reasons == picked.considered == n, "every clip is accounted for"


def test_only_vectors_of_the_clips_that_are_looked_at_are_fetched() -> None:
    draw = np.random.default_rng(0)
    n = 20 * module.BLOCK
    vectors, fetched = draw.normal(size=(n, 16)).astype(np.float32), []

    def fetch(rows: np.ndarray) -> np.ndarray:
        fetched.append(len(rows))
        return vectors[rows]

    found = Candidates(
        clip_ids=pa.array([f"{i:06d}" for i in range(n)]),
        videos=np.zeros(n, np.intp),
        scores=draw.normal(size=n),
        kept=np.zeros(n, bool),
        vectors=fetch,
    )
    assert len(select(found, ExportSettings(top=50, diversity=0.9)).rows) == 50
    assert fetched == [module.BLOCK]
    fetched.clear()
    select(found, ExportSettings(top=50))
    assert not fetched, "nothing is compared"
    select(found, ExportSettings(top=n, diversity=0.5))
    assert sum(fetched) == n
    assert len(fetched) <= 6, "each fetch is twice as large as the one before"
