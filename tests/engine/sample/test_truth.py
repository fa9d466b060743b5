"""The truth file is complete, says what it is, and is the same to the byte however and wherever it is made."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from engine.errors import VideoError
from engine.sample.render import render_truth, render_video
from engine.sample.script import episode, sample_scripts, single
from engine.sample.truth import truth_json
from tests.sample_fixtures import SampleVideo, sample_videos

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["sample_videos"]

FROZEN = "c77d12bccc8c1c25e151b8edad9ee7130f560a45b6a245be6009e2ea67d62e9f"
"""The truth of the second video of seed 0, at 2 frames a second."""

CHILD = """
import hashlib
from engine.sample.render import render_truth
from engine.sample.script import sample_scripts
from engine.sample.truth import truth_json
script = sample_scripts(3, seed=7, fps=5)[2]
print(hashlib.sha256(truth_json(render_truth(script)).encode()).hexdigest())
"""


def test_truth_is_the_same_to_the_byte_in_another_process() -> None:
    here = truth_json(render_truth(sample_scripts(9, seed=7, fps=5)[2]))
    env = {**os.environ, "PYTHONHASHSEED": "123"}
    there = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True, check=True, env=env)
    assert there.stdout.strip() == hashlib.sha256(here.encode()).hexdigest()


def test_truth_beside_a_video_equals_the_truth_without_drawing(sample_videos: tuple[SampleVideo, ...]) -> None:
    for video in sample_videos:
        assert video.truth_path.read_text() == truth_json(render_truth(video.script))


def test_the_file_is_compact_and_complete(sample_videos: tuple[SampleVideo, ...]) -> None:
    video = sample_videos[0]
    document = json.loads(video.truth_path.read_text())
    assert (document["format"], document["version"]) == ("handpicked-sample-truth", 2)
    n = document["video"]["n_frames"]
    assert n == video.script.n_frames
    frames = document["frames"]
    for name in ("time_s", "kind", "episode", "shown", "frozen", "blur_px", "motion_blur_px", "exposure_gain"):
        assert len(frames[name]) == n
    assert all(len(row) == 9 for row in frames["homography"])
    for side in ("left", "right"):
        assert all(len(row) == 42 for row in frames[side]["landmarks_px"])
        assert len(frames[side]["fully_in_view"]) == len(frames[side]["in_view_share"]) == n
    assert [c["kind"] for c in document["clips"]] == ["purposeful", "idle"]
    assert set(document["clips"][0]) >= {"start_s", "end_s", "quality", "usefulness", "useful", "degradation", "action"}
    assert video.truth_path.stat().st_size < 1_000 * n


def test_the_numbers_of_the_file_are_those_of_the_truth(sample_videos: tuple[SampleVideo, ...]) -> None:
    for video in sample_videos:
        frames = json.loads(video.truth_path.read_text())["frames"]
        n = video.script.n_frames
        assert np.array_equal(np.reshape(frames["homography"], (n, 3, 3)), video.truth.homography)
        for hand, side in enumerate(("left", "right")):
            landmarks = np.reshape(frames[side]["landmarks_px"], (n, 21, 2))
            assert np.array_equal(landmarks, video.truth.landmarks_px[:, hand])


def test_palm_is_the_mean_of_its_landmarks(sample_videos: tuple[SampleVideo, ...]) -> None:
    truth = sample_videos[0].truth
    palm = truth.landmarks_px[:, :, [0, 5, 9, 13, 17]].mean(axis=2)
    assert np.allclose(palm, truth.palm_px, atol=0.02)
    assert np.array_equal(truth.wrist_px, truth.landmarks_px[:, :, 0])


def test_the_video_is_h264_that_browsers_play_with_a_frame_for_every_truth(
    sample_videos: tuple[SampleVideo, ...],
) -> None:
    for video in sample_videos:
        with av.open(str(video.path)) as container:
            stream = container.streams.video[0]
            assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
            times = [float(f.time) for f in container.decode(video=0)]
        assert np.allclose(times, video.truth.time_s, atol=1e-3)
        head = video.path.read_bytes()
        assert head.index(b"moov") < head.index(b"mdat")  # faststart


def test_nothing_is_left_behind_when_rendering_stops_half_way(tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render_video(single(episode("idle", 0.5)), tmp_path / "a.mp4", tmp_path / "a.json", stop)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match=r"can't be written .No such file or directory"):
        render_video(single(episode("idle", 0.2)), tmp_path / "none" / "a.mp4", tmp_path / "a.json")


def test_the_world_is_the_one_that_figures_were_measured_in() -> None:
    """Measured claims name seeds. A change of what a seed gives makes them claims about another world."""
    script = sample_scripts(2, seed=0, fps=2)[1]
    found = hashlib.sha256(truth_json(render_truth(script)).encode()).hexdigest()
    assert found == FROZEN
