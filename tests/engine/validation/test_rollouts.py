"""Rollouts with policies of a test: they are cached, cancelled and repeated, and the table says who did better."""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

from engine.cancel import Cancelled
from engine.errors import EngineError
from engine.sample.live import Attempt, LiveScene
from engine.sample.live_scripts import live_scripts
from engine.validation.actions import OUTPUTS
from engine.validation.learner import Learner
from engine.validation.rollout_film import attempt_frames, telling_scene
from engine.validation.rollout_rows import ALL, RANDOM, REWARD, WORST, Choice, row_choices
from engine.validation.rollout_settings import RolloutEffort, RolloutSettings
from engine.validation.rollouts import Rollouts
from engine.validation.scene_process import Rolled, SceneProcess
from engine.validation.success import EXPERT, STILL, ClipScores, count_success
from engine.validation.success_report import SuccessReport

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from engine.sample.live import Observation
    from engine.validation.learner import Policy
    from engine.validation.rollouts import Kind

FRAME = (64, 36)
CLIPS = tuple(f"clip-{number:02d}" for number in range(30))
GOODNESS = np.linspace(0, 1, 30)


class Learned:
    """Training without learning: a policy reaches as far as its clips are good, clip 29 being the best."""

    def __init__(self) -> None:
        self.trained: list[tuple[tuple[str, ...], int]] = []

    def __call__(self, clip_ids: Sequence[str], seed: int, on_progress: Callable[[float], None]) -> Policy:
        on_progress(0.5)
        self.trained.append((tuple(clip_ids), seed))
        good = float(np.mean([GOODNESS[CLIPS.index(clip_id)] for clip_id in clip_ids]))

        def policy(seen: Sequence[Observation]) -> np.ndarray:
            """Both hands go forwards and out, the farther the better the clips: things lie there."""
            actions = np.zeros((len(seen), 2, OUTPUTS), np.float32)
            actions[:, :, 2:4] = 0.15 * good * np.array([[-0.5, -0.8], [0.5, -0.8]])
            return actions

        return policy


def learner(trainer: Learned) -> Learner:
    """A learner whose policies are the test's own."""

    seen = [a_sight()]

    def loss(policy: Policy) -> float:
        return float(1 - policy(seen)[0, 1, 2])

    return Learner(
        clip_ids=CLIPS,
        motion=np.arange(30)[::-1].copy(),
        head_clips=np.arange(30) % 3 > 0,
        networks=trainer,
        heads=trainer,
        loss=loss,
        frame=FRAME,
        fingerprint="test",
    )


@cache
def a_sight() -> Observation:
    """The start of a scene."""
    return Attempt(LiveScene(live_scripts(1, FRAME)[0], FRAME)).look()


def scores() -> ClipScores:
    """The reward knows what is good, the composite the opposite, the feature nothing."""
    rng = np.random.default_rng(0)
    return ClipScores(
        reward=GOODNESS.copy(),
        gain=GOODNESS + 0.01 * rng.random(30),
        composite=-GOODNESS,
        feature=rng.random(30),
        feature_name="hands_speed",
        quality=np.full(30, np.nan),
    )


SETTINGS = RolloutSettings(bins=3)
EFFORT = RolloutEffort(seeds=2, scenes=4, random_draws=3, subsets=6)


def run(cache: Path, trainer: Learned, **more: object) -> SuccessReport:
    """A whole count of success."""
    data = learner(trainer)
    rollouts = Rollouts(data, scenes=EFFORT.scenes, seconds=3.5, seed=0, cache=cache, **more)  # type: ignore[arg-type]
    counted = count_success(
        rollouts, data, scores(), SETTINGS, EFFORT, base_share=0.2, resamples=50, seed=0
    )  # fmt: skip
    assert set(counted.shown) >= {REWARD, RANDOM, WORST}
    return counted.report


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SuccessReport, list[tuple[float, str]]]:
    """A finished count with its cache, and how it said that it went on."""
    cache, said = tmp_path_factory.mktemp("cache"), []
    return cache, run(cache, Learned(), on_progress=lambda share, note: said.append((share, note))), said


