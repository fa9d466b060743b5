"""What is drawn agrees with the truth about it, and every dial moves what it should and nothing else."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from engine.sample.render import render_frames
from engine.sample.script import episode, single
from engine.sample.types import Scene

if TYPE_CHECKING:
    from engine.sample.types import Frame, Kind

SHORT_S = 0.5


def frames(kind: Kind = "idle", duration_s: float = SHORT_S, seed: int = 0, **dials: float) -> list[Frame]:
    """The frames of one small episode."""
    return list(render_frames(single(episode(kind, duration_s, **dials), seed=seed)))


def grey(frame: Frame) -> Any:
    return cv2.cvtColor(frame.image, cv2.COLOR_RGB2GRAY)


def sharpness(shown: list[Frame]) -> float:
    return float(np.median([cv2.Laplacian(cv2.GaussianBlur(grey(f), (0, 0), 1), cv2.CV_64F).var() for f in shown]))


def luma(shown: list[Frame]) -> float:
    return float(np.mean([grey(f).mean() for f in shown]))


def test_frames_have_the_right_shape_and_repeat_to_the_byte() -> None:
    first, again = frames("purposeful"), frames("purposeful")
    assert len(first) == 6
    assert first[0].image.shape == (180, 320, 3)
    assert first[0].image.dtype == np.uint8
    assert all(np.array_equal(a.image, b.image) for a, b in zip(first, again, strict=True))


def test_sharpness_falls_with_every_step_of_defocus() -> None:
    values = [sharpness(frames(defocus_px=d)) for d in (0, 1.5, 3, 6)]
    assert values == sorted(values, reverse=True)
    assert values[-1] < 0.3 * values[0]
    assert frames(defocus_px=3)[0].truth.blur_px == pytest.approx(1.5)  # half of the width that dials are given for


def test_luma_follows_exposure_and_the_truth_says_by_how_much() -> None:
    values = [luma(frames(exposure_ev=e)) for e in (-2, -1, 0, 1)]
    assert values == sorted(values)
    assert values[0] / values[2] == pytest.approx(0.25 ** (1 / 2.2), rel=0.06)
    assert frames(exposure_ev=-2)[0].truth.exposure_gain == pytest.approx(0.25)


def test_flicker_makes_luma_swing_with_the_gain() -> None:
    shown = frames(duration_s=2.0, flicker_ev=0.6)
    levels = [grey(f).mean() for f in shown]
    gains = [f.truth.exposure_gain for f in shown]
    assert np.std(levels) > 8 * np.std([grey(f).mean() for f in frames(duration_s=2.0)])
    assert np.corrcoef(levels, np.log(gains))[0, 1] > 0.95


def test_motion_blur_softens_what_moves_and_leaves_what_rests() -> None:
    moving = [sharpness(frames("looking_away", 1.0, shutter_share=s)) for s in (0.0, 1.0)]
    assert moving[1] < 0.8 * moving[0]
    still = [sharpness(frames("out_of_view", shutter_share=s)) for s in (0.0, 1.0)]
    assert still[1] == pytest.approx(still[0], rel=0.15)
    assert max(f.truth.motion_blur_px for f in frames("looking_away", 1.0, shutter_share=1.0)) > 3


def test_shake_moves_the_picture_by_about_the_dial() -> None:
    def steps(shake_px: float) -> float:
        shown = frames("out_of_view", 2.0, shake_px=shake_px)
        middle = np.array([f.truth.homography @ [159.5, 89.5, 1.0] for f in shown])
        spot = middle[:, :2] / middle[:, 2:]
        to_px = np.linalg.inv(shown[0].truth.homography) @ np.column_stack([spot, np.ones(len(spot))]).T
        return float((to_px[:2] / to_px[2]).std(axis=1).mean())

    calm, shaken = steps(0), steps(20)
    assert calm < 5
    assert (shaken**2 - calm**2) ** 0.5 == pytest.approx(10, rel=0.35)  # 20 px of a 640 px frame are 10 of a 320 px one


def test_frozen_frames_are_identical_and_told() -> None:
    shown = frames("purposeful", 1.0, frozen_share=0.5)
    flags = [f.truth.frozen for f in shown]
    assert sum(flags) == 6
    for before, now in pairwise(shown):
        assert np.array_equal(before.image, now.image) == now.truth.frozen
        if now.truth.frozen:
            assert now.truth.shown == before.truth.shown
            assert np.array_equal(now.truth.hands[0].landmarks_px, before.truth.hands[0].landmarks_px)


def test_dropped_frames_repeat_the_one_before() -> None:
    shown = frames("idle", 2.0, dropped_share=0.25)
    assert sum(f.truth.frozen for f in shown) == 6
    assert not shown[0].truth.frozen


def test_compression_leaves_blocks() -> None:
    def blockiness(level: float) -> float:
        g = grey(frames(compression=level)[0]).astype(float)
        step = np.abs(np.diff(g, axis=1)).mean(axis=0)
        return float(step[7::8].mean() / np.delete(step, np.s_[7::8]).mean())

    assert blockiness(1.0) > 1.4 > blockiness(0.0)


def test_the_homography_follows_the_texture() -> None:
    bare = Scene(surface="mat", n_objects=0)  # things stand above the table and move otherwise
    shown = list(render_frames(single(episode("out_of_view", 2.0, shake_px=3), scene=bare, width=640, height=360)))
    first = shown[0]
    points = cv2.goodFeaturesToTrack(grey(first), 200, 0.01, 8)
    for other in shown[4::6]:
        warp = np.linalg.inv(other.truth.homography) @ first.truth.homography
        expected = cv2.perspectiveTransform(points, warp).astype(np.float32)
        assert np.median(np.linalg.norm(expected - points, axis=2)) > 5
        # The grid repeats itself, so the tracker starts 2 px beside the truth and must find its way back to it.
        guess = expected + np.float32(2 / 2**0.5)
        options = {"winSize": (15, 15), "maxLevel": 1, "flags": cv2.OPTFLOW_USE_INITIAL_FLOW}
        moved, found, _ = cv2.calcOpticalFlowPyrLK(grey(first), grey(other), points, guess, **options)
        inside = ((expected > 10) & (expected < (630, 350))).all(axis=(1, 2))
        error = (moved - expected)[inside & (found.ravel() == 1), 0]
        assert len(error) > 30
        assert np.abs(np.median(error, axis=0)).max() < 0.12
        assert np.median(np.linalg.norm(error, axis=1)) < 0.4


def test_the_homography_is_in_metres_on_the_table() -> None:
    frame = next(iter(render_frames(single(episode("out_of_view"), scene=Scene(surface="mat", n_objects=0)))))
    to_px = np.linalg.inv(frame.truth.homography)
    # The board reaches from x = −0.165 to 0.165 m and from y = 0.315 to 0.485 m; the mat is green and blue, not red.
    edge = {(0.0, 0.40): True, (0.145, 0.40): True, (0.19, 0.40): False, (0.0, 0.33): True, (0.0, 0.29): False}
    for (x, y), on_board in edge.items():
        u, v, w = to_px @ [x, y, 1.0]
        red, _, blue = (int(c) for c in frame.image[round(v / w), round(u / w)])
        assert (red > blue + 20) == on_board, (x, y)


def test_the_truth_of_a_hand_lies_on_skin() -> None:
    script = single(episode("idle", SHORT_S))
    frame = next(iter(render_frames(script)))
    skin = np.array(script.person.skin)
    for hand in frame.truth.hands:
        assert hand.fully_in_view
        x, y = (round(v) for v in hand.palm_px)
        colour = frame.image[y, x] / 255
        assert np.linalg.norm(colour / colour.sum() - skin / skin.sum()) < 0.06


def test_hands_out_of_view_are_told_so() -> None:
    assert all(h.in_view_share == 0 for f in frames("out_of_view") for h in f.truth.hands)


def test_dials_change_over_within_a_fifth_of_a_second() -> None:
    script = single(episode("idle", 1.0), episode("idle", 1.0, defocus_px=4), width=64, height=64, fps=20)
    blur = [f.truth.blur_px for f in render_frames(script)]
    assert blur[19] == 0
    assert 0 < blur[22] < blur[24]
    assert len(set(blur[24:])) == 1
