"""Near-duplicates and the map, on vectors whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from engine.likeness.near_duplicates import near_duplicates
from engine.likeness.projection import principal_components, project


def grouped(
    vectors: np.ndarray, videos: list[str], start: list[float], end: list[float], order: list[int]
) -> list[int]:
    groups = near_duplicates(
        np.asarray(vectors, np.float32), videos, np.array(start), np.array(end), np.array(order),
        min_similarity=0.95, min_overlap=0.5,
    )  # fmt: skip
    return groups.group.tolist()


def test_the_first_in_order_leads_what_is_like_it() -> None:
    vectors = np.array([[1, 0], [0.99, 0.05], [0, 1], [1, 0.01]])
    assert grouped(vectors, list("abcd"), [0] * 4, [1] * 4, [3, 2, 1, 0]) == [3, 3, 2, 3]
    assert grouped(vectors, list("abcd"), [0] * 4, [1] * 4, [0, 1, 2, 3]) == [0, 0, 2, 0]


def test_the_same_moment_of_a_video_is_near_whatever_it_looks_like() -> None:
    vectors = np.eye(3)
    assert grouped(vectors, ["a", "a", "b"], [0, 1, 0], [3, 4, 3], [0, 1, 2]) == [0, 0, 2]
    assert grouped(vectors, ["a", "a", "b"], [0, 2, 0], [3, 5, 3], [0, 1, 2]) == [0, 1, 2]


def test_overlapping_windows_do_not_grow_into_one_chain() -> None:
    start = [float(n) for n in range(10)]
    group = grouped(np.eye(10), ["a"] * 10, start, [t + 3 for t in start], list(range(10)))
    assert len(set(group)) == 5


def test_a_clip_without_a_vector_is_like_nothing() -> None:
    vectors = np.array([[np.nan, np.nan], [np.nan, np.nan], [1, 0]])
    assert grouped(vectors, list("abc"), [0] * 3, [1] * 3, [0, 1, 2]) == [0, 1, 2]


def test_principal_components_are_those_of_numpy() -> None:
    rng = np.random.default_rng(0)
    vectors = (rng.normal(size=(200, 6)) * [5, 3, 1, 0.5, 0.2, 0.1]).astype(np.float32)
    _, values, _ = np.linalg.svd(vectors - vectors.mean(0), full_matrices=False)
    found = principal_components(vectors, 3)
    np.testing.assert_allclose(np.linalg.norm(found, axis=0), values[:3], rtol=1e-4)
    assert np.abs(np.corrcoef(found.T) - np.eye(3)).max() < 1e-3


@pytest.mark.parametrize("n", [1, 2, 3, 12])
def test_the_map_lies_in_the_unit_square_however_few_clips(n: int) -> None:
    flat = project(np.random.default_rng(0).normal(size=(n, 5)).astype(np.float32), "pca")
    assert flat.shape == (n, 2)
    assert flat.min() >= -1e-6
    assert flat.max() <= 1 + 1e-6


@pytest.mark.slow
def test_umap_keeps_groups_apart_and_places_those_it_was_not_fitted_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.likeness.projection.MOST_FITTED", 60)
    rng = np.random.default_rng(0)
    kind = np.repeat([0, 1], 50)
    vectors = (rng.normal(size=(100, 20)) + 12 * np.eye(20)[kind]).astype(np.float32)
    flat = project(vectors, "umap")
    centres = np.array([np.median(flat[kind == k], axis=0) for k in (0, 1)])
    nearest = np.linalg.norm(flat[:, None] - centres[None], axis=2).argmin(axis=1)
    assert (nearest == kind).mean() > 0.95
