"""Says how long a video is: by its header where the packets bear it out, and by the packets where they don't.

A header is written before the pictures or after them, and is wrong where a copy broke off, a camera lost its power, or
somebody made it up. So the last packets are looked at first: by the index where it lists every frame, else by a leap to
the end. Only where they contradict the header are all packets read (none is decoded).
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import av
import av.error
import numpy as np

from engine.errors import VideoError
from engine.video.clock import DECODING_TIMES_ONLY, FrameClock
from engine.video.container import demux, open_container, video_stream

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["Length", "length_of"]

_SLACK_S = 0.5
_SLACK_SHARE = 0.05
_SLACK_FRAMES = 3
_TAIL_S = 2.0
_INDEX_SAMPLE = 240
_MOST_REORDERED = 17
_STRAY_S = 1.0
_RATES_AGREE = 1.5
"""Rates that differ by less are the same: the usual interval of a phone's video is not its average."""
_FEW_BYTES_A_SECOND = 1000
"""Below this, a header is not believed without reading all packets: the file holds little to read."""
_STREAMED = frozenset({"mpegts", "mpeg"})
"""Recordings in these containers are joined by writing one file behind the other: only all packets tell how long."""
_LONGEST_LAST_FRAME_S = 60.0
_LONGEST_PAUSES = 100
"""How many times longer than its frames a video may be because of pauses, and a minute more."""


@dataclass(frozen=True, slots=True)
class Length:
    """How long a video is, in seconds from its first frame."""

    duration_s: float
    frame_count: int | None
    """Packets with pictures; `None` where they were not counted."""
    rate_hz: float | None = None
    """Frames a second by the usual interval between packets; `None` where the header's rate stands."""
    damage: str = ""
    """What is wrong with the file, as the end of a sentence that begins with its name; empty where nothing is."""


def length_of(path: Path, container: Any, stream: Any, clock: FrameClock, start: int) -> Length:
    """The length of an open file whose first frame is shown at tick `start` (of a file with presentation times).

    Raises `VideoError` where the times of its packets can't be true.
    """
    claimed_s = _claimed_s(container, stream, start)
    is_sparse = path.stat().st_size < claimed_s * _FEW_BYTES_A_SECOND
    is_streamed = container.format.name in _STREAMED
    if clock.is_stamped and clock.rate_is_told and claimed_s > 0 and not is_sparse and not is_streamed:
        tail = start + (claimed_s - _TAIL_S) / clock.tick_s
        seen = _indexed(stream) or _at_the_end(path, container, stream, clock, tail)
        if seen is not None and _bears_out(seen, clock, start, claimed_s):
            duration_s = claimed_s if seen.end is None else (seen.end - start) * clock.tick_s
            return Length(duration_s, stream.frames or None)
    return _measured(path, start, claimed_s)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What some packets show: when the last begins, and how far they usually lie apart, in ticks."""

    last: int
    usual_step: float
    end: float | None = None
    """When the last ends; `None` where that is not known to the frame."""


def _bears_out(seen: _Seen, clock: FrameClock, start: int, claimed_s: float) -> bool:
    """Whether the header's length and rate are those of its packets, give or take some frames."""
    measured_s = (seen.last + clock.frame_ticks - start) * clock.tick_s
    is_rate_true = not seen.usual_step or _agree(seen.usual_step, clock.frame_ticks)
    return is_rate_true and abs(claimed_s - measured_s) <= _slack_s(claimed_s, clock)


def _agree(one: float, other: float) -> bool:
    return 1 / _RATES_AGREE < one / other < _RATES_AGREE


def _slack_s(claimed_s: float, clock: FrameClock) -> float:
    frames_s = _SLACK_FRAMES * clock.frame_ticks * clock.tick_s
    return float(max(frames_s, min(_SLACK_S, _SLACK_SHARE * claimed_s)))


