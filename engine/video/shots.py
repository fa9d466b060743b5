"""Finds where one shot of a video ends and the next begins, with PySceneDetect's adaptive detector.

The adaptive detector compares each change with those around it, so that a quick turn of the head is not a cut.
"""

from __future__ import annotations

from collections import deque
from itertools import pairwise
from typing import TYPE_CHECKING

from engine.video.probe import probe
from engine.video.reader import read
from engine.video.types import ClipRequest, FrameRequest, Sample
from engine.video.windows import Window

if TYPE_CHECKING:
    from pathlib import Path

    from engine.video.types import CancelCheck, Progress, ReadStats

__all__ = ["find_shots"]

_SHORT_SIDE_PX = 144
_TICKS_PER_S = 1000
_FRAMES_BEHIND = 64


def find_shots(
    path: str | Path,
    *,
    sensitivity: float = 3.0,
    min_shot_s: float = 0.6,
    progress: Progress | None = None,
    cancelled: CancelCheck | None = None,
    stats: ReadStats | None = None,
) -> list[Window]:
    """The shots in order, without gaps, from 0 to the end of the video; one window where nothing is cut.

    `sensitivity` is how many times larger than its neighbours' a change must be (PySceneDetect's adaptive threshold):
    less finds more. Raises `VideoError` where the video can't be read, `Cancelled` where `cancelled()` is true.
    """
    import cv2
    from scenedetect import AdaptiveDetector, FrameTimecode

    whole = Window(0.0, max(probe(path).duration_s, 1e-3))
    detector = AdaptiveDetector(adaptive_threshold=sensitivity, min_scene_len=round(min_shot_s * _TICKS_PER_S))
    # Milliseconds instead of frames: a variable frame rate then needs no special case.
    recent: deque[tuple[int, float]] = deque(maxlen=_FRAMES_BEHIND)
    cuts: list[float] = []
    clip = ClipRequest("whole", Window(0.0, whole.end_s + 3600), (FrameRequest(None, _SHORT_SIDE_PX),))
    end_s = whole.end_s
    for event in read(path, [clip], stats=stats, cancelled=cancelled):
        if not isinstance(event, Sample):
            continue
        tick = round(event.t_s * _TICKS_PER_S)
        recent.append((tick, event.t_s))
        found = detector.process_frame(
            FrameTimecode(tick, float(_TICKS_PER_S)), cv2.cvtColor(event.image, cv2.COLOR_RGB2BGR)
        )
        times = dict(recent)
        cuts += [times[int(cut.frame_num)] for cut in found]
        end_s = max(end_s, event.t_s + 1e-3)
        if progress is not None:
            progress(min(1.0, event.t_s / whole.end_s))
    edges = [0.0, *cuts, end_s]
    return [Window(start_s, stop_s) for start_s, stop_s in pairwise(edges) if stop_s > start_s]
