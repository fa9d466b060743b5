"""Finds where one shot of a video ends and the next begins, by the rule of PySceneDetect's adaptive detector.

The rule compares each change with those around it, so that a quick turn of the head is not a cut. It needs few of a
video's frames, because a cut changes the picture for good:

1. **Sift.** Only the frames that others refer to are decoded, at `_SIFTED_PX`. Where two of them in a row differ much,
   and more than those around them, a cut may lie between (`suspects`; its limits are lower than the rule's own).
2. **Look closely.** Every frame around such a place is decoded, and the rule decides which of them begins a shot.

What is taken back within two frames (a camera's flash, a broken picture) is no cut, although the rule alone says so.
"""

from __future__ import annotations

import math
import statistics
from collections import deque
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.video.probe import probe
from engine.video.reader import read
from engine.video.types import ClipEnd, ClipRequest, FrameRequest, Sample
from engine.video.windows import Window, union

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from engine.files.place import AnyPlace
    from engine.video.types import CancelCheck, Image, Progress, ReadStats

__all__ = ["find_shots", "suspects"]

_SIFTED_PX = 36
_LOOKED_AT_PX = 144
_TICKS_PER_S = 1000
_LEAST_CHANGE = 15.0
"""Mean difference of hue, saturation and value that a cut makes at least: PySceneDetect's default."""
_SIFTING = 0.6
"""What a suspect needs of `_LEAST_CHANGE` and of the sensitivity: two frames that others refer to lie further apart
than neighbours, so that motion between them is larger, but a cut is not."""
_TAKEN_BACK = 0.5
"""A flash is over when a later frame differs from the one before it by less than this part of the flash's change."""
_AROUND = 2
"""Frames on either side of a change that the detector compares it with."""
_UNBOUNDED_S = 3600.0
"""Added to the length by the header, which may be too short."""
_SIFTING_TAKES = 0.7
"""Part of the whole work, for the progress."""


def find_shots(
    path: AnyPlace,
    *,
    sensitivity: float = 3.0,
    min_shot_s: float = 0.6,
    progress: Progress | None = None,
    cancelled: CancelCheck | None = None,
    stats: ReadStats | None = None,
    threads: int = 0,
) -> list[Window]:
    """The shots in order, without gaps, from 0 to the end of the video; one window where nothing is cut.

    `sensitivity` is how many times larger than its neighbours' a change must be (PySceneDetect's `adaptive_threshold`):
    less finds more. `stats` counts the sifted frames and their damage; `threads` are the decoder's, 0: as many as there
    are cores. `progress` hears of every frame. Raises `VideoError` where the video can't be read, `Cancelled` where
    `cancelled()` is true.
    """
    tell = progress if progress is not None else _tell_nobody
    whole = Window(0.0, max(probe(path).duration_s, 1e-3))
    times_s, changes = [], []
    for t_s, change in _sifted(path, whole, stats, cancelled, threads):
        times_s.append(t_s)
        changes.append(change)
        tell(_SIFTING_TAKES * min(1.0, t_s / whole.end_s))
    end_s = max(whole.end_s, times_s[-1] + 1e-3 if times_s else 0.0)
    found = [index for index in suspects(changes, sensitivity) if times_s[index] >= min_shot_s]
    stretches = _stretches(times_s, found, end_s + _UNBOUNDED_S)
    cuts_s = [0.0]
    for t_s, cut_s in _looked_at(path, stretches, sensitivity, cancelled, threads):
        if cut_s is not None and cut_s - cuts_s[-1] >= min_shot_s - 0.5 / _TICKS_PER_S:
            cuts_s.append(cut_s)
        tell(_SIFTING_TAKES + (1 - _SIFTING_TAKES) * min(1.0, t_s / end_s))
    tell(1.0)
    return [Window(start_s, stop_s) for start_s, stop_s in pairwise([*cuts_s, end_s]) if stop_s > start_s]


def suspects(changes: Sequence[float], sensitivity: float) -> list[int]:
    """Which of the sifted frames may begin a shot, or come after a frame left out that does.

    `changes[i]` is how much frame `i` differs from the one before it; the first has none.
    """
    found = []
    for index in range(1, len(changes)):
        near = range(max(1, index - _AROUND), min(len(changes), index + _AROUND + 1))
        others = [changes[other] for other in near if other != index]
        usual = statistics.median(others) if others else 0.0
        if changes[index] >= _SIFTING * max(_LEAST_CHANGE, sensitivity * usual):
            found.append(index)
    return found


