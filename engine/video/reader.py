"""Reads the frames of any number of clips, for any number of consumers, in one forward pass over a video.

Each source frame is decoded at most once and converted at most once for each size and colour, however many clips it
lies in and however many consumers want it: as arrays, or as tensors on a device. Memory is bounded by the frames in
flight. The reader seeks past stretches that nobody requested when that is cheaper than decoding them; the result is the
same to the last bit either way.

**Time** counts in seconds from the first frame that the video shows (edit lists, negative and late starts included), by
presentation times, never by counting frames.

    small = FrameRequest(rate_hz=8, short_side_px=320)
    for event in read("kitchen.mp4", [ClipRequest("a", Window(1.0, 3.5), (small,))]):
        match event:
            case Sample(): ...      # a frame, as soon as it is decoded
            case ClipEnd(): ...     # that clip is complete
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from engine.cancel import Cancelled
from engine.files.place import place_of
from engine.video.schedule import Schedule
from engine.video.types import ClipEnd, DeviceSample, ReadStats, Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from torch import Tensor

    from engine.files.place import AnyPlace, FilePlace
    from engine.video.leave_out import LeaveOut
    from engine.video.types import CancelCheck, ClipRequest, Color, Image

__all__ = ["FrameSource", "Picture", "read"]


class Picture(Protocol):
    """A decoded frame that is not converted yet."""

    t_s: float

    def image(self, short_side_px: int | None, color: Color) -> Image:
        """The frame as an array; cached, so a second call returns the same one."""

    def tensor(self, short_side_px: int | None, color: Color) -> Tensor:
        """The frame as a tensor on the source's device; cached likewise."""


class FrameSource(Protocol):
    """The interface of a decoding backend: PyAV on the CPU, PyAV on a graphics card's decoder, or a test's own."""

    def frame_at_or_after(self, t_s: float) -> Picture | None:
        """The first frame shown at or after `t_s` and after the one returned last; `None` at the end."""

    def close(self) -> None:
        """Closes the file."""


def read(
    path: AnyPlace,
    clips: Sequence[ClipRequest],
    *,
    stats: ReadStats | None = None,
    seek: bool = True,
    cancelled: CancelCheck | None = None,
    device: str = "cpu",
    threads: int = 0,
    leave_out: LeaveOut = "nothing",
    open_source: Callable[[FilePlace, ReadStats], FrameSource] | None = None,
) -> Iterator[Sample | DeviceSample | ClipEnd]:
    """Yields the clips' frames in presentation order, and a `ClipEnd` as soon as a clip has had its last.

    `device` is where frames of requests with `on_device` go. On `cuda` (or `cuda:1`) the card decodes what it can, and
    the CPU the rest, in `threads` threads; 0: as many as there are cores.

    `leave_out` spares the decoder frames that no other refers to: with `unwanted` those that no clip wants, which
    changes no frame that is given; with `unreferenced` all of them, so that the others alone are given. Damage in
    frames left out is not noticed: whoever promises to notice damage leaves out nothing.

    A clip that reaches beyond the video gets the frames there are. A damaged stretch is skipped and counted in
    `stats`, which is filled while the read goes on. `seek=False` decodes straight through. Close the iterator to stop
    early.

    Raises `VideoError` where the file can't be opened or disappears, `Cancelled` where `cancelled()` is true,
    `ValueError` where two clips share a key.
    """
    stats = stats if stats is not None else ReadStats()
    schedule = Schedule(clips)
    if schedule.next_due_s is None:
        return
    if open_source is not None:
        source = open_source(place_of(path), stats)
    else:
        from engine.video.decoder import PyAVSource

        source = PyAVSource(path, stats, seek=seek, device=device, threads=threads, leave_out=leave_out)
    try:
        while (due_s := schedule.next_due_s) is not None:
            if cancelled is not None and cancelled():
                raise Cancelled
            picture = source.frame_at_or_after(due_s)
            if picture is None:
                schedule.finish()
            else:
                yield from _samples(schedule, picture, stats)
            for key, samples in schedule.ended():
                yield ClipEnd(key, samples)
    finally:
        source.close()


def _samples(schedule: Schedule, picture: Picture, stats: ReadStats) -> Iterator[Sample | DeviceSample]:
    takers = schedule.offer(picture.t_s)
    stats.frames_needed += bool(takers)
    for due in takers:
        stats.samples += 1
        request, key, index = due.request, due.clip.key, due.taken - 1
        if request.on_device:
            tensor = picture.tensor(request.short_side_px, request.color)
            yield DeviceSample(key=key, request=request, index=index, t_s=picture.t_s, picture=tensor)
        else:
            image = picture.image(request.short_side_px, request.color)
            yield Sample(key=key, request=request, index=index, t_s=picture.t_s, image=image)
