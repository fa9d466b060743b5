"""Gathers frames of clips until a batch is worth it, and looks at them one frame of each clip at a time.

A clip's frames are looked at in their order, because hands are followed from one to the next; batches therefore go
across clips. Frames wait in memory, so their number is bounded.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from engine.errors import EngineError
from engine.features.device import free_device_memory, is_out_of_memory

if TYPE_CHECKING:
    from torch import Tensor

    from engine.features.hand.batched.landmarker import BatchedLandmarker, HandsInFrame, Squares
    from engine.features.hand.resting import Resting
    from engine.features.hand.tracks import Hand
    from engine.video.types import Image

__all__ = ["ClipFrames", "WaitingFrames"]


class ClipFrames:
    """The frames of one clip: those that wait, and the hands in those that were looked at. A `HandFinder`.

    Frames that `resting` allows are skipped; the one before a hand is looked at on its own afterwards.
    """

    def __init__(self, queue: WaitingFrames, resting: Resting | None = None) -> None:
        self._queue, self._resting = queue, resting
        self.waiting: list[Image | Tensor] = []
        self.looked_at: list[HandsInFrame | None] = []
        """None: skipped."""
        self.error: Exception | None = None
        self._skipped: Image | Tensor | None = None
        self._looks_back = False
        self._closed = False

    def add(self, frame: Image | Tensor, at_s: float) -> None:
        """Add the clip's next frame. Looks at all frames of all clips once enough wait."""
        self._queue.add(self, frame)

    def ready(self) -> bool:
        """Whether no frame of the clip waits or is looked at."""
        return not self.has_work

    def hands(self) -> list[tuple[Hand, ...] | None]:
        """The hands in each frame; None for one that was skipped. Looks at what waits first; raises what failed."""
        if not self.ready():
            self._queue.run()
        if self.error is not None:
            raise self.error
        return [None if frame is None else frame.hands for frame in self.looked_at]

    def close(self) -> None:
        """The clip has no more frames: its last is looked at, whatever was in it so far."""
        self._queue.close(self)

    @property
    def has_work(self) -> bool:
        """Whether a frame waits, or one that was skipped is to be looked at."""
        return bool(self.waiting) or self._looks_back

    def next_frame(self) -> tuple[Image | Tensor, Squares]:
        """The frame to look at now, and the hands that are followed into it. Only where `has_work`."""
        if self._looks_back and self._skipped is not None:
            return self._skipped, ()
        last = self.looked_at[-1] if self.looked_at else None
        return self.waiting[0], last.squares if last is not None else ()

    def take(self, found: HandsInFrame) -> None:
        """Take in what was found in `next_frame`."""
        if self._looks_back:
            self.looked_at[-2] = found
            self._skipped, self._looks_back = None, False
        else:
            del self.waiting[0]
            self._looks_back = self._skipped is not None and bool(found.hands)
            self.looked_at.append(found)
            if not self._looks_back:
                self._skipped = None
            if self._resting is not None:
                self._resting.look(found=bool(found.hands))
        self.skip()

    def skip(self) -> None:
        """Skip the next frame, where it may be and is not the clip's last."""
        if self._resting is None or self._looks_back or not self._resting.may_skip():
            return
        if len(self.waiting) > self._closed:
            self._skipped = self.waiting.pop(0)
            self.looked_at.append(None)
            self._resting.skip()

    def end(self) -> None:
        """No more frames: let the last one wait again, if it was skipped."""
        self._closed = True
        if self._skipped is not None and not self.waiting and not self._looks_back:
            self.waiting.append(self._skipped)
            self.looked_at.pop()
            self._skipped = None

    def fail(self, error: Exception) -> None:
        """Give the clip up."""
        self.error = error
        self.waiting.clear()
        self._skipped, self._looks_back = None, False


class WaitingFrames:
    """Runs the landmarker on `batch_size` clips at once, and on half as many when the device runs out of memory.

    Videos that are read at the same time share one queue: their threads wait for one another while it runs.
    """

    def __init__(self, landmarker: BatchedLandmarker, *, most: int, batch_size: int) -> None:
        self._landmarker, self._most, self.batch_size = landmarker, most, batch_size
        self._clips: list[ClipFrames] = []
        self._count = 0
        self._lock = threading.RLock()

    def begin(self, resting: Resting | None = None) -> ClipFrames:
        """A new clip."""
        return ClipFrames(self, resting)

    def add(self, clip: ClipFrames, frame: Image | Tensor) -> None:
        """Let a frame wait, and look at all once `most` do."""
        with self._lock:
            if clip.error is not None:
                return
            had_work = clip.has_work
            clip.waiting.append(frame)
            clip.skip()
            self._count += 1
            if clip.has_work and not had_work:
                self._clips.append(clip)
            if self._count >= self._most:
                self.run()

    def close(self, clip: ClipFrames) -> None:
        """The clip has no more frames."""
        with self._lock:
            had_work = clip.has_work
            clip.end()
            if clip.has_work and not had_work:
                self._clips.append(clip)
                self._count += 1

    def run(self) -> None:
        """Look at all frames that wait. An error is that of the clips it happened to, and raised by their `hands`."""
        with self._lock:
            clips, self._clips, self._count = self._clips, [], 0
            while clips:
                self._look(clips[: self.batch_size])
                clips = [clip for clip in clips if clip.has_work]
                clips.sort(key=lambda clip: -len(clip.waiting))  # the longest set how many rounds there are

    def _look(self, clips: list[ClipFrames]) -> None:
        """One frame of each clip, in one batch."""
        frames, followed = zip(*(clip.next_frame() for clip in clips), strict=True)
        try:
            found = self._landmarker.step(frames, followed)
        except Exception as error:
            self._failed(clips, error)
            return
        for clip, hands in zip(clips, found, strict=True):
            clip.take(hands)

    def _failed(self, clips: list[ClipFrames], error: Exception) -> None:
        full = is_out_of_memory(error)
        if full:
            free_device_memory()
        if full and len(clips) > 1:
            self.batch_size = len(clips) // 2
            return
        if full:
            error = EngineError(
                "The device has too little memory to look for hands in a single frame.",
                remedy="Close what else uses it, or set the device to cpu.",
            )
        for clip in clips:
            clip.fail(error)