def _tell_nobody(_done: float) -> None:
    pass


def _sifted(
    path: AnyPlace, whole: Window, stats: ReadStats | None, cancelled: CancelCheck | None, threads: int
) -> Iterator[tuple[float, float]]:
    """`(seconds, change)` of the frames that others refer to; the first one's change is 0."""
    clip = ClipRequest("whole", Window(0.0, whole.end_s + _UNBOUNDED_S), (FrameRequest(None, _SIFTED_PX),))
    before = None
    for event in read(path, [clip], stats=stats, cancelled=cancelled, threads=threads, leave_out="unreferenced"):
        if isinstance(event, Sample):
            colors = _hsv(event.image)
            yield event.t_s, 0.0 if before is None else _difference(before, colors)
            before = colors


def _stretches(times_s: Sequence[float], found: Sequence[int], end_s: float) -> list[Window]:
    """Where to look at every frame: so far around each suspect that the detector judges it as in a whole pass."""
    stretches = []
    for index in found:
        first, last = index - 1 - _AROUND, index + _AROUND
        stop_s = times_s[last] + 0.5 / _TICKS_PER_S if last < len(times_s) else end_s
        stretches.append(Window(times_s[max(0, first)], stop_s))
    return union(stretches)


def _looked_at(
    path: AnyPlace, stretches: Sequence[Window], sensitivity: float, cancelled: CancelCheck | None, threads: int
) -> Iterator[tuple[float, float | None]]:
    """The time of every frame in the stretches, in seconds, and when a shot begins where that is now known."""
    request = FrameRequest(None, _LOOKED_AT_PX)
    clips = [ClipRequest(key, stretch, (request,)) for key, stretch in enumerate(stretches)]
    looks: dict[Hashable, _Look] = {}
    for event in read(path, clips, cancelled=cancelled, threads=threads, leave_out="unwanted"):
        if isinstance(event, ClipEnd):
            looks.pop(event.key, None)
        elif isinstance(event, Sample):
            if event.key not in looks:
                looks[event.key] = _Look(sensitivity)
            yield event.t_s, looks[event.key].at(event.t_s, event.image)


class _Look:
    """The adaptive rule over one stretch, frame after frame.

    As in PySceneDetect 0.7 (`AdaptiveDetector`, content value of three equal weights): a frame begins a shot if its
    change is at least `_LEAST_CHANGE`, and at least `sensitivity` times the mean of the `_AROUND` changes on each side.
    """

    def __init__(self, sensitivity: float) -> None:
        self._sensitivity = sensitivity
        self._recent: deque[_Seen] = deque(maxlen=2 * (_AROUND + 1))

    def at(self, t_s: float, image: Image) -> float | None:
        """When a shot begins, if the frame that came `_AROUND` frames before this one begins one."""
        colors = _hsv(image)
        change = _difference(self._recent[-1].colors, colors) if self._recent else math.nan
        self._recent.append(_Seen(t_s, colors, change))
        if len(self._recent) < 2 * (_AROUND + 1):
            return None  # the stretch's first frame has no change of its own, so none near it can be judged
        frame = self._recent[_AROUND + 1]
        around = [seen.change for seen in self._recent if seen is not frame][1:]
        limit = max(_LEAST_CHANGE, self._sensitivity * statistics.fmean(around))
        return frame.t_s if frame.change >= limit and not self._is_flash(frame.change) else None

    def _is_flash(self, change: float) -> bool:
        """Whether the change was taken back: the picture is that of before, or what it was before is back."""
        colors = [seen.colors for seen in self._recent]
        before, after = colors[: _AROUND + 1], colors[_AROUND + 1 :]
        returns = min(_difference(before[-1], later) for later in after[1:])
        returned = min(_difference(earlier, after[0]) for earlier in before[:-1])
        return min(returns, returned) < _TAKEN_BACK * change


class _Seen(NamedTuple):
    t_s: float
    colors: Any
    change: float


def _hsv(image: Image) -> Any:
    import cv2

    return cv2.cvtColor(image, cv2.COLOR_RGB2HSV)


def _difference(one: Any, other: Any) -> float:
    """Mean difference of hue, saturation and value, as PySceneDetect takes it."""
    import cv2

    return float(cv2.norm(one, other, cv2.NORM_L1) / one.size)
