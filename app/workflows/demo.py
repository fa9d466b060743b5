"""The whole path, without a browser: each step timed, and checked for what it should have done."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.workflows.extracting import extract_spec, recompute_composite, standing
from app.workflows.sampling import sample_spec, simulate_labels
from engine.errors import HandpickedError
from engine.preference.simulated import SimulatedAnnotator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.workflows.supervisor import Supervisor
    from storage import Workspace

__all__ = ["StepReport", "run_demo"]

SIMULATED_PAIRS = 300


@dataclass(frozen=True)
class StepReport:
    """How a step went. `ok` is whether it did what it should."""

    step: str
    ok: bool
    seconds: float
    found: str


class Demo:
    """The steps of the demonstration, in their order, over one workspace."""

    def __init__(self, workspace: Workspace, supervisor: Supervisor, videos: int, seed: int) -> None:
        self.workspace = workspace
        self.supervisor = supervisor
        self.videos = videos
        self.seed = seed

    def steps(self) -> list[tuple[str, Callable[[], tuple[bool, str]]]]:
        """`(name, function)` of each; the function returns whether it did what it should, and what it found."""
        return [
            ("render sample videos", self.render),
            ("import and clip", self.imported),
            ("thumbnails", self.pictures),
            ("extract features", self.extract),
            ("composite score", self.composite),
            (f"{SIMULATED_PAIRS} simulated labels", self.labels),
        ]

    def render(self) -> tuple[bool, str]:
        """Render, and everything that follows by itself."""
        job_id = self.supervisor.submit("Render sample videos", sample_spec(self.videos, self.seed))
        job = self.supervisor.wait(job_id)
        return job.state == "done" and not job.failed, f"{job.done} of {job.total} videos"

    def imported(self) -> tuple[bool, str]:
        """Every rendered video is a video of the workspace, and every episode a clip."""
        job = self._last("import")
        totals = self.workspace.videos.totals()
        clips = len(self.workspace.sample.clip_quality())
        return job and totals.videos == self.videos and clips == totals.clips > 0, f"{totals.clips} clips"

    def pictures(self) -> tuple[bool, str]:
        """Every clip has its thumbnail and its hover-scrub sprite."""
        job = self._last("pictures")
        missing = len(self.workspace.clips.without_media("thumbnail"))
        missing += len(self.workspace.clips.without_media("sprite"))
        return job and not missing, f"{missing} missing"

    def extract(self) -> tuple[bool, str]:
        """Every clip is measured by every extractor that is switched on."""
        spec = extract_spec(self.workspace)
        job = self.supervisor.wait(self.supervisor.submit("Extract features", spec))
        rows = standing(self.workspace)
        lacking = sum(row.total - row.measured for row in rows)
        ok = job.state == "done" and not job.failed and not lacking
        return ok, f"{len(rows)} extractors, {lacking} numbers lacking"

    def composite(self) -> tuple[bool, str]:
        """Every clip has a composite score."""
        scored = recompute_composite(self.workspace)
        return scored == self.workspace.clips.count(), f"{scored} clips"

    def labels(self) -> tuple[bool, str]:
        """A simulated annotator answers; nothing of it counts as a person's."""
        made = simulate_labels(
            self.workspace, SimulatedAnnotator(name="simulated", seed=self.seed), pairs=SIMULATED_PAIRS
        )
        counts = self.workspace.labels.counts()
        return counts.simulated == SIMULATED_PAIRS and counts.people == 0, f"{made.ties} ties among them"

    def _last(self, kind: str) -> bool:
        """Wait for the latest job of `kind`; whether it ended well."""
        jobs = self.workspace.jobs.find(kind=kind, limit=1)
        return bool(jobs) and self.supervisor.wait(jobs[0].job_id).state == "done"


def run_demo(workspace: Workspace, supervisor: Supervisor, *, videos: int, seed: int) -> Iterator[StepReport]:
    """Walk the path, a report a step; after a step that failed the rest is not tried."""
    for name, step in Demo(workspace, supervisor, videos, seed).steps():
        began = time.perf_counter()
        try:
            ok, found = step()
        except HandpickedError as error:
            ok, found = False, str(error)
        yield StepReport(name, ok, time.perf_counter() - began, found)
        if not ok:
            return
