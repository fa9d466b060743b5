"""Extraction through the whole job system, by two workers against one, and what it comes to in clips and hours.

    python -m benchmarks.extraction_workers [FILE…] [--only sharpness,exposure,motion,hands] [--json]

Without files, six sample videos are rendered first (not timed). Goal: two workers at least 1.7 times as fast as one.
What is timed holds everything a user waits for: starting workers, loading models, decoding, taking results in.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

from app.workflows.extracting import extract_spec
from app.workflows.importing import prepare_import
from app.workflows.supervisor import Supervisor
from engine.clipping.settings import ClippingSettings
from engine.sample.render import render_video
from engine.sample.script import sample_scripts
from storage import Workspace

SAMPLE_VIDEOS = 6


def extraction_s(files: list[Path], folder: Path, workers: int, only: list[str]) -> tuple[float, int, float]:
    """`(seconds, clips, seconds of video)` of extracting `files` in a fresh workspace."""
    with Workspace(folder / f"workspace-{workers}") as workspace:
        supervisor = Supervisor(workspace, workers=workers)
        clipping = ClippingSettings(length_s=3, stride_s=3)
        request = prepare_import(files, source="folder", clips="stride", clipping=clipping, pictures=False)
        supervisor.wait(supervisor.submit("Import", request.spec))
        began = time.perf_counter()
        job = supervisor.wait(supervisor.submit("Extract", extract_spec(workspace, only=only)))
        taken = time.perf_counter() - began
        if job.state != "done" or job.failed:
            raise SystemExit(f"extraction ended as {job.state} with {job.failed} failures: {job.message}")
        totals = workspace.videos.totals()
        supervisor.close()
        return taken, totals.clips, totals.clip_s


def main() -> None:
    """Time one worker, then two, and print both with their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--only", default="sharpness,exposure,motion,hands")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = [path.absolute() for path in options.files]
        for script in [] if files else sample_scripts(SAMPLE_VIDEOS):
            files.append(folder / f"{script.name}.mp4")
            render_video(script, files[-1], files[-1].with_suffix(".json"))
        only = options.only.split(",")
        results = {workers: extraction_s(files, folder, workers, only) for workers in (1, 2)}
    one, two = results[1][0], results[2][0]
    _, clips, video_s = results[2]
    found = {
        "one_worker_s": one,
        "two_workers_s": two,
        "ratio": one / two,
        "clips": clips,
        "clips_per_s": clips / two,
        "video_hours_per_hour": video_s / two,
    }
    if options.json:
        print(json.dumps(found))
    else:
        print(f"one worker {one:.1f} s, two workers {two:.1f} s: {one / two:.2f} times as fast (goal 1.7)")
        print(f"{clips} clips, {clips / two:.2f} clips/s, {video_s / two:.2f} hours of video an hour, with two workers")


if __name__ == "__main__":
    main()