@pytest.mark.slow
def test_every_row_is_there_and_the_scripted_ones_are_what_they_are(counted) -> None:
    _, report, _ = counted
    names = [row.name for row in report.rows]
    assert names[0] == REWARD
    assert names[-5:] == [RANDOM, WORST, ALL, EXPERT, STILL]
    assert "best by hidden quality" not in names, "no clip has one"
    assert "best by hands_speed" in names
    by_name = {row.name: row for row in report.rows}
    assert by_name[EXPERT].grasp.mean == 1
    assert by_name[STILL].grasp.mean == by_name[STILL].placed.mean == 0
    assert by_name[REWARD].approach.mean > by_name[WORST].approach.mean
    assert by_name[REWARD].approach.lead.value > 0
    assert by_name[RANDOM].approach.lead is None
    assert (by_name[RANDOM].policies, by_name[REWARD].policies, by_name[ALL].clips) == (3, 2, 30)
    assert not report.claim, "two seeds of four scenes prove nothing"
    assert report.simulated
    assert any("grasps it by itself" in said for said in report.conditions)


@pytest.mark.slow
def test_groups_by_reward_and_subsets_by_loss_go_with_success(counted) -> None:
    _, report, _ = counted
    assert len(report.groups.bins) == 3
    assert report.groups.rho["approach"] == pytest.approx(1.0)
    assert len(report.subsets.subsets) == 6
    assert report.subsets.gain_rho["approach"].value > 0.5


@pytest.mark.slow
def test_the_report_is_the_same_after_its_journey_through_json(counted) -> None:
    _, report, _ = counted
    assert SuccessReport.from_json(report.to_json()) == report


@pytest.mark.slow
def test_what_is_known_is_not_trained_again_and_the_same_seed_gives_the_same(counted) -> None:
    cache, report, said = counted
    trainer = Learned()
    assert run(cache, trainer) == report
    assert trainer.trained == []
    shares = [share for share, _ in said]
    assert shares[-1] == pytest.approx(1.0)
    assert any(note.startswith("trying best by reward") for _, note in said)


@pytest.mark.slow
def test_with_one_worker_or_two_the_numbers_are_the_same(counted, tmp_path: Path) -> None:
    _, report, _ = counted
    assert run(tmp_path, Learned(), workers=1) == report


def few(cache_at: Path, trainer: Learned, **more: object) -> Rollouts:
    """Rollouts of two scenes."""
    return Rollouts(learner(trainer), scenes=2, seconds=3.5, seed=0, cache=cache_at, **more)  # type: ignore[arg-type]


WORK: list[tuple[Kind, Choice]] = [
    ("network", Choice(row="good", clip_ids=CLIPS[25:], seed=0)),
    ("network", Choice(row="bad", clip_ids=CLIPS[:5], seed=0)),
    ("head", Choice(row="good", clip_ids=CLIPS[25:], seed=0)),
]


def test_a_policy_of_good_clips_comes_nearer_and_only_heads_have_a_loss(tmp_path: Path) -> None:
    said: list[float] = []
    good, bad, head = few(tmp_path, Learned(), on_progress=lambda share, _: said.append(share)).count(WORK)
    assert good.rolled.outcome[:, 2].mean() > bad.rolled.outcome[:, 2].mean() + 0.1
    assert np.array_equal(good.rolled.outcome, head.rolled.outcome), "the same policy"
    assert np.isnan(good.loss)
    assert np.isfinite(head.loss)
    assert said[-1] == pytest.approx(1.0)
    assert said == sorted(said)
    assert any(share == pytest.approx(0.25 / 3) for share in said), "half of a training"


