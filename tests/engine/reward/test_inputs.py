"""From features to inputs: standardised, marked, projected; splits by source."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import RewardError
from engine.reward.normalise import Scaling, build_layout, choose_groups, fit_components, missing_groups
from engine.reward.settings import InputSettings
from engine.reward.split import source_folds
from tests.engine.reward import made


def test_inputs_are_standardised_on_the_training_clips() -> None:
    table = made.clips()
    layout = build_layout(table, np.arange(30), InputSettings(squares=False, embedding_components=2, clip_at=20))
    values, components = layout.raw(table)
    x = Scaling.fit(values[:30]).inputs(layout, values, components)
    assert x.shape == (60, 4 + 2)
    assert x[:30, :4].mean(axis=0) == pytest.approx(np.zeros(4), abs=1e-5)
    assert x[:30, :4].std(axis=0) == pytest.approx(np.ones(4), abs=1e-5)
    assert layout.input_groups == ("look", "look", "hand", "hand", "embedding", "embedding")


def test_a_missing_number_stands_at_the_mean_and_is_marked() -> None:
    table = made.clips(embedding=None)
    table.values[::5, 3] = np.nan
    layout = build_layout(table, np.arange(60), InputSettings())
    values, components = layout.raw(table)
    x = Scaling.fit(values).inputs(layout, values, components)
    assert layout.marked == ("hand_b",)
    assert np.isfinite(x).all()
    assert (x[::5, 3] == 0).all()
    assert x[:, 8].tolist() == [float(i % 5 == 0) for i in range(60)]
    assert not missing_groups(layout, values, components).any()


def test_a_constant_column_does_no_harm() -> None:
    table = made.clips(embedding=None)
    table.values[:, 1] = 7.0
    layout = build_layout(table, np.arange(60), InputSettings())
    values, components = layout.raw(table)
    assert np.isfinite(Scaling.fit(values).inputs(layout, values, components)).all()


@pytest.mark.parametrize("shape", [(8, 40), (80, 5)])
def test_components_are_those_of_a_singular_value_decomposition(shape: tuple[int, int]) -> None:
    vectors = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    found = fit_components(vectors, 3)
    assert found is not None
    _, values, axes = np.linalg.svd(vectors - vectors.mean(axis=0), full_matrices=False)
    assert np.abs(np.sum(found.axes * axes[:3], axis=1)) == pytest.approx(np.ones(3), abs=1e-4)
    assert found.scale == pytest.approx(values[:3] / np.sqrt(shape[0]), rel=1e-4)


def test_unknown_groups_are_refused_by_name() -> None:
    with pytest.raises(RewardError, match="smell"):
        choose_groups(made.clips(), InputSettings(groups=["smell"]))


def test_another_embedding_is_refused_by_name() -> None:
    table = made.clips()
    layout = build_layout(table, np.arange(60), InputSettings())
    with pytest.raises(RewardError, match=r"toy.*other"):
        layout.raw(replace(table, embedding_model="other"))
    with pytest.raises(RewardError, match="hand_a, hand_b"):
        layout.raw(table.without("hand"))


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 9), st.integers(2, 7), st.integers(0, 5))
def test_no_source_is_on_both_sides(sources: int, folds: int, seed: int) -> None:
    table = made.clips(40, sources)
    pairs = made.answers(table, 120, seed)
    found = source_folds(table.video_ids, pairs, folds=folds, repeats=2, seed=seed)
    videos = np.array(table.video_ids)
    for fold in found:
        trained = set(videos[pairs.left[fold.train]]) | set(videos[pairs.right[fold.train]])
        tested = set(videos[pairs.left[fold.test]]) | set(videos[pairs.right[fold.test]])
        assert not trained & tested
        assert trained
        assert tested
    if sources == 1:
        assert found == ()


def test_every_source_is_held_out_once_a_repeat() -> None:
    table = made.clips(60, 6)
    found = source_folds(table.video_ids, made.answers(table), folds=3, repeats=2, seed=0)
    for repeat in (0, 1):
        assert np.sum([fold.held_out for fold in found if fold.repeat == repeat], axis=0).tolist() == [1] * 60
