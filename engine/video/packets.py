"""Gathers the times of a file's packets in one pass, and derives from them a duration, a frame rate and damage."""

from __future__ import annotations

import shlex
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import VideoError
from engine.video.clock import MOST_REORDERED
from engine.video.types import HEADER_DISAGREES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.files.place import FilePlace
    from engine.video.clock import FrameClock

__all__ = ["SLACK_S", "SLACK_SHARE", "Length", "Packets", "agree", "end_of", "misplaced", "restarts", "shown_ticks"]

SLACK_S = 0.5
SLACK_SHARE = 0.05
_STRAY_S = 1.0
_RATES_AGREE = 1.5
"""Rates that differ by less are the same: the usual interval of a phone's video is not its average."""
_LONGEST_LAST_FRAME_S = 60.0
_STREAMS = frozenset({".ts", ".m2ts", ".mts", ".m2t", ".mpg", ".mpeg", ".vob"})
"""Suffixes of containers whose clock may jump: FFmpeg corrects that when it copies them (`-dts_delta_threshold`)."""
_LONGEST_PAUSES = 100
"""A video with pauses may last this many times the duration of its frames, and a minute more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """How long a video is, in seconds from its first frame."""

    duration_s: float
    frame_count: int | None
    """Packets with pictures; `None` where they were not counted."""
    rate_hz: float | None = None
    """Frames a second by the usual interval between packets; `None` where the header's rate stands."""
    late_s: float = 0.0
    """When the video begins on the clock of a file with decoding times only, in seconds."""
    damage: str = ""
    """Damage of the file, as the end of a sentence that begins with its name; empty where there is none."""


def agree(one: float, other: float) -> bool:
    return 1 / _RATES_AGREE < one / other < _RATES_AGREE


def misplaced(times: NDArray[np.int64], tick_s: float) -> NDArray[np.bool_]:
    """Which packets, in the order of decoding, are shown later than all that follow, by more than any codec reorders.

    A pause does not count: the packets after it are late as well.
    """
    latest_after = np.empty_like(times)
    latest_after[-1] = times[-1]
    latest_after[:-1] = np.maximum.accumulate(times[::-1])[::-1][1:]
    has_followers = np.arange(len(times)) < len(times) - MOST_REORDERED
    return np.asarray(has_followers & ((times - latest_after) * tick_s > _STRAY_S))


def restarts(times: NDArray[np.int64], tick_s: float) -> int:
    """How often the clock restarts: steps back, amid steady times, by more than any codec reorders."""
    steps_s = np.diff(times) * tick_s
    is_steady = np.abs(steps_s) <= _STRAY_S
    amid = is_steady[:-2] & is_steady[2:]
    return int((amid & (steps_s[1:-1] < -_STRAY_S)).sum())


def _clock_jump_error(place: FilePlace, count: int, jump_s: float, at_s: float, duration_s: float) -> VideoError:
    """The error for a clock that jumps ahead once: a camera set its time, or two recordings were joined."""
    if place.suffix.lower() in _STREAMS:
        source, target = shlex.quote(place.name), shlex.quote(f"{place.stem}-mended.mp4")
        remedy = f"Have the times of its frames written anew, in its folder: ffmpeg -i {source} -map 0:v -map 0:a? "
        remedy += f"-c copy {target}"
    else:
        remedy = "Cut it there into two files, or have the times of its frames written anew with a video editor."
    jump = f"its clock jumps ahead by {jump_s:,.0f} s after {at_s:,.1f} s, so that its {count:,} frames would be spread"
    return VideoError(place, f"{jump} over {duration_s:,.0f} s.", remedy=remedy)


def shown_ticks(packet: Any, clock: FrameClock) -> float:
    """How long a packet's frame is shown, in ticks; one usual frame where the packet has no plausible duration."""
    stated = packet.duration if clock.is_stamped else None
    return float(stated) if stated and stated * clock.tick_s <= _LONGEST_LAST_FRAME_S else clock.frame_ticks


def end_of(times: NDArray[np.int64], shown: NDArray[np.float64]) -> float:
    """End time of the frame that is shown last, in ticks.

    Only that frame's own duration counts: packets are in decoding order, and the one that is decoded last is seldom
    the one that is shown last.
    """
    last = int(times.argmax())
    return float(times[last] + shown[last])


@dataclass(frozen=True, slots=True)
class Beginning:
    """Facts about the beginning of a file, from decoding its first frame. Times are ticks."""

    start: int | None
    """When the first frame is shown; `None` where the file has decoding times only."""
    released: int | None
    """Decoding time of the packet that releases the first frame, in a file with decoding times only."""
    lost_packets: int
    """How many packets lie before the first that can be decoded."""
    claimed_from: int | None
    """What the header's length counts from; `None` for the first frame, or the first packet."""


