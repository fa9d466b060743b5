"""Times extraction through the whole job system with two workers against one, in clips and hours of video.

    python -m benchmarks.extraction_workers [FILE…] [--only sharpness,exposure,motion,hands] [--json]

Without files, six sample videos are rendered first (not timed). Goal: two workers at least 1.7 times as fast as one.
The time includes everything that a user waits for: starting workers, loading models, decoding, storing results.

Two workers can't be faster than the cores allow: one worker already decodes, measures and detects in parallel, and
with all cores to itself its models and its decoder take a thread for each. So the cores that each keeps busy are
printed too (processor seconds over seconds), and the most that two could gain: if they kept all cores busy with the
processor seconds that they took, which are more than those of one, because each loads the models.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from app.workflows.extracting import EXTRACT_KIND, extract_spec
from app.workflows.importing import prepare_import
from app.workflows.jobs.supervisor import Supervisor
from engine.clipping.settings import ClippingSettings
from engine.contracts.extract import ExtractSettings
from engine.runtime.machine import this_machine, usable_cores
from engine.sample.render import render_video
from engine.sample.script import sample_scripts
from storage import Workspace

SAMPLE_VIDEOS = 6


@dataclass(frozen=True)
class Extraction:
    """The time of one extraction, and its number of clips and hours."""

    taken_s: float
    cpu_s: float
    """Processor seconds of all workers."""
    clips: int
    video_s: float

    @property
    def cores_busy(self) -> float:
        """Cores that the workers kept busy, on average."""
        return self.cpu_s / self.taken_s


def workers_cpu_s() -> float:
    """Processor seconds of the child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def extract(files: list[Path], folder: Path, workers: int, only: list[str]) -> Extraction:
    """Extract `files` in a fresh workspace."""
    with Workspace(folder / f"workspace-{workers}") as workspace:
        supervisor = Supervisor(workspace, workers=workers)
        clipping = ClippingSettings(length_s=3, stride_s=3)
        request = prepare_import(files, source="folder", clips="stride", clipping=clipping, pictures=False)
        supervisor.wait(supervisor.submit("Import", request.spec))
        before_s, began = workers_cpu_s(), time.perf_counter()
        job = supervisor.wait(supervisor.submit("Extract", extract_spec(workspace, only=only)))
        taken = time.perf_counter() - began
        if job.state != "done" or job.failed:
            raise SystemExit(f"extraction ended as {job.state} with {job.failed} failures: {job.message}")
        totals = workspace.videos.totals()
        supervisor.close()
        return Extraction(taken, workers_cpu_s() - before_s, totals.clips, totals.clip_s)


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
        one, two = (extract(files, folder, workers, only) for workers in (1, 2))
    cores = usable_cores()
    found = {
        "one_worker_s": one.taken_s,
        "two_workers_s": two.taken_s,
        "ratio": one.taken_s / two.taken_s,
        "one_worker_cores_busy": one.cores_busy,
        "two_workers_cores_busy": two.cores_busy,
        "one_worker_cpu_s": one.cpu_s,
        "two_workers_cpu_s": two.cpu_s,
        "cores": cores,
        "most": min(2.0, one.taken_s * cores / two.cpu_s),
        "clips": two.clips,
        "clips_per_s": two.clips / two.taken_s,
        "video_hours_per_hour": two.video_s / two.taken_s,
    }
    if options.json:
        print(json.dumps(found))
        return
    plan = EXTRACT_KIND.plan(ExtractSettings(extractors={}), this_machine())
    print(f"an extraction gets {plan} here")
    print(f"one worker {one.taken_s:.1f} s, two workers {two.taken_s:.1f} s: {found['ratio']:.2f} × as fast (goal 1.7)")
    print(
        f"of {found['cores']} cores, one keeps {one.cores_busy:.2f} busy ({one.cpu_s:.1f} s of processor), two "
        f"{two.cores_busy:.2f} ({two.cpu_s:.1f} s): at most {found['most']:.2f}"
    )
    print(
        f"{two.clips} clips, {found['clips_per_s']:.2f} clips/s, "
        f"{found['video_hours_per_hour']:.2f} hours of video an hour, with two workers"
    )


if __name__ == "__main__":
    main()
