"""A few small sample videos with their truth, rendered once a session.

Use them by `pytest_plugins = ["tests.sample_fixtures"]`, or import the fixtures' names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from engine.sample.render import render_video
from engine.sample.script import episode, single

if TYPE_CHECKING:
    from pathlib import Path

    from engine.sample.truth import Truth
    from engine.sample.types import Episode, VideoScript


@dataclass(frozen=True)
class SampleVideo:
    """A rendered video, the script it came from, and the truth about it."""

    script: VideoScript
    path: Path
    truth_path: Path
    truth: Truth


def render_small(folder: Path, name: str, *episodes: Episode, seed: int = 0, index: int = 0) -> SampleVideo:
    """Render a 320 × 180 video at 12 frames a second into `folder`."""
    script = single(*episodes, name=name, seed=seed, index=index)
    path, truth_path = folder / f"{name}.mp4", folder / f"{name}.json"
    return SampleVideo(script, path, truth_path, render_video(script, path, truth_path))


@pytest.fixture(scope="session")
def sample_videos(tmp_path_factory: pytest.TempPathFactory) -> tuple[SampleVideo, ...]:
    """Three videos: clean and purposeful then idle; fumbling then blurred; hands away then dark with frozen frames."""
    folder = tmp_path_factory.mktemp("sample")
    return (
        render_small(folder, "clean", episode("purposeful", 2.0), episode("idle", 1.0)),
        render_small(folder, "soft", episode("fumbling", 1.5), episode("purposeful", 1.5, defocus_px=4), index=1),
        render_small(
            folder, "dark", episode("out_of_view", 1.0), episode("idle", 1.0, exposure_ev=-2, frozen_share=0.5), index=2
        ),
    )
