"""Walks the frames of a file with PyAV: forward, in presentation order, leaping ahead where that pays.

A leap lands on a key frame at or before the wanted time. Frames shown before that key frame but stored after it (open
groups of pictures) may lean on pictures that were leapt over, so they are dropped; the key frame and everything after
it decode to the same bits as in a pass from the start. Where a landing turns out not to allow that, the source falls
back to an earlier key frame, at worst to the start of the file.
"""

from __future__ import annotations

import math
from collections import deque
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING, Any

import av.error
from av.stream import Discard

from engine.errors import VideoError
from engine.video.container import open_container, read_failed, undecodable, video_stream
from engine.video.convert import Converter
from engine.video.types import SizeChange
from engine.video.windows import TIME_TOLERANCE_S

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.video.types import Color, Image, ReadStats

__all__ = ["DecodedPicture", "PyAVSource"]

_MAX_DEMUX_ERRORS = 64
_MAX_LANDINGS = 8
_LEAP_FRAMES = 12
_UNKNOWN_GOP_S = 5.0
_TRUNCATED_SLACK_S = 0.5
_NO_PACKET = object()


class DecodedPicture:
    """A decoded frame, converted when and as often as somebody asks for a new size or colour."""

    __slots__ = ("_converter", "_images", "_stats", "frame", "t_s")

    def __init__(self, frame: Any, t_s: float, converter: Converter, stats: ReadStats) -> None:
        self.frame = frame
        self.t_s = t_s
        self._converter = converter
        self._stats = stats
        self._images: dict[tuple[int | None, Color], Image] = {}

    def image(self, short_side_px: int | None, color: Color) -> Image:
        """The frame as an upright, read-only array; asked twice, the same array."""
        key = (short_side_px, color)
        image = self._images.get(key)
        if image is None:
            image = self._images[key] = self._converter.image(self.frame, short_side_px, color)
            self._stats.conversions += 1
        return image


