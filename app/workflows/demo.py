"""The whole path, without a browser: each step timed, and checked for what it should have done."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.workflows.exporting import plan_export, write_export
from app.workflows.extracting import extract_spec, recompute_composite, standing
from app.workflows.rewarding import score_job, train_spec
from app.workflows.sampling import sample_spec, simulate_labels
from app.workflows.validating import ablate_spec, run_of_job, validate_spec
from engine.errors import HandpickedError
from engine.export.settings import ExportSettings
from engine.preference.simulated import SimulatedAnnotator
from engine.validation.settings import ValidationSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from app.workflows.supervisor import Supervisor
    from storage import Workspace
    from storage.jobs import Job
    from storage.validation import ValidationRun

    WriteReport = Callable[[ValidationRun, Sequence[dict[str, Any]]], str]

__all__ = ["StepReport", "run_demo"]

SIMULATED_PAIRS = 300
TOP = 10
"""Clips that are ranked and cut at the end."""


@dataclass(frozen=True)
class StepReport:
    """How a step went. `ok` is whether it did what it should."""

    step: str
    ok: bool
    seconds: float
    found: str


class Demo:
    """The steps of the demonstration, in their order, over one workspace."""

    def __init__(
        self, workspace: Workspace, supervisor: Supervisor, videos: int, seed: int, write_report: WriteReport
    ) -> None:
        self.write_report = write_report
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
            ("train", self.train),
            ("score", self.score),
            ("validate", self.validate),
            *(() if self.too_few else (("ablate", self.ablate), ("report", self.report))),
            (f"rank and cut the best {TOP}", self.rank),
        ]

    @property
    def too_few(self) -> bool:
        """Whether there are fewer videos than a validation keeps apart."""
        return self.videos < self.workspace.settings.load(ValidationSettings).pools.least_sources

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

    def train(self) -> tuple[bool, str]:
        """A reward is trained on the simulated labels, judged by held-out videos."""
        job = self.supervisor.wait(self.supervisor.submit("Train", train_spec(self.workspace, seed=self.seed)))
        model = self.workspace.rewards.current()
        if job.state != "done" or job.failed or model is None:
            return False, self._why(job)
        judges = {row["key"]: row for row in model.metrics.get("judges", [])}
        shown = ", ".join(
            f"{name} {judges[name]['accuracy']['value']:.2f}" for name in ("ensemble", "composite") if name in judges
        )
        found = f"pair accuracy on held-out videos: {shown}" if shown else "no second video to judge it by"
        return bool(model.metrics.get("simulated")), found

    def score(self) -> tuple[bool, str]:
        """Every measured clip has a reward."""
        follow = score_job(self.workspace)
        job = self.supervisor.wait(self.supervisor.submit(follow.title, follow.spec)) if follow else None
        model = self.workspace.rewards.current()
        scored = self.workspace.rewards.scores(model.model_id).num_rows if model else 0
        return job is not None and job.state == "done" and scored == self.workspace.clips.count(), f"{scored} clips"

    def validate(self) -> tuple[bool, str]:
        """Gains are measured and the reward is held against them; whatever the verdict, it has to be reached."""
        spec = validate_spec(self.workspace, seed=self.seed, effort="quick")
        job = self.supervisor.wait(self.supervisor.submit("Validate", spec))
        run = self.workspace.validation.get(run_of_job(spec))
        if self.too_few:
            return run is None and bool(job.failed), f"refused, as it should: {self._why(job)}"
        if job.state != "done" or run is None:
            return False, self._why(job)
        return True, str(run.results["verdict"]["sentence"])

    def ablate(self) -> tuple[bool, str]:
        """The reward is trained without motion and hands."""
        spec = ablate_spec(self.workspace, groups=[("motion", "hands")], seed=self.seed, effort="quick")
        job = self.supervisor.wait(self.supervisor.submit("Ablate", spec))
        run = next((r for r in self.workspace.validation.ablations() if r.run_id == run_of_job(spec)), None)
        if job.state != "done" or run is None:
            return False, self._why(job)
        row = run.results["rows"][0]
        return True, f"{row['sentence']}"

    def rank(self) -> tuple[bool, str]:
        """The best clips are listed and cut, with a manifest."""
        plan = plan_export(self.workspace, ExportSettings(top=TOP))
        folder = self.workspace.root / "best-clips"
        written = write_export(
            self.workspace, plan, list_file=self.workspace.root / "ranked.csv", folder=folder, overwrite=True
        )
        assert written.spec is not None  # noqa: S101 - a folder was named
        job = self.supervisor.wait(self.supervisor.submit("Cut clips", written.spec))
        cut = len(list(folder.rglob("*.mp4")))
        return job.state == "done" and not job.failed and cut == plan.clips, f"{cut} clips in {folder.name}, ranked.csv"

    def report(self) -> tuple[bool, str]:
        """What validation found, as a page that opens anywhere."""
        run = self.workspace.validation.latest()
        if run is None:
            return False, "nothing was validated"
        path = self.workspace.root / "report.html"
        path.write_text(self.write_report(run, self.workspace.validation.gains(run.run_id)), encoding="utf-8")
        return path.stat().st_size > 0, path.name

    def _why(self, job: Job) -> str:
        """What went wrong with a job."""
        failures = self.workspace.jobs.failures(job.job_id)
        return failures[0].error if failures else job.message or f"the job ended {job.state}"

    def _last(self, kind: str) -> bool:
        """Wait for the latest job of `kind`; whether it ended well."""
        jobs = self.workspace.jobs.find(kind=kind, limit=1)
        return bool(jobs) and self.supervisor.wait(jobs[0].job_id).state == "done"


def run_demo(
    workspace: Workspace, supervisor: Supervisor, *, videos: int, seed: int, write_report: WriteReport
) -> Iterator[StepReport]:
    """Walk the path, a report a step; after a step that failed the rest is not tried.

    `write_report` makes a page of a validation and its gains.
    """
    for name, step in Demo(workspace, supervisor, videos, seed, write_report).steps():
        began = time.perf_counter()
        try:
            ok, found = step()
        except HandpickedError as error:
            ok, found = False, str(error)
        yield StepReport(name, ok, time.perf_counter() - began, found)
        if not ok:
            return
