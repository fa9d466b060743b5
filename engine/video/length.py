"""Duration of a video: by its header where the packets agree with it, else by the packets.

A header is written before the pictures or after them, and is wrong where a copy was cut short, a camera lost power, or
it was made up. So the last packets are read first: through the index where it lists every frame, else by a seek to the
end. Only where they contradict the header are all packets read (none is decoded).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import av
import av.error
import numpy as np

from engine.video.asf import asf_length_s
from engine.video.clock import DECODING_TIMES_ONLY, FrameClock, claimed_end
from engine.video.container import demux, open_container, video_stream
from engine.video.packets import (
    SLACK_S,
    SLACK_SHARE,
    Beginning,
    Length,
    Packets,
    agree,
    end_of,
    misplaced,
    restarts,
    shown_ticks,
)

if TYPE_CHECKING:
    from engine.files.place import FilePlace

__all__ = ["Length", "length_of"]

_SLACK_FRAMES = 3
_TAIL_S = 2.0
_INDEX_SAMPLE = 240
_FEW_BYTES_A_SECOND = 1000
"""Below this, all packets are read before the header is trusted: the file is small for its stated length."""
_STREAMED = frozenset({"mpegts", "mpeg"})
"""Containers whose recordings are joined by concatenation, so that only reading all packets gives the length."""


def length_of(
    place: FilePlace,
    container: Any,
    stream: Any,
    clock: FrameClock,
    start: int,
    released: int | None = None,
    lost_packets: int = 0,
) -> Length:
    """The duration of an open video file.

    `start` is the tick at which the first frame is shown, in a file with presentation times; `released` the decoding
    time of the packet that releases it, in a file with decoding times only. `lost_packets` is how many lie before the
    first that can be decoded.

    Raises `VideoError` where the times of its packets are implausible.
    """
    claimed_s = _claimed_s(place, container, stream, clock, start)
    is_sparse = place.size_bytes < claimed_s * _FEW_BYTES_A_SECOND
    is_streamed = container.format.name in _STREAMED
    if clock.is_stamped and clock.rate_is_known and claimed_s > 0 and not is_sparse and not is_streamed:
        tail = start + (claimed_s - _TAIL_S) / clock.tick_s
        seen = _indexed(stream) or _at_the_end(place, container, stream, clock, tail)
        if seen is not None and _confirms_header(seen, clock, start, claimed_s):
            duration_s = claimed_s if seen.end is None else (seen.end - start) * clock.tick_s
            return Length(duration_s=duration_s, frame_count=stream.frames or None)
    return _measured(place, start, claimed_s, released, lost_packets)


@dataclass(frozen=True, slots=True)
class _PacketTimes:
    """Time of the last of some packets, and the usual step between them, in ticks."""

    last: int
    usual_step: float
    end: float | None = None
    """When the last ends; `None` where that is not known exactly."""


def _confirms_header(seen: _PacketTimes, clock: FrameClock, start: int, claimed_s: float) -> bool:
    """Whether the header's length and rate agree with the packets, within some frames."""
    measured_s = (seen.last + clock.frame_ticks - start) * clock.tick_s
    is_rate_true = not seen.usual_step or agree(seen.usual_step, clock.frame_ticks)
    return is_rate_true and abs(claimed_s - measured_s) <= _slack_s(claimed_s, clock)


def _slack_s(claimed_s: float, clock: FrameClock) -> float:
    frames_s = _SLACK_FRAMES * clock.frame_ticks * clock.tick_s
    return float(max(frames_s, min(SLACK_S, SLACK_SHARE * claimed_s)))


def _claimed_s(place: FilePlace, container: Any, stream: Any, clock: FrameClock, start: int) -> float:
    """Seconds from the first frame shown to the end of the last, by the header; 0 where it has no duration."""
    start_s = float(start * stream.time_base)
    if container.format.name == "asf" and not stream.duration:
        # FFmpeg does not report the header's length where the file is shorter than the header states.
        return asf_length_s(place) - start_s
    end = claimed_end(container, stream)
    if end and container.format.name == "asf":
        return (end - start) * clock.tick_s
    if stream.duration and (not clock.is_stamped or container.format.name in DECODING_TIMES_ONLY):
        # It counts from the first packet, and the first frame is shown some packets later.
        ticks = max(stream.duration, stream.frames) if container.format.name == "avi" else stream.duration
        return float(ticks * stream.time_base)
    if end:
        return (end - start) * clock.tick_s
    tagged_s = _clock_s(stream.metadata.get("DURATION", ""))
    if tagged_s:
        return tagged_s - start_s
    if container.duration:
        return float(((container.start_time or 0) + container.duration) / av.time_base - start_s)
    return 0.0


def _claimed_from(container: Any, stream: Any, clock: FrameClock) -> int | None:
    """The tick that the claimed length counts from; `None` where that is the first frame's (or first packet's)."""
    name = container.format.name
    if name not in DECODING_TIMES_ONLY or (name == "asf" and clock.is_stamped):
        return None
    return 0 if name == "asf" else int(stream.start_time or 0)


def _clock_s(text: str) -> float:
    """Seconds from Matroska's `HH:MM:SS.nnnnnnnnn`, or 0."""
    try:
        hours, minutes, seconds = text.split(":")
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    except ValueError:
        return 0.0


def _indexed(stream: Any) -> _PacketTimes | None:
    """Packet times from an index that lists every frame; `None` where there is none."""
    entries = stream.index_entries
    if not 0 < stream.frames <= len(entries):
        return None
    return _packet_times([*(entry.timestamp for entry in entries[:_INDEX_SAMPLE]), entries[len(entries) - 1].timestamp])


def _at_the_end(place: FilePlace, container: Any, stream: Any, clock: FrameClock, target: float) -> _PacketTimes | None:
    """Packet times after a seek to just before the claimed end; `None` where there are none."""
    try:
        container.seek(max(int(stream.start_time or 0), int(target)), stream=stream)
    except (av.error.FFmpegError, OverflowError):
        return None
    times: list[int] = []
    shown: list[float] = []
    for packet in demux(place, container, stream):
        if packet.pts is None and packet.size:
            return None
        if packet.size and not packet.is_discard:
            times.append(packet.pts)
            shown.append(shown_ticks(packet, clock))
    stamps = np.array(times, np.int64)
    if times and (misplaced(stamps, clock.tick_s).any() or restarts(stamps, clock.tick_s)):
        return None
    return _packet_times(times, end_of(np.array(times), np.array(shown)) if times else None)


def _packet_times(times: list[int], end: float | None = None) -> _PacketTimes | None:
    if not times:
        return None
    steps = np.diff(np.unique(np.array(times, np.int64)))
    return _PacketTimes(max(times), float(np.median(steps)) if steps.size else 0.0, end)


def _measured(place: FilePlace, start: int, claimed_s: float, released: int | None, lost_packets: int) -> Length:
    """The length computed from all packets, in a new pass over the file."""
    with open_container(place) as container:
        stream = video_stream(place, container)
        clock = FrameClock(place, container, stream)
        beginning = Beginning(
            start if clock.is_stamped else None, released, lost_packets, _claimed_from(container, stream, clock)
        )
        found = Packets(clock, beginning)
        others = list(container.streams.audio)
        if container.format.name in _STREAMED:
            others += [other for other in container.streams.video if other.index != stream.index]
        others = [other for other in others if other.codec_context is not None]
        for packet in demux(place, container, stream, *others, failed=found.failed):
            found.add(packet, is_picture=packet.stream_index == stream.index)
    return found.length(place, claimed_s)
