"""Presentation time of each decoded frame, also for containers that store none.

Most containers give every packet a presentation time. Three kinds do not:

- AVI, ASF and MXF store packets in decoding order; for H.264 in them FFmpeg has decoding times only.
- An MPEG program stream may leave out the times of single packets, and its clock restarts where recordings were joined.
- A bare stream (`.h264`, `.hevc`, `.m2v`) has no times at all, only a frame rate, and not always that.

FFmpeg fills in missing times, correctly for most codecs. For H.264 and its successors, and for MPEG-1 and MPEG-2 in a
program stream, they are not monotonic. For these, and for bare streams, a frame's time is computed from decoding times
alone: the decoder attaches to every frame the decoding time of the packet that released it (FFmpeg's `pkt_dts`), which
grows by one packet a frame in presentation order whatever the frames' types are. Packets without a decoding time are
counted from the last that has one. Where a packet's own time is not after the one before:

- far before it, a new clock begins, and is continued from the last packet;
- a little before the file's previous time, one of the two was guessed wrongly, and counting continues;
- otherwise counting ran ahead, because the codec states a longer frame interval than the file has: the file's time is
  right.

Matroska gives packets before zero no time: their frames are counted back from the first that has one.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from engine.video.container import demux, no_rate_error, open_container, video_stream

if TYPE_CHECKING:
    from engine.files.place import FilePlace

__all__ = ["DECODING_TIMES_ONLY", "MOST_REORDERED", "FrameClock", "claimed_end", "frame_rate", "is_bare"]

_NO_TIMESTAMPS = 0x80
"""FFmpeg's AVFMT_NOTIMESTAMPS: the format is a bare stream of pictures."""
DECODING_TIMES_ONLY = {"avi", "asf", "mxf"}
"""Formats that store decoding times, not presentation times."""
_TIMES_MISSING = {"mpeg"}
"""Formats in which a packet may have no time."""
_REORDERED_BEHIND_THE_PARSER = {"h264", "hevc", "vvc"}
"""Codecs whose presentation times FFmpeg can't derive from decoding times; for all others it can."""
_REORDERED_WITHOUT_TIMES = {"mpeg1video", "mpeg2video"}
"""Codecs for which FFmpeg guesses wrongly where a packet has no time: a key frame after frames that refer to it."""
_NEW_CLOCK_S = 1.0
"""Decoding times that step back by more start a new clock; by less, they were guessed wrongly."""
_LEAST_STEP = 0.1
"""Step between packets, as a fraction of a frame, where counting ran ahead of the file's own times."""
MOST_REORDERED = 17
"""One more than the largest reordering delay of any codec, in packets."""
_HIGHEST_RATE_HZ = 1000
_USUAL_RATE = Fraction(30)


def is_bare(container: Any) -> bool:
    """Whether the file is an elementary video stream without a container."""
    return bool(int(container.format.flags) & _NO_TIMESTAMPS)


def claimed_end(container: Any, stream: Any) -> int | None:
    """End of the video by its header, in ticks of the stream; `None` where the header has no duration."""
    if not stream.duration:
        return None
    # ASF's length counts from the clock's zero, however late the pictures begin
    begin = 0 if container.format.name == "asf" else stream.start_time or 0
    return int(begin + stream.duration)


def frame_rate(container: Any, stream: Any) -> Fraction | None:
    """Frames a second by the file's metadata, or `None` where it has no plausible rate."""
    if is_bare(container):
        # Not the average: without times, FFmpeg assumes 25.
        rates = [stream.codec_context.framerate]
    elif _is_unstamped(container, stream):
        # Not the average: it counts fields, or rounded milliseconds.
        rates = [stream.guessed_rate, stream.average_rate]
        if container.format.name in _TIMES_MISSING:
            # Few packets have times; between them only the rate in the codec's own headers is known.
            rates.insert(0, stream.codec_context.framerate)
    else:
        rates = [stream.average_rate, stream.guessed_rate, stream.base_rate]
    return next((Fraction(rate) for rate in rates if rate and 0 < rate <= _HIGHEST_RATE_HZ), None)


def _is_unstamped(container: Any, stream: Any) -> bool:
    codec = stream.codec_context.name if stream.codec_context is not None else ""
    if container.format.name in _TIMES_MISSING:
        return codec in _REORDERED_BEHIND_THE_PARSER | _REORDERED_WITHOUT_TIMES
    return container.format.name in DECODING_TIMES_ONLY and codec in _REORDERED_BEHIND_THE_PARSER


