"""What episodes do is what they are meant to do, what the plan moves, and what the truth says."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.sample import hands
from engine.sample.events import SIDE_NAMES
from engine.sample.items import BOARD_TOP_M, board_slots
from engine.sample.plan import SIDES, plan
from engine.sample.script import episode, sample_scripts, single
from engine.sample.types import Person, Scene, VideoScript
from engine.sample.work import TASKS, Work

if TYPE_CHECKING:
    from engine.sample.events import Plan
    from engine.sample.work import Action, Outcome, Task

DURATION_S = 4.0


def made(work: Work, outcome: Outcome | None = None, index: int = 0, **scene: float) -> tuple[Plan, Action]:
    """The plan of one episode, and what it did."""
    planned = plan(single(episode("purposeful", DURATION_S, outcome, work), index=index, scene=Scene(**scene)))  # type: ignore[arg-type]
    return planned, planned.actions[0]


def wrists(planned: Plan, hand: int, end_s: float = DURATION_S) -> np.ndarray:
    return np.array([planned.paths[hand].planned(t)[:3] for t in np.arange(0, end_s, 0.02)])


def way_m(track: np.ndarray) -> float:
    return float(np.linalg.norm(np.diff(track, axis=0), axis=1).sum())


def test_by_default_one_thing_is_placed_by_one_hand() -> None:
    for index in range(12):
        planned, did = made(Work(), index=index)
        (transport,) = did.transports
        assert (did.task, did.outcome, len(did.hands), did.grasps_tried, did.grasps_failed) == (
            "place",
            "done",
            1,
            1,
            0,
        )
        end = planned.item_at(transport.item, DURATION_S)
        assert min(np.linalg.norm(end[:2] - slot) for slot in board_slots()) < 1e-9
        assert end[2] == pytest.approx(BOARD_TOP_M)


@pytest.mark.parametrize("task", TASKS)
def test_every_task_is_done_where_the_table_allows_it(task: Task) -> None:
    did = [made(Work(task=task), index=index, cloth=True)[1].task for index in range(12)]
    assert did.count(task) >= 11


def test_two_transports_bring_two_things_to_two_slots() -> None:
    for index in range(8):
        planned, did = made(Work(transports=2), index=index)
        first, second = did.transports
        assert first.item != second.item
        assert second.start_s > first.end_s
        ends = [planned.item_at(t.item, DURATION_S) for t in did.transports]
        assert np.linalg.norm(ends[0] - ends[1]) > 0.05
        assert all(end[2] == pytest.approx(BOARD_TOP_M) for end in ends)


def test_a_failed_grasp_leaves_the_thing_where_it_is() -> None:
    for tries in (1, 2, 3):
        planned, did = made(Work(failed_grasps=tries), "failed")
        assert (did.outcome, did.grasps_tried, did.grasps_failed) == ("failed", tries, tries)
        assert did.transports == did.contacts == ()
        assert planned.carries == []
        for item, thing in enumerate(planned.items):
            assert np.array_equal(planned.item_at(item, DURATION_S), thing.place)
        assert did.reach_m > 0.1, "the hand went there all the same"


def test_a_slip_costs_time_before_the_grasp_that_holds() -> None:
    _, clean = made(Work(pace=2.0))
    _, slipped = made(Work(pace=2.0, failed_grasps=1))
    assert (slipped.grasps_tried, slipped.grasps_failed, len(slipped.transports)) == (2, 1, 1)
    assert slipped.busy_s > clean.busy_s + 0.3
    assert slipped.transports[0].to_m == clean.transports[0].to_m


def test_a_stacked_thing_stands_on_the_other() -> None:
    for index in range(8):
        planned, did = made(Work(task="stack"), index=index)
        (transport,) = did.transports
        end = planned.item_at(transport.item, DURATION_S)
        below = [
            i
            for i, thing in enumerate(planned.items)
            if i != transport.item
            and np.linalg.norm(planned.item_at(i, DURATION_S)[:2] - end[:2]) < 1e-6
            and end[2] == pytest.approx(planned.item_at(i, DURATION_S)[2] + thing.height_m)
        ]
        assert len(below) == 1


def test_pouring_brings_the_mouth_over_the_bowl_tilted_and_the_vessel_back_upright() -> None:
    for index in range(8):
        planned, did = made(Work(task="pour"), index=index)
        (transport,) = did.transports
        vessel = planned.items[transport.item]
        times = np.arange(transport.start_s, transport.end_s, 0.02)
        turns = [planned.item_turn(transport.item, t) for t in times]
        ups = np.array([[0, 0, 1.0] if turn is None else turn @ [0, 0, 1.0] for turn in turns])
        most = int(np.argmin(ups[:, 2]))
        assert np.degrees(np.arccos(ups[most, 2])) > 45
        mouth = planned.item_at(transport.item, times[most]) + ups[most] * vessel.height_m
        bowls = [thing for thing in planned.items if thing.kind == "bowl"]
        over = min(bowls, key=lambda thing: float(np.linalg.norm(thing.place[:2] - mouth[:2])))
        assert np.linalg.norm(over.place[:2] - mouth[:2]) < over.radius_m
        assert 0 < mouth[2] - over.height_m < 0.06
        inwards = (over.place - planned.item_at(transport.item, times[most]))[:2]
        assert float(ups[most, :2] @ inwards) > 0, "it tilts towards the bowl"
        assert planned.item_turn(transport.item, DURATION_S) is None
        assert transport.to_m == transport.from_m
        assert np.allclose(planned.item_at(transport.item, DURATION_S), vessel.place)


def test_opening_takes_two_hands_at_one_jar_and_small_turns() -> None:
    for index in range(8):
        planned, did = made(Work(task="open"), index=index)
        assert did.hands == SIDE_NAMES
        assert 2 <= did.strokes <= 3
        (jar,) = {c.item for c in did.contacts}
        assert jar is not None
        assert planned.items[jar].kind == "jar"
        holding, turning = sorted(did.contacts, key=lambda c: c.start_s)
        assert holding.start_s < turning.start_s < turning.end_s <= holding.end_s + 1e-9
        hand = SIDE_NAMES.index(turning.hand)
        yaw = np.array([planned.paths[hand].planned(t)[3] for t in np.arange(turning.start_s, turning.end_s, 0.01)])
        assert 0.3 < np.ptp(yaw) < 1.0
        grips = [
            hands.grip_point(hands.landmarks(planned.paths[hand].planned(t), SIDES[hand], planned.palm_length_m))
            for t in np.arange(turning.start_s, turning.end_s, 0.05)
        ]
        assert np.ptp(np.array(grips)[:, :2], axis=0).max() < 0.05, "the fingers stay at the lid"


def test_wiping_sweeps_to_and_fro_flat_on_the_table_with_the_cloth() -> None:
    for index in range(8):
        planned, did = made(Work(task="wipe"), index=index, cloth=True)
        (contact,) = did.contacts
        hand = SIDE_NAMES.index(contact.hand)
        track = np.array([planned.paths[hand].planned(t) for t in np.arange(contact.start_s, contact.end_s, 0.01)])
        assert np.ptp(track[:, 2]) < 1e-9
        speed = np.diff(track[:, 0])
        turns = int(np.sum(np.diff(np.sign(speed[np.abs(speed) > 1e-4])) != 0))
        assert abs(turns - (did.strokes - 1)) <= 1
        assert did.stroked_m > 0.2
        assert contact.thing == "cloth"
        (transport,) = did.transports
        assert np.allclose(planned.item_at(transport.item, DURATION_S), transport.to_m)


@pytest.mark.parametrize("task", ["place", "wipe"])
def test_two_handed_work_moves_both_hands(task: Task) -> None:
    for index in range(8):
        planned, did = made(Work(task=task, two_handed=True), index=index)
        assert did.hands == SIDE_NAMES
        assert {c.hand for c in did.contacts} == set(SIDE_NAMES)
        assert min(way_m(wrists(planned, hand)) for hand in (0, 1)) > 0.25
        assert len(did.transports) == (2 if task == "place" else 0)


def test_pace_shortens_the_work_and_leaves_the_way() -> None:
    busy = []
    for pace in (0.8, 1.2, 1.8):
        planned, did = made(Work(pace=pace))
        assert did.pace == pytest.approx(pace)
        busy.append(did.busy_s * pace)
        assert way_m(wrists(planned, SIDE_NAMES.index(did.hands[0]))) == pytest.approx(0.95, abs=0.5)
    assert np.ptp(busy) < 0.01


def test_work_too_long_for_its_episode_hurries_and_says_so() -> None:
    planned = plan(single(episode("purposeful", 1.0, work=Work(transports=2, pace=0.7))))
    did = planned.actions[0]
    assert len(did.transports) == 2
    assert did.pace > 2
    assert max(t.end_s for t in did.transports) <= 1.0


def test_reach_chooses_the_farther_thing() -> None:
    near, far = (made(Work(reach=reach))[1].reach_m for reach in (0.0, 1.0))
    assert far > near + 0.03


def test_a_nudge_moves_a_thing_a_little_over_the_table() -> None:
    planned, did = made(Work(travel=0.2))
    (transport,) = did.transports
    assert 0.005 < math.dist(transport.from_m, transport.to_m) < 0.08
    assert planned.item_at(transport.item, DURATION_S)[2] == 0


def test_a_table_that_does_not_allow_the_task_gets_another_and_the_truth_says_which() -> None:
    _, did = made(Work(task="open"), n_objects=0)
    assert did.task == "wipe"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"task": "juggle"}, "'juggle' is no task"),
        ({"transports": 3}, "transports is 3"),
        ({"failed_grasps": -1}, "failed_grasps is -1"),
        ({"reach": 1.5}, "reach is 1.5"),
        ({"travel": 0.0}, "travel is 0.0"),
        ({"pace": -1.0}, "pace is -1.0"),
    ],
)
def test_wrong_work_is_refused_with_the_value(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Work(**wrong)  # type: ignore[arg-type]


works = st.builds(
    Work,
    task=st.sampled_from(TASKS),
    transports=st.integers(1, 2),
    failed_grasps=st.integers(0, 3),
    two_handed=st.booleans(),
    reach=st.floats(0, 1),
    travel=st.floats(0.1, 1),
    pace=st.floats(0.3, 3),
)
episodes = st.builds(
    lambda work, outcome, duration_s: episode("purposeful", duration_s, outcome, work),
    works,
    st.sampled_from(["done", "returned", "failed"]),
    st.floats(1.0, 5.0),
) | st.builds(episode, st.sampled_from(["idle", "out_of_view", "fumbling"]), st.floats(1.0, 4.0))


@settings(deadline=None, max_examples=60)
@given(
    st.lists(episodes, min_size=1, max_size=4),
    st.integers(0, 200),
    st.integers(0, 9),
    st.floats(0.5, 1.5),
    st.booleans(),
)
def test_in_any_script_things_move_only_as_the_truth_says(
    parts: list[object], index: int, n_objects: int, spread: float, cloth: bool
) -> None:
    script: VideoScript = single(
        *parts,  # type: ignore[arg-type]
        index=index,
        scene=Scene(n_objects=n_objects, spread=spread, cloth=cloth),
        person=Person(pace=1.1),
    )
    planned = plan(script)
    assert len(planned.actions) == len(script.episodes)
    where = [thing.place for thing in planned.items]
    for (start_s, end_s), did in zip(script.windows(), planned.actions, strict=True):
        for transport in sorted(did.transports, key=lambda t: t.start_s):
            assert start_s <= transport.start_s < transport.end_s <= end_s
            assert np.allclose(planned.item_at(transport.item, transport.start_s), transport.from_m, atol=1e-6)
            assert np.allclose(where[transport.item], transport.from_m, atol=1e-6)
            assert np.allclose(planned.item_at(transport.item, transport.end_s + 1e-6), transport.to_m, atol=1e-6)
            where[transport.item] = np.array(transport.to_m)
        for contact in did.contacts:
            assert start_s <= contact.start_s < contact.end_s <= end_s
        assert did.grasps_tried >= did.grasps_failed
        assert len(did.transports) <= max(did.grasps_tried - did.grasps_failed, did.task == "wipe")
        for item, place in enumerate(where):
            assert np.allclose(planned.item_at(item, end_s), place, atol=1e-6)
    for path in planned.paths:
        for move in path.moves:
            assert move.end_s > move.start_s
        assert path.moves == [] or path.moves[-1].end_s <= script.duration_s + 1e-9


def test_a_set_of_twelve_videos_has_several_of_everything() -> None:
    assert {a.task for s in sample_scripts(40) for a in plan(s).actions} - {None} == set(TASKS)
    scripts = sample_scripts(12)
    did = [a for s in scripts for a in plan(s).actions if a.task is not None]
    assert len({a.task for a in did}) >= 3
    assert {a.outcome for a in did} == {"done", "returned", "failed"}
    assert sum(len(a.hands) == 2 for a in did) >= 3
    assert sum(len(a.transports) == 2 for a in did) >= 2
    assert sum(a.grasps_failed > 0 for a in did) >= 3
    assert np.ptp([a.pace for a in did]) > 0.4
    assert np.ptp([a.reach_m for a in did]) > 0.2
    paces = [s.person.pace for s in scripts]
    assert max(paces) / min(paces) > 1.2
    assert len({s.scene.n_objects for s in scripts}) >= 3
    assert {s.person.right_handed for s in scripts} == {True, False}
