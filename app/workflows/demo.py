"""Runs every step of the work without a browser, timed and checked: the demonstration and end-to-end test.

On rendered sample videos, or on somebody's own. There the labels are simulated from the composite score, and
validation may end with the verdict that the footage can't support gains.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.workflows.export_plan import plan_export
from app.workflows.exporting import write_export
from app.workflows.extracting import extract_spec, recompute_composite, standing
from app.workflows.importing import prepare_import
from app.workflows.rewarding import score_job, train_spec
from app.workflows.sampling import COMPOSITE_ANNOTATOR, sample_as_set, simulate_from_composite, simulate_labels
from app.workflows.validating import ablate_spec, run_of_job, validate_spec
from engine.errors import HandpickedError, TooLittleData
from engine.export.settings import ExportSettings
from engine.files.replace_whole import write_whole
from engine.preference.simulated import SimulatedAnnotator
from engine.settings.data import DataSettings
from storage.errors import StorageError
from storage.labels import LabelCounts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from typing import Any

    from app.workflows.jobs.supervisor import Supervisor
    from app.workflows.sampling import Simulated
    from storage import Workspace
    from storage.jobs import Job
    from storage.validation import ClipGain, ValidationRun

    Step = Callable[[], tuple[bool, str]]
    WriteReport = Callable[[ValidationRun, Sequence[ClipGain]], str]

__all__ = ["FootageDemo", "SampleDemo", "StepReport", "run_demo"]

SIMULATED_PAIRS = 300
TOP = 10
"""Number of clips that are ranked and cut at the end."""


@dataclass(frozen=True)
class StepReport:
    """The result of one step. `ok`: whether it passed its check."""

    step: str
    ok: bool
    seconds: float
    found: str


class Demo(ABC):
    """The steps that every demonstration runs on a workspace. `write_report` makes a page from a validation and its
    gains."""

    def __init__(self, workspace: Workspace, supervisor: Supervisor, seed: int, write_report: WriteReport) -> None:
        self.write_report = write_report
        self.workspace = workspace
        self.supervisor = supervisor
        self.seed = seed
        self.unsupported = ""
        """Why no gain could be measured, once that is known: ablation and report are then skipped."""

    def steps(self) -> list[tuple[str, Step]]:
        """`(name, function)` of each step; the function returns whether its check passed, and a sentence."""
        return [
            *self.beginning(),
            ("thumbnails", self.pictures),
            ("extract features", self.extract),
            ("composite score", self.composite),
            (f"{SIMULATED_PAIRS} simulated labels", self.labels),
            ("train", self.train),
            ("score", self.score),
            ("validate", self.validate),
            ("ablate", self.ablate),
            ("report", self.report),
            (f"rank and cut the best {TOP}", self.rank),
        ]

    model_name: str | None = None
    """The reward's name; None for a numbered default."""

    @abstractmethod
    def beginning(self) -> list[tuple[str, Step]]:
        """The steps that bring clips into the workspace."""

    def pictures(self) -> tuple[bool, str]:
        """Checks that every clip has its thumbnail and its hover-scrub sprite."""
        job = self._last("pictures")
        if job is None or job.state != "done":
            return False, self._why(job) if job else "no job made any"
        missing = len(self.workspace.clips.without_media("thumbnail"))
        missing += len(self.workspace.clips.without_media("sprite"))
        return not missing, f"{missing} missing"

    def extract(self) -> tuple[bool, str]:
        """Measures every clip with every enabled extractor."""
        spec = extract_spec(self.workspace)
        job = self.supervisor.wait(self.supervisor.submit("Extract features", spec))
        rows = standing(self.workspace)
        lacking = sum(row.total - row.measured for row in rows)
        if job.state != "done" or job.failed:
            return False, self._why(job)
        reasons = "; ".join(
            sorted({f"{missed.extractor}: {missed.error}" for missed in self.workspace.features.failures()})
        )
        found = f"{len(rows)} extractors, {lacking} numbers missing"
        return not lacking, f"{found}. {reasons}" if lacking and reasons else found

    def composite(self) -> tuple[bool, str]:
        """Checks that every clip has a composite score."""
        scored = recompute_composite(self.workspace)
        return scored == self.workspace.clips.count(), f"{scored} clips"

    def labels(self) -> tuple[bool, str]:
        """Adds a simulated annotator's labels, and checks that none counts as another kind."""
        made = self.simulate()
        counts = self.workspace.labels.counts()
        found = f"by “{made.annotator}”, {made.ties} ties among them"
        return counts == LabelCounts(simulated=SIMULATED_PAIRS), found

    @abstractmethod
    def simulate(self) -> Simulated:
        """Let the simulated annotator answer pairs."""

    def train(self) -> tuple[bool, str]:
        """Trains a reward on the simulated labels and evaluates it on held-out videos."""
        job = self.supervisor.wait(
            self.supervisor.submit("Train", train_spec(self.workspace, name=self.model_name, seed=self.seed))
        )
        model = self.workspace.rewards.current()
        if job.state != "done" or job.failed or model is None:
            return False, self._why(job)
        judges = model.report.judges if model.report is not None else ()
        shown = ", ".join(
            f"{judge.key} {judge.accuracy.value:.2f}"
            for judge in judges
            if judge.key in ("ensemble", "composite") and judge.accuracy.value is not None
        )
        found = f"pair accuracy on held-out videos: {shown}" if shown else "no second video to judge it by"
        return model.labels_by == "simulated", found

    def score(self) -> tuple[bool, str]:
        """Checks that every measured clip has a reward."""
        follow = score_job(self.workspace)
        job = self.supervisor.wait(self.supervisor.submit(follow.title, follow.spec)) if follow else None
        model = self.workspace.rewards.current()
        scored = self.workspace.rewards.scores(model.model_id).num_rows if model else 0
        if job is not None and (job.state != "done" or job.failed):
            return False, self._why(job)
        return job is not None and scored == self.workspace.clips.count(), f"{scored} clips"

    def validate(self) -> tuple[bool, str]:
        """Measures gains and compares the reward with them; any verdict passes, but there must be one."""
        spec = validate_spec(self.workspace, seed=self.seed, effort="quick")
        job = self.supervisor.wait(self.supervisor.submit("Validate", spec))
        run = self.workspace.validation.get(run_of_job(spec))
        if run is None and self._why(job).startswith(TooLittleData.FIRST_WORDS):
            self.unsupported = self._why(job)
            return True, self.unsupported
        if job.state != "done" or run is None:
            return False, self._why(job)
        return True, run.report.verdict.sentence

    def ablate(self) -> tuple[bool, str]:
        """Trains the reward without motion and hands."""
        if self.unsupported:
            return True, "nothing to ablate: no gain was measured"
        spec = ablate_spec(self.workspace, groups=[("motion", "hands")], seed=self.seed, effort="quick")
        job = self.supervisor.wait(self.supervisor.submit("Ablate", spec))
        run = next((r for r in self.workspace.validation.ablations() if r.run_id == run_of_job(spec)), None)
        if job.state != "done" or run is None:
            return False, self._why(job)
        return True, run.report.rows[0].sentence

    def rank(self) -> tuple[bool, str]:
        """Lists and cuts the best clips, with a manifest."""
        plan = plan_export(self.workspace, ExportSettings(top=TOP))
        folder = self.workspace.root / "best-clips"
        written = write_export(
            self.workspace, plan, list_file=self.workspace.root / "ranked.csv", folder=folder, overwrite=True
        )
        assert written.spec is not None  # noqa: S101 - a folder was named
        job = self.supervisor.wait(self.supervisor.submit("Cut clips", written.spec))
        cut = len(list(folder.rglob("*.mp4")))
        if job.state != "done" or job.failed or job.message:
            return False, self._why(job)
        return cut == plan.clips, f"{cut} clips in {folder.name}, ranked.csv"

    def report(self) -> tuple[bool, str]:
        """Writes the validation as a self-contained HTML page."""
        if self.unsupported:
            return True, "nothing to report: no gain was measured"
        run = self.workspace.validation.latest()
        if run is None:
            return False, "nothing was validated"
        path = self.workspace.root / "report.html"
        write_whole(path, self.write_report(run, self.workspace.validation.gains(run.run_id)))
        return path.stat().st_size > 0, path.name

    def _why(self, job: Job) -> str:
        """Why a job failed."""
        failures = self.workspace.jobs.failures(job.job_id)
        return failures[0].error if failures else job.message or f"the job ended {job.state}"

    def _last(self, kind: str) -> Job | None:
        """The latest job of `kind`, once it has ended."""
        jobs = self.workspace.jobs.find(kind=kind, limit=1)
        return self.supervisor.wait(jobs[0].job_id) if jobs else None