class FrameClock:
    """The times of one file's packets and frames, in ticks of its own clock.

    Packets go through `stamp` before they are decoded, in the order in which they lie in the file.
    """

    def __init__(self, place: FilePlace, container: Any, stream: Any) -> None:
        """Raises `VideoError` for an elementary stream without a frame rate."""
        self._counts = is_bare(container)
        self.is_stamped = not self._counts and not _is_unstamped(container, stream)
        """Whether the file itself says when each frame is shown. Otherwise nobody may leap: times depend on all that
        came before.
        """
        rate = frame_rate(container, stream)
        if rate is None and self._counts:
            raise no_rate_error(place)
        self.rate_is_known = rate is not None
        self.rate = rate or _USUAL_RATE
        self.tick_s = float(stream.time_base)
        self.frame_ticks = max(1.0, 1 / (float(self.rate) * self.tick_s))
        self._place = place
        self._last_packet: int | None = None
        self._next_packet: float = 0.0
        self._shift = 0
        self._own_time: int | None = None
        self._is_guessed = False
        self._shown: float | None = None
        self._is_lost = False

    def stamp(self, packet: Any) -> None:
        """Fills in a packet's missing decoding time, in files whose frame times come from decoding times."""
        if self.is_stamped or packet is None or not packet.size:
            return
        if self._counts or packet.dts is None:
            packet.dts = round(self._next_packet)
        else:
            self._next_packet = packet.dts = self._continued(packet.dts)
        if self._last_packet is not None:
            packet.dts = max(packet.dts, self._last_packet + max(1, round(_LEAST_STEP * self.frame_ticks)))
        self._last_packet = packet.dts
        packet.pts = None
        self._next_packet += self._ticks_of(packet)

    def _continued(self, dts: int) -> int:
        """A packet's own decoding time, continued across restarts of the clock."""
        steps_back = self._own_time is not None and dts < self._own_time
        self._own_time = dts
        dts += self._shift
        if self._last_packet is None or dts > self._last_packet:
            self._is_guessed = False
            return dts
        self._is_guessed = self._is_guessed or steps_back
        if not self._is_guessed:
            return dts  # counting ran ahead of the file's own times
        following = round(self._next_packet)
        if (self._last_packet - dts) * self.tick_s > _NEW_CLOCK_S:
            self._shift += following - dts
        return following

    def packet_time(self, packet: Any) -> int | None:
        """Presentation time of a packet, or its decoding time in a file without; `None` where it has neither."""
        time = packet.pts if self.is_stamped else packet.dts
        return int(time) if time is not None else None

    def frame_time(self, frame: Any) -> int | None:
        """Presentation time of a frame. One without a time follows the previous frame by the usual interval.

        `None` where it is unknown: no time, and no frame before it since a seek.
        """
        time = frame.pts if self.is_stamped else frame.dts
        if time is not None:
            self._shown = float(time)
        elif self._shown is not None:
            self._shown += self.frame_ticks
        elif self._is_lost:
            return None
        else:
            self._shown = float(_first_shown(self._place, self.frame_ticks)) if self.is_stamped else 0.0
        return round(self._shown)

    def after_seek(self) -> None:
        """Forget the previous frame: after a seek, the next one does not follow it."""
        self._shown = None
        self._is_lost = True

    def _ticks_of(self, packet: Any) -> float:
        """Ticks by which a packet without a time advances the clock: half a frame where it holds a single field."""
        if self._counts and packet.duration and packet.duration < 0.75 * self.frame_ticks:
            return self.frame_ticks / 2
        return self.frame_ticks


def _first_shown(place: FilePlace, frame_ticks: float) -> int:
    """Presentation time of the first frame of a file whose first packets have no time.

    Counted back from the first frame that has one, by the number of packets without; 0 where no frame has one.
    """
    untimed = 0
    times: list[int] = []
    with open_container(place) as container:
        stream = video_stream(place, container)
        for packet in demux(place, container, stream):
            if packet.pts is not None:
                times.append(packet.pts)
            elif packet.size:
                untimed += 1
            if len(times) > MOST_REORDERED:
                break
    return round(min(times) - untimed * frame_ticks) if times else 0
