"""The measures against scikit-learn, scipy and arithmetic; the report against what is known."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.stats import kendalltau
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss as sk_log_loss
from sklearn.metrics import roc_auc_score

from engine.reward.judging.baselines import factor, fit_linear
from engine.reward.judging.ceiling import repeat_ceiling
from engine.reward.judging.training_report import TrainingReport
from engine.reward.study import study
from engine.statistics import pair_metrics as metrics
from engine.tables.types import PairTable
from tests.engine.reward import made

ONES = np.ones((1, 50))


@pytest.fixture
def said() -> tuple[np.ndarray, np.ndarray]:
    """Differences and answers of 50 pairs."""
    random = np.random.default_rng(0)
    difference = random.normal(size=50).round(1)
    return difference, (random.random(50) < 1 / (1 + np.exp(-difference))).astype(float)


def test_measures_against_other_libraries(said: tuple[np.ndarray, np.ndarray]) -> None:
    difference, target = said
    p = 1 / (1 + np.exp(-difference))
    both = np.concatenate([difference, -difference]), np.concatenate([target, 1 - target])
    assert metrics.pair_auc(difference, target, ONES)[0] == pytest.approx(roc_auc_score(both[1], both[0]))
    assert metrics.log_loss(p, target, ONES)[0] == pytest.approx(sk_log_loss(target, p))
    clips = np.arange(12.0), np.random.default_rng(1).permutation(12).astype(float)
    i, j = np.triu_indices(12, 1)
    tau = metrics.kendall_tau(clips[0][i] - clips[0][j], clips[1][i] - clips[1][j], np.ones((1, len(i))))
    assert tau[0] == pytest.approx(kendalltau(*clips).statistic)


def test_measures_do_not_care_for_sides(said: tuple[np.ndarray, np.ndarray]) -> None:
    difference, target = said
    turned = np.arange(50) % 2 == 0
    d2, t2 = np.where(turned, -difference, difference), np.where(turned, 1 - target, target)
    for measure in (metrics.pair_accuracy, metrics.pair_auc):
        assert measure(difference, target, ONES)[0] == pytest.approx(measure(d2, t2, ONES)[0])
    p, p2 = 1 / (1 + np.exp(-difference)), 1 / (1 + np.exp(-d2))
    assert metrics.calibration_error(p, target, ONES)[0] == pytest.approx(metrics.calibration_error(p2, t2, ONES)[0])


def test_a_weight_of_two_is_the_same_label_twice(said: tuple[np.ndarray, np.ndarray]) -> None:
    difference, target = said
    weights = np.ones((1, 50))
    weights[0, :10] = 2
    twice = np.concatenate([difference, difference[:10]]), np.concatenate([target, target[:10]])
    for measure in (metrics.pair_accuracy, metrics.pair_auc):
        assert measure(difference, target, weights)[0] == pytest.approx(measure(*twice, np.ones((1, 60)))[0])


def test_an_honest_judge_is_calibrated_and_a_loud_one_is_not() -> None:
    random = np.random.default_rng(2)
    p = random.uniform(0.05, 0.95, 20_000)
    target = (random.random(20_000) < p).astype(float)
    weights = np.ones((1, 20_000))
    assert metrics.calibration_error(p, target, weights)[0] < 0.02
    assert metrics.calibration_error(np.where(p > 0.5, 0.99, 0.01), target, weights)[0] > 0.15
    assert all(abs(row.said - row.happened) < 0.03 for row in metrics.reliability(p, target, weights))


def test_the_bootstrap_draws_sources_and_not_pairs() -> None:
    """With one label a source pair repeated, intervals are as wide as for the sources alone."""
    left, right = np.repeat(np.arange(10), 20), np.repeat(np.arange(10, 20), 20)
    values = np.repeat(np.arange(10) % 2, 20).astype(float)
    weights = metrics.source_weights(left, right, sources=20, rounds=500, seed=0)
    found = metrics.first_with_interval(metrics.mean(values, weights))
    assert found.value == 0.5
    assert found.high - found.low > 0.4


def test_the_linear_fit_is_scikit_learns() -> None:
    table = made.clips(embedding=None)
    pairs = made.answers(table, ties=0)
    x = (table.values - table.values.mean(axis=0)) / table.values.std(axis=0)
    expected = LogisticRegression(C=0.1, fit_intercept=False).fit(x[pairs.left] - x[pairs.right], pairs.target)
    assert fit_linear(x, pairs, np.arange(len(pairs)), 0.1) == pytest.approx(expected.coef_[0], abs=1e-3)


def test_one_factor_is_found_where_the_slope_is_nought() -> None:
    random = np.random.default_rng(0)
    d = random.normal(size=20_000)
    t = (random.random(20_000) < 1 / (1 + np.exp(-1.3 * d))).astype(float)
    assert factor(d, t) == pytest.approx(1.3, abs=0.1)
    assert np.isfinite(factor(d * 100, (d > 0).astype(float)))


def test_the_ceiling_of_repeats() -> None:
    """Someone who errs in one of ten agrees with themselves in 0.82 of the repeats."""
    random = np.random.default_rng(0)
    n = 4000
    answers = (random.random(2 * n) < 0.9).astype(float)
    left = np.tile(np.arange(n) * 2, 2)
    pairs = PairTable(
        left=left, right=left + 1, target=answers, annotators=("anna",) * 2 * n, strategies=("repeat",) * 2 * n
    )
    swapped = PairTable(
        left=np.concatenate([left[:n], left[:n] + 1]),
        right=np.concatenate([left[:n] + 1, left[:n]]),
        target=np.concatenate([answers[:n], 1 - answers[n:]]),
        annotators=pairs.annotators,
        strategies=pairs.strategies,
    )
    for table in (pairs, swapped):
        found = repeat_ceiling(table, 50, 0)
        assert found is not None
        assert found.agreement == pytest.approx(0.82, abs=0.03)
        assert found.accuracy.value == pytest.approx(0.9, abs=0.02)
    assert repeat_ceiling(pairs.take([0, 1]), 50, 0) is None


def test_the_report_of_a_study() -> None:
    table = made.clips(80, 8)
    pairs = made.answers(table, 400, ties=0.0)
    curve: list[int] = []
    found = study(
        table,
        pairs,
        made.QUICK_MODEL,
        made.QUICK,
        composite=-table.values[:, 0],
        quality=made.worth(table),
        gains=(np.arange(50), made.worth(table)[:50]),
        on_curve=lambda epoch, _train, _held: curve.append(epoch),
    ).report
    assert TrainingReport.from_json(json.loads(json.dumps(found.to_json()))) == found
    assert found.judged is not None
    assert found.learning_curve is not None
    judges = {judge.key: judge for judge in found.judges}
    assert set(judges) == {"ensemble", "linear", "composite", "chance", "look_a", "look_b", "hand_a", "hand_b"}
    assert judges["chance"].accuracy.value == 0.5
    assert judges["chance"].log_loss.value == pytest.approx(np.log(2))
    # What people go by has a square in it, which a line can't follow; the composite is upside down.
    assert judges["ensemble"].accuracy.value > judges["linear"].accuracy.value
    assert judges["composite"].accuracy.value < 0.5 < judges["look_a"].accuracy.value
    assert found.judged.ceiling.kind == "truth"
    assert found.judged.ceiling.accuracy.value >= judges["ensemble"].accuracy.value - 0.02
    assert all(row.probability < 0.5 for row in found.judged.mistakes)
    assert found.judged.robot.spearman.value > 0.4
    assert found.judged.ranking.within.value > 0.2
    assert tuple(curve) == found.judged.curve.epochs
    assert [point.labels for point in found.learning_curve.points] == [100, 200, 300, 400]
    assert any("composite" in note.text for note in found.verdict)


def test_the_report_says_when_a_baseline_does_as_well() -> None:
    """Where people go by one feature alone, a line is all it takes."""
    table = made.clips(60, 6, embedding=None)
    random = np.random.default_rng(0)
    left, right = random.integers(60, size=(2, 300))
    keep = left != right
    left, right = left[keep], right[keep]
    target = (table.values[left, 0] > table.values[right, 0]).astype(float)
    pairs = PairTable(
        left=left, right=right, target=target, annotators=("a",) * len(left), strategies=("random",) * len(left)
    )
    found = study(table, pairs, made.QUICK_MODEL, made.QUICK, composite=table.values[:, 0]).report
    notes = [note.text for note in found.verdict if note.tone == "bad"]
    assert any("does as well" in text or "does better" in text or "is behind" in text for text in notes)
