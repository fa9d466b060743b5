"""Writing a sample video: H.264 in yuv420p that browsers play, through PyAV."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.errors import VideoError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["encode"]


def encode(path: Path, images: Iterable[NDArray[Any]], width: int, height: int, fps: int, crf: int) -> None:
    """Write (height, width, 3) uint8 RGB images as an MP4. One thread, so that the bytes do not depend on the
    machine's cores.

    Raises `VideoError` if the file can't be written.
    """
    import av

    options = {"crf": str(crf), "preset": "superfast", "g": str(2 * fps), "bf": "0"}
    try:
        with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
            stream = container.add_stream("libx264", rate=fps, options=options)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            stream.thread_count = 1
            for image in images:
                container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
            container.mux(stream.encode())
    except OSError as e:
        raise VideoError(
            path, f"can't be written: {e}.", remedy="Check that the folder exists and the disk has room."
        ) from e
