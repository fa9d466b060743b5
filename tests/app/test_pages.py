"""Every page draws on an empty workspace, on one with bare clips and on a full one: no page may trip over its state."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

from app.navigation import PAGES
from app.services import close_services, open_services
from storage import Workspace
from tests.app.shown import refusals
from tests.filled_workspace import fill

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUTER = Path(__file__).resolve().parents[2] / "app" / "router.py"


@pytest.fixture(autouse=True)
def no_open_workspace() -> Iterator[None]:
    """The one workspace of this process is let go of, whatever a test before did."""
    close_services()
    yield
    close_services()


def draw(file: str, **address: str) -> AppTest:
    """A page as Streamlit runs it."""
    test = AppTest.from_file(str(ROUTER), default_timeout=60).run()
    for key, value in address.items():
        test.query_params[key] = value
    test.switch_page(f"../pages/{file}").run()
    assert not test.exception, (file, test.exception)
    assert not refusals(test), (file, refusals(test))
    return test


def test_a_run_that_overtakes_a_click_does_not_throw_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of a job redraws the page that was left, in a thread of its own, while the clicked page begins."""
    monkeypatch.setenv("HANDPICKED_WORKSPACE", str(tmp_path / "workspace"))
    test = draw("import_videos.py")
    left = test._page_hash
    intend = PagesManager.set_script_intent
    overtaken: list[str] = []

    def overtake(manager: PagesManager, page_hash: str, name: str) -> None:
        intend(manager, page_hash, name)
        if not overtaken:
            overtaken.append(page_hash)
            intend(manager, left, "")

    monkeypatch.setattr(PagesManager, "set_script_intent", overtake)
    test.query_params["tag"] = ["clean", "kitchen"]
    test.switch_page("../pages/videos.py").run()
    assert overtaken[0] not in {left, ""}
    assert test.title[0].value == "Videos"
    assert test.query_params["tag"] == ["clean", "kitchen"]


@pytest.mark.parametrize("state", ["empty", "unmeasured", "one clip", "full"])
def test_every_page_draws(state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "workspace"
    monkeypatch.setenv("HANDPICKED_WORKSPACE", str(root))
    with Workspace(root) as workspace:
        if state == "unmeasured":
            fill(workspace, measured=False)
        elif state == "one clip":
            fill(workspace, videos=1, clips_each=1)
        elif state == "full":
            fill(workspace)
    for entry in PAGES:
        draw(entry.file)


def test_clips_of_many_videos_are_made_by_a_job_and_not_while_the_page_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANDPICKED_WORKSPACE", str(tmp_path / "workspace"))
    with Workspace(tmp_path / "workspace") as workspace:
        fill(workspace, clips_each=0, measured=False)
    page = draw("videos.py")
    page.button(key="cut-all-go").click().run()
    assert not page.exception
    services = open_services()
    assert services.supervisor.wait_idle(90)
    (job,) = services.workspace.jobs.find(kind="clips")
    assert (job.state, job.done, job.failed) == ("done", 4, 0)
    assert services.workspace.clips.count() > 4
