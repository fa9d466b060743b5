"""Times feature extraction against bare decoding and bare models, and against one OpenCV pass for each extractor.

    python -m benchmarks.features [FILE…] [--json] [--seconds 20] [--extractors sharpness,exposure,motion,hands]

Without files a 1080p H.264 video is generated (it shows no hand). Clips of 4 s, one after the other. In one run:

(a) `overhead`: all extractors together over the sum of bare decoding (PyAV, every frame, its own threads) and bare
    model calls (hand landmarker and embedding network, on the same pictures, ready-made). Goal: at most 1.3.
(b) `gain`: one pass of OpenCV's VideoCapture for each extractor (frames that are not wanted are grabbed, not
    retrieved; resized with INTER_AREA; the same per-frame functions) over all extractors together. Goal: at least 4.
(c) `decoded`: frames decoded over frames in the union of the windows, for 4 s every 2 s. Goal: at most 1.05. The same
    for 2 s in every 5 s (`decoded_sparse`) also holds the frames from each key frame to the window that it serves.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.reader import bare_decode, generate
from engine.features.base import COLOR_SHORT_SIDE_PX, Clip, Extractor
from engine.features.extract import extract_video
from engine.features.registry import extractor_names, get
from engine.features.resources import Resources
from engine.features.shared import Shared
from engine.video.convert import fit_short_side
from engine.video.probe import probe
from engine.video.reader import read
from engine.video.types import ClipRequest, FrameRequest, ReadStats, Sample
from engine.video.windows import Window

ROUNDS = 2
LENGTH_S = 4.0


@dataclass
class Result:
    """One file; times are the best of the rounds."""

    file: str
    video_s: float
    clips: int
    embedding_model: str
    together_s: float
    bare_decode_s: float
    bare_models_s: float
    opencv_s: float
    frames_decoded: int
    frames_in_windows: int
    decoded_sparse: float

    @property
    def overhead(self) -> float:
        """Ratio (a) of the module's docstring."""
        return self.together_s / (self.bare_decode_s + self.bare_models_s)

    @property
    def gain(self) -> float:
        """Ratio (b) of the module's docstring."""
        return self.opencv_s / self.together_s

    @property
    def decoded(self) -> float:
        """Ratio (c) of the module's docstring."""
        return self.frames_decoded / max(1, self.frames_in_windows)


def timed(work: Any, *args: Any) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    work(*args)
    return time.perf_counter() - start


def ready(names: list[str]) -> list[Extractor[Any]]:
    """The extractors, their models loaded."""
    extractors = [get(name)(None, Resources(download=False)) for name in names]
    for extractor in extractors:
        extractor.prepare()
    return extractors


def windows(duration_s: float, length_s: float, stride_s: float) -> list[Clip]:
    """Clips of `length_s`, one every `stride_s`."""
    starts = np.arange(0.0, max(duration_s - length_s, 0.0) + 1e-9, stride_s)
    return [Clip(float(start), Window(float(start), float(start) + length_s)) for start in starts]


def pictures(path: Path, clips: list[Clip], rate_hz: float) -> dict[Any, list[Sample]]:
    """The colour frames of each clip, ready-made."""
    request = FrameRequest(rate_hz, COLOR_SHORT_SIDE_PX, "rgb")
    found: dict[Any, list[Sample]] = {clip.key: [] for clip in clips}
    for event in read(path, [ClipRequest(clip.key, clip.window, (request,)) for clip in clips]):
        if isinstance(event, Sample):
            found[event.key].append(event)
    return found


def bare_hands(hands: Any, frames: dict[Any, list[Sample]]) -> None:
    """Run the hand landmarker alone, a new one for each clip."""
    import mediapipe

    for samples in frames.values():
        landmarker = hands.landmarker()
        for index, sample in enumerate(samples):
            landmarker.detect_for_video(
                mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(sample.image)),
                index * 100,
            )
        landmarker.close()


def bare_embedding(embedding: Any, frames: dict[Any, list[Sample]]) -> None:
    """Run preprocessing and network alone, in full batches."""
    encoder, size = embedding.encoder, embedding.settings.batch_size
    images = [sample.image for samples in frames.values() for sample in samples]
    for start in range(0, len(images), size):
        encoder.encode_image(images[start : start + size])


def bare_models(path: Path, clips: list[Clip], extractors: list[Extractor[Any]]) -> float:
    """Seconds that the models alone take for the pictures that they need."""
    total_s = 0.0
    for extractor in extractors:
        work = {"hands": bare_hands, "embedding": bare_embedding}.get(extractor.name)
        if work is not None:
            frames = pictures(path, clips, extractor.settings.rate_hz)
            total_s += min(timed(work, extractor, frames) for _ in range(ROUNDS))
    return total_s


