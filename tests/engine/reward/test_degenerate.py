"""Labels and features that leave little or nothing to learn from: each gets a sentence that is true, and no NaN."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from app.reports.reward_words import by_accuracy, empty_measures, measured
from engine.errors import RewardError
from engine.reward.fit import fit_reward
from engine.reward.settings import ModelSettings, TrainingSettings
from engine.reward.study import study
from engine.tables.types import ClipTable, PairTable
from tests.engine.reward import made

if TYPE_CHECKING:
    from collections.abc import Callable

MODEL = ModelSettings.model_validate(
    {"network": {"trunk_sizes": [8], "human_head_sizes": [4]}, "ensemble": {"members": 2}}
)
TRAINING = TrainingSettings.model_validate(
    {
        "optimiser": {"learning_rate": 0.01, "epochs": 5, "patience": 5, "device": "cpu"},
        "split": {"folds": 3, "repeats": 1},
        "report": {"bootstrap_rounds": 50},
    }
)


def asked(left: Any, right: Any, target: Any) -> PairTable:
    left, right = np.asarray(left, np.intp), np.asarray(right, np.intp)
    return PairTable(
        left=left,
        right=right,
        target=np.broadcast_to(target, len(left)).astype(float),
        annotators=("a",) * len(left),
        strategies=("random",) * len(left),
    )


def random_pairs(n: int = 80, clips: int = 60) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    left = rng.integers(clips, size=n)
    return left, (left + rng.integers(1, clips, size=n)) % clips


def one_label() -> tuple[ClipTable, PairTable]:
    return made.clips(), asked([0], [1], 1)


def one_video() -> tuple[ClipTable, PairTable]:
    return made.clips(sources=1), made.answers(made.clips(sources=1), 80)


def one_clip_against_all() -> tuple[ClipTable, PairTable]:
    return made.clips(), asked(np.zeros(59), np.arange(1, 60), np.arange(59) % 2)


def pairs_across_two_videos() -> tuple[ClipTable, PairTable]:
    return made.clips(sources=2), asked(np.arange(0, 60, 2), np.arange(1, 60, 2), np.arange(30) % 2)


def two_components() -> tuple[ClipTable, PairTable]:
    left, right = random_pairs(60, 20)
    first, second = random_pairs(60, 12)
    return made.clips(), asked([*left, *(first + 40)], [*right, *(second + 40)], np.arange(120) % 2)


def contradictions() -> tuple[ClipTable, PairTable]:
    left, right = random_pairs(40)
    return made.clips(), asked([*left, *left], [*right, *right], [1] * 40 + [0] * 40)


def all_rewards_equal() -> tuple[ClipTable, PairTable]:
    table = made.clips(embedding=None)
    return replace(table, values=np.ones_like(table.values)), made.answers(table)


def many_missing_numbers() -> tuple[ClipTable, PairTable]:
    table = made.clips()
    values = table.values.copy()
    values[np.random.default_rng(0).random(values.shape) < 0.3] = np.nan
    values[3, 0], values[4, 1] = np.inf, -np.inf
    return replace(table, values=values), made.answers(table)


def ties_where_held_out() -> tuple[ClipTable, PairTable]:
    """Clips of one video are never told apart; those of different videos are."""
    table = made.clips(sources=3)
    left, right = random_pairs(150)
    videos = np.array(table.video_ids)
    return table, asked(left, right, np.where(videos[left] == videos[right], 0.5, 1.0))


def two_videos_apart() -> tuple[ClipTable, PairTable]:
    left, right = random_pairs(80, 30)
    return made.clips(sources=2), asked(2 * left, 2 * right, made.worth(made.clips())[2 * left] > 0)


Case = tuple["Callable[[], tuple[ClipTable, PairTable]]", str]
CASES: dict[str, Case] = {
    "one label": (one_label, "1 label of 2 videos: no group of videos can be held out"),
    "one video": (one_video, "All labels are of one video"),
    "one clip against all": (one_clip_against_all, "All 59 labels are about one clip, clip 0"),
    "pairs across two videos": (pairs_across_two_videos, "30 labels of 2 videos: no group of videos can be held out"),
    "two components": (two_components, "The answers fall into 2 pieces that no pair joins (20, 12 clips)"),
    "one annotator contradicting himself": (contradictions, "said the same again for only 0% of 40 repeated pairs"),
    "all rewards equal": (all_rewards_equal, "can't be told from a coin"),
    "NaN and infinite features": (many_missing_numbers, "The ensemble"),
    "ties wherever a video is held out": (ties_where_held_out, "could be held out chooses a side: nothing is judged"),
    "labels of one of two videos": (two_videos_apart, "All labels are of one video"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_training_on_little_says_what_is_the_matter_and_no_nan(name: str) -> None:
    make, sentence = CASES[name]
    table, pairs = make()
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        found = study(table, pairs, MODEL, TRAINING)
    said = [note.text for note in found.report.verdict]
    assert any(sentence in text for text in said), said
    if "of one video" not in sentence:
        assert not any("of one video" in text for text in said)
    json.dumps(found.report.to_json(), allow_nan=False)
    shown = [*said, *empty_measures(found.report)]
    for judge in by_accuracy(found.report.judges):
        cells = {measure: measured(judge.measure(measure)) for measure in ("accuracy", "auc", "log_loss", "kendall")}
        shown += cells.values()
        for measure, cell in cells.items():
            assert (cell == "–" or "no interval" in cell) == bool(judge.measure(measure).why), (measure, judge)
    assert not any("nan" in text.lower() for text in shown), shown


ERRORS: dict[str, tuple[Callable[[], tuple[ClipTable, PairTable]], str, str]] = {
    "no label": (lambda: (made.clips(), asked([], [], 1)), "no labels to learn from", "Answer pairs"),
    "all ties": (
        lambda: (made.clips(), asked(*random_pairs(), 0.5)),
        "all 80 labels that can be learned from are ties: none says which of two clips is better",
        "left or right",
    ),
    "no features": (
        lambda: (made.clips(embedding=None).without("look", "hand"), asked(*random_pairs(), 1)),
        "no labelled clip has features",
        "Extract",
    ),
    "all features missing": (
        lambda: (replace(made.clips(embedding=None), values=np.full((60, 4), np.nan)), asked(*random_pairs(), 1)),
        "no labelled clip has features",
        "Extract",
    ),
    "features missing where sides were chosen": (
        lambda: half_measured(),
        "20 of 40 are about clips that lack features; the 20 others are ties",
        "Extract features of the labelled clips",
    ),
}


def half_measured() -> tuple[ClipTable, PairTable]:
    table = made.clips(embedding=None)
    values = table.values.copy()
    values[:30, 2:] = np.nan
    left = [*range(20), *range(30, 50)]
    return replace(table, values=values), asked(left, [place + 1 for place in left], [1] * 20 + [0.5] * 20)


@pytest.mark.parametrize("name", ERRORS)
def test_what_can_t_be_learned_from_is_refused_with_its_reason_and_the_right_remedy(name: str) -> None:
    make, message, remedy = ERRORS[name]
    with pytest.raises(RewardError) as caught:
        study(*make(), MODEL, TRAINING)
    assert message in str(caught.value)
    assert remedy in caught.value.remedy


def test_an_infinite_number_counts_as_missing_like_in_the_store() -> None:
    table = made.clips(embedding=None)
    reward = fit_reward(table, made.answers(table), MODEL, TRAINING)
    endless, missing = table.values.copy(), table.values.copy()
    endless[:5, 1], missing[:5, 1] = np.inf, np.nan
    scores = [reward.score(replace(table, values=values)).reward for values in (endless, missing)]
    np.testing.assert_array_equal(*scores)


def test_strengths_of_clips_that_no_answers_connect_are_not_compared() -> None:
    """Two pieces on scales of their own: in each the reward orders clips as the answers do, whatever lies between."""
    table, pairs = two_components()
    found = study(table, pairs, MODEL, TRAINING).report
    assert found.pieces == (20, 12)
    whole = study(made.clips(), made.answers(made.clips()), MODEL, TRAINING).report
    assert whole.pieces is not None
    assert len(whole.pieces) == 1
    assert not any("pieces" in note.text for note in whole.verdict)
