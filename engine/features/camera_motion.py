"""Camera motion between two frames: sparse Lucas–Kanade tracks of corners, and a homography by RANSAC.

    B. Lucas, T. Kanade: An iterative image registration technique (1981), pyramidal as in J.-Y. Bouguet (2000);
    J. Shi, C. Tomasi: Good features to track (1994); M. Fischler, R. Bolles: Random sample consensus (1981).

A homography is exact for a plane or a rotating camera, and a good local model of a table-top seen from a head.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from engine.features.shared import Shared
    from engine.video.types import Image, Sample

__all__ = [
    "CameraStep",
    "CentreMotion",
    "PointTracks",
    "centre_motion",
    "fit_camera",
    "outside_boxes",
    "project",
    "rescaled",
    "residuals_px",
    "shared_tracks",
    "track_points",
]

_MAX_POINTS = 200
_QUALITY = 0.003
_SPACING = 1 / 24
_WINDOW_PX = 15
_LEVELS = 4
_MAX_RETURN_ERROR_PX = 0.6
_RANSAC_PX = 1.5
_MAX_ZOOM = 2.0


@dataclass(frozen=True, slots=True)
class PointTracks:
    """Points of one frame found again in the next: `start` and `end` are `(n, 2) float32`, in px."""

    start: NDArray[np.float32]
    end: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.start)


@dataclass(frozen=True, slots=True)
class CameraStep:
    """The background's homography `(3, 3) float64` from one frame to the next, in px; None where none was found."""

    homography: NDArray[np.float64] | None
    inliers: int
    points: int

    @property
    def inlier_ratio(self) -> float:
        """Fraction of the tracked points that move with the background; 0 where none were tracked."""
        return self.inliers / self.points if self.points else 0.0

    def trusted(self, min_inliers: int, min_ratio: float) -> bool:
        """Whether enough points agree with the homography."""
        return self.homography is not None and self.inliers >= min_inliers and self.inlier_ratio >= min_ratio


class CentreMotion(NamedTuple):
    """A homography's effect around the middle of the frame: shift in px, clockwise turn in degrees, zoom factor."""

    dx_px: float
    dy_px: float
    rotation_deg: float
    zoom: float


def track_points(previous: Image, current: Image) -> PointTracks:
    """Corners of `previous` found again in `current`, both `(height, width) uint8`.

    A point counts if tracking it back returns to where it started.
    """
    import cv2

    # Corners are found at half size: precise enough to start from, and a quarter of the work.
    half = cv2.pyrDown(previous)
    corners = cv2.goodFeaturesToTrack(half, _MAX_POINTS, _QUALITY, max(2.0, min(half.shape[:2]) * _SPACING))
    if corners is None:
        nothing = np.empty((0, 2), np.float32)
        return PointTracks(nothing, nothing)
    corners *= 2
    window, stop = (_WINDOW_PX, _WINDOW_PX), (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 20, 0.02)
    moved, found, _ = cv2.calcOpticalFlowPyrLK(
        previous, current, corners, None, winSize=window, maxLevel=_LEVELS, criteria=stop
    )
    back, returned, _ = cv2.calcOpticalFlowPyrLK(
        current,
        previous,
        moved,
        corners.copy(),
        winSize=window,
        maxLevel=1,
        criteria=stop,
        flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
    )
    start, end = corners.reshape(-1, 2), moved.reshape(-1, 2)
    error_px = np.linalg.norm(back.reshape(-1, 2) - start, axis=1)
    height, width = current.shape[:2]
    inside = (end[:, 0] >= 0) & (end[:, 0] < width) & (end[:, 1] >= 0) & (end[:, 1] < height)
    good = (found.ravel() == 1) & (returned.ravel() == 1) & (error_px < _MAX_RETURN_ERROR_PX) & inside
    return PointTracks(start[good], end[good])


def shared_tracks(previous: Sample, current: Sample, shared: Shared) -> PointTracks:
    """`track_points` between two samples of one video, cached for all extractors."""
    key = ("tracks", current.request.short_side_px, previous.t_s, current.t_s)
    return shared.once(key, lambda: track_points(previous.image, current.image))


def fit_camera(tracks: PointTracks, keep: NDArray[np.bool_] | None = None) -> CameraStep:
    """The homography that most of the points follow; `keep` `(n,) bool` restricts it to some of them."""
    import cv2

    start, end = (tracks.start, tracks.end) if keep is None else (tracks.start[keep], tracks.end[keep])
    if len(start) < 8:
        return CameraStep(None, 0, len(start))
    found, inliers = cv2.findHomography(start, end, cv2.RANSAC, _RANSAC_PX, maxIters=1000, confidence=0.999)
    if found is None or not np.all(np.isfinite(found)):
        return CameraStep(None, 0, len(start))
    return CameraStep(found, int(inliers.sum()), len(start))


def centre_motion(homography: NDArray[np.float64], width: int, height: int) -> CentreMotion | None:
    """Effect of the homography at the frame's centre; None where no camera moves so (mirrored, collapsed)."""
    x, y = (width - 1) / 2, (height - 1) / 2
    u, v, w = homography @ (x, y, 1.0)
    if not w > 1e-6:
        return None
    ax, ay = u / w, v / w
    jacobian = (homography[:2, :2] - np.outer((ax, ay), homography[2, :2])) / w
    area = float(np.linalg.det(jacobian))
    if not 1 / _MAX_ZOOM**2 < area < _MAX_ZOOM**2:
        return None
    turn = np.arctan2(jacobian[1, 0] - jacobian[0, 1], jacobian[0, 0] + jacobian[1, 1])
    return CentreMotion(float(ax - x), float(ay - y), float(np.degrees(turn)), float(np.sqrt(area)))


def project(homography: NDArray[np.float64], points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Points `(n, 2)` mapped by a homography."""
    moved = np.column_stack([points, np.ones(len(points))]) @ homography.T
    return np.asarray(moved[:, :2] / moved[:, 2:], np.float64)


def residuals_px(tracks: PointTracks, homography: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance of each point from where the camera's motion alone would put it, `(n,)` in px."""
    return np.asarray(np.linalg.norm(tracks.end - project(homography, tracks.start), axis=1), np.float64)


def outside_boxes(points: NDArray[np.floating], boxes: Iterable[NDArray[np.floating]]) -> NDArray[np.bool_]:
    """Which points `(n, 2)` lie outside all boxes `(left, top, right, bottom)`."""
    outside = np.ones(len(points), bool)
    for left, top, right, bottom in boxes:
        x, y = points[:, 0], points[:, 1]
        outside &= (x < left) | (x > right) | (y < top) | (y > bottom)
    return outside


def rescaled(homography: NDArray[np.float64], old: tuple[int, int], new: tuple[int, int]) -> NDArray[np.float64]:
    """The same mapping between frames of another size."""
    scale = np.array([new[0] / old[0], new[1] / old[1], 1.0])
    moved = homography * scale[:, None] / scale[None, :]
    return np.asarray(moved / moved[2, 2])