def opencv_pass(path: Path, clips: list[Clip], extractor: Extractor[Any]) -> None:
    """Run one extractor in its own forward pass over the video; frames that it does not need are only grabbed."""
    capture = cv2.VideoCapture(str(path))
    fps = capture.get(cv2.CAP_PROP_FPS)
    waiting = sorted(clips, key=lambda clip: clip.window.start_s)
    requests = extractor.requests()
    rate_hz = requests[0].rate_hz or fps
    shared = Shared()
    index = -1
    for clip in waiting:
        accumulator = extractor.begin(clip, shared)
        due_s = clip.window.start_s
        while index / fps < clip.window.end_s and capture.grab():
            index += 1
            t_s = index / fps
            if t_s < due_s - 1e-6 or t_s >= clip.window.end_s:
                continue
            due_s += 1 / rate_hz
            _, frame = capture.retrieve()
            for request in requests:
                size = fit_short_side(frame.shape[1], frame.shape[0], request.short_side_px)
                small = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
                color = cv2.COLOR_BGR2GRAY if request.color == "gray" else cv2.COLOR_BGR2RGB
                accumulator.add(
                    Sample(key=clip.key, request=request, index=index, t_s=t_s, image=cv2.cvtColor(small, color))
                )
        accumulator.finish()
    extractor.flush()
    capture.release()


def decoded_and_wanted(path: Path, clips: list[Clip]) -> tuple[int, int]:
    """`(frames decoded, frames in the union of the windows)`."""
    stats = ReadStats()
    for _ in extract_video(path, clips, [get("motion")(), get("sharpness")()], stats=stats):
        pass
    every = [ClipRequest(clip.key, clip.window, (FrameRequest(None, 64, "gray"),)) for clip in clips]
    return stats.frames_decoded, len({event.t_s for event in read(path, every) if isinstance(event, Sample)})


def measure(path: Path, names: list[str]) -> Result:
    """Run all comparisons on one file, both sides taking turns."""
    duration_s = probe(path).duration_s
    clips = windows(duration_s, min(LENGTH_S, duration_s), LENGTH_S)
    extractors = ready(names)
    list(extract_video(path, clips[:1], extractors))
    together_s, decode_s, opencv_s = [], [], []
    for _ in range(ROUNDS):
        together_s.append(timed(lambda: list(extract_video(path, clips, extractors))))
        decode_s.append(timed(bare_decode, path))
        opencv_s.append(sum(timed(opencv_pass, path, clips, extractor) for extractor in extractors))
    decoded, needed = decoded_and_wanted(path, windows(duration_s, LENGTH_S, LENGTH_S / 2))
    decoded_sparse, needed_sparse = decoded_and_wanted(path, windows(duration_s, 2.0, 5.0))
    return Result(
        file=path.name,
        video_s=duration_s,
        clips=len(clips),
        embedding_model=next((e.encoder.model for e in extractors if e.name == "embedding"), ""),
        together_s=min(together_s),
        bare_decode_s=min(decode_s),
        bare_models_s=bare_models(path, clips, extractors),
        opencv_s=min(opencv_s),
        frames_decoded=decoded,
        frames_in_windows=needed,
        decoded_sparse=decoded_sparse / max(1, needed_sparse),
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.features", description=__doc__.partition("\n")[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--seconds", type=float, default=20, help="length of the generated video")
    parser.add_argument("--extractors", default=",".join(extractor_names()), help="names, with commas")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        files = options.files
        if not files:
            files = [Path(folder) / "generated-1080p.mp4"]
            generate(files[0], options.seconds)
        results = [measure(path, options.extractors.split(",")) for path in files]
    if options.json:
        rows = [asdict(r) | {"overhead": r.overhead, "gain": r.gain, "decoded": r.decoded} for r in results]
        json.dump({"benchmark": "features", "results": rows}, sys.stdout, indent=2)
        print()
        return
    for r in results:
        print(f"{r.file}: {r.video_s:.1f} s of video, {r.clips} clips, embedding {r.embedding_model or 'off'}")
        print(f"  together {r.together_s:.2f} s ({r.video_s / r.together_s:.2f} hours of video an hour)")
        bare = f"{r.bare_decode_s:.2f} s decoding + {r.bare_models_s:.2f} s models"
        print(f"  (a) over bare {bare}: {r.overhead:.2f} (goal ≤ 1.3)")
        print(f"  (b) one OpenCV pass each {r.opencv_s:.2f} s: {r.gain:.2f} × faster (goal ≥ 4)")
        frames = f"{r.frames_decoded} of {r.frames_in_windows} frames in windows"
        print(f"  (c) decoded {frames}: {r.decoded:.2f} (goal ≤ 1.05); sparse windows {r.decoded_sparse:.2f}")


if __name__ == "__main__":
    main()
