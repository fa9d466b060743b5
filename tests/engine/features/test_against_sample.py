"""Features of rendered video against what is true of it: the generator's dials, homographies and hands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from engine.features.base import Clip
from engine.features.extract import extract_video
from engine.features.hand.tracks import SEEN
from engine.features.registry import get
from engine.sample.render import render_video
from engine.sample.script import episode, single
from engine.sample.truth import PALM
from engine.video.windows import Window

if TYPE_CHECKING:
    from pathlib import Path

    from engine.sample.truth import Truth

pytestmark = pytest.mark.slow

SIZE = {"width": 512, "height": 288, "fps": 20}
LENGTH_S = 2.0


def measured(folder: Path, kind: str, names: tuple[str, ...], **dials: float) -> tuple[dict[str, Any], Truth]:
    """The features of one rendered episode, and the truth about it."""
    path = folder / f"{kind}-{'-'.join(f'{name}{value}' for name, value in dials.items())}.mp4"
    script = single(episode(kind, LENGTH_S, **dials), seed=3, **SIZE)  # type: ignore[arg-type]
    truth = render_video(script, path, path.with_suffix(".json"))
    extractors = [get(name)() for name in names]
    for extractor in extractors:
        extractor.prepare()
    (found,) = extract_video(path, [Clip("clip", Window(0, LENGTH_S))], extractors)
    assert not found.failures
    return {f"{name}_{key}": v for name, r in found.results.items() for key, v in r.values.items()}, truth


def test_sharpness_falls_with_the_blur(tmp_path: Path) -> None:
    found = [
        measured(tmp_path, "idle", ("sharpness",), defocus_px=blur)[0]["sharpness_laplacian_median"]
        for blur in (0.0, 1.0, 2.0, 4.0)
    ]
    assert found == sorted(found, reverse=True)
    assert found[0] > 2 * found[-1]


def test_brightness_and_clipping_follow_the_exposure(tmp_path: Path) -> None:
    found = [measured(tmp_path, "idle", ("exposure",), exposure_ev=ev)[0] for ev in (-3.0, -1.0, 0.0, 1.5)]
    luma = [row["exposure_luma_mean"] for row in found]
    assert luma == sorted(luma)
    assert found[-1]["exposure_over_share"] > found[2]["exposure_over_share"]
    assert found[0]["exposure_under_share"] >= found[2]["exposure_under_share"]


def test_camera_speed_is_that_of_the_true_homographies_while_hands_move(tmp_path: Path) -> None:
    """Speed of the picture's centre over the table, in frame diagonals a second."""
    found, truth = measured(tmp_path, "purposeful", ("motion",))
    centre = np.array([SIZE["width"] / 2, SIZE["height"] / 2, 1.0])
    speeds = []
    step = 2  # the extractor samples at 10 Hz
    for a, b in zip(truth.homography[:-step:step], truth.homography[step::step], strict=False):
        there = np.linalg.inv(b) @ a @ centre
        speeds.append(np.linalg.norm(there[:2] / there[2] - centre[:2]) * SIZE["fps"] / step)
    true_mean = float(np.mean(speeds)) / float(np.hypot(SIZE["width"], SIZE["height"]))
    assert found["motion_camera_speed_mean"] == pytest.approx(true_mean, rel=0.2)


def test_standing_still_is_seen_as_frozen(tmp_path: Path) -> None:
    moving, _ = measured(tmp_path, "purposeful", ("motion",))
    frozen, truth = measured(tmp_path, "purposeful", ("motion",), frozen_share=0.5)
    assert moving["motion_frozen_share"] < 0.1
    assert frozen["motion_frozen_share"] == pytest.approx(float(np.mean(truth.frozen)), abs=0.15)


def test_hands_are_seen_where_they_are_and_only_there(tmp_path: Path) -> None:
    found, truth = measured(tmp_path, "purposeful", ("hands",))
    in_view = float(np.mean(truth.fully_in_view.any(axis=1)))
    assert found["hands_any_share"] == pytest.approx(in_view, abs=0.12)
    away, truth = measured(tmp_path, "out_of_view", ("hands",))
    assert away["hands_any_share"] < 0.5 < found["hands_any_share"]


def test_a_hand_at_work_is_faster_than_one_at_rest_and_goes_somewhere(tmp_path: Path) -> None:
    busy, _ = measured(tmp_path, "purposeful", ("hands",))
    resting, _ = measured(tmp_path, "idle", ("hands",))
    assert busy["hands_speed_mean"] > 3 * resting["hands_speed_mean"]
    assert busy["hands_displacement"] > resting["hands_displacement"]


def test_purpose_moves_things_and_fumbling_turns_about(tmp_path: Path) -> None:
    busy, _ = measured(tmp_path, "purposeful", ("hands",))
    fumbling, _ = measured(tmp_path, "fumbling", ("hands",))
    resting, _ = measured(tmp_path, "idle", ("hands",))
    assert busy["hands_scene_change"] > 1.5 * max(fumbling["hands_scene_change"], resting["hands_scene_change"])
    assert fumbling["hands_submovements"] > busy["hands_submovements"] >= resting["hands_submovements"]
    assert fumbling["hands_turning"] > busy["hands_turning"]


