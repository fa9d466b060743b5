"""Near-duplicates without comparing all pairs, held against comparing all pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from engine.cancel import Cancelled
from engine.likeness import near_duplicates as searched
from engine.likeness.cells import Cells, centres_of
from engine.likeness.moments import Moments, window_overlap
from engine.likeness.near_duplicates import Groups, near_duplicates
from engine.likeness.sketch import make_unit, sketches

if TYPE_CHECKING:
    from numpy.typing import NDArray

EDGE = 1e-5


def compared_with_all(
    vectors: NDArray[np.float32],
    videos: list[str],
    start_s: NDArray[np.float64],
    end_s: NDArray[np.float64],
    order: NDArray[np.intp],
    min_similarity: float,
    min_overlap: float,
) -> tuple[list[int], list[float]]:
    """The definition: every clip, in order, joins the first leader that it is near to, else it leads."""
    unit = vectors.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        unit = np.nan_to_num(unit / np.linalg.norm(unit, axis=1, keepdims=True))
    group, similarity = np.arange(len(vectors)), np.ones(len(vectors))
    leaders: list[int] = []
    for row in order:
        for leader in leaders:
            alike = float(unit[row] @ unit[leader])
            beside = (
                videos[row] == videos[leader]
                and window_overlap(start_s[row], end_s[row], start_s[leader], end_s[leader]) >= min_overlap
            )
            if alike >= min_similarity or beside:
                group[row], similarity[row] = leader, alike if alike >= min_similarity else 1.0
                break
        else:
            leaders.append(int(row))
    return group.tolist(), similarity.tolist()


def family(seed: int, n: int, width: int, spread: float) -> NDArray[np.float32]:
    """Vectors around a common direction, a few of them around one another, some missing."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(max(1, n // 4), width)) + 1.5 * np.eye(1, width)
    vectors = centres[rng.integers(0, len(centres), n)] + spread * rng.normal(size=(n, width))
    vectors[rng.random(n) < 0.1] = np.nan
    return vectors.astype(np.float32)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(1, 150),
    width=st.sampled_from([3, 8, 90]),
    spread=st.sampled_from([0.0, 0.1, 0.5]),
    min_similarity=st.sampled_from([0.8, 0.9, 0.97]),
    min_overlap=st.sampled_from([0.1, 0.5, 1.0]),
)
def test_the_groups_are_those_of_comparing_every_clip_with_every_leader(
    seed: int,
    n: int,
    width: int,
    spread: float,
    min_similarity: float,
    min_overlap: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(seed + 1)
    monkeypatch.setattr(searched, "BLOCK", 32)
    monkeypatch.setattr(searched, "TILE", 8)
    vectors = family(seed, n, width, spread)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    assume(not (np.abs(np.nan_to_num(unit @ unit.T) - min_similarity) < EDGE).any())
    videos = [f"v{k}" for k in rng.integers(0, 5, n)]
    start_s = rng.integers(0, 20, n) / 2
    end_s = start_s + rng.integers(1, 9, n) / 2
    order = rng.permutation(n)
    expected, similarity = compared_with_all(vectors, videos, start_s, end_s, order, min_similarity, min_overlap)
    found = near_duplicates(
        vectors.copy(), videos, start_s, end_s, order, min_similarity=min_similarity, min_overlap=min_overlap
    )
    assert found.group.tolist() == expected
    np.testing.assert_allclose(found.similarity, similarity, atol=1e-5)
    assert (found.checked, found.missed) == (0, 0)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([2, 64, 65, 200]))
def test_no_sketch_rules_out_what_the_vectors_are(seed: int, width: int) -> None:
    vectors = family(seed, 60, width, 0.3)
    measured = make_unit(vectors)
    seen = sketches(vectors)
    assert ((seen @ seen.T) >= (vectors @ vectors.T) - 1e-5).all()
    assert not seen[~measured].any()
    np.testing.assert_allclose(np.linalg.norm(seen[measured], axis=1), 1, atol=1e-5)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.05, 0.2, 0.6]))
