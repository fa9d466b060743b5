"""Measures how much the scene changed between the start and the end of a clip.

That an object changes its state or place is what egocentric benchmarks call the outcome of an action (K. Grauman et
al.: Ego4D, CVPR 2022, "object state change"). Here it is measured without recognising objects: both pictures are
registered on the static background (E. Rublee et al.: ORB, ICCV 2011; a homography by RANSAC), hands are left
out, and the region that differs most is compared with the picture's contrast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from engine.video.types import Image

__all__ = ["UNKNOWN", "SceneChange", "moved_amount", "scene_change"]

_NAN = float("nan")
_KEYPOINTS = 500
_FAST_THRESHOLD = 7
_MIN_MATCHES = 15
_RANSAC_PX = 3.0
_MIN_OVERLAP = 0.25
"""Smallest share of the picture that both must show outside of hands; below, only a corner would be compared."""
_BLUR_PX = 2.0
_TILES = (32, 18)
_DIFFERS = 0.7
"""In contrasts: tiles that differ by less did not change."""
_LEAST_CONTRAST = 5.0
"""In grey levels; a picture with less contrast is mostly noise."""


@dataclass(frozen=True, slots=True)
class SceneChange:
    """What differs between a clip's last picture and its first, hands left out. NaN where they can't be compared."""

    greatest: float
    """99th percentile of the tiles' differences, in contrasts."""
    moved: float
    """ln(1 + x), x being how much left one place and is found in another, in tiles times contrasts."""


UNKNOWN = SceneChange(_NAN, _NAN)


def scene_change(
    before: Image,
    after: Image,
    before_hands: Sequence[NDArray[np.float64]],
    after_hands: Sequence[NDArray[np.float64]],
) -> SceneChange:
    """Compare `before` and `after`, grey `(height, width) uint8`; hands are boxes `(left, top, right, bottom)` in px.

    Differences are in contrasts: standard deviations of the picture's grey levels, over 32 × 18 tiles, with brightness
    equalised. `UNKNOWN` where the two can't be registered: too little texture or overlap.
    """
    found = _differences(before, after, before_hands, after_hands)
    if found is None:
        return UNKNOWN
    size, signed = found
    return SceneChange(float(np.percentile(size[np.isfinite(size)], 99)), moved_amount(signed))


def moved_amount(signed: NDArray[np.float64]) -> float:
    """How much was moved, from the signed difference of tiles `(rows, columns)`, NaN where unknown.

    Where a thing was, the difference has one sign, and where it is now the other: it is darker than the table in both
    places, or brighter. A region that only turned darker (a shadow, a page that was turned) has no counterpart. Of all
    regions that differ, the largest pair of opposite sign counts, as much as its lesser half.
    """
    import cv2

    largest = [0.0, 0.0]
    for side, sign in enumerate((1, -1)):
        apart = np.nan_to_num(sign * signed, nan=0.0)
        count, region = cv2.connectedComponents((apart > _DIFFERS).astype(np.uint8))
        sums = np.bincount(region.ravel(), weights=apart.ravel(), minlength=count)[1:]
        largest[side] = float(sums.max(initial=0.0))
    return float(np.log1p(min(largest)))


def _differences(
    before: Image,
    after: Image,
    before_hands: Sequence[NDArray[np.float64]],
    after_hands: Sequence[NDArray[np.float64]],
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Mean |first − last| and mean first − last of the tiles `(18, 32)`, in contrasts, NaN where a tile is not seen in
    both; None where none is."""
    import cv2

    masks = [_outside(picture, hands) for picture, hands in ((before, before_hands), (after, after_hands))]
    homography = _registration(before, after, *masks)
    if homography is None:
        return None
    size = (after.shape[1], after.shape[0])
    shown = (cv2.warpPerspective(masks[0], homography, size) == 255) & (masks[1] == 255)
    if shown.mean() < _MIN_OVERLAP:
        return None
    old, new = (
        cv2.GaussianBlur(picture, (0, 0), _BLUR_PX).astype(np.float32)
        for picture in (cv2.warpPerspective(before, homography, size), after)
    )
    # Exposure drifts between the two ends of a clip; dividing by the ratio of medians corrects that.
    old *= max(float(np.median(new[shown])), 1.0) / max(float(np.median(old[shown])), 1.0)
    share = cv2.resize(shown.astype(np.float32), _TILES, interpolation=cv2.INTER_AREA)
    if not (share > 0.5).any():
        return None
    whole = np.where(share > 0.5, share, _NAN) * max(float(new[shown].std()), _LEAST_CONTRAST)
    difference = np.where(shown, old - new, 0).astype(np.float32)
    size, signed = (
        cv2.resize(d, _TILES, interpolation=cv2.INTER_AREA) / whole for d in (np.abs(difference), difference)
    )
    return np.asarray(size, np.float64), np.asarray(signed, np.float64)


def _outside(picture: Image, boxes: Sequence[NDArray[np.float64]]) -> NDArray[np.uint8]:
    mask = np.full(picture.shape, 255, np.uint8)
    for box in boxes:
        left, top, right, bottom = (max(0, int(edge)) for edge in box)
        mask[top:bottom, left:right] = 0
    return mask


def _registration(
    before: Image, after: Image, before_mask: NDArray[np.uint8], after_mask: NDArray[np.uint8]
) -> NDArray[np.float64] | None:
    """The homography from `before` to `after`; None where too few corners agree."""
    import cv2

    orb = cv2.ORB.create(_KEYPOINTS, fastThreshold=_FAST_THRESHOLD)
    start, described = orb.detectAndCompute(before, before_mask)
    end, described_again = orb.detectAndCompute(after, after_mask)
    if min(len(start), len(end)) < _MIN_MATCHES:
        return None
    matches = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(described, described_again)
    if len(matches) < _MIN_MATCHES:
        return None
    # OpenCV's random state is global to the process: reset here, so that the result depends on this clip alone.
    cv2.setRNGSeed(0)
    found, agreeing = cv2.findHomography(
        np.array([start[match.queryIdx].pt for match in matches], np.float32),
        np.array([end[match.trainIdx].pt for match in matches], np.float32),
        cv2.RANSAC,
        _RANSAC_PX,
    )
    if found is None or int(agreeing.sum()) < _MIN_MATCHES:
        return None
    return np.asarray(found, np.float64)
