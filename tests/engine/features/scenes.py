"""Pictures with known truth: a textured plane under a camera that moves as told, with a blob moving in front."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import av
import cv2
import numpy as np

from engine.features.base import Clip
from engine.features.shared import Shared
from engine.video.types import Sample
from engine.video.windows import Window
from tests.synthetic_video import write_video

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from engine.features.base import ClipResult, Extractor
    from engine.video.types import Image

WIDTH, HEIGHT = 426, 320
DIAGONAL_PX = float(np.hypot(WIDTH, HEIGHT))


def texture(seed: int = 0, size: int = 1400) -> NDArray[np.uint8]:
    """Grey noise with detail at several scales."""
    rng = np.random.default_rng(seed)
    total = np.zeros((size, size), np.float32)
    for cell, weight in ((6, 1.0), (16, 1.0), (50, 1.0)):
        count = size // cell + 2
        total += weight * cv2.resize(rng.standard_normal((count, count)).astype(np.float32), (size, size))
    return np.clip(128 + 35 * total, 0, 255).astype(np.uint8)


GROUND = texture()
SKIN = texture(seed=1, size=400)


def view(
    dx_px: float = 0.0, dy_px: float = 0.0, turn_deg: float = 0.0, zoom: float = 1.0, *, width: int = WIDTH
) -> NDArray[np.uint8]:
    """What a camera sees whose picture's content has moved by so much, grey. Turns and zooms about the middle."""
    height = round(width * HEIGHT / WIDTH / 2) * 2
    scale = width / WIDTH
    cos, sin = np.cos(np.radians(turn_deg)) * zoom, np.sin(np.radians(turn_deg)) * zoom
    middle = np.array([(WIDTH - 1) / 2, (HEIGHT - 1) / 2])
    ground = np.array([GROUND.shape[1] / 2, GROUND.shape[0] / 2])
    rotation = np.array([[cos, -sin], [sin, cos]])
    offset = middle + np.array([dx_px, dy_px]) - rotation @ ground
    matrix = np.column_stack([rotation, offset]) * scale
    matrix[:, 2] += (scale - 1) / 2
    return cv2.warpAffine(GROUND, matrix, (width, height), flags=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)


def with_blob(picture: NDArray[np.uint8], x: float, y: float, radius: float = 50) -> NDArray[np.uint8]:
    """The picture with a textured disc before it, its middle at (x, y)."""
    height, width = picture.shape
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    carried = cv2.remap(SKIN, columns - np.float32(x) + 200, rows - np.float32(y) + 200, cv2.INTER_LINEAR)
    inside = np.hypot(columns - x, rows - y) < radius
    return np.where(inside, carried, picture)


def rgb(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A grey picture as RGB."""
    return np.repeat(picture[:, :, None], 3, axis=2)


def measure(extractor: Extractor[Any], pictures: Sequence[Image], rate_hz: float = 10.0) -> ClipResult:
    """What the extractor finds in pictures (grey or RGB) that come at `rate_hz`, each as it is for every request."""
    accumulator = extractor.begin(Clip("clip", Window(0, len(pictures) / rate_hz)), Shared())
    for index, picture in enumerate(pictures):
        for request in extractor.requests():
            image = picture
            if request.color == "gray" and picture.ndim == 3:
                image = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
            elif request.color == "rgb" and picture.ndim == 2:
                image = rgb(picture)
            accumulator.add(Sample(key="clip", request=request, index=index, t_s=index / rate_hz, image=image))
    result = accumulator.finish()
    if hasattr(result, "result"):
        result = result.result()
    return result


def write_pictures(
    path: Path, pictures: Iterable[NDArray[np.uint8]], *, fps: float = 30, gop: int = 12, **container_options: str
) -> Path:
    """An H.264 video of grey or RGB pictures of one even size, nearly without loss."""
    frames = (
        av.VideoFrame.from_ndarray(rgb(p) if p.ndim == 2 else p, "rgb24").reformat(format="yuv420p") for p in pictures
    )
    write_video(path, frames, fps=fps, gop=gop, options={"crf": "12"}, container_options=container_options)
    return path
