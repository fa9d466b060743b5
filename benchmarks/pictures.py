"""Measures what thumbnails and sprites cost, in processor seconds a clip, against bare decoding of the whole video.

    python -m benchmarks.pictures [FILE…] [--json] [--seconds 12] [--length 4]

Without files, two videos are generated (640 × 360 and 1920 × 1080, B-frames, key frames far apart). Clips one after the
other, so that bare decoding decodes what the clips hold. `ratio` is bare decoding's over ours: above 1 because frames
that nobody wants and no other refers to are not decoded.
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

from benchmarks.peers import generate
from benchmarks.reader import bare_decode
from engine.video.probe import probe
from engine.video.thumbnail import ClipStills, make_thumbnails
from engine.video.types import ReadStats
from engine.video.windows import Window

ROUNDS = 3


@dataclass(frozen=True)
class Result:
    """One file; processor seconds are the least of the rounds."""

    file: str
    clips: int
    cpu_s_a_clip: float
    bare_cpu_s_a_clip: float
    frames: int
    decoded: int

    @property
    def ratio(self) -> float:
        """Bare decoding's processor seconds over ours."""
        return self.bare_cpu_s_a_clip / self.cpu_s_a_clip


def cpu_s(work: Any, *args: Any) -> float:
    """Processor seconds of one call, its threads included."""
    start_s = time.process_time()
    work(*args)
    return time.process_time() - start_s


def measure(path: Path, folder: Path, length_s: float) -> Result:
    """Bare decoding and pictures in turns."""
    duration_s = probe(path).duration_s
    starts = [k * length_s for k in range(max(1, int(duration_s / length_s + 1e-6)))]
    clips = [
        ClipStills(k, Window(s, min(s + length_s, duration_s)), folder / f"{k}.jpg", folder / f"{k}.sprite.jpg")
        for k, s in enumerate(starts)
    ]
    stats = ReadStats()
    list(make_thumbnails(path, clips, stats=stats))
    ours_s, bare_s = [], []
    for _ in range(ROUNDS):
        bare_s.append(cpu_s(bare_decode, path))
        ours_s.append(cpu_s(lambda: list(make_thumbnails(path, clips))))
    return Result(
        file=path.name,
        clips=len(clips),
        cpu_s_a_clip=min(ours_s) / len(clips),
        bare_cpu_s_a_clip=min(bare_s) / len(clips),
        frames=bare_decode(path),
        decoded=stats.frames_decoded,
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pictures", description=__doc__.partition("\n")[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--seconds", type=float, default=12, help="length of the generated videos")
    parser.add_argument("--length", type=float, default=4, help="length of the clips in seconds")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        files = options.files or [Path(name) / "small.mp4", Path(name) / "large.mp4"]
        if not options.files:
            generate(files[0], (640, 360), options.seconds, options.seconds)
            generate(files[1], (1920, 1080), options.seconds, options.seconds)
        results = [measure(path, Path(name), options.length) for path in files]
    if options.json:
        rows = [asdict(r) | {"ratio": r.ratio} for r in results]
        json.dump({"benchmark": "pictures", "results": rows}, sys.stdout, indent=2)
        print()
        return
    for r in results:
        print(f"{r.file[:32]:32} {r.clips:4} clips, {r.cpu_s_a_clip:.3f} CPU s each (bare decoding", end="")
        print(f" {r.bare_cpu_s_a_clip:.3f}): ratio {r.ratio:.2f}; decoded {r.decoded} of {r.frames} frames")


if __name__ == "__main__":
    main()
