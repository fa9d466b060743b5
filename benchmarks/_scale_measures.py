"""What `benchmarks.scale` measures on one workspace, each in a process of its own: questions of pages, pages, jobs."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.library import FIVE_RANGES, best_ms
from storage import Workspace
from storage.library.view import ClipView, Range

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[1]
FILTERED = ClipView(ranges=FIVE_RANGES, sources=("epic",), narration="onion", sort="composite_score")
"""Seven filters and a sort."""
SORTED = ClipView(ranges=(Range("hands_any_share", 0.0, None),), sort="sharpness_laplacian_median")


@dataclass(frozen=True)
class Measured:
    """What one call took."""

    first_s: float
    """The first call in its process, with everything that it reads and keeps."""
    again_s: float | None
    """The median of five more; None where a second call would do something else."""
    cpu_s: float
    """Processor time of the first call, with that of the processes that it started."""
    app_gb: float
    """The largest resident set of the process, which is what the app would hold."""
    worker_gb: float
    """The largest resident set of the processes that it started; 0 where there were none."""


def measure(call: Callable[[], object], *, again: bool = True) -> Measured:
    """Call once, and five times more where that is the same question."""
    began, cpu = time.perf_counter(), _cpu_s()
    call()
    first_s, cpu_s = time.perf_counter() - began, _cpu_s() - cpu
    return Measured(
        first_s=first_s,
        again_s=best_ms(call) / 1000 if again else None,
        cpu_s=cpu_s,
        app_gb=_peak_gb(),
        worker_gb=resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6,
    )


def _peak_gb() -> float:
    """The largest resident set of this process. `ru_maxrss` would begin with that of the process that started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) / 1e6


def _cpu_s() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


# --- questions to the store -----------------------------------------------------------------------------------------


def a_page(workspace: Workspace) -> Measured:
    return measure(lambda: workspace.library.page(SORTED, limit=60))


def halfway(workspace: Workspace) -> Measured:
    half = workspace.library.extent(SORTED).clips // 2
    return measure(lambda: workspace.library.page(SORTED, limit=60, offset=half))


def funnel(workspace: Workspace) -> Measured:
    return measure(lambda: workspace.library.funnel(FILTERED))


def all_histograms(workspace: Workspace) -> Measured:
    return measure(lambda: workspace.library.counts(FILTERED))


def one_histogram(workspace: Workspace) -> Measured:
    return measure(lambda: workspace.library.histogram("hands_any_share"))


def percentiles(workspace: Workspace) -> Measured:
    four = workspace.library.ids(SORTED, limit=4)
    return measure(lambda: workspace.features.percentiles_of(four))


def like_one(workspace: Workspace) -> Measured:
    view = replace(ClipView(), similar_to=workspace.library.ids(ClipView(), limit=1)[0])
    return measure(lambda: workspace.library.page(view, limit=60))


def tag_and_undo(workspace: Workspace) -> Measured:
    clips = workspace.library.ids(ClipView(), limit=50_000)

    def both() -> None:
        action = workspace.tags.add(clips, "picked")
        workspace.tags.undo(action.action_id)

    return measure(both, again=False)


# --- what the app does at a click -----------------------------------------------------------------------------------


def how_far(workspace: Workspace) -> Measured:
    from app.workflows.extracting import standing

    return measure(lambda: standing(workspace))


def extraction_written(workspace: Workspace) -> Measured:
    from app.workflows.extracting import extract_spec
    from engine.runtime.spec import write_spec

    with tempfile.TemporaryDirectory() as folder:
        return measure(lambda: write_spec(extract_spec(workspace).written(), Path(folder) / "spec.json"), again=False)


def first_pairs(workspace: Workspace) -> Measured:
    from app.workflows.labelling import next_pairs, start_sitting

    sitting = start_sitting(workspace, "Ada", 100)
    return measure(lambda: next_pairs(workspace, sitting, "tab"))


# --- commands, with their workers -----------------------------------------------------------------------------------


