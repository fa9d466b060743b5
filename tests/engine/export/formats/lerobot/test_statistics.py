"""The ten statistics are those that NumPy gives for all rows at once, however they came."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.export.formats.lerobot import statistics
from engine.export.formats.lerobot.statistics import (
    QUANTILES,
    STATISTICS,
    LevelCounts,
    RunningStatistics,
    statistics_of,
)


def by_numpy(rows: np.ndarray) -> dict[str, object]:
    quantiles = np.quantile(rows, list(QUANTILES.values()), axis=0)
    return {
        "min": rows.min(axis=0),
        "max": rows.max(axis=0),
        "mean": rows.mean(axis=0),
        "std": rows.std(axis=0),
        "count": [len(rows)],
        **dict(zip(QUANTILES, quantiles, strict=True)),
    }


@given(st.integers(0, 2**32 - 1), st.integers(1, 400), st.integers(1, 5), st.lists(st.integers(1, 60), max_size=6))
@settings(max_examples=40)
def test_pieces_give_what_the_whole_gives(seed: int, count: int, width: int, cuts: list[int]) -> None:
    rows = np.random.default_rng(seed).normal(3, 50, (count, width))
    gathered = RunningStatistics()
    for piece in np.split(rows, sorted({min(cut, count) for cut in cuts})):
        gathered.add(piece)
    found = gathered.result()
    assert list(found) == list(STATISTICS)
    for name, expected in by_numpy(rows).items():
        np.testing.assert_allclose(np.array(found[name]), expected, rtol=1e-9, atol=1e-9)


def test_a_column_of_numbers_is_one_wide() -> None:
    found = statistics_of(np.arange(5))
    assert found["mean"] == [2.0]
    assert found["count"] == [5]
    assert found["std"] == [pytest.approx(np.sqrt(2))]


def test_memory_is_bounded_and_quantiles_stay_near(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "MOST_KEPT", 500)
    gathered = RunningStatistics()
    rows = np.random.default_rng(0).normal(size=(20_000, 2))
    for piece in np.array_split(rows, 133):
        gathered.add(piece)
        assert gathered._kept_rows <= 500
    found = gathered.result()
    assert found["count"] == [20_000]
    np.testing.assert_allclose(np.array(found["mean"]), rows.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(np.array(found["q50"]), np.quantile(rows, 0.5, axis=0), atol=0.15)


@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
@settings(max_examples=25)
def test_counted_levels_give_what_all_pixels_give(seed: int, pictures: int) -> None:
    draw = np.random.default_rng(seed)
    images = draw.integers(draw.integers(0, 200), 256, (pictures, 9, 7, 3), dtype=np.uint8)
    halves = [LevelCounts(), LevelCounts()]
    for number, image in enumerate(images):
        halves[number % 2].add(image)
    halves[0].join(halves[1])
    found = halves[0].result()
    for name, expected in by_numpy(images.reshape(-1, 3) / 255).items():
        stored = np.array(found[name])
        assert stored.shape == ((1,) if name == "count" else (3, 1, 1))
        if name != "count":
            np.testing.assert_allclose(stored.ravel(), np.asarray(expected), atol=1e-9)
    assert found["count"] == [pictures]


def test_large_pictures_are_thinned_evenly() -> None:
    image = np.zeros((600, 800, 3), np.uint8)
    image[:, 400:, 1] = 255
    counts = LevelCounts()
    counts.add(image)
    assert counts.counts.sum() == 3 * 150 * 200
    assert counts.result()["mean"] == [[[0.0]], [[0.5]], [[0.0]]]
