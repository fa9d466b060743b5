"""Joins clips' MP4 files into as few as a limit of size allows, without encoding again: only times are moved.

Readers that stream take a frame's index divided by the rate as its time in the file, which is wrong from the second
file on: so few files matter. Decoded, the frames are those of the clips' own files to the bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Self

from engine.errors import ExportError, VideoError
from engine.export.formats.lerobot.layout import CAMERA, VIDEO_PATH, place
from engine.files.place import place_of

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["JoinedVideos", "Placement"]

_OVERHEAD_BYTES = 40
"""Of an MP4's index, for each frame at most."""


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where a clip lies: its file, and its first frame's number there."""

    chunk: int
    file: int
    first_frame: int


class JoinedVideos:
    """Appends clips one behind the other below `folder`, and begins a new file where one would be too large."""

    def __init__(self, folder: Path, *, fps: int, most_bytes: int) -> None:
        self._folder, self._fps, self._most_bytes = folder, fps, most_bytes
        self.files = 0
        self._frames = self._bytes = 0
        self._out: Any = None
        self._stream: Any = None
        self._header = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def append(self, clip: Path, frames: int) -> Placement:
        """Append a clip's file of so many frames. Raises `ExportError` where it can't be joined to the others."""
        import av.error

        from engine.video.container import open_container, video_stream

        size_bytes = clip.stat().st_size + _OVERHEAD_BYTES * frames
        if self._out is not None and self._bytes + size_bytes > self._most_bytes:
            self._close()
        first_frame = self._frames if self._out is not None else 0
        try:
            made = place_of(clip)
            with open_container(made) as source:
                stream = video_stream(made, source)
                if self._out is None:
                    self._begin(stream)
                if bytes(stream.codec_context.extradata or b"") != self._header:
                    raise ExportError(f"{clip.parent.name} was encoded otherwise than the clips before it")
                count = self._copy(source, stream, first_frame)
        except (OSError, IndexError, VideoError, av.error.FFmpegError) as error:
            raise ExportError(f"{clip.parent.name} can't be joined to the others: {error}") from error
        if count != frames:
            raise ExportError(f"{clip.parent.name} has {count:,} frames, where {frames:,} were encoded")
        self._frames, self._bytes = first_frame + frames, self._bytes + size_bytes
        chunk, file = place(self.files - 1)
        return Placement(chunk=chunk, file=file, first_frame=first_frame)

    def _begin(self, template: Any) -> None:
        import av

        chunk, file = place(self.files)
        path = self._folder / VIDEO_PATH.format(video_key=CAMERA, chunk_index=chunk, file_index=file)
        path.parent.mkdir(parents=True, exist_ok=True)
        options = {"movflags": "+faststart", "video_track_timescale": str(self._fps)}
        self._out = av.open(f"file:{path.absolute()}", "w", format="mp4", options=options)
        self._stream = self._out.add_stream_from_template(template)
        self._stream.time_base = Fraction(1, self._fps)
        self._header = bytes(template.codec_context.extradata or b"")
        self.files += 1
        self._bytes = self._frames = 0

    def _copy(self, source: Any, stream: Any, first_frame: int) -> int:
        """Copy the packets, each a frame's, with times counted in frames from the file's beginning."""
        count = 0
        for packet in source.demux(stream):
            if not packet.size:
                continue
            at = packet.pts * packet.time_base * self._fps
            if at != count or packet.dts != packet.pts:
                raise ExportError(
                    f"frame {count:,} of a clip is at {float(at / self._fps):.6f} s, off the constant rate"
                )
            packet.stream = self._stream
            packet.time_base = Fraction(1, self._fps)
            packet.pts = packet.dts = first_frame + count
            packet.duration = 1
            self._out.mux(packet)
            count += 1
        return count

    def _close(self) -> None:
        if self._out is not None:
            self._out.close()
            self._out = None
