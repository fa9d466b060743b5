"""Vectors in a file of their own: each row where it belongs, read in pieces, with the same results as in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.reward.fit import fit_reward
from engine.reward.normalise import fit_components
from engine.tables import vectors as module
from engine.tables.parquet import fingerprint, read_clips, write_clips
from engine.tables.vectors import open_vectors, pieces, write_vectors
from tests.engine.reward import made

if TYPE_CHECKING:
    from pathlib import Path


@given(seed=st.integers(0, 1000), n=st.integers(1, 40), share=st.floats(0.0, 1.0), batch=st.integers(1, 9))
def test_vectors_that_come_in_any_order_lie_in_their_rows_and_others_are_nan(
    tmp_path_factory: pytest.TempPathFactory, seed: int, n: int, share: float, batch: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "vectors.npy"
    draw = np.random.default_rng(seed)
    expected = draw.normal(size=(n, 3)).astype(np.float32)
    rows = draw.permutation(n)[: int(share * n)]
    expected[np.setdiff1d(np.arange(n), rows)] = np.nan
    write_vectors(
        path,
        expected.shape,
        ((rows[k : k + batch], expected[rows[k : k + batch]]) for k in range(0, len(rows), batch)),
    )
    found = open_vectors(path)
    np.testing.assert_array_equal(found, expected)
    for size in (1, 7, n):
        read = list(pieces(found, size))
        assert not any(isinstance(piece, np.memmap) for _, piece in read), "a mapped page counts as memory"
        np.testing.assert_array_equal(np.concatenate([piece for _, piece in read]), expected)


def test_pieces_of_a_part_of_a_file_are_of_that_part(tmp_path: Path) -> None:
    whole = np.arange(30, dtype=np.float32).reshape(10, 3)
    write_vectors(tmp_path / "v.npy", whole.shape, [(np.arange(10), whole)])
    part = open_vectors(tmp_path / "v.npy")[4:9]
    np.testing.assert_array_equal(np.concatenate([piece for _, piece in pieces(part, 2)]), whole[4:9])


def test_a_file_of_something_else_holds_no_vectors(tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", np.arange(3))
    with pytest.raises(ValueError, match="no vectors"):
        open_vectors(tmp_path / "v.npy")


@pytest.mark.parametrize("width", [6, 80])
def test_components_and_the_fingerprint_are_the_same_from_a_file_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    clips = made.clips(embedding=width)
    pairs = made.answers(clips)
    assert clips.embedding is not None
    clips.embedding[3] = np.nan
    plain, digest = fit_components(clips.embedding, 4), fingerprint(clips, pairs)
    write_clips(clips, tmp_path / "clips.parquet")
    read = read_clips(tmp_path / "clips.parquet")
    monkeypatch.setattr(module, "PIECE", 7)
    assert fingerprint(read, pairs) == digest
    assert isinstance(read.embedding, np.memmap), "only what is asked for is read"
    found = fit_components(read.embedding, 4)
    assert plain is not None
    assert found is not None
    np.testing.assert_allclose(found.axes, plain.axes, atol=1e-9)
    np.testing.assert_allclose(found.project(read.embedding), plain.project(clips.embedding), atol=1e-9)


def test_a_reward_scores_the_same_from_a_file_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clips = made.clips()
    reward = fit_reward(clips, made.answers(clips), made.QUICK_MODEL, made.QUICK)
    expected = reward.score(clips)
    write_clips(clips, tmp_path / "clips.parquet")
    monkeypatch.setattr(module, "PIECE", 7)
    found = reward.score(read_clips(tmp_path / "clips.parquet"))
    np.testing.assert_allclose(found.reward, expected.reward, atol=1e-6)
    np.testing.assert_allclose(found.reward_std, expected.reward_std, atol=1e-6)
