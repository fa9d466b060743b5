"""Compares the processor time and memory of our measuring with that of other tools, on the same files in the same run.

    python -m benchmarks.peers [--folder FOLDER] [--rounds 3] [--only scenedetect,…] [--packages FOLDER] [--json]

Without a folder, two videos of 10 s are generated (640 × 360 and 1920 × 1080, moving texture, hard cuts in the first).
Peers: CleanVision on extracted frames, PySceneDetect, Data-Juicer's motion score and NeMo Curator's motion filter (both
written anew from their descriptions, see `_peers_work.py`), and a competent plain script. Each works in a process of
its own, one at a time, theirs and ours taking turns. Processor seconds are those of the whole process tree less those
of imports; memory is the peak of the whole tree. `theirs / ours` above 1 means that ours takes less.

Goal: PySceneDetect at least 1.5. CleanVision is not among our dependencies: `pip install cleanvision`; without it that
line is left out. `--packages FOLDER` finds it where `pip install --target FOLDER` has put it.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import psutil

VIDEO_ENDINGS = {".mp4", ".mkv", ".mov", ".avi", ".webm"}
CUT_TOLERANCE_S = 0.05


@dataclass(frozen=True)
class Pair:
    """A peer's work, and ours that does the comparable."""

    name: str
    theirs: str
    ours: str
    package: str = ""
    """What has to be importable for theirs."""


PAIRS = (
    Pair("CleanVision on frames", "cleanvision", "ours-stills", "cleanvision"),
    Pair("PySceneDetect", "scenedetect", "ours-shots", "scenedetect"),
    Pair("Data-Juicer motion", "data-juicer", "ours-motion"),
    Pair("… at our size and rate", "data-juicer-small", "ours-motion"),
    Pair("Curator motion vectors", "curator", "ours-motion"),
    Pair("a plain script", "plain-script", "ours-three"),
)


@dataclass(frozen=True)
class Taken:
    """One run of one work."""

    cpu_s: float
    peak_mb: float
    found: Any


def run(work: str, files: list[Path]) -> Taken:
    """Do one work in a process of its own, and measure its tree of processes."""
    command = [sys.executable, "-m", "benchmarks._peers_work", work, *map(str, files)]
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.DEVNULL)
        peak = PeakMemory(process.pid)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        peak.stop()
        if process.returncode:
            raise SystemExit(f"{work} ended with {process.returncode}; run it alone: {' '.join(command[:4])} FILE…")
        said.seek(0)
        answer = json.loads(said.read().splitlines()[-1])
    return Taken(used.ru_utime + used.ru_stime - answer["started_s"], peak.mb, answer["found"])


class PeakMemory:
    """Watches the resident memory of a tree of processes, twenty times a second."""

    def __init__(self, pid: int) -> None:
        self.mb = 0.0
        self._root = psutil.Process(pid)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> None:
        """The tree has ended."""
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.05):
            try:
                tree = [self._root, *self._root.children(recursive=True)]
            except psutil.Error:
                return
            self.mb = max(self.mb, sum(map(resident_mb, tree)))


def resident_mb(process: psutil.Process) -> float:
    """Resident memory of one process; 0 where it has just ended."""
    try:
        return float(process.memory_info().rss) / 1e6
    except psutil.Error:
        return 0.0


def compare(pair: Pair, files: list[Path], rounds: int) -> dict[str, Any]:
    """Theirs and ours in turns; the middle of the rounds."""
    if pair.package and importlib.util.find_spec(pair.package) is None:
        return {"pair": pair.name, "left_out": f"not installed: pip install {pair.package}"}
    theirs, ours = [], []
    for _ in range(rounds):
        theirs.append(run(pair.theirs, files))
        ours.append(run(pair.ours, files))
    their_s, our_s = (statistics.median(taken.cpu_s for taken in side) for side in (theirs, ours))
    row = {
        "pair": pair.name,
        "theirs_cpu_s": their_s,
        "ours_cpu_s": our_s,
        "cpu_ratio": their_s / our_s,
        "theirs_mb": max(taken.peak_mb for taken in theirs),
        "ours_mb": max(taken.peak_mb for taken in ours),
    }
    return row | (agreement(theirs[0].found, ours[0].found) if pair.ours == "ours-shots" else {})


