"""Measures how far off the camera's motion is at the hands, by how many points of the background agree on it.

    python -m benchmarks.camera_steps [--seed 312] [--videos 40]

Frames of sample videos a tenth of a second apart, as the extractor `hands` sees them, against the renderer's truth: the
distance at three places where hands work, in palm lengths. It says how many inliers a step needs to be used.
"""

from __future__ import annotations

import argparse

import cv2
import numpy as np

from engine.features.base import GREY_SHORT_SIDE_PX
from engine.features.camera_motion import fit_camera, outside_boxes, project, track_points
from engine.sample.render import render_frames
from engine.sample.script import sample_scripts

BINS = ((8, 20), (20, 40), (40, 70), (70, 1000))
EVERY = 6
"""One video of so many is looked at."""


def boxes(marks: list[np.ndarray]) -> list[np.ndarray]:
    """Boxes round the hands, a little larger."""
    found = []
    for mark in marks:
        low, high = mark.min(axis=0), mark.max(axis=0)
        pad = 0.15 * float((high - low).max())
        found.append(np.concatenate([low - pad, high + pad]))
    return found


def steps(seed: int, videos: int) -> np.ndarray:
    """`(n, 3)`: inliers, their share, and how far off, in palm lengths, of each step that was found."""
    rows = []
    for script in sample_scripts(videos, seed)[::EVERY]:
        apart = script.fps // 10
        scale = GREY_SHORT_SIDE_PX / script.height
        size = (round(script.width * scale), GREY_SHORT_SIDE_PX)
        before = None
        for number, frame in enumerate(render_frames(script)):
            if number % apart:
                continue
            grey = cv2.resize(cv2.cvtColor(frame.image, cv2.COLOR_RGB2GRAY), size, interpolation=cv2.INTER_AREA)
            marks = [hand.landmarks_px * scale for hand in frame.truth.hands]
            if before is not None:
                tracks = track_points(before[0], grey)
                kept = outside_boxes(tracks.start, boxes(before[2])) & outside_boxes(tracks.end, boxes(marks))
                found = fit_camera(tracks, kept)
                if found.homography is not None:
                    to_px = np.diag([scale, scale, 1.0])
                    moved = np.linalg.inv(frame.truth.homography) @ before[1].homography
                    truth = to_px @ moved @ np.linalg.inv(to_px)
                    places = np.array([[0.3, 0.6], [0.7, 0.6], [0.5, 0.8]]) * size
                    off_px = np.linalg.norm(project(found.homography, places) - project(truth, places), axis=1)
                    palm_px = float(np.linalg.norm(marks[0][9] - marks[0][0]))
                    rows.append((found.inliers, found.inlier_ratio, float(np.median(off_px)) / max(palm_px, 1.0)))
            before = grey, frame.truth, marks
    return np.array(rows)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=312)
    parser.add_argument("--videos", type=int, default=40)
    options = parser.parse_args()
    found = steps(options.seed, options.videos)
    print(f"{len(found)} steps; off at the hands in palm lengths, where 40 % of the points agree at least")
    for low, high in BINS:
        rows = found[(found[:, 0] >= low) & (found[:, 0] < high) & (found[:, 1] >= 0.4)]
        if len(rows):
            median, tenth = np.quantile(rows[:, 2], (0.5, 0.9))
            share = len(rows) / len(found)
            print(
                f"{low:4d} to {high:4d} inliers: {share:4.0%} of steps, median {median:.3f}, a tenth over {tenth:.3f}"
            )


if __name__ == "__main__":
    main()