def _claimed_s(container: Any, stream: Any, start: int) -> float:
    """From the first frame shown to the end of the last, by the best word the header gives; 0 where it gives none."""
    start_s = float(start * stream.time_base)
    if stream.duration and container.format.name in DECODING_TIMES_ONLY:
        # why: it counts from the first packet, and the first frame is shown some packets later
        return float(stream.duration * stream.time_base)
    if stream.duration:
        return float(((stream.start_time or 0) + stream.duration - start) * stream.time_base)
    tagged_s = _clock_s(stream.metadata.get("DURATION", ""))
    if tagged_s:
        return tagged_s - start_s
    if container.duration:
        return float(((container.start_time or 0) + container.duration) / av.time_base - start_s)
    return 0.0


def _clock_s(text: str) -> float:
    """Seconds of Matroska's `HH:MM:SS.nnnnnnnnn`, or 0."""
    try:
        hours, minutes, seconds = text.split(":")
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    except ValueError:
        return 0.0


def _indexed(stream: Any) -> _Seen | None:
    """By an index that lists every frame; `None` where there is none."""
    entries = stream.index_entries
    if not 0 < stream.frames <= len(entries):
        return None
    return _seen([*(entry.timestamp for entry in entries[:_INDEX_SAMPLE]), entries[len(entries) - 1].timestamp])


def _at_the_end(path: Path, container: Any, stream: Any, clock: FrameClock, target: float) -> _Seen | None:
    """By the packets that a leap to just before the claimed end meets; `None` where it meets none."""
    try:
        container.seek(max(int(stream.start_time or 0), int(target)), stream=stream)
    except (av.error.FFmpegError, OverflowError):
        return None
    times: list[int] = []
    held: list[float] = []
    for packet in demux(path, container, stream):
        if packet.pts is None and packet.size:
            return None
        if packet.size and not packet.is_discard:
            times.append(packet.pts)
            held.append(_held(packet, clock))
    if times and _astray(np.array(times, np.int64), clock.tick_s).any():
        return None
    return _seen(times, _end(np.array(times), np.array(held)) if times else None)


def _astray(times: NDArray[np.int64], tick_s: float) -> NDArray[np.bool_]:
    """Which packets, in the order of decoding, are shown later than all that follow, by more than any codec reorders.

    A pause is no such thing: what follows it is as late.
    """
    latest_after = np.empty_like(times)
    latest_after[-1] = times[-1]
    latest_after[:-1] = np.maximum.accumulate(times[::-1])[::-1][1:]
    has_followers = np.arange(len(times)) < len(times) - _MOST_REORDERED
    return np.asarray(has_followers & ((times - latest_after) * tick_s > _STRAY_S))


def _restarts(times: NDArray[np.int64], tick_s: float) -> int:
    """How often the clock starts again: steps back, amid steady times, by more than any codec reorders."""
    steps_s = np.diff(times) * tick_s
    is_steady = np.abs(steps_s) <= _STRAY_S
    amid = is_steady[:-2] & is_steady[2:]
    return int((amid & (steps_s[1:-1] < -_STRAY_S)).sum())


def _held(packet: Any, clock: FrameClock) -> float:
    """How long a packet's picture stays, in ticks; as long as usual where the packet says nothing that can be."""
    told = packet.duration if clock.is_stamped else None
    return float(told) if told and told * clock.tick_s <= _LONGEST_LAST_FRAME_S else clock.frame_ticks


def _end(times: NDArray[np.int64], held: NDArray[np.float64]) -> float:
    """When the frame that is shown last gives way.

    Only its own word counts: how long packets last is told in the order of decoding, and before a pause the one that
    is decoded last is seldom the one that is shown last.
    """
    last = int(times.argmax())
    return float(times[last] + held[last])


def _seen(times: list[int], end: float | None = None) -> _Seen | None:
    if not times:
        return None
    steps = np.diff(np.unique(np.array(times, np.int64)))
    return _Seen(max(times), float(np.median(steps)) if steps.size else 0.0, end)


def _measured(path: Path, start: int, claimed_s: float) -> Length:
    """The length by all packets, on a fresh pass over the file."""
    with open_container(path) as container:
        stream = video_stream(path, container)
        clock = FrameClock(path, container, stream)
        found = _Packets(clock, start if clock.is_stamped else None)
        others = [other for other in container.streams.audio if other.codec_context is not None]
        for packet in demux(path, container, stream, *others, failed=found.failed):
            found.add(packet, is_picture=packet.stream_index == stream.index)
    return found.length(path, claimed_s)


