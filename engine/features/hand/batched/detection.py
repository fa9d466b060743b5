"""Palms in a frame, from what the detector's network puts out: anchors, decoding, weighted non-maximum suppression."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from engine.features.hand.batched.boxes import overlap, square_of_palm

if TYPE_CHECKING:
    from torch import Tensor

    from engine.arrays import Floats

__all__ = ["anchors", "hand_squares", "merge_palms", "palm_candidates"]

SIDE_PX = 192
_LAYERS = ((8, 2), (16, 6))
"""Stride in px, and anchors at each place: SSD's four layers of strides 8, 16, 16, 16, two anchors a layer."""
_LARGEST_LOGIT = 100.0
_SAME_PALM = 0.3
"""Boxes that overlap the best one by more are of the same palm."""


def anchors() -> Floats:
    """Centres of the anchors, `(2016, 2)` as shares of the picture, in the network's order; all have size 1.

    Layer by layer, row by row, with the anchors of one place together.
    """
    layers = []
    for stride, count in _LAYERS:
        cells = SIDE_PX // stride
        y, x = np.mgrid[:cells, :cells]
        centres = np.stack([x.ravel(), y.ravel()], axis=1)
        layers.append(np.repeat((centres + 0.5) / cells, count, axis=0))
    return np.concatenate(layers)


def palm_candidates(boxes: Tensor, logits: Tensor, least_score: float) -> list[tuple[Floats, Floats]]:
    """Boxes and scores that reach `least_score`, for each picture of a batch.

    `boxes` is `(n, 2016, 18)`: centre, size and seven keypoints in px from their anchor; `logits` `(n, 2016, 1)`. A
    candidate is a row of 18: left, top, right, bottom and the keypoints' x and y, as shares of the picture.
    """
    scores = torch.sigmoid(logits[..., 0].float().clamp(-_LARGEST_LOGIT, _LARGEST_LOGIT))
    chosen = scores >= least_score
    picture, place = (index.cpu().numpy() for index in torch.nonzero(chosen, as_tuple=True))
    rows = boxes[chosen].float().cpu().numpy().astype(np.float64) / SIDE_PX
    sure = scores[chosen].cpu().numpy().astype(np.float64)
    centres = anchors()[place]
    points = rows.reshape(len(rows), 9, 2)
    half = points[:, 1] / 2
    centre = points[:, 0] + centres
    keypoints = points[:, 2:] + centres[:, None]
    decoded = np.concatenate([centre - half, centre + half, keypoints.reshape(len(rows), 14)], axis=1)
    return [(decoded[picture == n], sure[picture == n]) for n in range(len(boxes))]


def merge_palms(candidates: Floats, scores: Floats) -> Floats:
    """Weighted non-maximum suppression: each palm once, best first, as the mean of its candidates weighted by score."""
    left = np.argsort(-scores, kind="stable")
    palms = []
    while len(left):
        same = overlap(candidates[left[0], :4], candidates[left, :4]) > _SAME_PALM
        if not same[0]:  # a box without area overlaps nothing, itself included
            palms.append(candidates[left[0]])
            break
        group = left[same]
        palms.append(np.average(candidates[group], axis=0, weights=scores[group]))
        left = left[~same]
    return np.array(palms).reshape(-1, candidates.shape[1])


def hand_squares(palms: Floats, size: tuple[int, int]) -> list[Floats]:
    """The squares of the hands of palms in the padded square picture, in px of the frame `(width, height)`."""
    width, height = size
    side = max(width, height)
    points = palms.reshape(-1, 9, 2) * side - np.array([(side - width) / 2, (side - height) / 2])
    return [square_of_palm(one[:2].ravel(), one[2:]) for one in points]
