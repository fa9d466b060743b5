"""Runs all extractors on all clips of one video, in one pass.

    for features in extract_video("kitchen.mp4", [Clip("a", Window(1.0, 5.0))], [Sharpness(), Motion()]):
        features.results["sharpness"].values["laplacian_median"]

One thread decodes and converts; each extractor has a thread of its own, behind a short queue. cv2, MediaPipe and torch
release the GIL while they work, so decoding and models overlap, and memory is bounded by the queues. Every accumulator
sees the samples of its clip in order, independently of the others.
"""

from __future__ import annotations

import math
import queue
import threading
import time
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from engine.cancel import Cancelled
from engine.errors import HandpickedError
from engine.features.base import ClipResult
from engine.features.device import choose_device, device_loss
from engine.features.shared import Shared
from engine.video.reader import read
from engine.video.types import ClipEnd, ClipRequest, DeviceSample, ReadStats, Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence

    from engine.features.base import Accumulator, Clip, DeviceAccumulator, Extractor, Pending
    from engine.files.place import AnyPlace
    from engine.video.types import CancelCheck, FrameRequest, Progress

__all__ = ["ClipFeatures", "extract_video"]

T = TypeVar("T")

_QUEUE_SAMPLES = 16
NO_FRAME = "No frame of the video lies in the clip."
_LATE_S = 0.25
_TRUNCATED_SLACK_S = 0.5
_POLL_S = 0.2
_END = object()


@dataclass(frozen=True, slots=True)
class ClipFeatures:
    """Features of one clip, by extractor: a result, or the reason why there is none."""

    key: Hashable
    results: dict[str, ClipResult]
    failures: dict[str, str]
    damaged: bool
    """Part of the clip could not be decoded; the features are those of the rest."""


@dataclass(slots=True)
class _Gathering:
    results: dict[str, ClipResult] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    damaged: bool | None = None


def extract_video(
    path: AnyPlace,
    clips: Sequence[Clip],
    extractors: Sequence[Extractor[Any]],
    *,
    seek: bool = True,
    stats: ReadStats | None = None,
    cancelled: CancelCheck | None = None,
    progress: Progress | None = None,
) -> Iterator[ClipFeatures]:
    """Yield the features of each clip, in the order in which the clips end. Extractors must have been prepared.

    `progress` is called about every second, from the caller's thread, with the fraction of the time read. An extractor
    that fails on one clip goes on with the others. Close the iterator to stop early.

    Raises `VideoError` where the file can't be opened or disappears, `Cancelled` where `cancelled()` is true, and
    `JobError` where the device fails.
    """
    if not clips or not extractors:
        return
    pass_ = _Pass(path, clips, extractors, seek, stats or ReadStats(), cancelled)
    try:
        yield from pass_.run(progress)
    finally:
        pass_.stop()