def test_no_clip_near_enough_lies_in_a_cell_that_is_not_searched(seed: int, near: float) -> None:
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(120, 4)).astype(np.float32)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    cells = Cells(centres_of(points, 12), near=near, most_cells=None)
    own = cells.look(points).nearest
    cells.add(own, np.arange(120), points)
    looked = cells.look(points)
    searches = set(zip(looked.clip.tolist(), looked.cell.tolist(), strict=True))
    close = np.argwhere(np.linalg.norm(points[:, None] - points[None], axis=2) <= near)
    assert {(int(a), int(own[b])) for a, b in close} <= searches
    assert looked.complete.all()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.1, 0.34, 0.5, 0.9, 1.0]))
def test_the_neighbours_in_time_are_those_of_comparing_all_windows(seed: int, min_overlap: float) -> None:
    rng = np.random.default_rng(seed)
    n = 40
    videos = [f"v{k}" for k in rng.integers(0, 3, n)]
    start_s = rng.integers(0, 30, n) / 3
    end_s = start_s + rng.integers(1, 12, n) / 3
    moments = Moments(videos, start_s, end_s, min_overlap)
    found = {(int(a), int(b)) for clip, other in moments.pairs(np.arange(n)) for a, b in zip(clip, other, strict=True)}
    expected = {
        (a, b)
        for a in range(n)
        for b in range(n)
        if a != b
        and videos[a] == videos[b]
        and window_overlap(start_s[a], end_s[a], start_s[b], end_s[b]) >= min_overlap
    }
    assert found == expected


def alone(n: int) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64], NDArray[np.intp]]:
    """`n` clips of as many videos."""
    return [str(k) for k in range(n)], np.zeros(n), np.ones(n), np.arange(n)


def planted(n: int, width: int = 96, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Vectors that are alike in groups of ten at a cosine of about 0.985, and each one's group."""
    rng = np.random.default_rng(seed)
    group = rng.permutation(np.arange(n) // 10)
    centres = rng.normal(size=(n // 10 + 1, width))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    noise = rng.normal(size=(n, width)) / np.sqrt(width)
    return (centres[group] + 0.12 * noise).astype(np.float32), group


def test_beyond_the_exact_size_planted_groups_are_found_and_what_was_missed_is_counted() -> None:
    n = 12_000
    vectors, group = planted(n)
    found: Groups = near_duplicates(
        vectors, *alone(n)[:3], np.arange(n), min_similarity=0.96, min_overlap=0.5, exact_up_to=1000
    )
    assert found.checked == searched.CHECKED
    together = np.array([len(set(found.group[group == k])) == 1 for k in range(n // 10)])
    assert together.mean() > 0.97
    assert found.missed <= 0.01 * found.checked


def test_what_few_cells_miss_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searched, "MOST_CELLS", 1)
    n = 9_000
    found = near_duplicates(
        planted(n)[0], *alone(n)[:3], np.arange(n), min_similarity=0.96, min_overlap=0.5, exact_up_to=1000
    )
    assert found.missed > 0


def test_where_all_are_alike_one_leads() -> None:
    n = 9_000
    vectors = np.ones((n, 40), np.float32) + 0.001 * np.random.default_rng(0).normal(size=(n, 40)).astype(np.float32)
    found = near_duplicates(vectors, *alone(n), min_similarity=0.97, min_overlap=0.5)
    assert set(found.group.tolist()) == {0}


def test_a_picture_is_like_itself_from_one_on() -> None:
    vectors = np.repeat(np.random.default_rng(0).normal(size=(50, 512)), 2, axis=0).astype(np.float32)
    found = near_duplicates(vectors, *alone(100), min_similarity=1.0, min_overlap=1.0)
    assert found.group.tolist() == [row - row % 2 for row in range(100)]


def test_progress_grows_and_a_cancel_takes_effect_within_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searched, "BLOCK", 100)
    seen: list[float] = []

    def stop_half_way(share: float) -> None:
        seen.append(share)
        if share > 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        near_duplicates(planted(1000)[0], *alone(1000), min_similarity=0.97, min_overlap=0.5, on_progress=stop_half_way)
    assert seen == sorted(seen)
    assert len(seen) > 4
    assert seen[-1] < 0.7
