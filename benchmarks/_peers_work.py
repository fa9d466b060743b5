"""What `benchmarks.peers` compares: each peer's work, written anew from its description, and ours beside it.

Sources of the descriptions:

- CleanVision (cleanlab): the project's page on PyPI and its documentation of `Imagelab.find_issues`; the package itself
  runs.
- PySceneDetect: its documentation of `detect` and `AdaptiveDetector`; the package itself runs, with its own reader and
  its own downscaling.
- Data-Juicer (ModelScope), documentation of the operator `video_motion_score_filter`: OpenCV's Farnebäck flow with the
  parameters of its tutorial between frames `sampling_fps = 2` apart, at the video's own size; the score is the mean
  length of the flow.
- NeMo Curator (NVIDIA), documentation of `MotionVectorDecodeStage` and `MotionFilterStage`: motion vectors out of the
  decoder, of `target_fps = 2` frames a second; the mean motion over the picture, and the least of the means over
  patches of 256 pixels. (Its own decoding stops at half of each clip; here the whole video counts, as for ours.)
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from engine.features.base import GREY_SHORT_SIDE_PX, Clip
from engine.video.probe import probe
from engine.video.windows import Window

CLIP_S = 4.0
STILLS_HZ = 5.0
"""Our extractors of sharpness and exposure look so often."""
MOTION_HZ = 8.0
"""And that of motion."""
THEIR_HZ = 2.0
MACROBLOCK_PX = 16
"""One macroblock is a patch of 256 pixels."""
FARNEBACK = {
    "pyr_scale": 0.5,
    "levels": 3,
    "winsize": 15,
    "iterations": 3,
    "poly_n": 5,
    "poly_sigma": 1.2,
    "flags": 0,
}

Work = Callable[[list[Path]], Any]


def frames_at(path: Path, rate_hz: float, short_side_px: int | None, pixels: str) -> Iterator[Any]:
    """Frames of one forward pass with PyAV, about `rate_hz` of them a second, scaled down."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        due_s = 0.0
        for frame in container.decode(stream):
            if frame.time is None or frame.time + 1e-6 < due_s:
                continue
            due_s = max(due_s + 1 / rate_hz, frame.time)
            scale = min(1.0, (short_side_px or frame.height) / min(frame.width, frame.height))
            size = round(frame.width * scale), round(frame.height * scale)
            yield frame.reformat(*size, pixels, interpolation="AREA").to_ndarray()


# --- theirs -----------------------------------------------------------------------------------------------------------


def cleanvision(files: list[Path]) -> int:
    """Frames to JPEG files at our rate and size, then CleanVision's checks of blur and exposure on them."""
    from cleanvision import Imagelab

    with tempfile.TemporaryDirectory() as folder:
        for number, path in enumerate(files):
            for index, picture in enumerate(frames_at(path, STILLS_HZ, GREY_SHORT_SIDE_PX, "bgr24")):
                cv2.imwrite(f"{folder}/{number}-{index}.jpg", picture)
        lab = Imagelab(data_path=folder, verbose=False)
        lab.find_issues({"blurry": {}, "dark": {}, "light": {}}, verbose=False)
        return len(lab.issues)


def scenedetect(files: list[Path]) -> list[list[float]]:
    """PySceneDetect's adaptive detector as its `detect` runs it."""
    from scenedetect import AdaptiveDetector, detect

    return [[scene[0].seconds for scene in detect(str(path), AdaptiveDetector())][1:] for path in files]


def data_juicer(files: list[Path]) -> list[float]:
    """Data-Juicer's motion score at its defaults, leaping from sample to sample as OpenCV does."""
    scores = []
    for path in files:
        capture = cv2.VideoCapture(str(path))
        step = max(1, round(capture.get(cv2.CAP_PROP_FPS) / THEIR_HZ))
        lengths, before, at = [], None, 0
        while (read := capture.read())[0]:
            grey = cv2.cvtColor(read[1], cv2.COLOR_BGR2GRAY)
            if before is not None:
                lengths.append(flow_length(before, grey))
            before, at = grey, at + step
            capture.set(cv2.CAP_PROP_POS_FRAMES, at)
        capture.release()
        scores.append(float(np.mean(lengths or [-1])))
    return scores


def data_juicer_small(files: list[Path]) -> list[float]:
    """The same flow at the size and the rate at which our extractor of motion looks, in one forward pass."""
    scores = []
    for path in files:
        greys = list(frames_at(path, MOTION_HZ, GREY_SHORT_SIDE_PX, "gray"))
        scores.append(float(np.mean([flow_length(a, b) for a, b in pairwise(greys)] or [-1])))
    return scores


def flow_length(before: Any, after: Any) -> float:
    """Mean length of Farnebäck's flow, in pixels."""
    flow = cv2.calcOpticalFlowFarneback(before, after, None, **FARNEBACK)  # type: ignore[call-overload]
    return float(np.mean(cv2.cartToPolar(flow[..., 0], flow[..., 1])[0]))


