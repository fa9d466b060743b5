"""Palm motion with camera motion removed: paths in palm lengths, and measures of them. Pure arithmetic.

A purposeful reach has one bell-shaped speed profile along a nearly straight path; searching and fumbling consist of
many short submovements in changing directions. The number of speed peaks is the oldest measure of that:

    B. Rohrer, S. Fasoli, H. I. Krebs et al.: Movement smoothness changes during stroke recovery. J. Neurosci. 22
    (2002); and, with its weaknesses, Balasubramanian et al. 2015 (see `smoothness.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.features.camera_motion import centre_motion, project
from engine.features.hand.tracks import SLOTS, palm_centre, palm_length

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.features.camera_motion import CameraStep
    from engine.features.hand.tracks import HandTrack

__all__ = ["Stretch", "palm_stretches", "submovements", "turning_deg"]

_PEAK_SPEED = 0.8
_MOVING_SPEED = 0.6
"""Palm lengths a second; at lower speeds the landmarker's own jitter makes peaks and turns."""
_PEAK_PROMINENCE = 0.3
_EVEN_HZ = 10.0
_ROUNDING = 0.02
"""Tolerance for rounding, as a fraction of a step: a stretch this much too short is still long enough."""
_SMOOTHING = np.array([0.25, 0.5, 0.25])


@dataclass(frozen=True, slots=True)
class Stretch:
    """A palm tracked through consecutive frames whose camera motion is known.

    `steps` `(n, 2)` are displacements in palm lengths with camera motion removed, in the orientation of the stretch's
    first frame; `t_s` and `dt_s` `(n,)` are the end and the length of each step.
    """

    t_s: NDArray[np.float64]
    dt_s: NDArray[np.float64]
    steps: NDArray[np.float64]

    @property
    def speed(self) -> NDArray[np.float64]:
        """`(n,)` in palm lengths a second."""
        return np.asarray(np.linalg.norm(self.steps, axis=1) / self.dt_s)

    @property
    def path(self) -> float:
        """Path length, in palm lengths."""
        return float(np.linalg.norm(self.steps, axis=1).sum())

    @property
    def net(self) -> float:
        """Net displacement, in palm lengths."""
        return float(np.linalg.norm(self.steps.sum(axis=0)))


def palm_stretches(track: HandTrack, cameras: Sequence[CameraStep | None], size: tuple[int, int]) -> list[Stretch]:
    """The camera-compensated palm paths of a clip.

    `cameras[i]` maps frame i to frame i + 1, in px of `size`; None where it is not reliable.

    The homography moves the background under the palm; the rest of the displacement is the palm's own. Steps are summed
    as vectors with the camera's roll removed: chained homographies would diverge when the head turns.
    """
    centres, lengths = palm_centre(track.landmarks, size), palm_length(track.landmarks, size)
    stretches: list[Stretch] = []
    for slot in range(SLOTS):
        for number in np.unique(track.track[track.track[:, slot] >= 0, slot]):
            own = track.track[:, slot] == number
            palm_px = float(np.median(lengths[own, slot]))
            if palm_px > 0:
                stretches += _stretches_of(track.t_s, centres[:, slot], own, palm_px, cameras, size)
    return stretches


def _stretches_of(
    t_s: NDArray[np.float64],
    centres: NDArray[np.float64],
    own: NDArray[np.bool_],
    palm_px: float,
    cameras: Sequence[CameraStep | None],
    size: tuple[int, int],
) -> list[Stretch]:
    """The stretches of one track; `own` `(n,) bool` marks its frames."""
    stretches: list[Stretch] = []
    rows: list[tuple[float, float, float, float]] = []
    roll_rad = 0.0
    for i, camera in enumerate(cameras):
        homography = camera.homography if camera is not None and own[i] and own[i + 1] else None
        turn = centre_motion(homography, *size) if homography is not None else None
        if homography is None or turn is None:
            _close(stretches, rows)
            rows, roll_rad = [], 0.0
            continue
        roll_rad += float(np.radians(turn.rotation_deg))
        dx, dy = (centres[i + 1] - project(homography, centres[i : i + 1])[0]) / palm_px
        cos, sin = np.cos(roll_rad), np.sin(roll_rad)
        rows.append((float(t_s[i + 1]), float(t_s[i + 1] - t_s[i]), cos * dx + sin * dy, cos * dy - sin * dx))
    _close(stretches, rows)
    return stretches


def _close(stretches: list[Stretch], rows: list[tuple[float, float, float, float]]) -> None:
    if rows:
        table = np.array(rows, np.float64)
        stretches.append(Stretch(table[:, 0], table[:, 1], table[:, 2:]))


def submovements(stretch: Stretch) -> int:
    """Number of submovements: peaks of the smoothed speed.

    A peak has at least 0.8 palm lengths a second and a prominence of at least 0.3 of its height.
    """
    speed = np.linalg.norm(_smoothed_velocity(stretch), axis=1)
    inner = np.arange(1, len(speed) - 1)
    peaks = inner[(speed[inner] > speed[inner - 1]) & (speed[inner] >= speed[inner + 1]) & (speed[inner] > _PEAK_SPEED)]
    return sum(_prominence(speed, peak) > _PEAK_PROMINENCE * speed[peak] for peak in peaks)


def _prominence(speed: NDArray[np.float64], peak: int) -> float:
    """Prominence of a peak: how far the speed falls on both sides before it exceeds the peak.

    (`scipy.signal` has this, but takes two seconds to load.)
    """
    lowest = []
    for side in (speed[:peak][::-1], speed[peak + 1 :]):
        higher = np.flatnonzero(side > speed[peak])
        lowest.append(float(side[: higher[0] if len(higher) else None].min()))
    return float(speed[peak]) - max(lowest)


def turning_deg(stretch: Stretch) -> float:
    """Total absolute turning of the palm's path, in degrees, where it moves at 0.6 palm lengths a second or more."""
    velocity = _smoothed_velocity(stretch)
    moving = np.linalg.norm(velocity, axis=1) > _MOVING_SPEED
    one, next_one = velocity[:-1], velocity[1:]
    angle = np.arctan2(one[:, 0] * next_one[:, 1] - one[:, 1] * next_one[:, 0], (one * next_one).sum(axis=1))
    return float(np.degrees(np.abs(angle[moving[:-1] & moving[1:]]).sum()))


def _smoothed_velocity(stretch: Stretch) -> NDArray[np.float64]:
    """Velocity `(n, 2)` in palm lengths a second, resampled to 10 Hz and smoothed over three samples.

    Resampled because samples are unevenly spaced: at 25 frames a second they are alternately 0.08 and 0.12 s apart, and
    smoothing over them would give a steady hand an alternating speed.
    """
    times_s = np.concatenate([stretch.t_s[:1] - stretch.dt_s[:1], stretch.t_s])
    places = np.concatenate([np.zeros((1, 2)), np.cumsum(stretch.steps, axis=0)])
    count = int(np.floor((times_s[-1] - times_s[0]) * _EVEN_HZ + _ROUNDING))
    if count < 1:
        return np.empty((0, 2))
    even_s = times_s[0] + np.arange(count + 1) / _EVEN_HZ
    steps = np.stack([np.diff(np.interp(even_s, times_s, places[:, axis])) for axis in (0, 1)], axis=1)
    padded = np.pad(steps, ((1, 1), (0, 0)), mode="edge")
    return np.stack([np.convolve(padded[:, axis], _SMOOTHING, mode="valid") for axis in (0, 1)], axis=1) * _EVEN_HZ
