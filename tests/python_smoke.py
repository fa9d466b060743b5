"""The path once, in a minute: does everything work on the Python that runs this? `make test-python PYTHON=python3.13`.

Videos are rendered and imported, measured with hands, compared by a simulated annotator, a reward is trained, and the
app answers on loopback. Every step is the installed command's or the same workflow's; nothing of pytest is needed.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.workflows.jobs.supervisor import Supervisor
from app.workflows.sampling import sample_spec
from storage import Workspace
from tests.sample_workspace import QUICK_MODEL, QUICK_TRAINING, SHAPE, run
from tests.served_app import COMMAND, bare_environment, free_port, served
from tests.synthetic_video import write_video

if TYPE_CHECKING:
    from collections.abc import Callable

VIDEOS = 3


def handpicked(workspace: Path, *arguments: str) -> dict[str, Any]:
    """What the command says with `--json`; it has to succeed."""
    words = [COMMAND, "--json", "--workspace", str(workspace), *arguments]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(arguments)} failed:\n{done.stdout}{done.stderr}"
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def render(workspace: Path) -> None:
    """Sample videos with hands, in the workspace."""
    with Workspace(workspace) as opened:
        for settings in (QUICK_MODEL, QUICK_TRAINING):
            opened.settings.save(settings)
        supervisor = Supervisor(opened)
        try:
            run(opened, supervisor, "Render", sample_spec(VIDEOS, 3, **SHAPE))
        finally:
            supervisor.close()


def import_a_file(workspace: Path) -> None:
    """A video file comes in by the command."""
    file = workspace.parent / "kitchen.mp4"
    write_video(file, 30)
    said = handpicked(workspace, "import", str(file), "--clips", "whole")
    with Workspace(workspace) as opened:
        assert opened.videos.count() == VIDEOS + 1, said


def extract(workspace: Path) -> None:
    """Every clip is measured, and there are hands in some."""
    handpicked(workspace, "extract")
    with Workspace(workspace) as opened:
        clips = opened.clips.count()
        (measured,) = opened.database.rows(
            "SELECT count(sharpness_laplacian_median) AS sharp, count(*) FILTER (hands_any_share > 0) AS hands "
            "FROM clip_features"
        )
    assert measured["sharp"] == clips > VIDEOS, measured
    assert measured["hands"] > 0, measured


def label(workspace: Path) -> None:
    """A simulated annotator answers."""
    handpicked(workspace, "labels", "simulate", "--pairs", "60")


def train(workspace: Path) -> None:
    """A reward is trained and scores the clips."""
    assert handpicked(workspace, "train", "--name", "smoke")["clips_scored"] > 0


def open_app(workspace: Path) -> None:
    """The app answers, on loopback alone."""
    command = [COMMAND, "--workspace", str(workspace), "app", "--no-browser", "--port", str(free_port())]
    environment = bare_environment(workspace.parent / "home")
    with served(command, workspace.parent / "log", cwd=workspace.parent, environment=environment) as app:
        assert app.listens_on() == {("127.0.0.1", app.port)}
        assert app.answer("/")[0] == app.answer("/_stcore/health")[0] == 200
        assert app.shakes_hands(Origin=app.url) == 101


STEPS: tuple[Callable[[Path], None], ...] = (render, import_a_file, extract, label, train, open_app)


def main() -> None:
    """Walk the path and say how long each step took."""
    said = [f"Python {platform.python_version()}"]
    with tempfile.TemporaryDirectory() as folder:
        for step in STEPS:
            began = time.perf_counter()
            step(Path(folder) / "workspace")
            said.append(f"{step.__name__.replace('_', ' ')} {time.perf_counter() - began:.0f} s")
    sys.stdout.write(", ".join(said) + ": all is well.\n")


if __name__ == "__main__":
    main()