def agreement(theirs: list[list[float]], ours: list[list[float]]) -> dict[str, int]:
    """How many cuts both found, and how many only one of them."""
    pairs = list(zip(theirs, ours, strict=True))
    return {
        "cuts_by_both": sum(near(cut, mine) for them, mine in pairs for cut in them),
        "cuts_by_theirs_only": sum(not near(cut, mine) for them, mine in pairs for cut in them),
        "cuts_by_ours_only": sum(not near(cut, them) for them, mine in pairs for cut in mine),
    }


def near(cut_s: float, others_s: list[float]) -> bool:
    """Whether one of the others is the same cut."""
    return any(abs(cut_s - other_s) < CUT_TOLERANCE_S for other_s in others_s)


def generate(path: Path, size: tuple[int, int], seconds: float, scene_s: float) -> None:
    """H.264 as cameras' exporters write it: a moving picture, another one every `scene_s`, B-frames, long GOPs."""
    width, height = size
    rng = np.random.default_rng(1)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=30, options={"preset": "veryfast", "crf": "23"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.gop_size = 250
        for index in range(int(seconds * 30)):
            if index % int(scene_s * 30) == 0:
                shapes = rng.integers(0, 120, (40, 70)) + rng.integers(16, 100)
                ground = cv2.resize(shapes.astype(np.uint8), (width * 7 // 4, height * 5 // 3))
                tints = rng.integers(70, 186, 2)
            left, top = int(width * 0.3 * (1 + np.sin(index / 37))), int(height * 0.25 * (1 + np.cos(index / 23)))
            planes = np.empty((height * 3 // 2, width), np.uint8)
            planes[:height] = ground[top : top + height, left : left + width]
            planes[height : height * 5 // 4], planes[height * 5 // 4 :] = tints
            out.mux(stream.encode(av.VideoFrame.from_ndarray(planes, "yuv420p")))
        out.mux(stream.encode(None))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__.partition("\n")[0])
    parser.add_argument("--folder", type=Path, help="videos to use instead of generated ones")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default=",".join(pair.theirs for pair in PAIRS), help="peers, with commas")
    parser.add_argument("--packages", type=Path, help="folder with packages of peers")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    if options.packages:  # after our own, so that both sides use the same NumPy
        sys.path.append(str(options.packages.resolve()))
        os.environ["PEERS_PACKAGES"] = sys.path[-1]
    pairs = [pair for pair in PAIRS if pair.theirs in options.only.split(",")]
    with tempfile.TemporaryDirectory() as folder:
        if options.folder:
            files = sorted(file for file in options.folder.rglob("*") if file.suffix.lower() in VIDEO_ENDINGS)
        else:
            files = [Path(folder) / "small.mp4", Path(folder) / "large.mp4"]
            generate(files[0], (640, 360), 10, 4)
            generate(files[1], (1920, 1080), 10, 10)
        began = time.perf_counter()
        rows = [compare(pair, files, options.rounds) for pair in pairs]
    if options.json:
        json.dump({"benchmark": "peers", "files": len(files), "results": rows}, sys.stdout, indent=2)
        print()
        return
    print(f"{len(files)} files, {options.rounds} rounds in {time.perf_counter() - began:.0f} s")
    print(f"{'peer':24} {'theirs':>10} {'ours':>10} {'theirs / ours':>14} {'memory, theirs':>15} {'ours':>8}")
    for row in rows:
        if "left_out" in row:
            print(f"{row['pair']:24} left out: {row['left_out']}")
            continue
        print(f"{row['pair']:24} {row['theirs_cpu_s']:>8.2f} s {row['ours_cpu_s']:>8.2f} s", end="")
        print(f" {row['cpu_ratio']:>14.2f} {row['theirs_mb']:>12.0f} MB {row['ours_mb']:>5.0f} MB", end="")
        if "cuts_by_both" in row:
            print(f"  cuts: {row['cuts_by_both']} by both, {row['cuts_by_theirs_only']} by theirs only, ", end="")
            print(f"{row['cuts_by_ours_only']} by ours only", end="")
        print()


if __name__ == "__main__":
    main()
