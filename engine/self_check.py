"""Checks that libraries, codecs, models and the GPU work, in a separate process: `python -m engine.self_check NAME…`.

Loading a library may kill the process (a crash in C, a missing system library), which no version number shows. Each
check prints one JSON object on a line of standard output: `{"name", "ok", "found", "remedy"}`. The first name without a
line is the one that killed the process.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.features.device import card_count
from engine.runtime.reasons import text_of
from engine.system_libraries import remedy_for
from engine.video.scheduling import same_scheduling

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CARD_DECODER", "CHECKS", "CODECS", "LIBRARIES"]

LIBRARIES = {
    "streamlit": "streamlit",
    "duckdb": "duckdb",
    "pandas": "pandas",
    "plotly": "plotly.graph_objects",
    "pyarrow": "pyarrow.parquet",
    "boto3": "boto3",
    "scikit-learn": "sklearn.decomposition",
    "opencv-python-headless": "cv2",
    "av": "av",
    "torch": "torch",
    "torchvision": "torchvision.ops",
    "open_clip_torch": "open_clip",
}
"""Package → its module that Handpicked loads."""
CODECS = {
    "H.264": ("h264", "libx264"),
    "HEVC": ("hevc", "libx265"),
    "AV1": ("av1", "libsvtav1"),
    "VP9": ("vp9", "libvpx-vp9"),
    "MPEG-4": ("mpeg4", "mpeg4"),
    "Motion JPEG": ("mjpeg", "mjpeg"),
}
"""Common name of a codec → its decoder, and an encoder to make a test stream."""
CARD_DECODER = "video on the GPU"
_SIZE_PX = 64


def decode(decoder: str, encoder: str) -> str:
    """Write two frames and read them back. Raises where that does not work."""
    import av

    av.Codec(decoder, "r")
    try:
        av.Codec(encoder, "w")
    except ValueError:
        av.CodecContext.create(decoder, "r").open()
        return "opens"  # no encoder here, so there is nothing to decode
    with av.open(io.BytesIO(_two_frames(encoder, "matroska"))) as read:
        frames = sum(1 for _ in read.decode(video=0))
    if frames != 2:
        raise ValueError(f"{frames} of 2 frames came back")
    return "decodes"


def _two_frames(encoder: str, container: str, *, side_px: int = _SIZE_PX) -> bytes:
    """A video of two square frames."""
    import av

    packed = io.BytesIO()
    with same_scheduling(), av.open(packed, "w", format=container) as out:
        stream: Any = out.add_stream(encoder, rate=10)
        stream.width = stream.height = side_px
        stream.pix_fmt = "yuvj420p" if encoder == "mjpeg" else "yuv420p"
        for _ in range(2):
            out.mux(stream.encode(av.VideoFrame(side_px, side_px, stream.pix_fmt)))
        out.mux(stream.encode(None))
    return packed.getvalue()


def _hand_landmarker() -> str:
    """Run the hand landmarker on a grey picture."""
    import mediapipe
    import numpy as np
    from mediapipe.tasks.python import BaseOptions, vision

    from engine.weights import HAND_LANDMARKER, find_weights

    place = find_weights(HAND_LANDMARKER)
    model = place.path.read_bytes() if place else b"no model"
    options = vision.HandLandmarkerOptions(base_options=BaseOptions(model_asset_buffer=model))
    try:
        with vision.HandLandmarker.create_from_options(options) as landmarker:
            picture = np.full((_SIZE_PX, _SIZE_PX, 3), 127, np.uint8)
            landmarker.detect(mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=picture))
    except (RuntimeError, ValueError):
        if place:
            raise
        return "loads; without its model there is nothing to try"
    return "finds hands"


def _gpu() -> str:
    """Multiply matrices on the graphics card; empty where there is none."""
    import torch

    if torch.cuda.is_available():
        ones = torch.ones(16, 16, device="cuda")
        if float((ones @ ones).sum()) != 16.0**3:
            raise RuntimeError("the graphics card multiplies wrongly")
        return str(torch.cuda.get_device_name())
    if torch.backends.mps.is_available():
        float((torch.ones(16, 16, device="mps") @ torch.ones(16, 16, device="mps")).sum())
        return "Apple GPU (MPS)"
    if Path("/dev/nvidia0").exists():
        torch.cuda.init()  # type: ignore[no-untyped-call] # says why it can't be used
    return ""


def _card_decoder() -> str:
    """Decode a video on NVIDIA's card; empty where there is none that torch can use. Raises where the card can't."""
    if not card_count():
        return ""  # without loading torch
    import torch

    if not torch.cuda.is_available():
        return ""
    from engine.video.card import why_no_card_decoder
    from engine.video.decoder import PyAVSource
    from engine.video.types import ReadStats

    if why := why_no_card_decoder("cuda"):
        raise RuntimeError(why)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "check.mp4"
        path.write_bytes(_two_frames("libx264", "mp4", side_px=256))
        stats = ReadStats()
        source = PyAVSource(path, stats, device="cuda")
        while source.frame_at_or_after(0.0) is not None:
            pass
        source.close()
    if not stats.frames_decoded_by_card:
        raise RuntimeError("FFmpeg left an H.264 video to the CPU: is the driver's libnvcuvid there?")
    return "decodes H.264"


def load(module: str) -> Callable[[], str]:
    """A check that loads `module`."""

    def attempt() -> str:
        importlib.import_module(module)
        return ""

    return attempt


CHECKS: dict[str, Callable[[], str]] = {
    **{package: load(module) for package, module in LIBRARIES.items()},
    **{name: lambda pair=pair: decode(*pair) for name, pair in CODECS.items()},  # type: ignore[misc]
    "mediapipe": _hand_landmarker,
    "GPU": _gpu,
    CARD_DECODER: _card_decoder,
}


def main(names: list[str]) -> None:
    """Run each check, and print its result before the next."""
    # C libraries print to file descriptor 1 whenever they like: keep the real one for answers and give them stderr.
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    for name in names:
        result: dict[str, object] = {"name": name, "ok": True, "remedy": ""}
        try:
            result["found"] = CHECKS[name]()
        except BaseException as error:
            text = text_of(error) or type(error).__name__
            result |= {"ok": False, "found": text, "remedy": remedy_for(text)}
        channel.write(json.dumps(result) + "\n")
        channel.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
    os._exit(0)  # some libraries' threads hang at interpreter shutdown