class Packets:
    """The times of the packets of one file, gathered in one pass."""

    def __init__(self, clock: FrameClock, beginning: Beginning) -> None:
        self._clock = clock
        self._beginning = beginning
        self._times = array("q")
        self._shown_ticks = array("d")
        self._decoded = (beginning.start or 0) - clock.frame_ticks
        self._delay = 0.0
        self._sound_end_s = 0.0
        self._damaged = 0
        self._restarts = 0
        self._other_pictures = 0
        self._before_others = 0

    def failed(self) -> None:
        """Count a stretch of the file that could not be read."""
        self._damaged += 1

    def add(self, packet: Any, *, is_picture: bool) -> None:
        """Add a packet of the video, or of another stream."""
        if (not packet.size and packet.pts is None) or packet.is_discard:
            return
        if not is_picture:
            if packet.stream.type == "video":
                self._other_pictures += 1
                self._before_others = self._before_others or len(self._times)
            elif packet.pts is not None:
                self._sound_end_s = max(self._sound_end_s, float(packet.pts * packet.time_base))
            return
        self._damaged += packet.is_corrupt
        self._clock.stamp(packet)
        time = self._time_of(packet)
        self._times.append(time)
        self._shown_ticks.append(shown_ticks(packet, self._clock))

    def _time_of(self, packet: Any) -> int:
        """Presentation time of the packet; without one, estimated from its place in decoding order."""
        time = self._clock.packet_time(packet)
        decoded = packet.dts if packet.dts is not None else self._decoded + self._clock.frame_ticks
        if time is None:
            time = round(decoded + self._delay)
        elif not self._times:
            self._delay = time - decoded if packet.dts is not None else 0.0
        self._decoded = float(decoded)
        return int(time)

    def length(self, place: FilePlace, claimed_s: float) -> Length:
        """Duration, rate and damage by all packets. Raises `VideoError` where their times are implausible."""
        clock = self._clock
        count = len(self._times)
        if count == 0:
            return Length(duration_s=0.0, frame_count=0)
        decoded = np.frombuffer(self._times, np.int64)
        self._restarts = restarts(decoded, clock.tick_s)
        # Packets before a restart are later than those after it, but not misplaced.
        is_misplaced = misplaced(decoded, clock.tick_s) & (self._restarts == 0)
        self._damaged += int(is_misplaced.sum())
        end = end_of(decoded[~is_misplaced], np.frombuffer(self._shown_ticks)[~is_misplaced])
        times = np.sort(decoded[~is_misplaced])
        late = self._late(times)
        start = self._start(times, late)
        first = self._beginning.claimed_from
        if first is None:
            first = int(times[0]) if self._beginning.start is None else start
        claimed_s -= (start - first) * clock.tick_s
        steps = np.diff(times[times >= start])
        steps = steps[steps > 0]
        usual_s = float(np.median(steps) if steps.size else clock.frame_ticks) * clock.tick_s
        duration_s = (end - start) * clock.tick_s
        most_s = 60 + _LONGEST_PAUSES * count * usual_s
        if duration_s > most_s:
            longest = int(np.argmax(steps)) if steps.size else 0
            jump_s = float(steps[longest]) * clock.tick_s if steps.size else 0.0
            if duration_s - jump_s <= most_s:
                raise _clock_jump_error(place, count, jump_s, float(steps[:longest].sum()) * clock.tick_s, duration_s)
            raise VideoError(
                place,
                f"is damaged: its {count:,} frames would be spread over {duration_s:,.0f} s.",
                remedy="Copy or download it again, or have its container written anew.",
            )
        rate_hz = self._rate_hz(usual_s, duration_s / count)
        shown_s = count / (rate_hz or float(clock.rate))
        return Length(
            duration_s=duration_s,
            frame_count=count,
            rate_hz=rate_hz,
            late_s=late * clock.tick_s,
            damage=self._damage(claimed_s, duration_s, start, shown_s),
        )

    def _start(self, times: NDArray[np.int64], late: int) -> int:
        """When the first frame is shown, or its packet decoded in a file with decoding times only."""
        if self._beginning.start is not None:
            return self._beginning.start
        return late or int(times[min(self._beginning.lost_packets, len(times) - 1)])

    def _late(self, times: NDArray[np.int64]) -> int:
        """When the video begins after an empty stretch; 0 where it begins at once.

        Taken from the packet that releases the first frame: FFmpeg gives the very first packet the time 0 in any case.
        """
        released = self._beginning.released
        if released is None:
            return 0
        before = int(np.searchsorted(times, released))
        late = round(released - before * self._clock.frame_ticks)
        return late if late - times[0] > self._clock.frame_ticks else 0

    def _rate_hz(self, usual_s: float, mean_s: float) -> float | None:
        """The packets' rate, where the file states none, or one that is neither their usual nor their mean rate."""
        stated_s = self._clock.frame_ticks * self._clock.tick_s
        if self._clock.rate_is_known and (agree(usual_s, stated_s) or agree(mean_s, stated_s)):
            return None
        return 1 / usual_s

    def _damage(self, claimed_s: float, duration_s: float, start: int, shown_s: float) -> str:
        missing_s = claimed_s - duration_s
        found = []
        sound_s = self._sound_end_s - start * self._clock.tick_s
        if missing_s > SLACK_S and missing_s > SLACK_SHARE * duration_s and sound_s < claimed_s - SLACK_S:
            found.append(
                f"{HEADER_DISAGREES} {claimed_s:,.2f} s, its pictures end after {duration_s:,.2f} s: "
                "it was cut short, or its header is wrong"
            )
        if self._restarts:
            times = "once" if self._restarts == 1 else f"{self._restarts:,} times"
            found.append(
                f"its clock starts again {times}, as where recordings were joined: "
                f"it holds {shown_s:,.2f} s of pictures, of which {duration_s:,.2f} s can be reached"
            )
        if min(self._other_pictures, self._before_others) > MOST_REORDERED > len(self._times) - self._before_others:
            found.append(
                f"{self._other_pictures:,} pictures of another track follow, as where recordings were joined: "
                "they are left out"
            )
        if self._damaged:
            found.append(f"{self._damaged:,} of its packets {'is' if self._damaged == 1 else 'are'} damaged")
        return "; ".join(found)
