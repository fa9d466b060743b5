"""The one line at the top of every page: the same height, and its primary action in the same place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from storage import Workspace
from tests.e2e.conftest import running
from tests.filled_workspace import fill

if TYPE_CHECKING:
    from collections.abc import Iterator
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
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app on a workspace with clips, labels and a reward."""
    root: Path = tmp_path_factory.mktemp("heads") / "workspace"
    with Workspace(root) as workspace:
        fill(workspace)
        job_id = workspace.jobs.create("import", "Import", 1)
        workspace.jobs.set_state(job_id, "done")
    with running(root) as started:
        yield started


@pytest.mark.parametrize("width", [1024, 1440])
def test_every_page_has_its_one_action_at_the_right_of_its_head(page: Page, filled: App, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    rights = set()
    for address, name in ACTIONS.items():
        page.goto(f"{filled.url}/{address}")
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


def test_what_can_t_be_pressed_yet_says_why(page: Page, app: App) -> None:
    for address, name, why in (
        ("train", "Train a reward", "no labels to learn from"),
        ("scores", "Score again", "no reward yet"),
        ("validate", "Validate", "Import videos first"),
        ("ablations", "Ablate", "Import videos first"),
        ("videos", "Make clips", "no videos to cut"),
        ("label", "Start", "no two clips"),
    ):
        page.goto(f"{app.url}/{address}")
        action = page.locator(".st-key-page-head").get_by_role("button", name=name)
        expect(action).to_be_disabled()
        action.hover(force=True)
        expect(page.get_by_role("tooltip")).to_contain_text(re.compile(why))
        page.mouse.move(400, 700)
