"""The pictures of a clip's rows are those shown at the rows' times, whatever the video's frame rate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from engine.validation.actions import pseudo_actions
from engine.validation.frames import FrameWish, clip_frames
from tests.engine.validation.test_actions import sampled, series_of
from tests.synthetic_video import number_of, write_video

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("fps", [12, 15, 24, 25, 30])
def test_a_row_has_the_frame_nearest_to_it_and_the_one_of_a_fifth_of_a_second_before(tmp_path: Path, fps: int) -> None:
    path = tmp_path / "v.mp4"
    write_video(path, 4 * fps, fps=fps)
    times_s = sampled(fps, 10, 3.8)
    actions = pseudo_actions(series_of(np.full((len(times_s), 2), 200.0), times_s=times_s))
    rows = actions.spread(12)
    found = clip_frames(path, [FrameWish("a", actions, rows)], (96, 64))["a"]
    assert found.shape == (12, 6, 64, 96)
    for picture, row in zip(found, rows, strict=True):
        for channels, at_s in ((slice(0, 3), actions.t_s[row]), (slice(3, 6), actions.t_s[row] - 0.2)):
            number = number_of(picture[channels].transpose(1, 2, 0))
            assert abs(number / fps - at_s) <= 0.5 / fps + 1e-6


def test_a_clip_with_a_pause_in_it_keeps_its_frames(tmp_path: Path) -> None:
    """A recorder that paused for 20 s within a sound MP4."""
    times_s = np.concatenate([np.arange(45) / 30, 21.5 + np.arange(45) / 30])
    write_video(tmp_path / "v.mp4", 90, times_s=list(times_s))
    samples_s = times_s[::3]
    actions = pseudo_actions(series_of(np.full((len(samples_s), 2), 200.0), times_s=samples_s))
    rows = actions.spread(12)
    found = clip_frames(tmp_path / "v.mp4", [FrameWish("a", actions, rows)], (96, 64))["a"]
    for picture, row in zip(found, rows, strict=True):
        number = number_of(picture[:3].transpose(1, 2, 0))
        assert times_s[number] == pytest.approx(actions.t_s[row], abs=0.02)
