"""The frames of a clip at a constant rate, and a file of them: one frame each 1/rate s, whatever the video's own rate.

The frame at an instant is the one that is visible then. So a slower video repeats frames, a faster one leaves some out,
a pause of the recording is a still picture, and each frame keeps its time.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from engine.cancel import Cancelled
from engine.files.place import place_of
from engine.video.decoder import PyAVSource
from engine.video.types import ReadStats
from engine.video.windows import TIME_TOLERANCE_S
from engine.video.writer import H264Writer, no_frame_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engine.files.place import AnyPlace
    from engine.video.picture import DecodedPicture
    from engine.video.types import CancelCheck, Progress
    from engine.video.windows import Window

__all__ = ["ConstantRateFrames", "EncodedClip", "Encoding", "EvenFrame", "encode_at_rate"]

_NEAR_S = 0.001
"""A frame that begins up to this much after an instant counts as visible at it: files and annotations round times to
milliseconds, and without it every third frame of such a file would be shown twice and its successor never."""
_LOOK_BACKS_S = (2.0, 60.0, float("inf"))
_PRESET = "veryfast"
_THREADS = 1
"""Of the encoder, on every machine: the bytes depend on it. Workers run side by side, so that no core is idle."""


@dataclass(frozen=True, kw_only=True)
class Encoding:
    """How clips are encoded so that they can be joined without encoding again: `width` and `height` are even."""

    fps: int
    width: int
    height: int
    crf: int
    gop: int = 10
    """Frames from one key frame to the next at most: readers seek to any frame."""


@dataclass(frozen=True, slots=True)
class EvenFrame:
    """A frame of a clip at a constant rate."""

    index: int
    t_s: float
    """Its instant, in seconds of the video: `start_s + index / rate`."""
    picture: DecodedPicture
    """What is visible then. The same object as before where the same frame is still visible."""


@dataclass(frozen=True, kw_only=True)
class EncodedClip:
    """What was written, and what was met."""

    frames: int
    source_size: tuple[int, int]
    """Of the video's pictures, upright, `(width, height)` in square px."""
    stats: ReadStats


class ConstantRateFrames:
    """The frames visible at `start_s + k / rate_hz` for each k whose instant lies in the window, as long as the video
    shows any. Use as a context manager: it holds the file open. Raises `VideoError` where it can't be read.
    """

    def __init__(self, path: AnyPlace, window: Window, rate_hz: float) -> None:
        self._path, self._window, self._rate_hz = path, window, rate_hz
        self.stats = ReadStats()
        self._source, self._first = self._opened()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._source.close()

    @property
    def size(self) -> tuple[int, int]:
        """`(width, height)` of the video's pictures, upright, in square px."""
        return self._source.converter.size

    def letterboxed(self, frame: EvenFrame, size: tuple[int, int]) -> Any:
        """The frame as a `yuv420p` `av.VideoFrame` of just this size: scaled, upright, with black bars if need be."""
        return self._source.converter.letterboxed(frame.picture.frame, size)

    def __iter__(self) -> Iterator[EvenFrame]:
        source, window, visible = self._source, self._window, self._first
        if visible is None:
            return
        near_s = min(_NEAR_S, 0.25 / self._rate_hz)
        following = source.frame_at_or_after(visible.t_s)
        index = 0
        while window.contains(t_s := window.start_s + index / self._rate_hz):
            while following is not None and following.t_s <= t_s + near_s:
                visible, following = following, source.frame_at_or_after(following.t_s)
            if following is None and t_s + near_s >= visible.t_s + float(1 / source.rate):
                return  # the video is over: its last frame is shown for one usual interval
            yield EvenFrame(index, t_s, visible)
            index += 1

    def _opened(self) -> tuple[PyAVSource, DecodedPicture | None]:
        """The file, read up to the frame that is visible at the window's start; None where it has none by then."""
        start_s = self._window.start_s
        source = PyAVSource(self._path, self.stats)
        for back_s in (float(2.5 / source.rate), *_LOOK_BACKS_S):
            from_s = max(0.0, start_s - back_s)
            first = source.frame_at_or_after(from_s)
            if from_s == 0 or (first is not None and first.t_s <= start_s + TIME_TOLERANCE_S):
                return source, first
            source.close()  # the frame before lies further back: in a pause, or past the end
            self.stats = ReadStats()
            source = PyAVSource(self._path, self.stats)
        return source, None


def encode_at_rate(
    path: AnyPlace,
    window: Window,
    out_path: str | Path,
    encoding: Encoding,
    *,
    each: Callable[[EvenFrame, Any], None] | None = None,
    progress: Progress | None = None,
    cancelled: CancelCheck | None = None,
) -> EncodedClip:
    """Write the window as H.264 yuv420p MP4 at a constant rate, and return what came of it.

    Frame k is shown from k / fps on and is the one visible at `start_s + k / fps` in the video; upright, scaled into
    the size with black bars, without sound and B-frames. Files of one `Encoding` can be joined by moving times. The
    same video, window and encoding give the same bytes. `each` gets every frame with the picture that is encoded.

    Raises `VideoError` where a file can't be read or written or nothing is shown in the window, `Cancelled` on request.
    """
    place, out_path = place_of(path), Path(out_path)
    size, fps = (encoding.width, encoding.height), Fraction(encoding.fps)
    with ConstantRateFrames(place, window, encoding.fps) as frames:
        writer = H264Writer(
            out_path,
            source=place,
            time_base=1 / fps,
            fps=fps,
            crf=encoding.crf,
            preset=_PRESET,
            gop=encoding.gop,
            threads=_THREADS,
        )
        with writer:
            count, shown, picture = 0, None, None
            for frame in frames:
                if cancelled is not None and cancelled():
                    raise Cancelled
                if frame.picture is not shown:
                    shown, picture = frame.picture, frames.letterboxed(frame, size)
                writer.add(picture, frame.index)
                if each is not None:
                    each(frame, picture)
                count += 1
                if progress is not None:
                    progress(min(1.0, (frame.t_s - window.start_s) / window.duration_s))
            if count == 0:
                raise no_frame_error(place, window)
            writer.finish(count)
        encoded = EncodedClip(frames=count, source_size=frames.size, stats=frames.stats)
    if progress is not None:
        progress(1.0)
    return encoded
