"""Draws attempts again, larger and smoother than policies saw them, as small videos to watch."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.sample.live import Attempt, LiveScene

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.arrays import Floats
    from engine.sample.types import VideoScript
    from engine.validation.scene_process import Rolled

__all__ = ["attempt_frames", "telling_scene", "write_attempt"]

_SIZE: Final = (320, 180)
_FPS: Final = 10
_CRF: Final = 26
_TICKS: Final = 512


def telling_scene(one: Rolled, other: Rolled) -> int:
    """The first scene in which two policies came to different ends, whichever did better; else the first of all."""
    differ = np.flatnonzero((one.outcome[:, :2] != other.outcome[:, :2]).any(axis=1))
    return int(differ[0]) if len(differ) else 0


def attempt_frames(script: VideoScript, moves: Floats) -> Iterator[NDArray[np.uint8]]:
    """The pictures of one attempt, from its start to its end; `moves` `(steps, 2, pose)` are NaN once it is over."""
    width, height = _SIZE
    scene = LiveScene(dataclasses.replace(script, width=width, height=height), _SIZE)
    attempt = Attempt(scene)
    for poses in moves:
        if not np.isfinite(poses).all():
            break
        attempt.go(list(poses))
    painter = scene.painter(attempt.motion)
    for number in range(round(attempt.time_s * _FPS) + 1):
        yield scene.picture(painter, number / _FPS)


def write_attempt(script: VideoScript, moves: Floats, path: Path) -> None:
    """Write one attempt as MP4. Raises `VideoError` where the file can't be written."""
    import av

    from engine.video.writer import H264Writer

    writer = H264Writer(
        path, time_base=Fraction(1, _FPS * _TICKS), fps=Fraction(_FPS), crf=_CRF, preset="veryfast"
    )  # fmt: skip
    count = 0
    with writer:
        for image in attempt_frames(script, moves):
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24").reformat(
                format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG"
            )
            writer.add(picture, count * _TICKS)
            count += 1
        writer.finish((count + _FPS // 2) * _TICKS)
