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

    from engine.features.hand.batched.landmarker import BatchedLandmarker, HandsInFrame
    from engine.features.hand.tracks import Hand
    from engine.video.types import Image

__all__ = ["ClipFrames", "WaitingFrames"]


class ClipFrames:
    """The frames of one clip: those that wait, and the hands in those that were looked at. A `HandFinder`."""

    def __init__(self, queue: WaitingFrames) -> None:
        self._queue = queue
        self.waiting: list[Image | Tensor] = []
        self.looked_at: list[HandsInFrame] = []
        self.error: Exception | None = None

    def add(self, frame: Image | Tensor, at_s: float) -> None:
        """Add the clip's next frame. Looks at all frames of all clips once enough wait."""
        self._queue.add(self, frame)

    def ready(self) -> bool:
        """Whether no frame of the clip waits or is looked at."""
        return not self.waiting

    def hands(self) -> list[tuple[Hand, ...]]:
        """The hands in each frame. Looks at what waits first; raises what failed then."""
        if not self.ready():
            self._queue.run()
        if self.error is not None:
            raise self.error
        return [frame.hands for frame in self.looked_at]

    def close(self) -> None:
        """Nothing to release: the networks serve all clips."""


class WaitingFrames:
    """Runs the landmarker on `batch_size` clips at once, and on half as many when the device runs out of memory.

    Videos that are read at the same time share one queue: their threads wait for one another while it runs.
    """

    def __init__(self, landmarker: BatchedLandmarker, *, most: int, batch_size: int) -> None:
        self._landmarker, self._most, self.batch_size = landmarker, most, batch_size
        self._clips: list[ClipFrames] = []
        self._count = 0
        self._lock = threading.RLock()

    def begin(self) -> ClipFrames:
        """A new clip."""
        return ClipFrames(self)

    def add(self, clip: ClipFrames, frame: Image | Tensor) -> None:
        """Let a frame wait, and look at all once `most` do."""
        with self._lock:
            if clip.error is not None:
                return
            if not clip.waiting:
                self._clips.append(clip)
            clip.waiting.append(frame)
            self._count += 1
            if self._count >= self._most:
                self.run()

    def run(self) -> None:
        """Look at all frames that wait. An error is that of the clips it happened to, and raised by their `hands`."""
        with self._lock:
            clips, self._clips, self._count = self._clips, [], 0
            while clips:
                self._look(clips[: self.batch_size])
                clips = [clip for clip in clips if clip.waiting]
                clips.sort(key=lambda clip: -len(clip.waiting))  # the longest set how many rounds there are

    def _look(self, clips: list[ClipFrames]) -> None:
        """One frame of each clip, in one batch."""
        followed = [clip.looked_at[-1].squares if clip.looked_at else () for clip in clips]
        try:
            found = self._landmarker.step([clip.waiting[0] for clip in clips], followed)
        except Exception as error:
            self._failed(clips, error)
            return
        for clip, hands in zip(clips, found, strict=True):
            clip.looked_at.append(hands)
            del clip.waiting[0]

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
            clip.error = error
            clip.waiting.clear()