class _Pass:
    """The threads that process one video, and their results so far."""

    def __init__(
        self,
        path: AnyPlace,
        clips: Sequence[Clip],
        extractors: Sequence[Extractor[Any]],
        seek: bool,
        stats: ReadStats,
        cancelled: CancelCheck | None,
    ) -> None:
        self._path, self._seek, self._stats, self._cancelled = path, seek, stats, cancelled
        self._clips = {clip.key: clip for clip in clips}
        if len(self._clips) < len(clips):
            raise ValueError("two clips have the same key")
        self._stopped = threading.Event()
        self._news: queue.SimpleQueue[tuple[str, Hashable, Any]] = queue.SimpleQueue()
        shared = Shared()
        self._lanes = [_Lane(extractor, self._clips, shared, self._news, self._stopped) for extractor in extractors]
        self._takers: dict[FrameRequest, list[_Lane]] = {}
        for lane in self._lanes:
            for request in lane.requests:
                self._takers.setdefault(request, []).append(lane)
        on_device = [lane for lane in self._lanes if any(request.on_device for request in lane.requests)]
        self._threads = extractors[0].resources.threads
        self._device = choose_device(on_device[0].resources) if on_device else "cpu"
        self._reached_s = 0.0
        self._reader = threading.Thread(target=self._read, name="features-read", daemon=True)

    def run(self, progress: Progress | None) -> Iterator[ClipFeatures]:
        """Start the threads, and yield clips as they complete."""
        for lane in self._lanes:
            lane.thread.start()
        self._reader.start()
        gathering: dict[Hashable, _Gathering] = {key: _Gathering() for key in self._clips}
        order: list[Hashable] = []
        done = 0
        reported_s = time.monotonic()
        while done < len(self._clips):
            try:
                kind, key, what = self._news.get(timeout=_POLL_S)
            except queue.Empty:
                kind, key, what = "", None, None
            if kind == "error":
                raise what
            if kind:
                _take(gathering[key], kind, what, order, key)
            if progress is not None and time.monotonic() - reported_s > 1:
                progress(self._share_read())
                reported_s = time.monotonic()
            while done < len(order) and self._complete(gathering[order[done]]):
                got = gathering.pop(order[done])
                yield ClipFeatures(
                    order[done], self._sorted(got.results), self._sorted(got.failures), bool(got.damaged)
                )
                done += 1

    def stop(self) -> None:
        """End the threads and wait for them."""
        self._stopped.set()
        for thread in [self._reader, *(lane.thread for lane in self._lanes)]:
            if thread.ident is not None:
                thread.join()

    def _complete(self, got: _Gathering) -> bool:
        return len(got.results) + len(got.failures) == len(self._lanes)

    def _sorted(self, found: dict[str, T]) -> dict[str, T]:
        return {lane.name: found[lane.name] for lane in self._lanes if lane.name in found}

    def _share_read(self) -> float:
        start_s = min(clip.window.start_s for clip in self._clips.values())
        end_s = max(clip.window.end_s for clip in self._clips.values())
        return min(1.0, max(0.0, (self._reached_s - start_s) / (end_s - start_s)))

    def _read(self) -> None:
        requests = tuple(self._takers)
        wanted = [ClipRequest(clip.key, clip.window, requests) for clip in self._clips.values()]
        damage = _Damage(self._stats, self._clips)
        try:
            events = read(
                self._path,
                wanted,
                stats=self._stats,
                seek=self._seek,
                cancelled=self._is_over,
                device=self._device,
                threads=self._threads,
            )
            for event in events:
                if isinstance(event, Sample | DeviceSample):
                    self._reached_s = event.t_s
                    damage.add_sample(event)
                    for lane in self._takers[event.request]:
                        lane.put(event)
                else:
                    self._news.put(("ended", event.key, damage.is_damaged(event.key)))
                    for lane in self._lanes:
                        lane.put(event)
        except Cancelled as error:
            self._news.put(("error", None, error))
        except BaseException as error:  # handed to the caller's thread
            self._news.put(("error", None, device_loss(error) or error))
        for lane in self._lanes:
            lane.put(_END)

    def _is_over(self) -> bool:
        return self._stopped.is_set() or (self._cancelled is not None and self._cancelled())


def _take(got: _Gathering, kind: str, what: Any, order: list[Hashable], key: Hashable) -> None:
    if kind == "ended":
        got.damaged = what
        order.append(key)
    else:
        name, outcome = what
        (got.failures if isinstance(outcome, str) else got.results)[name] = outcome


class _Damage:
    """Tracks which clips are damaged: those with frames that are missing or not as they were recorded."""

    def __init__(self, stats: ReadStats, clips: dict[Hashable, Clip]) -> None:
        self._stats, self._clips = stats, clips
        self._errors_at_first: dict[Hashable, int] = {}
        self._last_s: dict[Hashable, float] = {}
        self._errors_before = 0
        self._late: set[Hashable] = set()

    def add_sample(self, sample: Sample | DeviceSample) -> None:
        """Record a sample. If the first one comes late, after errors, the clip's beginning is missing."""
        errors = self._stats.decode_errors
        if sample.key not in self._errors_at_first:
            self._errors_at_first[sample.key] = errors
            if sample.t_s - self._clips[sample.key].window.start_s > _LATE_S and errors > self._errors_before:
                self._late.add(sample.key)
        self._last_s[sample.key] = sample.t_s
        self._errors_before = errors

    def is_damaged(self, key: Hashable) -> bool:
        """Whether the clip that just ended is damaged."""
        first = self._errors_at_first.get(key)
        if first is None:
            return self._stats.damaged
        window = self._clips[key].window
        short = self._last_s[key] < window.end_s - _TRUNCATED_SLACK_S
        if self._stats.damaged_within(window):
            return True
        return key in self._late or self._stats.decode_errors > first or (self._stats.truncated and short)


