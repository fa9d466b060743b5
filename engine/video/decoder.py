"""Decodes a file with PyAV: forward, in presentation order, seeking ahead where that is faster than decoding.

A seek lands on a key frame at or before the wanted time. Frames shown before that key frame but stored after it (open
GOPs) may refer to frames that were skipped, so they are dropped; the key frame and everything after it decode to the
same bits as in a pass from the start. Where a key frame turns out not to allow that, the source falls back to an
earlier one, at worst to the start of the file.
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
from engine.files.place import place_of
from engine.video.clock import FrameClock, claimed_end
from engine.video.container import demux, open_container, read_error, refuse_changed, undecodable, video_stream
from engine.video.convert import Converter, is_on_card
from engine.video.damage import DamageTracker
from engine.video.leave_out import LeavingOut
from engine.video.picture import DecodedPicture
from engine.video.types import SizeChange
from engine.video.windows import TIME_TOLERANCE_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.files.place import AnyPlace
    from engine.video.leave_out import LeaveOut
    from engine.video.types import ReadStats

__all__ = ["PyAVSource"]

_MAX_SEEKS = 8
_SEEK_FRAMES = 12
_UNKNOWN_GOP_S = 5.0
_PAUSE_S = 1.0
_TRUNCATED_SLACK_S = 0.5
_NO_PACKET = object()


class PyAVSource:
    """The frames of one file. Raises `VideoError` where it can't be opened or disappears.

    On `cuda` (or `cuda:1`) the card decodes what it can; what it can't (10-bit H.264, 4:4:4, old codecs), the CPU does,
    in `threads` threads; 0: as many as there are cores. `leave_out` spares it frames that no other refers to, where the
    file says which they are.
    """

    def __init__(
        self,
        path: AnyPlace,
        stats: ReadStats,
        *,
        seek: bool = True,
        device: str = "cpu",
        threads: int = 0,
        leave_out: LeaveOut = "nothing",
    ) -> None:
        self._place = place = place_of(path)
        self._stats = stats
        self._device = self._decoding_device = device
        self._may_seek, self._threads = seek, threads
        self._leave_out = leave_out
        self._damage = DamageTracker(stats)
        self._given: int | None = None
        self._passed: int | None = None
        self._wanted = -math.inf
        self._open()
        first = self._next_frame()
        if first is not None and self._on_card and not is_on_card(first[0]):
            self._leave_card()
            first = self._next_frame()
        if first is None:
            self.close()
            reason = "is damaged: no frame of it decodes." if stats.decode_errors else "holds no frame."
            raise VideoError(place, reason, remedy="Copy or download it again.")
        self.converter = Converter(first[0], self.stream.sample_aspect_ratio)
        self._origin = first[1] or 0
        self._ready.appendleft(first)

    def close(self) -> None:
        """Closes the file."""
        # The generator of packets holds this object: without it a card's decoder would stay until a full collection.
        self._packets: Iterator[Any] = iter(())
        self._ready.clear()
        self._container.close()

    @property
    def time_base(self) -> Fraction:
        """Seconds of one tick of the file's own clock."""
        return Fraction(self.stream.time_base)

    @property
    def rate(self) -> Fraction:
        """Average frames a second by the file's metadata; 30 where it has none."""
        return self.clock.rate

    @property
    def expected_end_s(self) -> float | None:
        """End of the video by the container's header, in seconds."""
        end = claimed_end(self._container, self.stream)
        return None if end is None else (end - self._origin) * self._tick_s

    def frame_at_or_after(self, t_s: float) -> DecodedPicture | None:
        """The first frame shown at or after `t_s` and after the one returned last; `None` at the end."""
        # Compared in ticks and in seconds: rounding must not lose a frame that the schedule would take.
        self._wanted = self._origin + (t_s - 2 * TIME_TOLERANCE_S) / self._tick_s
        if self._may_seek and self._wanted > self._sent + self._seek_ticks:
            self._seek_ahead()
        while (found := self._next_frame()) is not None:
            frame, at = found
            if at is not None and self._is_next(frame, at) and at >= self._wanted:
                self._given = at
                t_s = (at - self._origin) * self._tick_s
                self._compare_size(frame, t_s)
                return DecodedPicture(frame, t_s, self.converter, self._stats, self._device)
        self._check_end()
        return None

    def _is_next(self, frame: Any, at: int) -> bool:
        """Whether the frame is later than all before it; false for one decoded again after a seek, or out of order."""
        t_s = (at - self._origin) * self._tick_s
        if self._passed is not None and (at <= self._passed or self._is_misplaced(at)):
            self._damage.add_misplaced_frame(t_s)
            return False
        self._passed = at
        self._damage.add_frame(frame, at, t_s)
        return self._given is None or at > self._given

    def _compare_size(self, frame: Any, t_s: float) -> None:
        """Records the first frame whose size is not that of the file's first."""
        if self._stats.size_change is None and (size := self.converter.size_of(frame)) != self.converter.size:
            self._stats.size_change = SizeChange(t_s, self.converter.size, size)

    def _is_misplaced(self, at: int) -> bool:
        """Whether a frame's time is ahead of the frames that follow: then it is wrong and theirs are right."""
        if self._passed is None or at - self._passed <= _PAUSE_S / self._tick_s:
            return False
        if (following := self._next_frame()) is None:
            return False
        self._ready.appendleft(following)
        return following[1] is not None and self._passed < following[1] < at

    def _open(self) -> None:
        self._size_bytes = self._place.size_bytes if self._place.exists() else 0
        self._container = open_container(self._place, self._decoding_device)
        stream = self.stream = video_stream(self._place, self._container)
        for other in self._container.streams:
            if other.index != stream.index:
                other.discard = Discard.all
        self._on_card = bool(stream.codec_context.is_hwaccel)
        self.clock = FrameClock(self._place, self._container, stream)
        self._leaving_out = LeavingOut(
            stream,
            self._leave_out,
            is_timed=self.clock.is_stamped,
            on_card=self._on_card,
            threads=self._threads,
        )
        self._may_seek = self._may_seek and self.clock.is_stamped
        self._tick_s = self.clock.tick_s
        self._seek_ticks = _SEEK_FRAMES * self.clock.frame_ticks
        self._blind_seek_ticks = max(self._seek_ticks, _UNKNOWN_GOP_S / self._tick_s)
        self._reorder_ticks = 0
        self._last_key: int | None = None
        self._widest_gop_ticks = 0.0
        self._intra_only = bool(stream.codec_context.codec.intra_only)
        self._sent: float = -math.inf
        self._read_to = 0
        self._passed = None
        self._ready: deque[tuple[Any, int | None]] = deque()
        self._packets = self._demux()
        if self._may_seek and "matroska" in self._container.format.name:
            self._read_key_frames()

    def _read_key_frames(self) -> None:
        """Makes Matroska's demuxer read its list of key frames, which it does when it first seeks."""
        first = next(self._packets, None)
        if first is not None and (first.pts is None or first.pts < 0):
            # That list has no times before zero (nor have some packets), so a seek to the start would land after it.
            self._may_seek = False
            self._packets = chain((first,), self._packets)
            return
        self._seek_to(self.stream.start_time or 0)
        self._packets = self._demux()

    def _demux(self) -> Iterator[Any]:
        """Packets up to the end of the file, then the empty one that flushes the decoder."""
        yield from demux(self._place, self._container, self.stream, failed=self._damage.add_lost_packet)
        yield None

    def _next_frame(self) -> tuple[Any, int | None] | None:
        """The next frame in presentation order and its time; `None` at the end."""
        while not self._ready:
            if (packet := next(self._packets, _NO_PACKET)) is _NO_PACKET:
                return None
            self._decode(packet)
        return self._ready.popleft()

    def _decode(self, packet: Any) -> None:
        if packet is not None and not packet.size and packet.pts is not None:
            return  # Theora: an empty packet repeats the previous picture
        self.clock.stamp(packet)
        pts = self.clock.packet_time(packet) if packet is not None else None
        if packet is not None and packet.is_corrupt:
            self._damage.add_lost_packet(-math.inf if pts is None else pts)
        if pts is not None:
            self._learn_from(packet, pts)
            if self._intra_only and pts < self._wanted:
                return
        self._leaving_out.before_packet(pts, self._wanted)
        try:
            frames = self.stream.codec_context.decode(packet)
        except av.error.InvalidDataError:
            self._damage.add_lost_packet(-math.inf if pts is None else pts)
            return
        except av.error.EOFError:
            return
        except (av.error.FFmpegError, OSError, ValueError) as error:
            if self._on_card:
                self._leave_card()  # its memory may be full, or it is gone: that is no damage of the file
                return
            if isinstance(error, OSError):
                raise read_error(self._place, error) from error
            if self._stats.frames_decoded:  # the codec can be decoded, so this stretch is damaged
                self._damage.add_lost_packet(-math.inf if pts is None else pts)
                return
            reason, remedy = undecodable(self._place)
            raise VideoError(self._place, reason, remedy=remedy) from error
        self._stats.frames_decoded += len(frames)
        self._stats.frames_decoded_by_card += sum(map(is_on_card, frames))
        self._ready.extend((frame, self.clock.frame_time(frame)) for frame in frames)

    def _learn_from(self, packet: Any, pts: int) -> None:
        """Records how far the file was read, the reordering delay, and the distance between key frames."""
        if pts > self._sent:
            self._sent = pts
            self._read_to = pts + (packet.duration or 0)
        if packet.dts is not None and pts - packet.dts > self._reorder_ticks:
            self._reorder_ticks = pts - packet.dts
        if packet.is_keyframe:
            self._learn_spacing(pts)

    def _learn_spacing(self, key_pts: int) -> None:
        """Estimates the distance between key frames, for seeking in files that keep no list of them."""
        if self._last_key is not None and key_pts > self._last_key:
            self._widest_gop_ticks = max(self._widest_gop_ticks, key_pts - self._last_key)
            self._blind_seek_ticks = max(self._seek_ticks, 2 * self._widest_gop_ticks)
        self._last_key = key_pts

    def _seek_ahead(self) -> None:
        """Seeks to a key frame at or before the wanted time, where one lies far enough ahead."""
        sent = self._sent
        if not self._seek_pays(sent):
            return
        target, step = math.floor(self._wanted), self._seek_ticks
        for _ in range(_MAX_SEEKS):
            key_pts = self._seek_to_key_frame(target)
            if key_pts is None:
                break
            if key_pts <= self._wanted and self._is_clean(key_pts):
                self._stats.seeks += 1
                if key_pts <= sent:
                    # This file's key frames lie further apart than was estimated.
                    self._widest_gop_ticks = max(self._widest_gop_ticks, self._blind_seek_ticks)
                return
            target = math.floor(min(target, key_pts) - step)
            step *= 2
        self._restart()

    def _seek_pays(self, sent: float) -> bool:
        entries = self.stream.index_entries
        at = entries.search_timestamp(math.floor(self._wanted) - self._reorder_ticks)
        if at >= 0 and entries[at].timestamp > sent + self._seek_ticks:
            return True
        lists_every_frame = 0 < self.stream.frames <= len(entries)
        if lists_every_frame or 0 <= at < len(entries) - 1:
            return False
        return self._wanted > sent + self._blind_seek_ticks

    def _seek_to_key_frame(self, target: int) -> int | None:
        """Seeks, and returns the presentation time of the key frame that decoding will start from."""
        if not self._seek_to(target):
            return None
        packets = self._demux()
        for packet in packets:
            if packet is None or not packet.size:
                return None
            if packet.is_keyframe and packet.pts is not None:
                self._packets = chain((packet,), packets)
                return int(packet.pts)
        return None

    def _seek_to(self, target: int) -> bool:
        self._ready.clear()
        self.clock.after_seek()
        self._damage.after_seek()
        self._passed = None
        self._sent = -math.inf
        self._last_key = None
        try:
            self._container.seek(target, stream=self.stream)
        except av.error.FFmpegError:
            return False
        return True

    def _is_clean(self, key_pts: int) -> bool:
        """Whether decoding from `key_pts` gives that key frame, or another frame no later than the wanted time."""
        while (found := self._next_frame()) is not None:
            at = found[1]
            if at is not None and at >= key_pts:
                self._ready.appendleft(found)
                return at == key_pts or at <= self._wanted
        return False

    def _restart(self) -> None:
        """No key frame worked: decodes from the start again, without seeking."""
        self.close()
        self._may_seek = False
        self._open()

    def _leave_card(self) -> None:
        """The card can't go on with this file: the CPU decodes it, from the start again."""
        self._decoding_device = "cpu"
        self.close()
        self._open()

    def _check_end(self) -> None:
        """Records that a file ended early. Raises `VideoError` where it was removed meanwhile."""
        read_to_s = (self._read_to - self._origin) * self._tick_s
        if (end_s := self.expected_end_s) is None or read_to_s >= end_s - _TRUNCATED_SLACK_S:
            return
        self._stats.truncated = True
        refuse_changed(self._place, self._size_bytes)