class _Packets:
    """The times of the packets of one file, gathered in one pass."""

    def __init__(self, clock: FrameClock, start: int | None) -> None:
        self._clock = clock
        self._start = start
        self._times = array("q")
        self._held = array("d")
        self._decoded = 0.0
        self._delay = 0.0
        self._sound_end_s = 0.0
        self._damaged = 0
        self._restarts = 0

    def failed(self) -> None:
        """A stretch of the file could not be read."""
        self._damaged += 1

    def add(self, packet: Any, *, is_picture: bool) -> None:
        """Takes note of a packet of the video, or of another stream."""
        if not packet.size or packet.is_discard:
            return
        if not is_picture:
            if packet.pts is not None:
                self._sound_end_s = max(self._sound_end_s, float(packet.pts * packet.time_base))
            return
        self._damaged += packet.is_corrupt
        self._clock.stamp(packet)
        time = self._time_of(packet)
        self._times.append(time)
        self._held.append(_held(packet, self._clock))

    def _time_of(self, packet: Any) -> int:
        """When the packet's picture is shown; where it lacks a time, by its place in the order of decoding."""
        time = self._clock.packet_time(packet)
        decoded = packet.dts if packet.dts is not None else self._decoded + self._clock.frame_ticks
        if time is None:
            time = round(decoded + self._delay)
        elif not self._times:
            self._delay = time - decoded if packet.dts is not None else 0.0
        self._decoded = float(decoded)
        return int(time)

    def length(self, path: Path, claimed_s: float) -> Length:
        """What all packets come to. Raises `VideoError` where their times can't be true."""
        clock = self._clock
        count = len(self._times)
        if count == 0:
            return Length(0.0, 0)
        decoded = np.frombuffer(self._times, np.int64)
        self._restarts = _restarts(decoded, clock.tick_s)
        # What comes before a restart is later than what follows, and no packet astray.
        is_stray = _astray(decoded, clock.tick_s) & (self._restarts == 0)
        self._damaged += int(is_stray.sum())
        end = _end(decoded[~is_stray], np.frombuffer(self._held)[~is_stray])
        times = np.sort(decoded[~is_stray])
        start = int(times[0]) if self._start is None else self._start
        steps = np.diff(times[times >= start])
        steps = steps[steps > 0]
        usual_s = float(np.median(steps) if steps.size else clock.frame_ticks) * clock.tick_s
        duration_s = (end - start) * clock.tick_s
        if duration_s > 60 + _LONGEST_PAUSES * count * usual_s:
            raise VideoError(
                path,
                f"is damaged: its {count:,} frames would be spread over {duration_s:,.0f} s.",
                remedy="Copy or download it again, or have its container written anew.",
            )
        return Length(
            duration_s, count, self._rate_hz(usual_s, duration_s / count), self._damage(claimed_s, duration_s, start)
        )

    def _rate_hz(self, usual_s: float, mean_s: float) -> float | None:
        """The rate of the packets, where the file tells none or one that is neither their usual nor their mean one."""
        told_s = self._clock.frame_ticks * self._clock.tick_s
        if self._clock.rate_is_told and (_agree(usual_s, told_s) or _agree(mean_s, told_s)):
            return None
        return 1 / usual_s

    def _damage(self, claimed_s: float, duration_s: float, start: int) -> str:
        missing_s = claimed_s - duration_s
        said = []
        sound_s = self._sound_end_s - start * self._clock.tick_s
        if missing_s > _SLACK_S and missing_s > _SLACK_SHARE * duration_s and sound_s < claimed_s - _SLACK_S:
            said.append(
                f"its header speaks of {claimed_s:,.2f} s, its pictures end after {duration_s:,.2f} s: "
                "it was cut short, or its header is wrong"
            )
        if self._restarts:
            times = "once" if self._restarts == 1 else f"{self._restarts:,} times"
            said.append(
                f"its clock starts again {times}, as where recordings were joined: pictures behind that are left out"
            )
        if self._damaged:
            said.append(f"{self._damaged:,} of its packets {'is' if self._damaged == 1 else 'are'} damaged")
        return "; ".join(said)
