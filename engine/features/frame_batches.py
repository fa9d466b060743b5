"""Measures frames in batches on the device where they are: for extractors whose numbers are of one frame each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine.features.encoders.batcher import Batcher

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from engine.features.base import ClipResult
    from engine.features.encoders.batcher import Ticket
    from engine.features.shared import Shared
    from engine.video.types import DeviceSample, Sample

__all__ = ["DeviceFrames", "frame_batcher"]

FRAMES_AT_ONCE = 64


def frame_batcher(measure: Callable[[Tensor], Tensor]) -> Batcher[Tensor]:
    """Batches frames for `measure`, which takes frames `(n, …) uint8` of one size and gives a row of numbers each."""

    def rows_of(frames: Sequence[Tensor]) -> NDArray[Any]:
        import torch

        places: dict[tuple[int, ...], list[int]] = {}
        for place, frame in enumerate(frames):
            places.setdefault(tuple(frame.shape), []).append(place)
        with torch.inference_mode():
            measured = [measure(torch.stack([frames[place] for place in same])) for same in places.values()]
            # One transfer for all: each waits until the device is done.
            rows = torch.cat(measured).cpu().numpy()
        order = np.argsort(np.concatenate(list(places.values())))
        return np.asarray(rows[order])

    return Batcher(rows_of, FRAMES_AT_ONCE)


class DeviceFrames:
    """Accumulates one clip's frames on a device; its result is pending until their batches have run."""

    def __init__(
        self,
        batcher: Batcher[Tensor],
        shared: Shared,
        name: Hashable,
        summarise: Callable[[NDArray[Any]], ClipResult],
    ) -> None:
        self._batcher, self._shared, self._name, self._summarise = batcher, shared, name, summarise
        self._tickets: list[Ticket] = []

    def add(self, sample: Sample) -> None:
        """No frame comes as an array: all were asked for on the device."""
        raise TypeError(f"{sample!r} was to be a tensor")

    def add_on_device(self, sample: DeviceSample) -> None:
        """Let the frame wait for its batch; frames shared by overlapping clips are measured once."""
        key = (self._name, sample.request, sample.t_s)
        self._tickets.append(self._shared.once(key, lambda: self._batcher.add(sample.picture)))

    def finish(self) -> DeviceFrames:
        """The clip has no more frames."""
        return self

    def ready(self) -> bool:
        """Whether all its frames are measured."""
        return all(ticket.done for ticket in self._tickets)

    def result(self) -> ClipResult:
        """The clip's numbers, its last batch run now if need be."""
        if not self.ready():
            self._batcher.run()
        return self._summarise(np.stack([ticket.vector() for ticket in self._tickets]))
