"""Measures how fast clips are exported as a LeRobot data set, against cutting the same clips plainly, in one run.

    python -m benchmarks.lerobot_export [FILE…] [--clips 500] [--length 3] [--size 640x360] [--fps N] [--actions none]
                                        [--workers 2] [--json]

Without files, two videos are generated (30 frames a second, B-frames, key frames far apart), and clips are spread over
them. Both sides encode the same windows in as many processes; `cut` is the step of a plain export (engine/steps/
cut_clip.py) with its digest, `lerobot` makes every clip's part and then puts the data set together in one process.
`ratio` is the time of cutting over that of the export, by the clock and in processor seconds: at 1 they are as fast,
above ½ is what we promise. On a busy machine the clock favours cutting, whose encoder has more threads. Hands
(`--actions`) take as long as looking for them in every frame takes, and are no part of that promise.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from benchmarks.peers import generate
from engine.export.formats.base import ClipToExport, ExportFacts
from engine.export.formats.lerobot import Lerobot
from engine.export.formats.lerobot.options import LerobotOptions
from engine.files.digest import sha256_of_file
from engine.video.cut import cut
from engine.video.probe import probe
from engine.video.windows import Window

FACTS = ExportFacts(
    export_id="benchmark",
    created_at="",
    app_version="",
    chosen=(),
    ranked_by="reward",
    model_name=None,
    seed=None,
    settings_hash="",
    threshold=None,
    labels_by="people",
    notes=(),
    synthetic=0,
    sources={"folder": 1},
)


@dataclass(frozen=True, kw_only=True)
class Result:
    """Seconds by the clock, and of processors, of both sides, over the same clips."""

    clips: int
    frames: int
    cut_s: float
    parts_s: float
    assemble_s: float
    cut_cpu_s: float
    export_cpu_s: float

    @property
    def ratio(self) -> float:
        """The time of cutting over that of the export."""
        return self.cut_s / (self.parts_s + self.assemble_s)

    @property
    def cpu_ratio(self) -> float:
        """The same in processor seconds."""
        return self.cut_cpu_s / self.export_cpu_s


class Quiet:
    """A context that says nothing."""

    def progress(self, fraction: float, note: str = "") -> None:
        """Nobody looks."""

    def is_cancelled(self) -> bool:
        """Never."""
        return False

    def warn(self, text: str, /) -> None:
        """Print it: a generated video has nothing to warn of."""
        print(text, file=sys.stderr)


@dataclass(frozen=True)
class Made:
    """The parts of an export."""

    table: pa.Table
    folder: Path
    facts: ExportFacts = FACTS

    def part(self, clip_id: str) -> Path:
        """Its folder."""
        return self.folder / clip_id

    def embedding(self, _clip_id: str) -> Any:
        """None: this format needs none."""
        return None


def spread(files: list[Path], count: int, length_s: float) -> list[ClipToExport]:
    """So many clips, by turns of the files, evenly over each of them."""
    infos = {path: probe(path) for path in files}
    a_file, clips = -(-count // len(files)), []
    for number in range(count):
        path = files[number % len(files)]
        info = infos[path]
        start_s = round((info.duration_s - length_s) * (number // len(files)) / max(1, a_file - 1), 3)
        clips.append(
            ClipToExport(
                rank=number + 1,
                clip_id=f"clip-{number}",
                path=str(path),
                start_s=start_s,
                end_s=start_s + length_s,
                fps=info.fps,
                width=info.width,
                height=info.height,
            )
        )
    return clips


def cut_one(folder: Path, clip: ClipToExport) -> int:
    """Cut a clip as a plain export does."""
    out = folder / f"{clip.clip_id}.mp4"
    frames = cut(clip.path, Window(clip.start_s, clip.end_s), out)
    sha256_of_file(out)
    return frames


MAKERS: dict[str, Lerobot] = {}
"""Of this process: a worker keeps its format, and so its landmarker, from clip to clip."""


def make_one(folder: Path, options: LerobotOptions, clip: ClipToExport) -> int:
    """Make a clip's part."""
    part = folder / clip.clip_id
    part.mkdir()
    MAKERS.setdefault("one", Lerobot(options)).make_part(clip, part, Quiet())
    return 1


def side_by_side(work: Any, clips: list[ClipToExport], folder: Path, workers: int) -> tuple[int, float, float]:
    """Do `work` for every clip: the sum of what it returns, seconds by the clock, and of processors so far."""
    with ProcessPoolExecutor(workers) as pool:
        list(pool.map(partial(cut_one, folder), clips[:workers]))  # libraries are loaded
        start_s = time.perf_counter()
        found = sum(pool.map(work, clips))
        took_s = time.perf_counter() - start_s
    return found, took_s, processors_s()


def processors_s() -> float:
    """Processor seconds of this process's children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(clips: list[ClipToExport], options: LerobotOptions, folder: Path, workers: int) -> Result:
    """Both sides, one after the other."""
    parts, cuts, out = folder / "parts", folder / "cuts", folder / "lerobot"
    for made in (parts, cuts, out):
        made.mkdir()
    settled, _notes = Lerobot.settled(options, clips)
    before_s = processors_s()
    frames, cut_s, after_cuts_s = side_by_side(partial(cut_one, cuts), clips, folder, workers)
    _, parts_s, after_parts_s = side_by_side(partial(make_one, parts, settled), clips, folder, workers)
    rows = [
        {"clip_id": clip.clip_id, "narration": "work", "reward": float(clip.rank), "reward_std": 0.1} for clip in clips
    ]
    start_s, start_cpu_s = time.perf_counter(), time.process_time()
    Lerobot(settled).assemble(Made(pa.Table.from_pylist(rows), parts), out, Quiet())
    return Result(
        clips=len(clips),
        frames=frames,
        cut_s=cut_s,
        parts_s=parts_s,
        assemble_s=time.perf_counter() - start_s,
        cut_cpu_s=after_cuts_s - before_s,
        export_cpu_s=after_parts_s - after_cuts_s + time.process_time() - start_cpu_s,
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lerobot_export", description=__doc__.partition("\n")[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--clips", type=int, default=40)
    parser.add_argument("--length", type=float, default=3.0, help="of each clip in seconds")
    parser.add_argument("--size", default="640x360", help="of the generated videos")
    parser.add_argument("--fps", type=int, help="of the data set; left out: the videos' own")
    parser.add_argument("--actions", choices=("none", "hands", "pseudo"), default="none")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args()
    width, height = map(int, given.size.split("x"))
    with tempfile.TemporaryDirectory() as name:
        files = given.files or [Path(name) / "one.mp4", Path(name) / "two.mp4"]
        if not given.files:
            for path in files:
                generate(path, (width, height), 60, 20)
        options = LerobotOptions(actions=given.actions, fps=given.fps)
        result = measure(spread(files, given.clips, given.length), options, Path(name), given.workers)
    if given.json:
        found = asdict(result) | {"ratio": result.ratio, "cpu_ratio": result.cpu_ratio}
        json.dump({"benchmark": "lerobot_export", **found}, sys.stdout, indent=2)
        print()
        return
    print(f"{result.clips:,} clips, {result.frames:,} frames in {given.workers} processes")
    print(f"cut      {result.cut_s:6.1f} s, {result.cut_cpu_s:6.1f} processor seconds")
    print(f"lerobot  {result.parts_s:6.1f} s and {result.assemble_s:.1f} s to put together, ", end="")
    print(f"{result.export_cpu_s:.1f} processor seconds")
    print(f"ratio {result.ratio:.2f} by the clock, {result.cpu_ratio:.2f} in processor seconds")


if __name__ == "__main__":
    main()