class _Lane:
    """One extractor, its queue, and the thread that processes it."""

    def __init__(
        self,
        extractor: Extractor[Any],
        clips: dict[Hashable, Clip],
        shared: Shared,
        news: queue.SimpleQueue[tuple[str, Hashable, Any]],
        stopped: threading.Event,
    ) -> None:
        self._extractor, self._clips, self._shared = extractor, clips, shared
        self._news, self._stopped = news, stopped
        self.name = extractor.name
        self.requests = extractor.requests()
        self.resources = extractor.resources
        self.thread = threading.Thread(target=self._work, name=f"features-{extractor.name}", daemon=True)
        self._queue: queue.Queue[Any] = queue.Queue(_QUEUE_SAMPLES)
        self._open: dict[Hashable, Accumulator] = {}
        self._failed: set[Hashable] = set()
        self._waiting: list[tuple[Hashable, Pending]] = []

    def put(self, event: object) -> None:
        """Queue a sample or an end; waits while the queue is full, unless the pass has stopped."""
        while not self._stopped.is_set():
            try:
                self._queue.put(event, timeout=_POLL_S)
            except queue.Full:
                continue
            return

    def _work(self) -> None:
        try:
            while not self._stopped.is_set():
                try:
                    event = self._queue.get(timeout=_POLL_S)
                except queue.Empty:
                    continue
                if event is _END:
                    break
                if isinstance(event, Sample | DeviceSample):
                    self._guard(event.key, partial(self._add, event))
                elif isinstance(event, ClipEnd):
                    self._finish(event.key)
                self._hand_in(only_ready=True)
            if not self._stopped.is_set() and self._waiting:
                self._flush()
        except BaseException as error:  # handed to the caller's thread
            self._news.put(("error", None, error))

    def _add(self, sample: Sample | DeviceSample) -> None:
        accumulator = self._open.get(sample.key)
        if accumulator is None:
            accumulator = self._open[sample.key] = self._extractor.begin(self._clips[sample.key], self._shared)
        if isinstance(sample, DeviceSample):
            cast("DeviceAccumulator", accumulator).add_on_device(sample)
        else:
            accumulator.add(sample)

    def _finish(self, key: Hashable) -> None:
        if key in self._failed:
            return
        accumulator = self._open.pop(key, None)
        if accumulator is None:
            self._say(key, NO_FRAME)
            return
        outcome = self._guard(key, accumulator.finish)
        if isinstance(outcome, ClipResult):
            self._say(key, outcome)
        elif outcome is not None:
            self._waiting.append((key, outcome))

    def _flush(self) -> None:
        try:
            self._extractor.flush()
        except Exception as error:
            for key, _ in self._waiting:
                self._say(key, _reason(error))
            self._waiting.clear()
        self._hand_in(only_ready=False)

    def _hand_in(self, *, only_ready: bool) -> None:
        still = []
        for key, pending in self._waiting:
            if only_ready and not pending.ready():
                still.append((key, pending))
                continue
            result = self._guard(key, pending.result)
            if result is not None:
                self._say(key, result)
        self._waiting = still

    def _guard(self, key: Hashable, work: Callable[[], Any]) -> Any:
        """Run `work`, unless this clip has failed before; an error fails only this clip."""
        if key in self._failed:
            return None
        try:
            return work()
        except Exception as error:
            if (lost := device_loss(error)) is not None:
                raise lost from error  # nothing else would go through either
            self._failed.add(key)
            self._open.pop(key, None)
            self._say(key, _reason(error))
            return None

    def _say(self, key: Hashable, outcome: ClipResult | str) -> None:
        if isinstance(outcome, ClipResult):
            outcome = _checked(self._extractor, outcome)
        self._news.put(("outcome", key, (self._extractor.name, outcome)))


def _reason(error: Exception) -> str:
    if isinstance(error, HandpickedError):
        return str(error)
    return f"Unexpected {type(error).__name__}: {error}"


def _checked(extractor: Extractor[Any], result: ClipResult) -> ClipResult | str:
    """The result with `None` for non-finite numbers, or an error where it breaks the extractor's contract."""
    names = [column.name for column in extractor.columns]
    if sorted(result.values) != sorted(names):
        return f"The extractor gave {sorted(result.values)} for its columns {sorted(names)}."
    if result.vector is not None and not all(map(math.isfinite, result.vector.tolist())):
        return "The embedding is not a number: the model's weights are damaged, or its precision is too low."
    values = {name: _number(result.values[name]) for name in names}
    note = result.note
    if not note and None in values.values():
        note = f"Could not be had: {', '.join(name for name, value in values.items() if value is None)}."
    return replace(result, values=values, note=note)


def _number(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None
