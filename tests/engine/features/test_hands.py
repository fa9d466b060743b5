"""Hands: linking, the camera taken out of a palm's path, and the shares, against tracks whose truth is known."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engine.errors import EngineError
from engine.features.base import Clip
from engine.features.extract import extract_video
from engine.features.hand.tracks import INTERPOLATED, MISSING, SEEN, Hand, Linker, palm_centre, palm_length
from engine.features.hands import Hands, HandsSettings
from engine.features.resources import Resources
from engine.video.windows import Window
from engine.weights import HAND_LANDMARKER, Weights, find_weights, require_weights
from tests.engine.features.scenes import HEIGHT, WIDTH, measure, view, with_blob

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SIZE = (WIDTH, HEIGHT)
PALM_PX = 40.0
SHAPE = np.array([(0, 0.5), *[(x, y) for x in (-0.4, -0.2, 0, 0.2, 0.4) for y in (-0.3, -0.6, -0.8, -1.0)]], np.float32)
SHAPE[9] = (0, -0.5)
"""21 points of a hand whose palm length is 1."""


def hand_at(x_px: float, y_px: float, score: float = 0.9) -> Hand:
    """A hand whose palm centre is at (x, y)."""
    centred = SHAPE - SHAPE[[0, 5, 9, 13, 17]].mean(axis=0)
    marks = np.column_stack([(centred * PALM_PX + (x_px, y_px)) / SIZE, np.zeros(21)])
    return Hand(marks.astype(np.float32), score)


class Scripted(Hands):
    """The extractor, with a model that sees what the script says in each frame at 10 Hz."""

    def __init__(self, script: Callable[[int], list[Hand]], *, rests: bool = False) -> None:
        super().__init__(HandsSettings(rests=rests))
        self.script, self.frames_seen = script, 0
        self._alone = self.landmarker(alone=True)

    def landmarker(self, *, alone: bool = False) -> Any:
        def detect(_image: object, at_ms: float) -> SimpleNamespace:
            self.last_ms = at_ms
            self.frames_seen += 1
            hands = self.script(round(at_ms / 100))
            marks = [[SimpleNamespace(x=x, y=y, z=z) for x, y, z in hand.landmarks] for hand in hands]
            return SimpleNamespace(
                hand_landmarks=marks, handedness=[[SimpleNamespace(score=hand.score)] for hand in hands]
            )

        # What is looked at alone is the frame before the one that was looked at last.
        before = lambda image: detect(image, self.last_ms - 100)  # noqa: E731
        return SimpleNamespace(detect_for_video=detect, detect=before, close=lambda: None)


def values_of(script: Callable[[int], list[Hand]], pictures: list[np.ndarray]) -> dict[str, Any]:
    return dict(measure(Scripted(script), pictures).values)


def test_the_drawn_hand_is_where_it_should_be() -> None:
    marks = hand_at(200, 100).landmarks
    assert palm_centre(marks, SIZE) == pytest.approx((200, 100), abs=1e-3)
    assert palm_length(marks, SIZE) == pytest.approx(PALM_PX, abs=1e-3)


def test_a_hand_at_rest_in_a_moving_scene_does_not_move() -> None:
    """The camera pans by 6 px a frame: the hand slides through the picture and stays where it is in the world."""
    values = values_of(lambda k: [hand_at(100 + 6 * k, 160)], [view(6 * k) for k in range(31)])
    assert values["speed_mean"] < 0.1
    assert values["displacement"] < 0.3


@pytest.mark.parametrize("camera_px", [0, -5])
def test_a_straight_reach_has_its_true_speed(camera_px: int) -> None:
    """8 px a frame beyond the camera: 2 palm lengths a second, 6 in 3 s, straight."""
    pictures = [with_blob(view(camera_px * k), 90 + (8 + camera_px) * k, 160, 45) for k in range(31)]
    values = values_of(lambda k: [hand_at(90 + (8 + camera_px) * k, 160)], pictures)
    assert values["speed_mean"] == pytest.approx(2.0, rel=0.03)
    assert values["displacement"] == pytest.approx(6.0, rel=0.03)
    assert values["straightness"] == pytest.approx(1.0, abs=0.02)


def test_a_circle_is_long_and_leads_nowhere() -> None:
    def around(k: int) -> tuple[float, float]:
        return 213 + 60 * np.cos(2 * np.pi * k / 20), 160 + 60 * np.sin(2 * np.pi * k / 20)

    values = values_of(lambda k: [hand_at(*around(k))], [view()] * 41)
    chord_px = 2 * 60 * np.sin(np.pi / 20)
    assert values["speed_mean"] == pytest.approx(chord_px / PALM_PX * 10, rel=0.02)
    assert values["straightness"] < 0.05
    # It turns by 18° at each of 39 corners between 40 steps in 4 s.
    assert values["turning"] == pytest.approx(18 * 39 / 4.0, rel=0.02)


def test_a_turning_camera_does_not_bend_a_straight_way() -> None:
    """The scene turns by 2° a frame; the hand goes straight in the world."""
    middle = np.array([(WIDTH - 1) / 2, (HEIGHT - 1) / 2])

    def place(k: int) -> tuple[float, float]:
        turn = np.radians(2 * k)
        rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        x, y = middle + rotation @ np.array([-80.0 + 6 * k, 20.0])
        return float(x), float(y)

    values = values_of(lambda k: [hand_at(*place(k))], [view(turn_deg=2 * k) for k in range(26)])
    assert values["straightness"] == pytest.approx(1.0, abs=0.03)
    assert values["displacement"] == pytest.approx(25 * 6 / PALM_PX, rel=0.05)


def test_smooth_reaches_come_before_fumbling() -> None:
    rng = np.random.default_rng(0)
    phase = np.linspace(0, 1, 31)
    path = 80 + 240 * (10 * phase**3 - 15 * phase**4 + 6 * phase**5)
    shaking = path + rng.normal(0, 12, 31)
    smooth, shaky = (values_of(lambda k, p=p: [hand_at(p[k], 160)], [view()] * 31) for p in (path, shaking))
    assert smooth["sparc"] > shaky["sparc"]
    assert smooth["ldlj"] > shaky["ldlj"]
    assert smooth["straightness"] > shaky["straightness"]


@pytest.mark.parametrize("reaches", [1, 2, 4])
def test_each_reach_is_one_submovement(reaches: int) -> None:
    """To and fro by minimum-jerk reaches (Flash & Hogan 1985) of a second each."""
    phase = np.linspace(0, 1, 11)[:-1]
    bell = 10 * phase**3 - 15 * phase**4 + 6 * phase**5
    path = np.concatenate([100 + 200 * (bell if k % 2 == 0 else 1 - bell) for k in range(reaches)])
    values = values_of(lambda k: [hand_at(path[k], 160)], [view()] * len(path))
    assert values["submovements"] == pytest.approx(reaches / ((len(path) - 1) / 10))
    assert values["turning"] <= 180 * reaches / (len(path) / 10) + 1


def test_a_hand_that_trembles_at_rest_makes_no_submovements() -> None:
    rng = np.random.default_rng(0)
    shaking = 200 + rng.normal(0, 0.6, (31, 2))
    values = values_of(lambda k: [hand_at(*shaking[k])], [view()] * 31)
    assert (values["submovements"], values["turning"]) == (0, 0)


def test_what_the_hand_moved_is_a_change_and_the_hand_itself_is_not() -> None:
    """A blob under the hand goes with it, as an object that is carried, or as the hand itself that was never left."""
    there = lambda k: 120 + 6 * k  # noqa: E731
    carried = [with_blob(view(), there(k), 160, 35) for k in range(31)]
    held = values_of(lambda k: [hand_at(there(k), 160)], carried)
    left = values_of(lambda k: [hand_at(there(k), 160)] if k not in (0, 30) else [], carried)
    assert held["scene_change"] < 0.3 < 0.8 < left["scene_change"]


def test_shares_confidence_and_breaks() -> None:
    """Ten frames without a hand, ten with one, ten with two, then the first is lost for good."""

    def script(k: int) -> list[Hand]:
        first, second = hand_at(120, 150, 0.8), hand_at(320, 150, 0.6)
        return [[], [first], [first, second], [second]][k // 10]

    values = values_of(script, [view()] * 40)
    assert values["any_share"] == 0.75
    assert values["both_share"] == 0.25
    assert values["confidence_mean"] == pytest.approx((20 * 0.8 + 20 * 0.6) / 40)
    assert values["track_breaks"] == pytest.approx(1 / 3.9)
    assert values["palm_size"] == pytest.approx(PALM_PX / np.hypot(*SIZE), rel=1e-3)
    assert values["edge_share"] == 0
    assert values_of(lambda _: [hand_at(213, 5)], [view()] * 5)["edge_share"] == 1
    assert values_of(lambda _: [hand_at(213, 160)], [view()] * 5)["centrality"] == pytest.approx(1, abs=0.01)
    assert values_of(lambda _: [hand_at(426, 320)], [view()] * 5)["centrality"] == pytest.approx(0, abs=0.01)


def test_frames_that_are_skipped_while_no_hand_is_in_view_change_no_number() -> None:
    """Two seconds without a hand, one with one, two and a half without."""
    pictures = [view(2 * k) for k in range(55)]
    script = lambda k: [hand_at(120 + 4 * k, 150)] if 20 <= k < 30 else []  # noqa: E731
    every, resting = Scripted(script), Scripted(script, rests=True)
    assert measure(every, pictures).values == pytest.approx(dict(measure(resting, pictures).values), nan_ok=True)
    assert (every.frames_seen, resting.frames_seen) == (55, 38)


def test_numbers_measured_before_frames_could_be_skipped_stay_valid() -> None:
    assert Hands().settings_hash() == "3c1607afd0ad4c42", "as before `rests` came"
    assert Hands(HandsSettings(rests=True)).settings_hash() != Hands().settings_hash()


def test_no_hand_is_a_share_of_nothing_and_no_speed() -> None:
    result = measure(Scripted(lambda _: []), [view()] * 5)
    assert (result.values["any_share"], result.values["track_breaks"]) == (0, 0)
    assert all(
        np.isnan(result.values[name] or 0)
        for name in ("speed_mean", "straightness", "sparc", "turning", "submovements")
    )
    assert result.note == "No hand was found."


def linked(frames: list[list[Hand]]) -> Any:
    linker = Linker(10, SIZE)
    for index, hands in enumerate(frames):
        linker.add(index / 10, hands)
    return linker.finish()


def test_hands_keep_their_slots_however_the_model_orders_them() -> None:
    left, right = hand_at(120, 150), hand_at(320, 150)
    track = linked([[left, right], [right, left], [right], [left, right]])
    assert (track.track[:, 0] >= 0).tolist() in ([True, True, True, True], [True, True, False, True])
    for slot in (0, 1):
        here = track.state[:, slot] != MISSING
        places = palm_centre(track.landmarks[here, slot], SIZE)
        assert np.ptp(places[:, 0]) < 1
        assert len(set(track.track[here, slot])) == 1


def test_short_gaps_are_filled_and_long_ones_end_a_track() -> None:
    at = {0: 100, 1: 110, 4: 140, 5: 150, 9: 190}
    track = linked([[hand_at(at[k], 150)] if k in at else [] for k in range(10)])
    slot = int(np.argmax(track.state[0]))
    assert track.state[:6, slot].tolist() == [SEEN, SEEN, INTERPOLATED, INTERPOLATED, SEEN, SEEN]
    assert palm_centre(track.landmarks[2:4, slot], SIZE)[:, 0] == pytest.approx([120, 130], abs=0.1)
    assert (track.state[6:9] == MISSING).all()
    assert not track.landmarks[track.state == MISSING].any()
    assert track.track.max() == 1


def test_one_hand_found_twice_counts_once() -> None:
    track = linked([[hand_at(200, 150, 0.7), hand_at(203, 151, 0.9)]])
    assert (track.state == SEEN).sum() == 1
    assert track.score.max() == pytest.approx(0.9)


def test_the_kept_track_holds_the_camera_s_steps_in_normalised_coordinates() -> None:
    result = measure(Scripted(lambda _: [hand_at(200, 150)]), [view(4 * k, -3 * k) for k in range(5)])
    assert result.track is not None
    homography = result.track["homography"]
    assert not homography[0].any()
    assert homography[1:, :2, 2] == pytest.approx(np.tile((4 / WIDTH, -3 / HEIGHT), (4, 1)), abs=2e-3)
    assert result.track["landmarks"].shape == (5, 2, 21, 3)
    assert all(np.isfinite(array).all() for array in result.track.values())


def test_the_real_model_sees_no_hand_in_texture(tmp_path: Path) -> None:
    hands = Hands(resources=Resources(download=False))
    hands.prepare()
    result = measure(hands, [view(k) for k in range(3)])
    assert result.values["any_share"] == 0


def test_a_missing_model_file_is_named_with_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    absent = Weights(
        name="x.task",
        title="a model",
        sha256="0" * 64,
        size_bytes=1,
        package="no_such_package",
        pattern="*",
        remedy="Install x.",
        url="http://127.0.0.1:9/x",
    )
    with pytest.raises(EngineError) as caught:
        require_weights(absent, [tmp_path / "weights"], without="All else works.")
    for part in ("x.task", str(tmp_path / "weights" / "x.task"), "could not be downloaded", "All else works."):
        assert part in str(caught.value)


def test_a_file_in_the_workspace_comes_first_if_it_is_the_right_one(tmp_path: Path) -> None:
    packaged = find_weights(HAND_LANDMARKER)
    assert packaged is not None
    (tmp_path / HAND_LANDMARKER.name).write_bytes(b"something else")
    assert find_weights(HAND_LANDMARKER, [tmp_path]) == packaged
    (tmp_path / HAND_LANDMARKER.name).write_bytes(packaged.path.read_bytes())
    found = find_weights(HAND_LANDMARKER, [tmp_path])
    assert found is not None
    assert found.path.parent == tmp_path


@pytest.mark.shared
@pytest.mark.slow
def test_real_hands_do_not_depend_on_their_neighbours(pytestconfig: pytest.Config) -> None:
    """Two overlapping clips together, and each alone, of real hands: the same to the last bit."""
    path = pytestconfig.rootpath.parent / "shared" / "media" / "hands" / "demo__gallery__04_coffee.mp4"
    if not path.exists():
        pytest.skip("the developers' reference clips are not beside the checkout")
    hands = Hands(resources=Resources(download=False))
    hands.prepare()
    clips = [Clip("a", Window(0.5, 2.5)), Clip("b", Window(1.25, 3.0))]
    together = {found.key: found for found in extract_video(path, clips, [hands])}
    for clip in clips:
        (alone,) = extract_video(path, [clip], [hands])
        assert alone.results["hands"].values == together[clip.key].results["hands"].values
        assert alone.results["hands"].values["any_share"] > 0.5