def hands_of(folder: Path, kind: str, size: dict[str, int]) -> tuple[Any, Truth]:
    """The hands extractor's result on one rendered episode, and the truth about it."""
    path = folder / f"{kind}-{size['width']}.mp4"
    truth = render_video(single(episode(kind, LENGTH_S), seed=3, **size), path, path.with_suffix(".json"))
    extractor = get("hands")()
    extractor.prepare()
    (found,) = extract_video(path, [Clip("clip", Window(0, LENGTH_S))], [extractor])
    return found.results["hands"], truth


def test_landmarks_and_palm_speed_are_those_of_the_true_hands(tmp_path: Path) -> None:
    """Landmarks within 0.1 palm lengths in the median; palm speed, camera taken out, within 30 % of the truth."""
    found, truth = hands_of(tmp_path, "purposeful", SIZE)
    size = np.array([SIZE["width"], SIZE["height"]])
    count = len(found.track["t_s"])
    landmarks = np.asarray(found.track["landmarks"]).reshape(count, 2, 21, 3)[..., :2] * size
    errors = []
    for row, slot in np.argwhere(np.asarray(found.track["state"]).reshape(count, 2) == SEEN):
        frame = min(round(found.track["t_s"][row] * SIZE["fps"]), len(truth.time_s) - 1)
        centre = landmarks[row, slot, list(PALM)].mean(axis=0)
        hand = int(np.argmin(np.linalg.norm(truth.palm_px[frame] - centre, axis=1)))
        true = truth.landmarks_px[frame, hand]
        errors.append(np.linalg.norm(landmarks[row, slot] - true, axis=1).mean() / np.linalg.norm(true[9] - true[0]))
    assert len(errors) > count
    assert np.median(errors) < 0.1

    step = 2  # the extractor samples at 10 Hz
    speeds = []
    for before in range(0, len(truth.time_s) - step, step):
        after = before + step
        back = np.linalg.inv(truth.homography[before]) @ truth.homography[after]
        for hand in np.flatnonzero(truth.fully_in_view[before] & truth.fully_in_view[after]):
            there = back @ np.array([*truth.palm_px[after, hand], 1.0])
            moved = np.linalg.norm(there[:2] / there[2] - truth.palm_px[before, hand])
            true = truth.landmarks_px[before, hand]
            speeds.append(moved / np.linalg.norm(true[9] - true[0]) * SIZE["fps"] / step)
    assert found.values["speed_mean"] == pytest.approx(float(np.mean(speeds)), rel=0.3)


def test_hands_do_not_depend_on_their_neighbours(tmp_path: Path) -> None:
    """Two overlapping clips together, and each alone: the same to the last bit."""
    path = tmp_path / "hands.mp4"
    render_video(single(episode("purposeful", LENGTH_S), seed=3, **SIZE), path, path.with_suffix(".json"))  # type: ignore[arg-type]
    hands = get("hands")()
    hands.prepare()
    clips = [Clip("a", Window(0.0, 1.25)), Clip("b", Window(0.75, LENGTH_S))]
    together = {found.key: found.results["hands"].values for found in extract_video(path, clips, [hands])}
    for clip in clips:
        (alone,) = extract_video(path, [clip], [hands])
        assert alone.results["hands"].values == together[clip.key]
        assert together[clip.key]["any_share"] > 0.5


def test_hands_hardly_depend_on_the_resolution(tmp_path: Path) -> None:
    """The same scene at 288 and at 576 lines: shares within 0.1, speed and displacement within 20 %."""
    small, _ = hands_of(tmp_path, "purposeful", SIZE)
    large, _ = hands_of(tmp_path, "purposeful", {"width": 1024, "height": 576, "fps": 20})
    for name in ("any_share", "both_share", "confidence_mean", "centrality", "edge_share"):
        assert small.values[name] == pytest.approx(large.values[name], abs=0.1), name
    for name in ("speed_mean", "displacement"):
        assert small.values[name] == pytest.approx(large.values[name], rel=0.2), name
    assert small.values["straightness"] == pytest.approx(large.values["straightness"], abs=0.2)


def test_hands_that_rest_make_the_picture_idle(tmp_path: Path) -> None:
    resting, _ = measured(tmp_path, "idle", ("motion",))
    busy, _ = measured(tmp_path, "purposeful", ("motion",))
    assert busy["motion_idle_share"] < 0.05 < resting["motion_idle_share"]
    assert busy["motion_residual_mean"] > 5 * resting["motion_residual_mean"]


def test_work_moves_things_in_the_working_space_and_rest_moves_nothing(tmp_path: Path) -> None:
    work, _ = measured(tmp_path, "purposeful", ("motion", "hands"))
    rest, _ = measured(tmp_path, "idle", ("motion", "hands"))
    assert work["hands_moved"] > 1 > 0.5 > rest["hands_moved"]
    assert work["motion_near_ratio"] > 0