class SampleDemo(Demo):
    """The demonstration on rendered sample videos, with labels from their hidden quality."""

    def __init__(self, *base: Any, videos: int | None) -> None:
        """`videos`: how many to render; by default the number in data.yaml."""
        super().__init__(*base)
        self.videos = videos

    def beginning(self) -> list[tuple[str, Step]]:
        """The clips come from rendered videos, so every number about them is known."""
        return [("render sample videos", self.render), ("import and clip", self.imported)]

    def render(self) -> tuple[bool, str]:
        """Renders the videos and waits for the jobs that follow."""
        spec = sample_as_set(self.workspace, videos=self.videos, seed=self.seed)
        job = self.supervisor.wait(self.supervisor.submit("Render sample videos", spec))
        self.videos = job.total
        if job.state != "done" or job.failed:
            return False, self._why(job)
        return True, f"{job.done} of {job.total} videos"

    def imported(self) -> tuple[bool, str]:
        """Checks that every rendered video was imported, and that every episode became a clip."""
        job = self._last("import")
        if job is None or job.state != "done":
            return False, self._why(job) if job else "nothing was imported"
        totals = self.workspace.videos.totals()
        clips = len(self.workspace.sample.clip_quality())
        return totals.videos == self.videos and clips == totals.clips > 0, f"{totals.clips} clips"

    def simulate(self) -> Simulated:
        """Labels follow the hidden quality of the clips."""
        annotator = SimulatedAnnotator(name="simulated", seed=self.seed)
        return simulate_labels(self.workspace, annotator, pairs=SIMULATED_PAIRS)


