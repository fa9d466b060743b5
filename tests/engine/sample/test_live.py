"""Live scenes: the expert succeeds, standing still does not, and a palm goes where it is wanted in the picture."""

from __future__ import annotations

import numpy as np
import pytest

from engine.sample.live import PREFIX_S, STEP_S, Attempt, LiveScene, Observation
from engine.sample.live_scripts import live_scripts
from engine.sample.script import sample_scripts
from engine.sample.truth import PALM

FRAME = (96, 54)
STILL = np.zeros((2, 2))


@pytest.fixture(scope="module")
def scenes() -> list[LiveScene]:
    """A dozen unseen scenes."""
    return [LiveScene(script, FRAME) for script in live_scripts(12, FRAME)]


def finished(attempt: Attempt) -> Attempt:
    """The script's hands to the end."""
    while not attempt.done:
        attempt.follow_script()
    return attempt


def shown(attempt: Attempt, hand: int, at_s: float, seen_at_s: float) -> np.ndarray:
    """Where the palm of `at_s` is in the picture of `seen_at_s`, in pixels, and its length."""
    return attempt.scene.camera(seen_at_s).project(attempt._marks(hand, at_s))


def test_the_expert_places_a_thing_in_every_scene(scenes: list[LiveScene]) -> None:
    outcomes = [finished(Attempt(scene)).outcome for scene in scenes]
    assert all(outcome.grasp and outcome.placed for outcome in outcomes), outcomes
    assert min(outcome.approach for outcome in outcomes) > 0.9


def test_hands_that_stand_still_reach_nothing(scenes: list[LiveScene]) -> None:
    for scene in scenes:
        attempt = Attempt(scene)
        while not attempt.done:
            attempt.move(STILL)
        assert not attempt.outcome.grasp
        assert not attempt.outcome.placed
        assert attempt.outcome.approach == pytest.approx(0, abs=1e-9)
        assert attempt.taken == scene.steps == 17, "17 steps of 0.2 s after the first half second, in 4 s"


def test_a_palm_goes_as_far_in_the_picture_as_is_wanted(scenes: list[LiveScene]) -> None:
    rng = np.random.default_rng(0)
    for scene in scenes[:4]:
        attempt = Attempt(scene)
        for _ in range(5):
            before_s = attempt.time_s
            before = [shown(attempt, hand, before_s, before_s) for hand in (0, 1)]
            wanted = rng.uniform(-0.4, 0.4, (2, 2))
            attempt.move(wanted)
            for hand in (0, 1):
                after = shown(attempt, hand, attempt.time_s, before_s)
                length = np.linalg.norm(before[hand][9] - before[hand][0])
                went = (after - before[hand])[list(PALM)].mean(axis=0) / length
                assert went == pytest.approx(wanted[hand], abs=0.02)


def test_no_step_is_longer_than_an_arm_moves_in_it(scenes: list[LiveScene]) -> None:
    attempt = Attempt(scenes[0])
    before = [path.last[:2].copy() for path in attempt.motion.paths]
    attempt.move(np.array([[50.0, 0.0], [0.0, -50.0]]))
    for hand in (0, 1):
        assert np.linalg.norm(attempt.motion.paths[hand].last[:2] - before[hand]) <= 0.12 + 1e-9


def test_a_policy_that_knows_where_the_nearest_thing_is_grasps_it_and_brings_it_to_the_board(
    scenes: list[LiveScene],
) -> None:
    placed = 0
    for scene in scenes:
        attempt = Attempt(scene)
        while not attempt.done:
            attempt.move(towards(attempt))
        assert attempt.outcome.grasp
        assert attempt.outcome.approach > 0.4, "a hand may start near, and holds at 5 cm"
        placed += attempt.outcome.placed
    assert placed >= 11


def towards(attempt: Attempt) -> np.ndarray:
    """A policy by truth: to the script's thing, and once it is held to the middle of the board."""
    scene, task = attempt.scene, attempt.scene.task
    camera = scene.camera(attempt.time_s)
    marks = attempt._marks(task.hand, attempt.time_s)
    grip = np.append(attempt._grip(task.hand), 0.0)
    goal = scene.expert.items[task.item].place
    if attempt.motion.carries:
        held = attempt.motion.item_at(task.item, attempt.time_s)
        goal = grip + np.array([0.038, 0.40, 0.0]) - np.append(held[:2], 0.0)
    ahead = np.append(goal[:2] - grip[:2], 0.0)
    pixels = camera.project(marks + ahead) - camera.project(marks)
    wanted = np.zeros((2, 2))
    wanted[task.hand] = pixels[list(PALM)].mean(axis=0) / np.linalg.norm(
        camera.project(marks)[9] - camera.project(marks)[0]
    )
    return wanted


