"""Computes the features of the extractor `hands` from the hand track of a clip. Pure arithmetic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine.features.base import ClipResult
from engine.features.camera_motion import rescaled
from engine.features.hand.palm_paths import palm_stretches, submovements, turning_deg
from engine.features.hand.tracks import SEEN, palm_centre, palm_length
from engine.features.smoothness import log_dimensionless_jerk, on_windows, sparc
from engine.features.summary import mean, percentile, ratio, share

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from engine.features.camera_motion import CameraStep
    from engine.features.hand.palm_paths import Stretch
    from engine.features.hand.tracks import HandTrack
    from engine.features.scene_change import SceneChange

__all__ = ["summarise_hands"]

_EDGE = 0.01


def summarise_hands(
    track: HandTrack,
    cameras: list[CameraStep | None],
    size: tuple[int, int],
    changed: SceneChange,
    *,
    rate_hz: float,
    window_s: float,
) -> ClipResult:
    """The `hands` features of a clip, from its hand track, camera motion (see `palm_stretches`) and scene change.

    Smoothness is measured over windows of `window_s`; hands were detected at `rate_hz`.
    """
    seen = track.state == SEEN
    marks = track.landmarks[seen]
    diagonal_px, span_s = float(np.hypot(*size)), float(track.t_s[-1] - track.t_s[0])
    stretches = palm_stretches(track, cameras, size)
    smooth = [
        [
            value
            for stretch in stretches
            for value in on_windows(measure, stretch.t_s, stretch.speed, rate_hz, window_s=window_s)
        ]
        for measure in (sparc, log_dimensionless_jerk)
    ]
    speed = np.concatenate([stretch.speed for stretch in stretches]) if stretches else np.empty(0)
    net = [stretch.net for stretch in stretches]
    edges = ((marks[..., :2] < _EDGE) | (marks[..., :2] > 1 - _EDGE)).any(axis=(1, 2))
    away = np.linalg.norm(palm_centre(marks, size) - np.array(size) / 2, axis=-1) / (diagonal_px / 2)
    values = {
        "any_share": share(seen.any(axis=1)),
        "both_share": share(seen.all(axis=1)),
        "confidence_mean": mean(track.score[seen]),
        "palm_size": percentile(palm_length(marks, size) / diagonal_px, 50),
        "centrality": 1 - min(1.0, mean(away)) if len(away) else float("nan"),
        "edge_share": share(edges),
        "track_breaks": ratio(float(_breaks(track)), span_s),
        "speed_mean": mean(speed),
        "speed_p95": percentile(speed, 95),
        "displacement": max(net, default=float("nan")),
        "straightness": ratio(sum(net), sum(stretch.path for stretch in stretches)),
        "submovements": _rate(submovements, stretches, span_s),
        "turning": _rate(turning_deg, stretches, span_s),
        "sparc": mean(smooth[0]),
        "ldlj": mean(smooth[1]),
        "scene_change": changed.greatest,
        "moved": changed.moved,
    }
    return ClipResult(values=values, track=_arrays(track, cameras, size), note=_note(seen, stretches, smooth))


def _rate(measure: Callable[[Stretch], float], stretches: list[Stretch], span_s: float) -> float:
    return ratio(float(sum(measure(stretch) for stretch in stretches)), span_s) if stretches else float("nan")


def _breaks(track: HandTrack) -> int:
    """Number of tracks that end before the clip does."""
    lasting = {int(number) for number in track.track[-1] if number >= 0}
    return len({int(number) for number in track.track.ravel() if number >= 0} - lasting)


def _note(seen: NDArray[Any], stretches: list[Stretch], smooth: list[list[float]]) -> str:
    if not seen.any():
        return "No hand was found."
    if not stretches:
        return "Hands were found, but not long enough, or the camera's motion can't be told."
    return "" if all(smooth) else "Hands were not followed long enough for their smoothness."


def _arrays(track: HandTrack, cameras: list[CameraStep | None], size: tuple[int, int]) -> dict[str, NDArray[Any]]:
    """Arrays stored for drawing and for behaviour cloning: the `HandTrack`, and the background's motion.

    `homography` `(n, 3, 3)` maps the previous frame to each frame, in normalised coordinates; all zero for the first
    frame and where it is unknown.
    """
    count = len(track.t_s)
    homography = np.zeros((count, 3, 3), np.float32)
    inliers = np.zeros(count, np.int32)
    for index, camera in enumerate(cameras, start=1):
        if camera is not None and camera.homography is not None:
            homography[index] = rescaled(camera.homography, size, (1, 1))
            inliers[index] = camera.inliers
    return {
        "t_s": track.t_s,
        "state": track.state,
        "landmarks": track.landmarks,
        "score": track.score,
        "track": track.track,
        "homography": homography,
        "inliers": inliers,
        "frame_size": np.array(size, np.int32),
    }