def test_a_cancelled_count_keeps_whole_policies_only_and_goes_on_from_them(tmp_path: Path) -> None:
    whole = few(tmp_path / "whole", Learned()).count(WORK)
    kept = tmp_path / "kept"

    def enough() -> bool:
        return len(list(kept.glob("success-*.npz"))) >= 1

    with pytest.raises(Cancelled):
        few(kept, Learned(), workers=1, cancelled=enough).count(WORK)
    files = list(kept.iterdir())
    assert len(files) == 1
    assert all(path.name.startswith("success-") and path.suffix == ".npz" for path in files), "nothing half-written"
    again = Learned()
    found = few(kept, again).count(WORK)
    assert len(again.trained) == 2
    for one, other in zip(whole, found, strict=True):
        assert np.array_equal(one.rolled.outcome, other.rolled.outcome)
        assert np.array_equal(one.rolled.moves, other.rolled.moves, equal_nan=True)


def test_a_drawing_process_that_ends_is_an_error_with_a_way_out() -> None:
    process = SceneProcess(live_scripts(1, FRAME), FRAME)
    process._process.kill()
    process._process.wait()
    with pytest.raises(EngineError, match="has ended"):
        process.begin()
    process.close()


def test_scenes_are_drawn_whatever_the_main_module_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within Streamlit it is a page."""
    page = tmp_path / "page.py"
    page.write_text("raise SystemExit(1)")
    monkeypatch.setattr(sys.modules["__main__"], "__file__", str(page), raising=False)
    with SceneProcess(live_scripts(1, FRAME), FRAME) as process:
        assert process.scripted("expert").outcome.shape == (1, 3)


def test_what_goes_wrong_while_drawing_is_raised_here() -> None:
    with SceneProcess(live_scripts(1, FRAME), FRAME) as process:
        process.begin()
        with pytest.raises(ValueError, match="no number"):
            process.move({0: np.full((2, 2), np.nan)})


def test_an_attempt_can_be_drawn_again_from_its_moves() -> None:
    (script,) = live_scripts(1, FRAME)
    with SceneProcess([script], FRAME) as process:
        expert, still = process.scripted("expert"), process.scripted("still")
    assert telling_scene(expert, still) == 0
    pictures = list(attempt_frames(script, expert.moves[0]))
    taken = int(np.isfinite(expert.moves[0]).all(axis=(1, 2)).sum())
    assert taken < 17, "once the thing is placed the attempt is over"
    assert len(pictures) == 5 + 2 * taken + 1
    assert pictures[0].shape == (180, 320, 3)
    assert len(list(attempt_frames(script, still.moves[0]))) > len(pictures)


def test_the_telling_scene_is_the_first_where_ends_differ() -> None:
    def rolled(grasps: list[float]) -> Rolled:
        outcome = np.array([(grasp, 0, 0.5) for grasp in grasps])
        return Rolled(outcome=outcome, moves=np.zeros((len(grasps), 1, 2, 9)))

    assert telling_scene(rolled([1, 0, 1]), rolled([1, 1, 0])) == 1
    assert telling_scene(rolled([1, 0]), rolled([1, 0])) == 0


def test_choices_are_of_equal_size_and_name_their_clips_in_one_order() -> None:
    columns = {REWARD: GOODNESS, "best by other": -GOODNESS}
    found = row_choices(CLIPS, columns, RolloutSettings(), RolloutEffort(seeds=2, scenes=4, random_draws=5), seed=0)
    by_row: dict[str, list[Choice]] = {}
    for choice in found:
        by_row.setdefault(choice.row, []).append(choice)
        assert list(choice.clip_ids) == sorted(choice.clip_ids)
    assert by_row[REWARD][0].clip_ids == CLIPS[20:]
    assert by_row[WORST][0].clip_ids == CLIPS[:10] == by_row["best by other"][0].clip_ids
    assert [choice.seed for choice in by_row[RANDOM]] == [0, 0, 0, 1, 1]
    assert len({choice.clip_ids for choice in by_row[RANDOM]}) == 5
    assert {len(choice.clip_ids) for choice in found if choice.row != ALL} == {10}


def test_a_clip_without_a_score_is_never_chosen_by_it() -> None:
    reward = np.where(np.arange(30) < 5, np.nan, GOODNESS)
    found = row_choices(CLIPS, {REWARD: reward}, RolloutSettings(), RolloutEffort(), seed=0)
    worst = next(choice for choice in found if choice.row == WORST)
    assert worst.clip_ids == CLIPS[5:15]