def command(*words: str) -> Callable[[Workspace], Measured]:
    """A measure of a whole command; the jobs that it runs are processes of their own."""

    def run(workspace: Workspace) -> Measured:
        root = workspace.root
        workspace.close()
        with tempfile.TemporaryDirectory() as folder:
            filled = [word.format(folder=folder) for word in words]
            code = "from app.cli import main; main()"
            call = [sys.executable, "-c", code, "--workspace", str(root), *filled]
            return measure(lambda: subprocess.run(call, check=True, capture_output=True), again=False)

    return run


# --- pages ----------------------------------------------------------------------------------------------------------


def page(file: str, **address: str) -> Callable[[Workspace], Measured]:
    """A measure of a page's script: the first draw after another page, and draws after it."""

    def run(workspace: Workspace) -> Measured:
        from streamlit.testing.v1 import AppTest

        from app.services import close_services

        os.environ["HANDPICKED_WORKSPACE"] = str(workspace.root)
        workspace.close()
        logging.disable(logging.WARNING)
        test = AppTest.from_file(str(ROOT / "app" / "router.py"), default_timeout=900)
        test.switch_page("../pages/settings.py").run()
        for key, value in address.items():
            test.query_params[key] = value
        test.switch_page(f"../pages/{file}")
        found = measure(test.run)
        if test.exception:
            raise RuntimeError(f"{file}: {test.exception}")
        close_services()
        return found

    return run


def whole_app(workspace: Workspace) -> Measured:
    """Every page one after another in one process: what the app holds after a person has seen them all."""
    from streamlit.testing.v1 import AppTest

    from app.navigation import PAGES
    from app.services import close_services

    os.environ["HANDPICKED_WORKSPACE"] = str(workspace.root)
    workspace.close()
    logging.disable(logging.WARNING)
    test = AppTest.from_file(str(ROOT / "app" / "router.py"), default_timeout=900)

    def walk() -> None:
        for entry in PAGES:
            test.switch_page(f"../pages/{entry.file}").run()

    found = measure(walk, again=False)
    close_services()
    return found


QUESTIONS: dict[str, Callable[[Workspace], Measured]] = {
    "filter, sort, first cards": a_page,
    "filter, sort, cards halfway": halfway,
    "funnel of seven filters": funnel,
    "all histograms, seven filters": all_histograms,
    "one histogram": one_histogram,
    "percentiles of four clips": percentiles,
    "like one clip": like_one,
    "how far extraction is": how_far,
    "extraction of everything, written down": extraction_written,
    "first pairs to label": first_pairs,
    "tag 50,000 clips and undo": tag_and_undo,
}
JOBS: dict[str, Callable[[Workspace], Measured]] = {
    "train and score all": command("train", "--name", "large", "--labels", "simulated"),
    "rank --top 500": command("rank", "--top", "500", "--out", "{folder}/best.csv"),
    "rank --top 500, diverse": command("rank", "--top", "500", "--diversity", "0.95", "--out", "{folder}/best.csv"),
    "rank every clip": command("rank", "--out", "{folder}/all.parquet"),
    "export every clip's features": command("features", "export", "{folder}/all.parquet"),
    "near-duplicates": command("clips", "duplicates"),
}
PAGES: dict[str, Callable[[Workspace], Measured]] = {
    "Overview": page("overview.py"),
    "Library": page("library.py", range="hands_any_share:0:", sort="sharpness_laplacian_median"),
    "Library, one clip": page("library.py", clip="video00000@1000-3000"),
    "Label": page("label.py"),
    "Scores": page("scores.py"),
    "Export": page("export_sync.py"),
    "Train": page("train.py"),
    "Videos": page("videos.py"),
    "Audit": page("audit.py"),
    "all pages, one after another": whole_app,
}
ALL = QUESTIONS | JOBS | {f"page: {name}": run for name, run in PAGES.items()}


def main() -> None:
    """Measure one of them on the workspace named, and print it as JSON."""
    name, root = sys.argv[1:]
    code = 0
    with contextlib.redirect_stdout(sys.stderr), Workspace(root) as workspace:
        try:
            answer = vars(ALL[name](workspace))
        except Exception as error:
            answer, code = {"error": f"{type(error).__name__}: {error}"}, 1
    print(json.dumps(answer), flush=True)
    os._exit(code)  # at shutdown DuckDB's binding prints pages of messages


if __name__ == "__main__":
    main()