def curator(files: list[Path]) -> list[tuple[float, float]]:
    """NeMo Curator's motion filter: `(mean, least patch)` of the motion by the decoder's own vectors."""
    from av.codec.context import Flags2

    scores = []
    for path in files:
        fields = []
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            stream.codec_context.flags2 |= Flags2.export_mvs
            due_s = 0.0
            for frame in container.decode(stream):
                vectors = frame.side_data.get("MOTION_VECTORS")
                if vectors is not None and frame.time is not None and frame.time + 1e-6 >= due_s:
                    due_s = frame.time + 1 / THEIR_HZ
                    fields.append(motion_field(vectors.to_ndarray(), frame.width, frame.height))
        if fields:
            mean = np.mean(fields, axis=0)
            scores.append((float(mean.mean()), float(mean.min())))
    return scores


def motion_field(vectors: Any, width: int, height: int) -> Any:
    """Length of the motion of each macroblock, as a fraction of the picture's size."""
    lengths = np.hypot(
        vectors["motion_x"] / np.maximum(1, vectors["motion_scale"]) / width,
        vectors["motion_y"] / np.maximum(1, vectors["motion_scale"]) / height,
    )
    rows, columns = -(-height // MACROBLOCK_PX), -(-width // MACROBLOCK_PX)
    row = np.clip(vectors["dst_y"] // MACROBLOCK_PX, 0, rows - 1)
    column = np.clip(vectors["dst_x"] // MACROBLOCK_PX, 0, columns - 1)
    cells = row * columns + column
    total = np.bincount(cells, lengths, rows * columns)
    return (total / np.maximum(1, np.bincount(cells, minlength=rows * columns))).reshape(rows, columns)


def plain_script(files: list[Path]) -> list[dict[str, float]]:
    """What a competent person writes: one pass, small grey frames, OpenCV's measures of blur, light and motion."""
    rows = []
    for path in files:
        sharp, bright, moved, before = [], [], [], None
        for grey in frames_at(path, MOTION_HZ, GREY_SHORT_SIDE_PX, "gray"):
            sharp.append(cv2.Laplacian(cv2.GaussianBlur(grey, (0, 0), 1.0), cv2.CV_32F).var())
            bright.append(grey.mean())
            if before is not None:
                corners = cv2.goodFeaturesToTrack(before, 300, 0.01, 8)
                if corners is not None:
                    ends, found, _ = cv2.calcOpticalFlowPyrLK(before, grey, corners, None)
                    steps = np.linalg.norm((ends - corners)[found.ravel() == 1], axis=-1)
                    moved.append(float(np.median(steps)) if len(steps) else 0.0)
            before = grey
        means = {"sharp": sharp, "bright": bright, "moved": moved}
        rows.append({name: float(np.mean(values or [0.0])) for name, values in means.items()})
    return rows


# --- ours -------------------------------------------------------------------------------------------------------------


def ours(names: list[str]) -> Work:
    """Our extractors of these names over clips of `CLIP_S`, one after the other."""

    def work(files: list[Path]) -> int:
        from engine.features.extract import extract_video
        from engine.features.registry import get
        from engine.features.resources import Resources

        extractors = [get(name)(None, Resources(download=False)) for name in names]
        for extractor in extractors:
            extractor.prepare()
        return sum(1 for path in files for _ in extract_video(path, clips_of(path), extractors))

    return work


def clips_of(path: Path) -> list[Clip]:
    """Clips that cover the video."""
    duration_s = probe(path).duration_s
    starts = np.arange(0.0, max(duration_s - 0.5, 0.1), CLIP_S)
    return [Clip(float(start), Window(float(start), min(float(start) + CLIP_S, duration_s))) for start in starts]


def our_shots(files: list[Path]) -> list[list[float]]:
    """Our search for shots."""
    from engine.video.shots import find_shots

    return [[shot.start_s for shot in find_shots(path)][1:] for path in files]


def load(*modules: str) -> Callable[[], None]:
    """Imports that are not part of the work: a worker pays for them once."""

    def start() -> None:
        for module in modules:
            __import__(module)

    return start


WORKS: dict[str, tuple[Callable[[], None], Work]] = {
    "cleanvision": (load("cleanvision"), cleanvision),
    "scenedetect": (load("scenedetect"), scenedetect),
    "data-juicer": (load(), data_juicer),
    "data-juicer-small": (load(), data_juicer_small),
    "curator": (load(), curator),
    "plain-script": (load(), plain_script),
    "ours-stills": (load("engine.features.extract", "engine.features.registry"), ours(["sharpness", "exposure"])),
    "ours-motion": (load("engine.features.extract", "engine.features.registry"), ours(["motion"])),
    "ours-three": (
        load("engine.features.extract", "engine.features.registry"),
        ours(["sharpness", "exposure", "motion"]),
    ),
    "ours-shots": (load("engine.video.shots"), our_shots),
}


def main() -> None:
    """Do the work named first on the files named after; print as JSON what it took to start, and what it found."""
    name, *files = sys.argv[1:]
    cv2.setNumThreads(1)
    if "PEERS_PACKAGES" in os.environ:
        sys.path.append(os.environ["PEERS_PACKAGES"])
    start, work = WORKS[name]
    start()
    started_s = time.process_time()
    found = work([Path(file) for file in files])
    print(json.dumps({"started_s": started_s, "found": found}), flush=True)


if __name__ == "__main__":
    main()
