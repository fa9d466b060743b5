"""Small videos whose every frame carries its number, so that a test can read back which frame it was given.

The number stands in 12 columns: a white block over a black one is a 1, black over white a 0. It survives lossy codecs
and scaling, and can't be read rightly from a picture that is turned or mirrored.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import numpy as np

from engine.video.scheduling import same_scheduling

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Image = NDArray[np.uint8]

BITS = 12
TICKS = 90_000
COUNTED = {"h264", "hevc", "mpg", "ogv"}
"""Formats in which the pictures' own rate is all that tells times."""


def numbered(number: int, width: int = 96, height: int = 64) -> Image:
    """An RGB picture that carries `number`, with some texture that moves from frame to frame."""
    bits = [(number >> bit) & 1 for bit in reversed(range(BITS))]
    columns = np.array(bits, bool)[np.arange(width) * BITS // width]
    upper = np.arange(height) < height // 2
    white = upper[:, None] == columns[None, :]
    rows, cols = np.mgrid[0:height, 0:width]
    texture = (12 * np.sin((cols + 3 * number) / 5) + 8 * np.cos((rows - 2 * number) / 4)).astype(np.int16)
    grey = np.where(white, 210, 45).astype(np.int16) + texture
    return np.repeat(grey.clip(0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


def number_of(image: Image) -> int:
    """The number in a picture, RGB or grey, of any size. Raises `ValueError` where none can be read."""
    grey = image.mean(axis=2) if image.ndim == 3 else image.astype(float)
    height, width = grey.shape
    number = 0
    for column in range(BITS):
        left, right = column * width / BITS, (column + 1) * width / BITS
        start = int(left + (right - left) * 0.3)
        inner = slice(start, max(start + 1, int(right - (right - left) * 0.3)))
        upper = grey[int(height * 0.1) : int(height * 0.4), inner].mean()
        lower = grey[int(height * 0.6) : int(height * 0.9), inner].mean()
        if abs(upper - lower) < 60:
            raise ValueError(f"no number to read: column {column} differs by {abs(upper - lower):.0f} only")
        number = number * 2 + int(upper > lower)
    return number


def write_video(
    path: Path,
    frames: int | Iterable[Any] = 60,
    *,
    fps: float = 30,
    times_s: Sequence[float] | None = None,
    start_s: float = 0.0,
    size: tuple[int, int] = (96, 64),
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    gop: int = 12,
    b_frames: int = 2,
    rotation_deg: int = 0,
    container: str | None = None,
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
    audio: bool = False,
    color_range: int | None = None,
    colorspace: int | None = None,
    timecode: str | None = None,
) -> list[float]:
    """Writes numbered frames, or the given `av.VideoFrame`s, and returns their times in seconds from the first.

    `size` is upright; `rotation_deg` stores the pictures turned, and says how far to turn them back clockwise.
    `timecode` gives a MOV or MP4 a timecode track, as cameras write it.
    """
    count = frames if isinstance(frames, int) else None
    # These formats store no times, only a rate.
    counted = path.suffix == ".avi" or codec in {"mpeg2video", "mpeg4"} or (container or path.suffix[1:]) in COUNTED
    ticks = round(fps) if counted else TICKS
    pictures = _numbered_frames(count, size, rotation_deg, pix_fmt) if count is not None else iter(frames)  # type: ignore[arg-type]
    with same_scheduling(), av.open(str(path), "w", format=container, options=container_options or {}) as out:
        stream: Any = out.add_stream(codec, rate=Fraction(fps).limit_denominator(1001))
        first = next(pictures)
        stream.width, stream.height, stream.pix_fmt = first.width, first.height, pix_fmt
        stream.codec_context.time_base = Fraction(1, ticks)
        stream.codec_context.gop_size = gop
        if color_range is not None:
            stream.codec_context.color_range = color_range
        if colorspace is not None:
            stream.codec_context.colorspace = colorspace
        stream.options = _codec_options(codec, b_frames, gop) | (options or {})
        if codec in {"libx264", "mpeg4", "mpeg2video"}:
            stream.codec_context.max_b_frames = b_frames
        if timecode is not None:
            stream.metadata["timecode"] = timecode
        if rotation_deg:
            stream.set_display_rotation(-rotation_deg)
        sound: Any = out.add_stream("aac", rate=8000) if audio else None
        shown: list[float] = []
        for index, picture in enumerate([first, *pictures]):
            at_s = times_s[index] if times_s is not None else index / fps
            shown.append(at_s)
            picture.pts = round((start_s + at_s) * ticks)
            picture.time_base = Fraction(1, ticks)
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))
        if sound is not None:
            _write_silence(out, sound, shown[-1])
    return [t - shown[0] for t in shown]


def _numbered_frames(count: int, size: tuple[int, int], rotation_deg: int, pix_fmt: str) -> Iterable[Any]:
    for number in range(count):
        stored = np.ascontiguousarray(np.rot90(numbered(number, *size), rotation_deg // 90))
        yield av.VideoFrame.from_ndarray(stored, "rgb24").reformat(format=pix_fmt)


def _codec_options(codec: str, b_frames: int, gop: int) -> dict[str, str]:
    if codec == "libx264":
        return {"preset": "veryfast", "crf": "18", "bf": str(b_frames), "sc_threshold": "0"}
    if codec == "libx265":
        return {"preset": "ultrafast", "x265-params": f"log-level=none:keyint={gop}:bframes={b_frames}:scenecut=0"}
    if codec == "libsvtav1":
        return {"preset": "12", "crf": "20", "svtav1-params": f"keyint={gop}"}
    return {}


def _write_silence(out: Any, sound: Any, length_s: float) -> None:
    for start in range(0, int(length_s * 8000), 1024):
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate, frame.pts = 8000, start
        out.mux(sound.encode(frame))
    out.mux(sound.encode(None))


def write_audio_only(path: Path) -> None:
    """Half a second of silence in a container that could hold pictures."""
    with av.open(str(path), "w") as out:
        _write_silence(out, out.add_stream("aac", rate=8000, layout="mono"), 0.5)


def write_changing_video(path: Path, parts: Sequence[Sequence[Any]], *, fps: int = 30) -> None:
    """H.264 in MPEG-TS whose pictures change within the file: each part's `av.VideoFrame`s have a size and format of
    their own, as where a recorder or a call switched its mode."""
    tick = Fraction(1, TICKS)
    with av.open(str(path), "w", format="mpegts") as out:
        stream: Any = None
        shown = 0
        for part in parts:
            encoder: Any = av.CodecContext.create("libx264", "w")
            encoder.width, encoder.height, encoder.pix_fmt = part[0].width, part[0].height, part[0].format.name
            encoder.time_base, encoder.framerate = tick, Fraction(fps)
            encoder.options = {
                "preset": "veryfast",
                "crf": "12",
                "bf": "0",
                "x264-params": "keyint=15:repeat-headers=1",
            }
            if stream is None:
                stream = out.add_stream("libx264", rate=fps)
                stream.width, stream.height, stream.pix_fmt = part[0].width, part[0].height, part[0].format.name
                stream.codec_context.time_base = tick
                out.start_encoding()
            packets = []
            for picture in part:
                picture.pts, picture.time_base = round(shown / fps * TICKS), tick
                packets += encoder.encode(picture)
                shown += 1
            for packet in [*packets, *encoder.encode(None)]:
                packet.stream = stream
                out.mux(packet)
