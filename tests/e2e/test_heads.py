"""The one line at the top of every page: the same height, and its primary action in the same place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from storage import Workspace
from tests.filled_workspace import fill

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.e2e.conftest import App

HEAD_PX = 48
ACTIONS = {
    "": "Extract features",
    "import": "Import",
    "videos": "Make clips",
    "label": "Start",
    "train": "Train a reward",
    "scores": "Score again",
    "validate": "Validate",
    "ablations": "Ablate",
    "jobs": "Clean up",
}


@pytest.fixture(scope="module")
def contents() -> Callable[[Path], None]:
    """Clips, labels, a reward and a job that is done."""

    def fill_folder(folder: Path) -> None:
        with Workspace(folder / "workspace") as workspace:
            fill(workspace)
            job_id = workspace.jobs.create("import", "Import", 1)
            workspace.jobs.set_state(job_id, "done")

    return fill_folder


@pytest.mark.parametrize("width", [1024, 1440])
def test_every_page_has_its_one_action_at_the_right_of_its_head(page: Page, app: App, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    rights = set()
    for address, name in ACTIONS.items():
        page.goto(f"{app.url}/{address}")
        head = page.locator(".st-key-page-head")
        action = head.get_by_role("button", name=name)
        expect(action).to_be_visible()
        box, line = action.bounding_box(), head.bounding_box()
        assert box
        assert line
        assert line["y"] == 0, address
        assert line["height"] == HEAD_PX, address
        assert box["height"] <= HEAD_PX, address
        rights.add(round(box["x"] + box["width"]))
    assert len(rights) == 1
