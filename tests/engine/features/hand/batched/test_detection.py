"""Anchors, decoding and weighted non-maximum suppression of palms, against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.features.hand.batched.detection import anchors, hand_squares, merge_palms, palm_candidates


def palm(left: float, top: float, right: float, bottom: float) -> np.ndarray:
    """A candidate whose keypoints are all its middle."""
    return np.array([left, top, right, bottom, *[(left + right) / 2, (top + bottom) / 2] * 7])


def test_anchors_are_two_a_cell_of_8_px_then_six_a_cell_of_16_px() -> None:
    found = anchors()
    assert found.shape == (2016, 2)
    assert found[0].tolist() == found[1].tolist() == pytest.approx([4 / 192, 4 / 192])
    assert found[2].tolist() == pytest.approx([12 / 192, 4 / 192])
    assert found[48].tolist() == pytest.approx([4 / 192, 12 / 192])
    assert found[1152].tolist() == found[1157].tolist() == pytest.approx([8 / 192, 8 / 192])
    assert found[-1].tolist() == pytest.approx([184 / 192, 184 / 192])


def test_a_candidate_is_decoded_from_its_anchor() -> None:
    boxes, logits = torch.zeros(2, 2016, 18), torch.full((2, 2016, 1), -9.0)
    place = 1152 + 6 * (12 * 5 + 7)  # row 5, column 7 of the coarse cells: centre (120, 88) px
    boxes[1, place, :4] = torch.tensor([3.0, -4.0, 20.0, 40.0])
    boxes[1, place, 4:6] = torch.tensor([-10.0, 6.0])
    logits[1, place] = 2.0
    (none, _), (found, scores) = palm_candidates(boxes, logits, 0.5)
    assert none.shape == (0, 18)
    assert scores.tolist() == pytest.approx([1 / (1 + np.exp(-2))])
    assert (found[0] * 192).tolist()[:6] == pytest.approx([113, 64, 133, 104, 110, 94])


def test_the_threshold_itself_counts() -> None:
    logits = torch.full((1, 2016, 1), -9.0)
    logits[0, :2, 0] = torch.tensor([0.0, -0.01])
    ((_, scores),) = palm_candidates(torch.zeros(1, 2016, 18), logits, 0.5)
    assert scores.tolist() == [0.5]


def test_overlapping_candidates_become_their_mean_weighted_by_score() -> None:
    candidates = np.stack([palm(0, 0, 10, 10), palm(50, 50, 60, 60), palm(2, 0, 12, 10)])
    found = merge_palms(candidates, np.array([0.9, 0.8, 0.6]))
    assert found[:, :4] == pytest.approx(np.array([[0.8, 0, 10.8, 10], [50, 50, 60, 60]]))
    assert found[0, 4:6].tolist() == pytest.approx([5.8, 5])


def test_candidates_that_overlap_little_are_two_palms() -> None:
    """Two squares of 10 that share a strip of 4: 40 of 160, a quarter; of 5: 50 of 150, a third."""
    apart = merge_palms(np.stack([palm(0, 0, 10, 10), palm(6, 0, 16, 10)]), np.array([0.9, 0.8]))
    same = merge_palms(np.stack([palm(0, 0, 10, 10), palm(5, 0, 15, 10)]), np.array([0.9, 0.8]))
    assert (len(apart), len(same)) == (2, 1)


def test_no_candidate_is_no_palm_and_one_without_area_ends_the_search() -> None:
    assert merge_palms(np.zeros((0, 18)), np.zeros(0)).shape == (0, 18)
    assert len(merge_palms(np.stack([palm(5, 5, 5, 5), palm(5, 5, 5, 5)]), np.array([0.9, 0.8]))) == 1


def test_a_palm_of_the_padded_square_lies_where_it_is_in_the_frame() -> None:
    """A frame of 200 × 100 is padded by 50 px above and below: (100, 100) of the square is (100, 50) of the frame."""
    (square,) = hand_squares(palm(0.45, 0.45, 0.55, 0.55)[None], (200, 100))
    assert square[2] == pytest.approx(2.6 * 20)
    # Wrist and knuckle coincide, so only the shift by half a palm moves the centre
    assert np.hypot(square[0] - 100, square[1] - 50) == pytest.approx(10)
