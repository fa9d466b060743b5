"""Reports of made-up clips whose verdict is known: a perfect judge, a blind one, and one that only sees length."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from app.reports.validation_words import numbers
from engine.errors import RewardError
from engine.statistics.interval import Estimate, Interval
from engine.tables.types import ClipTable, PairTable
from engine.validation.ablation import ablate, default_groups, drop_power
from engine.validation.estimator import fit_head
from engine.validation.measured import Measured, Scratch
from engine.validation.reliability import gain_reliability
from engine.validation.report import Question, validate_report
from engine.validation.settings import ValidationSettings
from engine.validation.unseen import UnseenReward, folds_of, unseen_rewards
from engine.validation.validation_report import (
    CloningSkill,
    Control,
    DataBehind,
    Goal,
    LabelsBehind,
    ValidationReport,
)
from engine.validation.verdict import drop_verdict, rho_verdict
from tests.engine.validation.made_world import EFFORT, VIDEOS, N, world

BEHIND = DataBehind(
    rows=600, rows_with_action=600, rows_in_motion=600, clips=N, clips_in_motion=N, videos=25, videos_in_motion=25,
    videos_measuring=25,
)  # fmt: skip


def with_scratch(found: Measured, repeats: int = 0) -> Measured:
    """The same with thirty trainings from scratch: heads of random subsets stand in for whole networks."""
    subsets = np.random.default_rng(0).random((30, N)) < 0.3
    trial = found.trials[0]
    losses = np.array(
        [
            float(trial.judge.losses(fit_head(trial.pool, subset & trial.candidates, found.ridge).weights).sum())
            for subset in subsets
        ]
    ) / float(trial.judge.clips.sum())
    baseline = float((found.losses.still / np.maximum(found.losses.clips, 1)).mean())
    scratch = Scratch(
        subsets=subsets & trial.candidates,
        losses=losses,
        repeats=losses[:repeats],
        videos=trial.judge.clips > 0,
        baseline=baseline,
    )
    return dataclasses.replace(found, scratch=scratch)


def table(found: Measured, **columns) -> ClipTable:
    length = np.random.default_rng(1).uniform(2, 9, N)
    values = np.column_stack([*columns.values()]) if columns else np.empty((N, 0))
    groups = tuple(name.partition("_")[0] for name in columns)
    return ClipTable(
        clip_ids=found.clip_ids,
        video_ids=found.video_ids,
        columns=tuple(columns),
        groups=groups,
        values=values,
        duration_s=length,
    )


def report(found: Measured, clips: ClipTable, reward, quality=None) -> ValidationReport:
    unseen = UnseenReward(reward, np.array([reward, reward]), np.array([]))
    question = Question(
        measured=found,
        rows=np.arange(N),
        clips=clips,
        unseen=unseen,
        stored=None,
        robot=None,
        composite=None,
        quality=quality,
        useful=quality,
        labels=LabelsBehind(people=0, simulated=300, pairs=300),
        behind=BEHIND,
    )
    return validate_report(question, ValidationSettings(), EFFORT, seed=0)


@pytest.fixture(scope="module")
def varied():
    noise = np.random.default_rng(2).uniform(0.05, 3.0, N)
    return noise, with_scratch(world(7, noise))


def test_a_perfect_judge_comes_near_its_ceiling(varied):
    noise, found = varied
    results = report(found, table(found, hands_speed=np.random.default_rng(3).normal(size=N)), found.gain.copy())
    assert results.rho.value == pytest.approx(1.0)
    assert results.ceiling > 0.8
    assert results.verdict.standing == "met"
    judge = report(found, table(found, hands_speed=np.random.default_rng(3).normal(size=N)), -noise)
    assert judge.rho.value > 0.6
    assert judge.rho.value <= judge.ceiling + 0.05
    assert judge.groups.bins_rho > 0.8
    assert judge.p_across < 0.01
    json.dumps(judge.to_json(), allow_nan=False)


def test_a_blind_reward_does_not_meet_the_bar(varied):
    _, found = varied
    results = report(found, table(found), np.random.default_rng(5).normal(size=N))
    assert results.rho.low < 0.2
    assert results.verdict.standing == "not met"


def test_a_single_feature_that_does_as_well_is_said_in_plain_words(varied):
    noise, found = varied
    reward = -noise + np.random.default_rng(6).normal(size=N)
    results = report(found, table(found, hands_straightness=noise), reward)
    assert results.controls[0].name == "hands_straightness"
    assert results.controls[0].sign == -1
    assert "does not beat the best single feature" in results.verdict.caveat


def test_where_length_alone_drives_gain_the_control_catches_it(varied):
    noise, found = varied
    clips = dataclasses.replace(table(found), duration_s=10 - 2 * noise)
    results = report(found, clips, clips.duration_s + 0.2 * np.random.default_rng(7).normal(size=N))
    assert results.rho.value > 0.5
    assert abs(results.partial.value) < 0.2
    assert results.controls[0].name == "clip length"


@pytest.mark.parametrize("varies", [("clip length",), ("hands in view",), ("clip length", "hands in view"), ()])
def test_the_partial_correlation_names_what_it_holds_fixed_and_takes_that_out(varied, varies):
    """Each control alone drives both columns: under swapped names the wrong one would be named, or the ρ remain."""
    noise, found = varied
    rng = np.random.default_rng(11)
    driver = -noise
    clips = table(found, hands_any_share=driver if "hands in view" in varies else np.full(N, np.nan))
    length = 10 + 2 * driver + rng.normal(0, 1e-6, N) if "clip length" in varies else np.full(N, 4.0)
    results = report(found, dataclasses.replace(clips, duration_s=length), driver + 0.3 * rng.normal(size=N))
    assert results.partial_given == varies
    if not varies:
        assert results.partial is None
        return
    assert results.rho.value > 0.5
    assert abs(results.partial.value) < 0.3
    row = next(row for row in numbers(results) if row.number.startswith("ρ given"))
    assert row.number == f"ρ given {' and '.join(varies)}"


def test_where_nothing_can_be_learned_no_gain_is_supported_and_the_numbers_say_why():
    noise = np.random.default_rng(2).uniform(0.05, 3.0, N)
    found = world(8, noise, learnable=False)
    results = report(found, table(found), found.gain.copy())
    assert results.verdict.standing == "unsupported"
    assert results.verdict.sentence.startswith("This data cannot support a ΔM")
    assert "600 rows in motion of 25 source videos" in results.verdict.sentence
    assert results.skill.base.low <= 0
    assert results.lacking.startswith("There are 600 rows in motion of about 1,000 and 25 source videos")


def test_one_video_that_measures_much_of_the_loss_is_seen_in_the_reliability():
    """Halves of the videos agree only where one of them has it."""
    noise = np.random.default_rng(2).uniform(0.05, 3.0, N)
    assert gain_reliability(world(7, noise), seed=0) > 0.9
    assert gain_reliability(world(7, noise, odd_video=3), seed=0) < 0.6


def test_a_perfect_judge_is_shown_beside_what_the_reward_reaches(varied):
    noise, found = varied
    reward = -noise + 0.8 * np.random.default_rng(5).normal(size=N)
    results = report(found, table(found), reward, quality=-noise)
    assert results.judge.quality.value > results.rho.value > 0.5
    assert results.judge.reached.value == pytest.approx(results.rho.value / results.judge.quality.value)
    assert results.goals["share of the perfect judge's ρ ≥ 0.90"].met is False
    assert report(found, table(found), reward).judge is None


def test_a_reward_that_only_tells_videos_apart_ranks_between_and_not_within(varied):
    _, found = varied
    video = np.arange(N) % VIDEOS
    means = np.array([found.gain[video == v].mean() for v in range(VIDEOS)])
    between = report(found, table(found), means[video] + 1e-9 * np.random.default_rng(0).normal(size=N))
    assert between.rho_between.value > 0.95
    assert abs(between.rho_within.value) < 0.3
    within = report(found, table(found), found.gain - means[video])
    assert within.rho_within.value > 0.95
    assert abs(within.rho_between.value or 0) < 0.6


def test_neighbouring_ridges_and_other_base_sizes_stand_beside_what_was_fixed(varied):
    noise, found = varied
    results = report(found, table(found), -noise)
    assert [point.share for point in results.base_curve] == [0.05, 0.1, 0.2, 0.5]
    assert sum(point.chosen for point in results.ridges) == 1
    assert len(results.ridges) in (2, 3)
    chosen = next(point for point in results.ridges if point.chosen)
    assert chosen.rho == results.rho
    assert all(point.rho.value > 0.4 for point in results.ridges)


def test_the_keep_curve_orders_good_and_bad_judges(varied):
    noise, found = varied
    good = report(found, table(found), -noise).keep
    bad = report(found, table(found), noise).keep
    assert good.curves["reward"][1] < good.random.mean[1] < bad.curves["reward"][1]
    assert report(found, table(found), -noise).lds.rho.value > 0.3


def test_networks_that_learned_nothing_tell_nothing_about_gains(varied):
    noise, found = varied
    told = report(found, table(found), -noise).lds
    assert told.learned
    assert told.ceiling is None, "none was trained twice"
    scratch = dataclasses.replace(found.scratch, losses=np.full(30, found.scratch.baseline), repeats=np.empty(0))
    idle = dataclasses.replace(found, scratch=scratch)
    results = report(idle, table(idle), -noise)
    assert not results.lds.learned
    assert results.lds.trusted_rho is None


def test_no_prediction_agrees_with_trainings_more_than_they_with_themselves(varied):
    noise, found = varied
    rng = np.random.default_rng(3)
    for share, most in ((0.0, 1.0), (1.0, 0.95), (100.0, 0.6)):
        losses = found.scratch.losses
        noisy = losses[:20] + share * rng.normal(size=20) * losses.std()
        scratch = dataclasses.replace(found.scratch, repeats=noisy)
        again = report(dataclasses.replace(found, scratch=scratch), table(found), -noise).lds
        assert again.twice == 20
        assert again.ceiling <= most
    scratch = dataclasses.replace(found.scratch, repeats=found.scratch.losses[:20])
    same = report(dataclasses.replace(found, scratch=scratch), table(found), -noise).lds
    assert same.ceiling == pytest.approx(1.0)


def test_where_all_rewards_are_the_same_nothing_is_reported_as_nan_or_as_nought(varied):
    _, found = varied
    results = report(found, table(found, hands_any_share=np.full(N, np.nan)), np.ones(N))
    assert results.rho.value is None
    assert results.reliability_reward is None
    assert results.ceiling is None
    assert results.verdict.standing == "undecided"
    assert "all clips have the same reward" in results.verdict.sentence
    assert results.goals["lower bound of ρ ≥ 0.50"] == Goal(value=None, met=None)
    json.dumps(results.to_json(), allow_nan=False)
    said = [results.verdict.sentence, results.verdict.caveat, *(row.value for row in numbers(results))]
    assert not any("nan" in text for text in said)


def test_an_interval_that_is_not_there_is_said_in_words():
    nan = float("nan")
    skill = CloningSkill(
        supported=True, model=0.8, zero_motion=1.0, constant_velocity=1.2, share=0.2, least=0.02, by_seed=(0.2,)
    )
    unknown = Estimate(None, None, None)
    control = Control(name="motion", kind="feature", rho=unknown, sign=1, behind=unknown)
    found = rho_verdict(Interval(0.4, nan, nan), skill, [control])
    assert found.sentence.startswith("Undecided whether ρ ≥ 0.5: ρ = 0.40 (too few source videos for an interval)")
    dropped = [drop_verdict("hands", Interval(*values), nan)[1] for values in ((0.2, nan, nan), (nan, nan, nan))]
    assert "ρ falls by 0.20 (too few source videos for an interval) without hands" in dropped[0]
    assert "with or without hands, ρ can't be computed" in dropped[1]
    assert not any("nan" in text for text in [found.sentence, found.caveat, *dropped])


# --- rewards of unseen sources, and ablations ------------------------------------------------------------------------


def linear_fit(clips: ClipTable, pairs: PairTable, _seed: int):
    """A least-squares reward on feature differences: enough to learn from noiseless pairs."""
    values = np.nan_to_num(clips.values)
    gaps = values[pairs.left] - values[pairs.right]
    if not gaps.shape[1]:
        return np.zeros(len(clips))
    return values @ np.linalg.lstsq(gaps, pairs.target - 0.5, rcond=None)[0]


def judged(found: Measured, quality, n_pairs=400) -> PairTable:
    rng = np.random.default_rng(9)
    left, right = rng.integers(0, N, n_pairs), rng.integers(0, N, n_pairs)
    keep = left != right
    left, right = left[keep], right[keep]
    target = (quality[left] > quality[right]).astype(float)
    return PairTable(
        left=left, right=right, target=target, annotators=("a",) * len(left), strategies=("random",) * len(left)
    )


def test_clips_are_scored_by_rewards_that_saw_no_label_of_their_source(varied):
    noise, found = varied
    clips = table(found, hands_noise=noise)
    pairs = judged(found, -noise)
    fold = folds_of(clips.video_ids, 3)
    seen = []

    def watched(table_, chosen, seed):
        seen.append(set(fold[chosen.left]) | set(fold[chosen.right]))
        return linear_fit(table_, chosen, seed)

    unseen = unseen_rewards(clips, pairs, watched, folds=3, seeds=[0])
    assert all(len(folds) == 2 for folds in seen)
    assert np.corrcoef(unseen.reward, -noise)[0, 1] > 0.95
    known = unseen.pair_correct[np.isfinite(unseen.pair_correct)]
    assert len(known) > 300
    assert known.mean() > 0.9


def test_only_wanted_sources_are_held_out_and_scored(varied):
    noise, found = varied
    clips, wanted = table(found, hands_noise=noise), sorted(set(found.video_ids))[:6]
    unseen = unseen_rewards(clips, judged(found, -noise), linear_fit, folds=3, seeds=[0], wanted=wanted)
    scored = np.isin(clips.video_ids, wanted)
    assert np.isfinite(unseen.reward[scored]).all()
    assert np.isnan(unseen.reward[~scored]).all()


def test_leaving_out_what_matters_costs_and_leaving_out_noise_does_not(varied):
    noise, found = varied
    clips = table(found, hands_noise=noise, motion_nothing=np.random.default_rng(4).normal(size=N))
    results = ablate(
        clips, judged(found, -noise), found.gain, np.arange(N), [("hands",), ("motion",)], linear_fit,
        folds=3, seeds=[0, 1], resamples=200, seed=0,
    )  # fmt: skip
    hands, motion = results.rows
    assert hands.standing == "met"
    assert hands.drop.low > 0.1
    assert hands.accuracy_drop.low > 0.1
    assert motion.standing == "not met"
    assert abs(motion.drop.value) < 0.05
    assert default_groups(clips)[0] == ("motion", "hands")


def test_pairs_that_all_touch_one_video_are_said_to_be_too_few_with_the_count_that_is_left(varied):
    _, found = varied
    clips = table(found)
    hub = [row for row, name in enumerate(clips.video_ids) if name == clips.video_ids[0]]
    pairs = judged(found, np.zeros(N), 300)
    star = dataclasses.replace(pairs, left=np.full(len(pairs), hub[0]), right=np.arange(len(pairs)) % (N - 1) + 1)
    with pytest.raises(RewardError, match="without the pairs about one of 3 groups of videos 0 are left"):
        unseen_rewards(clips, star, linear_fit, folds=3, seeds=[0])
    with pytest.raises(RewardError, match="no clip could be scored"):
        unseen_rewards(clips, pairs, lambda *_: np.full(N, np.nan), folds=3, seeds=[0])


def test_power_grows_with_certainty():
    rng = np.random.default_rng(0)
    assert drop_power(rng.normal(0, 0.02, 4000)) > 0.95
    assert drop_power(rng.normal(0, 0.1 / 1.96, 4000)) == pytest.approx(0.5, abs=0.03)
    assert drop_power(rng.normal(0, 0.5, 4000)) < 0.1
