"""Writes stretches of a video as H.264 MP4 that every browser plays: yuv420p, upright, index in front, silent."""

from __future__ import annotations

import errno
import os
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import av
import av.error

from engine.cancel import Cancelled
from engine.errors import VideoError
from engine.files.place import place_of
from engine.files.replace_whole import discard, put_in_place, temporary_beside
from engine.video.decoder import PyAVSource
from engine.video.types import ReadStats

if TYPE_CHECKING:
    from types import TracebackType

    from engine.files.place import AnyPlace, FilePlace
    from engine.video.types import CancelCheck, Progress
    from engine.video.windows import Window

__all__ = ["H264Writer", "no_frame_error", "transcode"]

_MAX_TICKS = 90_000
_THREADS = 2
_SAME_EVERYWHERE = "cpu-independent=1"
"""Without it, x264 takes shortcuts that only some processors have, and decides otherwise with them."""
_WRITE_ERRORS = (OSError, av.error.FFmpegError)
_NOT_THE_DISK = {errno.EINVAL, errno.ERANGE, errno.ENOMEM, errno.EDOM}
"""FFmpeg's error codes for invalid frames and times; a full or failing disk gives others."""


class H264Writer:
    """Writes an MP4 under a temporary name, renamed when the `with` block ends well and deleted otherwise."""

    def __init__(
        self,
        out_path: Path,
        *,
        time_base: Fraction,
        fps: Fraction,
        crf: int,
        preset: str,
        source: FilePlace | None = None,
        gop: int | None = None,
        threads: int = _THREADS,
    ) -> None:
        """`source` is the file that the frames come from, if any: an error may be its fault.

        `gop` is how many frames lie between key frames at most; None: a second's. The bytes depend on the number of
        the encoder's `threads`; 0 is by the machine's cores, for files that nobody compares.
        """
        self._out_path = out_path
        self._source: object = source or out_path
        self._part = temporary_beside(out_path)
        self._time_base = time_base
        self._fps = fps
        self._options = {"crf": str(crf), "preset": preset, "x264-params": _SAME_EVERYWHERE}
        if threads:
            self._options["threads"] = str(threads)
        self._gop = gop if gop is not None else max(1, round(fps))
        self._container: Any = None
        self._stream: Any = None
        self._waiting: tuple[Any, int] | None = None
        self._durations: dict[int, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._container is None:
            return
        try:
            # Closed on failure too: nothing else closes the file.
            self._container.close()
            if kind is None:
                put_in_place(self._part, self._out_path)
        except Exception as failed:
            if kind is None and isinstance(failed, _WRITE_ERRORS):
                raise self._failed(failed) from failed
            if kind is None:
                raise  # otherwise the first error matters more
        finally:
            discard(self._part)

    def add(self, frame: Any, pts: int) -> None:
        """Encode the next frame (`yuv420p`), shown at `pts` ticks of the time base, later than the previous one.

        It may be the same frame again.
        """
        if self._container is None:
            self._open(frame)
        self._encode_waiting(pts)
        self._waiting = (frame, pts)

    def finish(self, end_pts: int) -> None:
        """End the video: the last frame is shown until `end_pts`."""
        try:
            self._encode_waiting(end_pts)
            self._mux(self._stream.encode(None))
        except _WRITE_ERRORS as error:
            raise self._failed(error) from error

    def _open(self, frame: Any) -> None:
        try:
            self._container = av.open(
                f"file:{self._part.absolute()}", "w", format="mp4", options={"movflags": "+faststart"}
            )
        except _WRITE_ERRORS as error:
            raise self._failed(error) from error
        stream = self._stream = self._container.add_stream("libx264", rate=self._fps, options=self._options)
        stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, "yuv420p"
        context = stream.codec_context
        context.time_base = self._time_base
        context.color_range = frame.color_range
        context.colorspace = frame.colorspace
        context.color_primaries = frame.color_primaries
        context.color_trc = frame.color_trc
        # No B-frames: with them an MP4 needs an edit list to begin at 0, and some players ignore it.
        context.max_b_frames = 0
        context.gop_size = self._gop

    def _encode_waiting(self, until: int) -> None:
        if self._waiting is None:
            return
        frame, pts = self._waiting
        self._durations[pts] = max(1, until - pts)
        frame.pts, frame.time_base = pts, self._time_base
        # The decoder's picture types would force this encoder's.
        frame.pict_type = 0
        try:
            self._mux(self._stream.encode(frame))
        except _WRITE_ERRORS as error:
            raise self._failed(error) from error

    def _mux(self, packets: Any) -> None:
        for packet in packets:
            packet.duration = self._durations.pop(packet.pts, 0)
            self._container.mux(packet)

    def _failed(self, error: Exception) -> VideoError:
        number = getattr(error, "errno", None) or 0
        reason = os.strerror(number) if number > 0 and isinstance(error, OSError) else str(error)
        if number in _NOT_THE_DISK or not isinstance(error, OSError):
            return VideoError(
                self._source,
                f"can't be written as MP4: the encoder refuses its pictures or times ({reason}).",
                remedy="Copy or download the video again; part of it may be damaged.",
            )
        return VideoError(
            self._out_path,
            f"can't be written ({reason}).",
            remedy="Check the free space and the permissions of its folder.",
        )


def transcode(
    path: AnyPlace,
    out_path: str | Path,
    *,
    window: Window | None,
    max_short_side_px: int | None,
    crf: int,
    preset: str,
    threads: int = _THREADS,
    progress: Progress | None = None,
    cancelled: CancelCheck | None = None,
    stats: ReadStats | None = None,
) -> int:
    """Writes the frames of the window (of the whole file where `None`), first frame at 0, and returns how many.

    Raises `VideoError` where a file can't be read or written or no frame lies in the window, `Cancelled` on request.
    """
    place, out_path = place_of(path), Path(out_path)
    if place.samefile(out_path):
        raise VideoError(out_path, "is the source itself.", remedy="Write to another file.")
    source = PyAVSource(place, stats if stats is not None else ReadStats())
    try:
        # Limited, because the MP4 writer needs a whole number of ticks a second, and x264 rejects very many.
        ticks_per_s = min(source.time_base.denominator, _MAX_TICKS)
        start_s = window.start_s if window is not None else 0.0
        end_s = window.end_s if window is not None else source.expected_end_s
        tick = Fraction(1, ticks_per_s)
        writer = H264Writer(
            out_path, source=place, time_base=tick, fps=source.rate, crf=crf, preset=preset, threads=threads
        )
        with writer:
            count, first_s, last_s, wanted_s = 0, 0.0, 0.0, start_s
            while (picture := source.frame_at_or_after(wanted_s)) is not None:
                if window is not None and not window.contains(picture.t_s):
                    break
                if cancelled is not None and cancelled():
                    raise Cancelled
                wanted_s = last_s = picture.t_s
                first_s = picture.t_s if count == 0 else first_s
                frame = source.converter.encodable(picture.frame, max_short_side_px)
                writer.add(frame, round((picture.t_s - first_s) * ticks_per_s))
                count += 1
                if progress is not None and end_s is not None:
                    progress(min(1.0, (picture.t_s - start_s) / max(end_s - start_s, 1e-9)))
            if count == 0:
                raise no_frame_error(place, window)
            shown_until_s = _shown_until_s(source, picture, last_s, end_s)
            writer.finish(round((shown_until_s - first_s) * ticks_per_s))
    finally:
        source.close()
    if progress is not None:
        progress(1.0)
    return count


def _shown_until_s(source: PyAVSource, following: Any, last_s: float, end_s: float | None) -> float:
    """End time of the last frame written: the next frame, the window's end, or one usual frame later."""
    usual_s = last_s + float(1 / source.rate)
    if following is None:
        return min(usual_s, end_s) if end_s is not None and end_s > last_s else usual_s
    return min(following.t_s, end_s) if end_s is not None else float(following.t_s)


def no_frame_error(place: FilePlace, window: Window | None) -> VideoError:
    """The error for a window in which a file shows nothing."""
    where = f"between {window.start_s:g} s and {window.end_s:g} s" if window is not None else "at all"
    return VideoError(place, f"has no frame {where}.", remedy="Choose a window inside the video.")
