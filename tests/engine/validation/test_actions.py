"""Pseudo-actions of hand tracks whose future is known."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import EngineError
from engine.validation.actions import GRIP, HORIZON, OUTPUTS, STATE_OFFSETS, pseudo_actions
from engine.validation.hand_series import HandSeries

SIZE = (640, 360)
PALM_PX = 40.0


def hand_at(x_px, y_px, *, length_px=PALM_PX, aperture_px=20.0):
    """Landmarks of a hand whose palm centre is at a place: wrist below, knuckles above."""
    marks = np.zeros((21, 3), np.float32)
    marks[:, 0], marks[:, 1] = x_px, y_px
    marks[0, 1] = y_px + 0.8 * length_px
    for knuckle in (5, 9, 13, 17):
        marks[knuckle, 1] = y_px - 0.2 * length_px
    marks[4, 0], marks[8, 0] = x_px - aperture_px / 2, x_px + aperture_px / 2
    marks[:, 0] /= SIZE[0]
    marks[:, 1] /= SIZE[1]
    return marks


def series_of(places, *, rate_hz=10.0, times_s=None, camera=None, **shape):
    """One hand in slot 0 that goes through `places` `(n, 2)` in px; `camera` `(3, 3)` or `(n, 3, 3)` is the steps'
    homography."""
    n = len(places)
    landmarks = np.zeros((n, 2, 21, 3), np.float32)
    for i, (x, y) in enumerate(places):
        landmarks[i, 0] = hand_at(x, y, **{name: value[i] for name, value in shape.items()})
    state = np.zeros((n, 2), np.uint8)
    state[:, 0] = 1
    track = np.full((n, 2), -1, np.int32)
    track[:, 0] = 0
    homography = np.broadcast_to(np.eye(3) if camera is None else camera, (n, 3, 3)).copy()
    homography[0] = 0
    score = np.where(state == 1, 0.9, 0).astype(np.float32)
    t_s = np.arange(n) / rate_hz if times_s is None else np.asarray(times_s)
    return HandSeries(
        t_s=t_s, state=state, landmarks=landmarks, score=score, track=track, homography=homography, size=SIZE
    )


def test_a_steady_move_is_told_in_palm_lengths():
    places = np.column_stack([400 + 8.0 * np.arange(20), np.full(20, 180.0)])
    found = pseudo_actions(series_of(places))
    assert found.valid[:15, 1].all()
    assert not found.valid[15:].any()
    assert not found.valid[:, 0].any()
    wanted = np.column_stack([np.arange(1, HORIZON + 1) * 8 / PALM_PX, np.zeros(HORIZON)]).ravel()
    assert found.target[3, 1, :GRIP] == pytest.approx(wanted, abs=1e-4)
    assert found.velocity[3, 1, :GRIP] == pytest.approx(wanted, abs=1e-4)
    assert found.target[3, 1, GRIP] == pytest.approx(0, abs=1e-4)


def test_the_state_is_what_the_hands_own_track_says_of_it():
    places = np.column_stack([400 + 8.0 * np.arange(20), np.full(20, 180.0)])
    state = pseudo_actions(series_of(places, aperture_px=np.full(20, 30.0))).state
    assert not state[:, 0].any(), "there is no left hand"
    row, at = state[5, 1], STATE_OFFSETS
    assert row[at["present"]] == 1
    assert row[at["way_known"] : at["way_known"] + 3].tolist() == [1, 1, 1]
    assert row[at["place"] : at["place"] + 2] == pytest.approx([440 / SIZE[0] - 0.5, 0.0], abs=1e-4)
    wanted = [8 / PALM_PX, 0.0, 2 * 8 / PALM_PX, 0.0, 4 * 8 / PALM_PX, 0.0]
    assert row[at["way"] : at["way_known"]] == pytest.approx(wanted, abs=1e-4)
    assert row[at["grip"]] == pytest.approx(30 / PALM_PX, abs=1e-4)
    assert state[3, 1, at["way_known"] : at["way_known"] + 3].tolist() == [1, 1, 0], "0.4 s before was no sample"
    near = pseudo_actions(series_of(places, length_px=np.full(20, 2 * PALM_PX))).state[5, 1]
    assert near[at["size"]] - row[at["size"]] == pytest.approx(np.log(2), abs=1e-3)


def test_the_state_knows_nothing_of_what_comes():
    steady = np.column_stack([400 + 8.0 * np.arange(20), np.full(20, 180.0)])
    turned = steady.copy()
    turned[11:] += [[0.0, 6.0 * k] for k in range(1, 10)]
    one, other = (pseudo_actions(series_of(places)).state for places in (steady, turned))
    assert np.array_equal(one[:11], other[:11])


def test_the_cameras_own_motion_is_taken_out():
    # The camera pans: everything, the resting hand too, moves 6 px a step to the left.
    pan = np.eye(3)
    pan[0, 2] = -6 / SIZE[0]
    places = np.column_stack([500 - 6.0 * np.arange(20), np.full(20, 200.0)])
    found = pseudo_actions(series_of(places, camera=pan))
    assert found.target[:15, 1] == pytest.approx(np.zeros((15, OUTPUTS)), abs=1e-4)
    assert found.velocity[2:, 1] == pytest.approx(np.zeros((18, OUTPUTS)), abs=1e-4)


def test_the_grip_is_a_change_over_the_horizon():
    lengths = PALM_PX * np.exp(0.02 * np.arange(20))
    apertures = 20 + 2.0 * np.arange(20)
    found = pseudo_actions(series_of(np.full((20, 2), 200.0), length_px=lengths, aperture_px=apertures))
    assert found.target[4, 0, GRIP] == pytest.approx(2.0 * HORIZON / np.median(lengths), abs=1e-3)


def test_frames_before_a_gap_or_an_untold_camera_step_are_masked():
    series = series_of(np.column_stack([400 + 8.0 * np.arange(30), np.full(30, 180.0)]))
    series.homography[10] = 0
    series.state[20, 0], series.track[20, 0] = 0, -1
    found = pseudo_actions(series)
    assert list(np.flatnonzero(found.valid[:, 1])) == [*range(5), *range(10, 15), *range(21, 25)]


def sampled(fps, rate_hz, length_s=4.0):
    """When the reader samples a video of `fps` frames a second at `rate_hz`: the first frame at or after each."""
    frames_s = np.arange(round(length_s * fps) + 1) / fps
    instants_s = np.arange(int(length_s * rate_hz)) / rate_hz
    return np.unique(frames_s[np.searchsorted(frames_s, instants_s - 1e-6)])


def course(t_s):
    """A reach there and back under a panning and slowly rising camera: hand places and the camera's offset, in px."""
    camera = np.column_stack([-40.0 * t_s, 12.0 * t_s])
    hand = np.column_stack([320 + 90 * np.sin(1.3 * t_s), 180 + 50 * np.cos(0.9 * t_s)])
    return hand + camera, camera


