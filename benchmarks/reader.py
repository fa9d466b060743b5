"""Measures how many frames the video reader decodes for its requests, and how fast, against bare PyAV.

    python -m benchmarks.reader [FILE…] [--json] [--seconds 40]

Without files a 1080p H.264 video is generated. Three tasks: overlapping windows (every frame is in four clips, three
requests a clip), sparse windows (2 s in every 20 s) and sparse samples (one frame every 2 s). `decoded/needed` counts
frames. The first `ratio` is the time of bare decoding of the whole file over the reader's; the second is that of bare
decoding with every wanted frame scaled to the wanted sizes, over the reader's.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter

from engine.video.probe import probe
from engine.video.reader import read
from engine.video.types import ClipRequest, Color, FrameRequest, ReadStats, Sample
from engine.video.windows import Window

SMALL_GREY = FrameRequest(rate_hz=8, short_side_px=320, color="gray")
SMALL_RGB = FrameRequest(rate_hz=2, short_side_px=224)
HANDS_RGB = FrameRequest(rate_hz=10, short_side_px=360)
ROUNDS = 3

Size = tuple[int | None, Color]
Wanted = dict[float, set[Size]]


@dataclass
class Result:
    """One task on one file; times are the best of the rounds."""

    file: str
    task: str
    bare_s: float
    bare_convert_s: float
    reader_s: float
    frames_in_file: int
    decoded: int
    needed: int
    conversions: int
    seeks: int

    @property
    def ratio(self) -> float:
        """Bare decoding's time over the reader's."""
        return self.bare_s / self.reader_s

    @property
    def ratio_converted(self) -> float:
        """As `ratio`, against bare decoding that also converts the same images, each once."""
        return self.bare_convert_s / self.reader_s


def tasks(duration_s: float) -> dict[str, list[ClipRequest]]:
    """The clips of each task over a video of that length."""
    every = (SMALL_GREY, SMALL_RGB, HANDS_RGB)
    overlapping = [
        ClipRequest(k, Window(float(k), min(k + 4.0, duration_s)), every) for k in range(max(1, int(duration_s) - 3))
    ]
    sparse = [ClipRequest(k, Window(k + 9.3, k + 11.3), every) for k in range(0, max(1, int(duration_s) - 11), 20)]
    frames = [ClipRequest("all", Window(0, duration_s), (FrameRequest(0.5, 224),))]
    return {"overlapping windows": overlapping, "sparse windows": sparse, "sparse samples": frames}


def bare_decode(path: Path) -> int:
    """Decodes every frame with PyAV's automatic threads and looks at none."""
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        return sum(1 for _ in container.decode(video=0))


def images_wanted(path: Path, clips: list[ClipRequest]) -> Wanted:
    """The image sizes and colours that the clips need at each time."""
    wanted: Wanted = {}
    for event in read(path, clips):
        if isinstance(event, Sample):
            wanted.setdefault(event.t_s, set()).add((event.request.short_side_px, event.request.color))
    return dict(sorted(wanted.items()))


def bare_decode_and_convert(path: Path, wanted: Wanted) -> None:
    """Bare decoding that also scales the needed frames, as a hand-written loop would."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        start_s = float((stream.start_time or 0) * stream.time_base)
        scalers: dict[Size, Any] = defaultdict(VideoReformatter)
        due = iter(wanted.items())
        next_s, sizes = next(due, (math.inf, set()))
        for frame in container.decode(stream):
            if frame.time - start_s < next_s - 1e-6:
                continue
            for short, color in sizes:
                scale = (short or frame.height) / min(frame.width, frame.height)
                size = round(frame.width * scale), round(frame.height * scale)
                pixels = "gray" if color == "gray" else "rgb24"
                scalers[short, color].reformat(frame, *size, pixels, interpolation=Interpolation.AREA).to_ndarray()
            next_s, sizes = next(due, (math.inf, set()))


def timed(work: object, *args: object) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    work(*args)  # type: ignore[operator]
    return time.perf_counter() - start


def measure(path: Path) -> list[Result]:
    """Run all tasks on one file, bare decoding and the reader taking turns."""
    results = []
    frames_in_file = bare_decode(path)
    for task, clips in tasks(probe(path).duration_s).items():
        bare_s, convert_s, reader_s = [], [], []
        wanted = images_wanted(path, clips)
        stats = ReadStats()
        for _ in range(ROUNDS):
            bare_s.append(timed(bare_decode, path))
            convert_s.append(timed(bare_decode_and_convert, path, wanted))
            stats = ReadStats()
            reader_s.append(timed(lambda stats=stats, clips=clips: sum(1 for _ in read(path, clips, stats=stats))))
        results.append(
            Result(
                file=path.name,
                task=task,
                bare_s=min(bare_s),
                bare_convert_s=min(convert_s),
                reader_s=min(reader_s),
                frames_in_file=frames_in_file,
                decoded=stats.frames_decoded,
                needed=stats.frames_needed,
                conversions=stats.conversions,
                seeks=stats.seeks,
            )
        )
    return results


def generate(path: Path, seconds: float) -> None:
    """A 1080p30 H.264 video with moving texture, key frames every 2 s and B-frames."""
    rng = np.random.default_rng(1)
    ground = np.kron(rng.integers(40, 216, (160, 260), np.uint8), np.ones((12, 12), np.uint8))
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=30, options={"preset": "superfast", "crf": "23", "bf": "2"})
        stream.width, stream.height, stream.pix_fmt = 1920, 1080, "yuv420p"
        stream.codec_context.gop_size = 60
        for index in range(int(seconds * 30)):
            left, top = int(300 + 280 * np.sin(index / 37)), int(300 + 280 * np.cos(index / 23))
            planes = np.full((1620, 1920), 128, np.uint8)
            planes[:1080] = ground[top : top + 1080, left : left + 1920]
            out.mux(stream.encode(av.VideoFrame.from_ndarray(planes, "yuv420p")))
        out.mux(stream.encode(None))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reader", description=__doc__.partition("\n")[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--seconds", type=float, default=40, help="length of the generated video")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = options.files
        if not files:
            files = [Path(folder) / "generated-1080p.mp4"]
            generate(files[0], options.seconds)
        results = [result for path in files for result in measure(path)]
    if options.json:
        rows = [asdict(r) | {"ratio": r.ratio, "ratio_converted": r.ratio_converted} for r in results]
        json.dump({"benchmark": "reader", "results": rows}, sys.stdout, indent=2)
        print()
        return
    print(f"{'file':28} {'task':20} {'decoded/needed':>16} {'converted':>9} {'seeks':>5} {'reader':>8}", end="")
    print(f" {'bare':>8} {'ratio':>6} {'bare+convert':>12} {'ratio':>6}")
    for r in results:
        share = f"{r.decoded}/{r.needed}={r.decoded / max(1, r.needed):.2f}"
        print(f"{r.file[:28]:28} {r.task:20} {share:>16} {r.conversions:>9} {r.seeks:>5} {r.reader_s:>7.2f}s", end="")
        print(f" {r.bare_s:>7.2f}s {r.ratio:>6.2f} {r.bare_convert_s:>11.2f}s {r.ratio_converted:>6.2f}")


if __name__ == "__main__":
    main()