def test_what_a_policy_sees_is_where_things_are(scenes: list[LiveScene]) -> None:
    attempt = Attempt(scenes[1])
    seen = attempt.look()
    assert isinstance(seen, Observation)
    assert seen.frames.shape == (6, 54, 96)
    assert seen.frames.dtype == np.uint8
    assert not np.array_equal(seen.frames[:3], seen.frames[3:]), "now, and 0.2 s before"
    assert seen.present.all()
    assert seen.palm[0, 0] < seen.palm[1, 0], "left and right in the picture"
    width = attempt.scene.script.width
    marks = shown(attempt, 0, PREFIX_S, PREFIX_S)
    assert seen.palm[0, 0] * width - 0.5 == pytest.approx(marks[list(PALM), 0].mean(), abs=1e-3)
    assert seen.palm_length[0] * width == pytest.approx(np.linalg.norm(marks[9] - marks[0]), abs=1e-3)
    attempt.move(STILL)
    assert np.array_equal(attempt.look().frames[3:], seen.frames[:3]), "what was now is 0.2 s before"


def test_the_way_is_what_the_palm_did_and_not_the_camera(scenes: list[LiveScene]) -> None:
    for scene in scenes[:4]:
        attempt = Attempt(scene)
        attempt.move(STILL)
        attempt.move(np.array([[0.3, 0.0], [0.0, -0.3]]))
        seen = attempt.look()
        assert seen.way[:, 1] == pytest.approx(np.array([[0.3, 0.0], [0.0, -0.3]]), abs=0.06)
        assert seen.way[:, 2] == pytest.approx(seen.way[:, 1], abs=0.03), "before that it stood still"
        assert np.all(np.abs(seen.way[:, 0]) <= np.abs(seen.way[:, 1]) + 0.02)
        attempt.move(STILL)
        assert np.abs(attempt.look().way[:, :2]).max() < 0.03


def test_a_hand_out_of_the_frame_is_not_there(scenes: list[LiveScene]) -> None:
    attempt = Attempt(scenes[0])
    for _ in range(6):
        attempt.move(np.array([[0.0, 0.0], [0.0, 5.0]]))
    seen = attempt.look()
    assert seen.present.tolist() == [True, False]
    assert not seen.palm[1].any()
    assert not seen.way[1].any()
    assert seen.grip[1] == seen.palm_length[1] == 0


def test_the_same_attempt_is_drawn_the_same_whatever_was_attempted_before(scenes: list[LiveScene]) -> None:
    def pictures(scene: LiveScene) -> list[np.ndarray]:
        attempt, found = Attempt(scene), []
        while not attempt.done:
            found.append(attempt.look().frames)
            attempt.follow_script()
        return found

    (script,) = live_scripts(3, FRAME)[2:]
    fresh = LiveScene(script, FRAME)
    used = LiveScene(script, FRAME)
    restless = Attempt(used)
    for _ in range(6):
        restless.look()
        restless.move(np.array([[0.5, 0.1], [-0.5, -0.2]]))
    assert all(np.array_equal(one, other) for one, other in zip(pictures(fresh), pictures(used), strict=True))


def test_scenes_are_none_that_a_sample_video_shows() -> None:
    live, again = live_scripts(5, FRAME, seed=3), live_scripts(8, FRAME, seed=3)
    assert live == again[:5], "the first scenes do not depend on their number"
    assert live[0] != live_scripts(5, FRAME, seed=4)[0]
    known = {script.person for seed in (0, 3) for script in sample_scripts(20, seed)}
    assert not known & {script.person for script in live}


def test_small_frames_are_drawn_large_enough() -> None:
    (script,) = live_scripts(1, (48, 27))
    assert (script.width, script.height) == (192, 108)
    assert Attempt(LiveScene(script, (48, 27))).look().frames.shape == (6, 27, 48)


def test_a_policy_that_wants_no_number_is_refused(scenes: list[LiveScene]) -> None:
    with pytest.raises(ValueError, match="no number"):
        Attempt(scenes[0]).move(np.array([[np.nan, 0.0], [0.0, 0.0]]))


def test_a_step_is_two_tenths_of_a_second(scenes: list[LiveScene]) -> None:
    attempt = Attempt(scenes[0])
    attempt.move(STILL)
    assert attempt.time_s == pytest.approx(PREFIX_S + STEP_S)
    assert (attempt.taken, len(attempt.moves)) == (1, 1)
