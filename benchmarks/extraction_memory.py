"""Measures the memory of extracting a long video: a 1080p H.264 video of an hour, cut into clips of 4 s.

    python -m benchmarks.extraction_memory [--minutes 60] [--only sharpness,exposure,motion,hands,embedding]

Twenty seconds are generated and their packets repeated, so that making the hour takes seconds. It prints the largest
resident set of the extracting process, with the share of the loaded models, at three lengths: it should not grow with
the video.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
import time
from pathlib import Path

import av
import psutil

from benchmarks.reader import generate
from engine.features.base import Clip
from engine.features.extract import extract_video
from engine.features.registry import get
from engine.video.windows import Window

PIECE_S = 20
CLIP_S = 4.0


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--only", default="sharpness,exposure,motion,hands,embedding")
    chosen = parser.parse_args()
    process = psutil.Process()
    with tempfile.TemporaryDirectory() as folder:
        piece = Path(folder) / "piece.mp4"
        generate(piece, PIECE_S)
        extractors = [get(name)() for name in chosen.only.split(",")]
        for extractor in extractors:
            extractor.prepare()
        print(f"with the models loaded: {process.memory_info().rss / 1e6:.0f} MB", flush=True)
        for minutes in (chosen.minutes / 16, chosen.minutes / 4, chosen.minutes):
            path = Path(folder) / f"{minutes}.mp4"
            repeated(piece, path, max(1, round(60 * minutes / PIECE_S)))
            length_s = max(1, round(60 * minutes / PIECE_S)) * PIECE_S
            windows = [Window(k * CLIP_S, (k + 1) * CLIP_S) for k in range(int(length_s / CLIP_S))]
            peak, stop = [0], threading.Event()

            def watch(peak: list[int] = peak, stop: threading.Event = stop) -> None:
                while not stop.wait(0.05):
                    peak[0] = max(peak[0], process.memory_info().rss)

            watcher = threading.Thread(target=watch)
            watcher.start()
            began = time.perf_counter()
            count = sum(1 for _ in extract_video(path, [Clip(n, w) for n, w in enumerate(windows)], extractors))
            taken = time.perf_counter() - began
            stop.set()
            watcher.join()
            print(
                f"{length_s / 60:5.1f} min, {count:4d} clips: peak {peak[0] / 1e6:.0f} MB, "
                f"{taken:.0f} s ({length_s / taken:.1f} times as fast as it plays)",
                flush=True,
            )


if __name__ == "__main__":
    main()
    os._exit(0)
