"""The ruler for real pairs: answers are pooled, and neither source of a judged pair was learned from."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.real_pairs import folds_without_both, pooled, share_right
from engine.preference.label_files import LabelRow
from engine.reward.prepare import prepare
from engine.reward.settings import ModelSettings, TrainingSettings
from engine.tables.types import ClipTable, PairTable

CLIPS = ("a@0-1", "a@1-2", "b@0-1", "c@0-1", "d@0-1")
VIDEOS = ("a", "a", "b", "c", "d")


def answered(left: str, right: str, answer: str, who: str = "one") -> LabelRow:
    return LabelRow(left_clip_id=left, right_clip_id=right, answer=answer, annotator=who)


def pairs_of(*sides: tuple[int, int, float]) -> PairTable:
    left, right, target = zip(*sides, strict=True)
    n = len(sides)
    return PairTable(
        left=np.array(left),
        right=np.array(right),
        target=np.array(target),
        annotators=("",) * n,
        strategies=("",) * n,
    )


def test_answers_to_one_pair_are_pooled_whichever_side_a_clip_was_on() -> None:
    answers = [
        answered("a@0-1", "b@0-1", "left"),
        answered("b@0-1", "a@0-1", "right", "two"),
        answered("b@0-1", "a@0-1", "tie", "three"),
        answered("c@0-1", "d@0-1", "skip"),
        answered("c@0-1", "gone@0-1", "left"),
    ]
    pairs, missing = pooled(CLIPS, answers)
    assert (pairs.left.tolist(), pairs.right.tolist()) == ([0], [2])
    assert pairs.target[0] == pytest.approx((1 + 1 + 0.5) / 3)
    assert missing == 1


def test_every_pair_is_judged_once_without_anything_said_of_its_sources() -> None:
    pairs = pairs_of((0, 2, 1), (1, 2, 0), (0, 1, 1), (2, 3, 1), (3, 4, 0))
    folds = folds_without_both(VIDEOS, pairs)
    assert np.sum([fold.test for fold in folds], axis=0).tolist() == [1] * len(pairs)
    for fold in folds:
        unseen = {VIDEOS[row] for pair in np.flatnonzero(fold.test) for row in (pairs.left[pair], pairs.right[pair])}
        seen = {VIDEOS[row] for pair in np.flatnonzero(fold.train) for row in (pairs.left[pair], pairs.right[pair])}
        assert not unseen & seen


def test_ties_count_for_nothing_and_equal_rewards_for_half() -> None:
    clips = ClipTable(
        clip_ids=CLIPS, video_ids=VIDEOS, columns=("x_y",), groups=("x",), values=np.arange(5.0).reshape(-1, 1)
    )
    pairs = pairs_of((0, 2, 1), (2, 3, 0.25), (3, 4, 0.5), (0, 4, 0))
    prepared = prepare(clips, pairs, ModelSettings(), TrainingSettings(), None)
    folds = folds_without_both(prepared.video_ids, prepared.pairs)
    rewards = np.tile([0.0, 1.0, 1.0, 2.0], (len(folds), 1))  # of the four clips that were compared
    assert share_right(prepared, folds, rewards).tolist() == pytest.approx([0, 0.5, np.nan, 1], nan_ok=True)
