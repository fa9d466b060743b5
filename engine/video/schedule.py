"""Decides which frames each request gets in one forward pass. Pure arithmetic on times; it sees no pixels."""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.video.windows import TIME_TOLERANCE_S

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from engine.video.types import ClipRequest, FrameRequest
    from engine.video.windows import Window

__all__ = ["Due", "Schedule"]


@dataclass(slots=True)
class _Clip:
    key: Hashable
    window: Window
    open_requests: int
    samples: int = 0


@dataclass(slots=True)
class Due:
    """One request of one clip, and its next sampling instant."""

    clip: _Clip
    request: FrameRequest
    taken: int = 0


class Schedule:
    """Hands the frames of one forward pass to the requests that want them.

    Ask `next_due_s`, fetch the first frame at or after it, `offer` its time; repeat until `next_due_s` is `None`.
    Which frames a request gets depends on the video and on that request alone.
    """

    def __init__(self, clips: Sequence[ClipRequest]) -> None:
        self._heap: list[tuple[float, int, Due]] = []
        self._ended: list[_Clip] = []
        seen: set[Hashable] = set()
        order = 0
        for wanted in clips:
            if wanted.key in seen:
                raise ValueError(f"two clips have the key {wanted.key!r}")
            seen.add(wanted.key)
            requests = tuple(dict.fromkeys(wanted.requests))
            clip = _Clip(wanted.key, wanted.window, len(requests))
            for request in requests:
                self._heap.append((wanted.window.start_s, order, Due(clip, request)))
                order += 1
        heapq.heapify(self._heap)

    @property
    def next_due_s(self) -> float | None:
        """The earliest time that is still due, or `None` when all requests are served."""
        return self._heap[0][0] if self._heap else None

    def offer(self, t_s: float) -> list[Due]:
        """The requests that get the frame shown at `t_s`, in the order in which they were made.

        Times must be offered in increasing order.
        """
        reached_s = t_s + TIME_TOLERANCE_S
        heap = self._heap
        takers: list[tuple[int, Due]] = []
        while heap and heap[0][0] <= reached_s:
            _, order, due = heapq.heappop(heap)
            if reached_s < due.clip.window.end_s:
                takers.append((order, due))
            else:
                self._close(due.clip)
        for order, due in takers:
            next_s = self._instant_after(due, reached_s)
            due.taken += 1
            due.clip.samples += 1
            if next_s < due.clip.window.end_s:
                heapq.heappush(heap, (next_s, order, due))
            else:
                self._close(due.clip)
        takers.sort(key=lambda taker: taker[0])
        return [due for _, due in takers]

    def finish(self) -> None:
        """Closes all open requests: the video has no more frames."""
        for _, _, due in sorted(self._heap, key=lambda entry: entry[1]):
            self._close(due.clip)
        self._heap.clear()

    def ended(self) -> Iterator[tuple[Hashable, int]]:
        """`(key, samples)` of the clips that closed since the last call."""
        for clip in self._ended:
            yield clip.key, clip.samples
        self._ended.clear()

    def _close(self, clip: _Clip) -> None:
        clip.open_requests -= 1
        if clip.open_requests == 0:
            self._ended.append(clip)

    @staticmethod
    def _instant_after(due: Due, reached_s: float) -> float:
        rate_hz = due.request.rate_hz
        if rate_hz is None:
            return reached_s
        start_s = due.clip.window.start_s
        count = math.floor((reached_s - start_s) * rate_hz) + 1
        next_s = start_s + count / rate_hz
        # The division may round onto the instant just passed.
        return next_s if next_s > reached_s else start_s + (count + 1) / rate_hz
