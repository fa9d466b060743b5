"""Measures the memory of extracting a long video: half an hour of H.264, cut into clips of 4 s.

    python -m benchmarks.extraction_memory [--minutes 10,20,30] [--only sharpness,exposure,motion,hands,embedding]
                                           [--short-side 1080] [--fps 30]

Twenty seconds are generated and their packets repeated, so that making the video takes seconds. In one pass it prints
the resident set of the extracting process and the largest so far at some points of the video, after that of the loaded
models: it should be flat after ten minutes. The process has a worker's environment.

A small picture and few extractors make it cheap to find which part grows: with `--short-side 360 --fps 10 --only
motion`, a minute of video takes a second of processor.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
import psutil

from engine.features.base import Clip
from engine.features.extract import extract_video
from engine.features.registry import get
from engine.features.resources import Resources
from engine.runtime.local import worker_environment
from engine.video.windows import Window

if TYPE_CHECKING:
    from collections.abc import Sequence

PIECE_S = 20
CLIP_S = 4.0
MARK = "HANDPICKED_MEMORY_BENCHMARK"


def moving(path: Path, short_side_px: int, fps: int) -> None:
    """Twenty seconds of a textured plane that moves by a pixel a frame, 16:9."""
    width, height = short_side_px * 16 // 9 // 2 * 2, short_side_px
    coarse = np.random.default_rng(0).integers(0, 255, (height // 8 + 1, (width + PIECE_S * fps) // 8 + 1, 3), np.uint8)
    plane = coarse.repeat(8, axis=0).repeat(8, axis=1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "g": str(fps)})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for k in range(PIECE_S * fps):
            picture = np.ascontiguousarray(plane[:height, k : k + width])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        container.mux(stream.encode(None))


def repeated(piece: Path, out: Path, times: int) -> None:
    """A video whose packets are those of `piece`, `times` over."""
    with av.open(str(out), "w") as target:
        stream = None
        shift = 0
        for _ in range(times):
            with av.open(str(piece)) as source:
                video = source.streams.video[0]
                if stream is None:
                    stream = target.add_stream_from_template(video)
                length = round(PIECE_S / video.time_base)
                for packet in source.demux(video):
                    if packet.dts is None:
                        continue
                    packet.stream = stream
                    packet.pts += shift
                    packet.dts += shift
                    target.mux(packet)
                shift += length


class Peak(threading.Thread):
    """Watches the resident set of this process."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._process = psutil.Process()
        self.peak = 0

    def run(self) -> None:
        """Look twenty times a second, until the process ends."""
        while True:
            self.peak = max(self.peak, self.now)
            time.sleep(0.05)

    @property
    def now(self) -> int:
        """Bytes."""
        return int(self._process.memory_info().rss)


def measure(path: Path, marks: Sequence[float], names: Sequence[str]) -> None:
    """Extract the video in one pass, and print at each of the `marks` in minutes."""
    resources = Resources(device="cpu", threads=1)
    extractors = [get(name)(None, resources) for name in names]
    for extractor in extractors:
        extractor.prepare()
    memory = Peak()
    memory.start()
    print(f"with the models loaded: {memory.now / 1e6:.0f} MB", flush=True)
    count = round(60 * max(marks) / CLIP_S)
    clips = [Clip(n, Window(n * CLIP_S, (n + 1) * CLIP_S)) for n in range(count)]
    left = sorted(marks)
    began_s = time.process_time()
    for done, _ in enumerate(extract_video(path, clips, extractors), start=1):
        if left and done * CLIP_S >= 60 * left[0]:
            held = f"{memory.now / 1e6:.0f} MB, at most {memory.peak / 1e6:.0f} MB"
            taken_s = time.process_time() - began_s
            print(f"{left.pop(0):5.1f} min, {done:4d} clips: {held}, {taken_s:.0f} s of processor", flush=True)


def main() -> None:
    """Start again with a worker's environment, then measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", default="10,20,30")
    parser.add_argument("--only", default="sharpness,exposure,motion,hands,embedding")
    parser.add_argument("--short-side", type=int, default=1080)
    parser.add_argument("--fps", type=int, default=30)
    options = parser.parse_args()
    if MARK not in os.environ:
        # The memory allocator reads its environment as a process starts.
        environment = {**worker_environment(1), MARK: "1"}
        again = [sys.executable, "-m", "benchmarks.extraction_memory", *sys.argv[1:]]
        raise SystemExit(subprocess.run(again, env=environment, check=False).returncode)
    marks = [float(minutes) for minutes in options.minutes.split(",")]
    with tempfile.TemporaryDirectory() as folder:
        piece, path = Path(folder) / "piece.mp4", Path(folder) / "whole.mp4"
        moving(piece, options.short_side, options.fps)
        repeated(piece, path, -int(-60 * max(marks) // PIECE_S))
        measure(path, marks, options.only.split(","))


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)