def series_at(times_s):
    """The course, sampled at these times."""
    places, camera = course(times_s)
    steps = np.diff(camera, axis=0, prepend=camera[:1])
    homography = np.tile(np.eye(3), (len(times_s), 1, 1))
    homography[:, :2, 2] = steps / SIZE
    lengths = PALM_PX * np.exp(0.1 * np.sin(times_s))
    apertures = 20 + 8 * np.sin(2 * times_s)
    return series_of(places, times_s=times_s, camera=homography, length_px=lengths, aperture_px=apertures)


@pytest.mark.parametrize(
    ("fps", "rate_hz"),
    [
        (15, 10),
        (15, 7.5),
        (10, 10),
        (12.5, 10),
        (12, 10),
        (24, 10),
        (25, 10),
        (29.97, 10),
        (30, 10),
        (60, 10),
        (30, 30),
    ],
)
def test_the_same_movement_has_the_same_actions_at_every_frame_rate(fps, rate_hz):
    times_s = sampled(fps, rate_hz)
    found = pseudo_actions(series_at(times_s))
    truth = pseudo_actions(series_at(np.arange(41) / 10))
    n = min(len(found.t_s), len(truth.t_s))
    assert n >= 38
    assert found.t_s[:n] == pytest.approx(truth.t_s[:n])
    both = found.valid[:n, :] & truth.valid[:n, :]
    assert both.sum() >= 30
    for hand in (0, 1):
        rows = both[:, hand]
        assert found.target[:n][rows, hand] == pytest.approx(truth.target[:n][rows, hand], abs=0.06)
        assert found.velocity[:n][rows, hand] == pytest.approx(truth.velocity[:n][rows, hand], abs=0.15)
    assert len(found.spread(12)) == 12


def test_the_horizon_is_half_a_second_at_fifteen_frames_a_second():
    """Samples of a 15 fps video are 2/15 s apart: five of them would be two thirds of a second."""
    times_s = sampled(15, 10)
    found = pseudo_actions(
        series_of(np.column_stack([300 + 60.0 * times_s, np.full(len(times_s), 180.0)]), times_s=times_s)
    )
    assert found.target[3, 1, GRIP - 2] == pytest.approx(60 * 0.5 / PALM_PX, abs=1e-3)
    assert found.velocity[3, 1, GRIP - 2] == pytest.approx(60 * 0.5 / PALM_PX, abs=1e-3)


def test_no_hand_and_no_row_is_made_up_inside_a_pause():
    times_s = np.concatenate([np.arange(15) / 10, 5 + np.arange(15) / 10])
    found = pseudo_actions(series_of(np.full((30, 2), 200.0), times_s=times_s))
    inside = (found.t_s > 1.45) & (found.t_s < 4.95)
    assert inside.sum() == 35
    assert not found.present[inside].any()
    assert not found.valid[(found.t_s > 0.95) & (found.t_s < 4.95)].any()
    assert not found.covered[inside].any()
    rows = found.spread(12)
    assert not np.isin(rows, np.flatnonzero(inside)).any()
    assert found.covered[np.add.outer(rows, np.arange(-2, 6))].all()


@pytest.mark.parametrize("rate_hz", [5.0, 3.0])
def test_a_track_sampled_too_rarely_is_refused_with_the_way_out(rate_hz):
    with pytest.raises(
        EngineError, match=r"every 0\.\d+ s.*at least 7 frames a second, and.* features\.yaml, of 10 Hz"
    ):
        pseudo_actions(series_of(np.full((20, 2), 200.0), rate_hz=rate_hz))


def test_a_clip_has_its_usable_rows_once_each_and_no_more_than_are_wanted():
    for n in (9, 20, 300):
        actions = pseudo_actions(series_of(np.full((n, 2), 200.0)))
        rows = actions.spread(12)
        assert len(rows) == len(set(rows)) == min(12, n - 7)
        assert rows.min() >= 2
        assert rows.max() < n - 5
    assert len(pseudo_actions(series_of(np.full((6, 2), 200.0))).spread(12)) == 0


def test_two_hands_keep_their_sides():
    series = series_of(np.full((20, 2), (420.0, 180.0)))
    for i in range(20):
        series.landmarks[i, 1] = hand_at(360.0, 180.0)
    series.state[:, 1], series.track[:, 1], series.score[:, 1] = 1, 1, 0.8
    found = pseudo_actions(series)
    assert found.palm[5, 0, 0] == pytest.approx(360 / 640, abs=1e-3)
    assert found.palm[5, 1, 0] == pytest.approx(420 / 640, abs=1e-3)