class PyAVSource:
    """The frames of one file. Raises `VideoError` where it can't be opened or goes away."""

    def __init__(self, path: Path, stats: ReadStats, *, seek: bool = True) -> None:
        self._path = path
        self._stats = stats
        self._may_seek = seek
        self._given: int | None = None
        self._wanted = -math.inf
        self._open()
        first = self._next_frame()
        if first is None:
            self.close()
            reason = "is damaged: no frame of it decodes." if stats.decode_errors else "holds no frame."
            raise VideoError(path, reason, remedy="Copy or download it again.")
        self.converter = Converter(first, self.stream.sample_aspect_ratio)
        self._origin = self._pts(first)
        self._ready.appendleft(first)

    def close(self) -> None:
        """Lets go of the file."""
        self._container.close()

    @property
    def time_base(self) -> Fraction:
        """Seconds of one tick of the file's own clock."""
        return Fraction(self.stream.time_base)

    @property
    def rate(self) -> Fraction:
        """Frames a second, on average, as the container says; 30 where it doesn't."""
        return Fraction(self.stream.average_rate or self.stream.guessed_rate or 30)

    @property
    def expected_end_s(self) -> float | None:
        """When the container says that the video ends."""
        if not self.stream.duration:
            return None
        end = (self.stream.start_time or 0) + self.stream.duration - self._origin
        return float(end * self._tick_s)

    def frame_at_or_after(self, t_s: float) -> DecodedPicture | None:
        """The first frame shown at or after `t_s` that comes after the one last given; `None` at the end."""
        # why twice: a frame that the schedule would take must not be lost to rounding
        self._wanted = self._origin + (t_s - 2 * TIME_TOLERANCE_S) / self._tick_s
        if self._may_seek and self._wanted > self._sent + self._leap_ticks:
            self._leap()
        while (frame := self._next_frame()) is not None:
            pts = self._pts(frame)
            if pts >= self._wanted and (self._given is None or pts > self._given):
                self._given = pts
                t_s = (pts - self._origin) * self._tick_s
                self._compare_size(frame, t_s)
                return DecodedPicture(frame, t_s, self.converter, self._stats)
        self._check_end()
        return None

    def _compare_size(self, frame: Any, t_s: float) -> None:
        """Notes the first picture whose size is not that of the file's first."""
        if self._stats.size_change is None and (size := self.converter.size_of(frame)) != self.converter.size:
            self._stats.size_change = SizeChange(t_s, self.converter.size, size)

    def _open(self) -> None:
        self._size_bytes = self._path.stat().st_size if self._path.exists() else 0
        self._container = open_container(self._path)
        stream = self.stream = video_stream(self._path, self._container)
        for other in self._container.streams:
            if other.index != stream.index:
                other.discard = Discard.all
        stream.thread_type = "AUTO"
        self._tick_s = float(stream.time_base)
        self._frame_ticks = max(1.0, 1 / (float(self.rate) * self._tick_s))
        self._leap_ticks = _LEAP_FRAMES * self._frame_ticks
        self._blind_leap_ticks = max(self._leap_ticks, _UNKNOWN_GOP_S / self._tick_s)
        self._reorder_ticks = 0
        self._last_key: int | None = None
        self._widest_gop_ticks = 0.0
        self._intra_only = bool(stream.codec_context.codec.intra_only)
        self._sent: float = -math.inf
        self._read_to = 0
        self._shown: int | None = None
        self._ready: deque[Any] = deque()
        if self._may_seek and "matroska" in self._container.format.name:
            # why: this demuxer reads the list of key frames only when it first seeks
            self._seek_to(stream.start_time or 0)
        self._packets = self._demux()

    def _demux(self) -> Iterator[Any]:
        """Packets up to the end of the file, then the empty one that flushes the decoder."""
        failures = 0
        while failures < _MAX_DEMUX_ERRORS:
            try:
                for packet in self._container.demux(self.stream):
                    failures = 0
                    yield packet
            except av.error.InvalidDataError:
                failures += 1
                self._stats.decode_errors += 1
            except OSError as error:
                raise read_failed(self._path, error) from error
            else:
                return
        yield None

    def _next_frame(self) -> Any | None:
        """The next frame in presentation order, or `None` at the end."""
        while not self._ready:
            packet = next(self._packets, _NO_PACKET)
            if packet is _NO_PACKET:
                return None
            self._decode(packet)
        return self._ready.popleft()

    def _decode(self, packet: Any) -> None:
        pts = packet.pts if packet is not None else None
        if pts is not None:
            if pts > self._sent:
                self._sent = pts
                self._read_to = pts + (packet.duration or 0)
            if packet.dts is not None and pts - packet.dts > self._reorder_ticks:
                self._reorder_ticks = pts - packet.dts
            if packet.is_keyframe:
                self._learn_spacing(pts)
            if self._intra_only and pts < self._wanted:
                return
        try:
            frames = self.stream.codec_context.decode(packet)
        except av.error.InvalidDataError:
            self._stats.decode_errors += 1
            return
        except av.error.EOFError:
            return
        except OSError as error:
            raise read_failed(self._path, error) from error
        except (av.error.FFmpegError, ValueError) as error:
            reason, remedy = undecodable(self._path)
            raise VideoError(self._path, reason, remedy=remedy) from error
        self._stats.frames_decoded += len(frames)
        self._ready.extend(frames)

    def _learn_spacing(self, key_pts: int) -> None:
        """Key frames met so far say how far to leap in files that keep no list of them."""
        if self._last_key is not None and key_pts > self._last_key:
            self._widest_gop_ticks = max(self._widest_gop_ticks, key_pts - self._last_key)
            self._blind_leap_ticks = max(self._leap_ticks, 2 * self._widest_gop_ticks)
        self._last_key = key_pts

    def _pts(self, frame: Any) -> int:
        pts = frame.pts if frame.pts is not None else frame.dts
        if pts is None:
            pts = 0 if self._shown is None else self._shown + round(self._frame_ticks)
        self._shown = int(pts)
        return self._shown

    def _leap(self) -> None:
        """Goes to a key frame at or before the wanted time, where one lies far enough ahead."""
        sent = self._sent
        if not self._leap_pays(sent):
            return
        target = math.floor(self._wanted)
        step = self._leap_ticks
        for _ in range(_MAX_LANDINGS):
            landing = self._land(target)
            if landing is None:
                break
            if landing <= self._wanted and self._is_clean(landing):
                self._stats.seeks += 1
                if landing <= sent:
                    # why: this file's key frames lie further apart than was believed
                    self._widest_gop_ticks = max(self._widest_gop_ticks, self._blind_leap_ticks)
                return
            target = math.floor(min(target, landing) - step)
            step *= 2
        self._restart()

    def _leap_pays(self, sent: float) -> bool:
        entries = self.stream.index_entries
        at = entries.search_timestamp(math.floor(self._wanted) - self._reorder_ticks)
        if at >= 0 and entries[at].timestamp > sent + self._leap_ticks:
            return True
        lists_every_frame = 0 < self.stream.frames <= len(entries)
        if lists_every_frame or 0 <= at < len(entries) - 1:
            return False
        return self._wanted > sent + self._blind_leap_ticks

    def _land(self, target: int) -> int | None:
        """Seeks, and gives the presentation time of the key frame that decoding will start from."""
        if not self._seek_to(target):
            return None
        packets = self._demux()
        for packet in packets:
            if packet is None or not packet.size:
                return None
            if packet.is_keyframe:
                self._packets = chain((packet,), packets)
                return int(packet.pts if packet.pts is not None else packet.dts or 0)
        return None

    def _seek_to(self, target: int) -> bool:
        self._ready.clear()
        self._sent = -math.inf
        self._last_key = None
        try:
            self._container.seek(target, stream=self.stream)
        except av.error.FFmpegError:
            return False
        return True

    def _is_clean(self, landing: int) -> bool:
        """Whether the decoder shows the key frame landed on, or something else no later than what is wanted."""
        while (frame := self._next_frame()) is not None:
            pts = self._pts(frame)
            if pts >= landing:
                self._ready.appendleft(frame)
                return pts == landing or pts <= self._wanted
        return False

    def _restart(self) -> None:
        """No landing worked: begins again at the start and leaps no more."""
        self._container.close()
        self._may_seek = False
        self._open()

    def _check_end(self) -> None:
        """Notes a file that ended early. Raises `VideoError` where that is because somebody took it away."""
        end_s = self.expected_end_s
        read_to_s = (self._read_to - self._origin) * self._tick_s
        if end_s is None or read_to_s >= end_s - _TRUNCATED_SLACK_S:
            return
        self._stats.truncated = True
        if not self._path.exists():
            raise read_failed(self._path, FileNotFoundError())
        if self._path.stat().st_size != self._size_bytes:
            raise VideoError(
                self._path, "changed while it was being read.", remedy="Wait until it is complete, then try again."
            )