class FootageDemo(Demo):
    """The demonstration on one's own videos: their quality is unknown, so labels follow the composite score."""

    model_name = f"Follows the composite score ({SIMULATED_PAIRS} simulated labels)"

    def __init__(self, *base: Any, folder: Path) -> None:
        super().__init__(*base)
        self.folder = folder

    def beginning(self) -> list[tuple[str, Step]]:
        """The clips come from files, some of which may not be videos."""
        return [("import and clip", self.imported)]

    def imported(self) -> tuple[bool, str]:
        """Checks that every file was imported as a video, or is named with the reason why not."""
        if self.workspace.sample.video_ids():
            raise StorageError(
                "this workspace holds rendered sample videos, which are never mixed with real ones here",
                remedy="Choose another folder with --out.",
            )
        clipping = self.workspace.settings.load(DataSettings).clipping
        request = prepare_import([self.folder], source="folder", clips="stride", clipping=clipping)
        job = self.supervisor.wait(self.supervisor.submit("Import", request.spec))
        if job.state != "done":
            return False, self._why(job)
        totals = self.workspace.videos.totals()
        found = f"{totals.videos} videos, {totals.clips} clips; {job.skipped} files left out, {job.failed} unreadable"
        accounted = job.done + job.skipped + job.failed >= job.total
        return accounted and totals.clips > 1, found

    def simulate(self) -> Simulated:
        """Labels follow the composite score, and the annotator's name says so."""
        annotator = SimulatedAnnotator(name=COMPOSITE_ANNOTATOR, noise=0.5, seed=self.seed)
        return simulate_from_composite(self.workspace, annotator, pairs=SIMULATED_PAIRS)


def run_demo(demo: Demo) -> Iterator[StepReport]:
    """Run the steps and report each; after a failed step the rest is not tried."""
    for name, step in demo.steps():
        began = time.perf_counter()
        try:
            ok, found = step()
        except HandpickedError as error:
            ok, found = False, str(error)
        yield StepReport(name, ok, time.perf_counter() - began, found)
        if not ok:
            return
