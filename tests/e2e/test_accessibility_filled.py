"""axe-core looks at what only a filled workspace has: loupe, comparison, map, charts, stage, and pages of results."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
from playwright.sync_api import expect

from storage import Workspace
from tests.e2e.axe import axe, serious, themed
from tests.e2e.conftest import running, wall_is_loaded
from tests.e2e.test_label_flow import ready
from tests.filled_workspace import fill
from tests.synthetic_video import write_video

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.e2e.conftest import App

__all__ = ["axe", "themed"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def contents() -> Callable[[Path], None]:
    """40 measured clips with a map, and one real video behind all of them."""

    def fill_folder(folder: Path) -> None:
        with Workspace(folder / "workspace") as workspace:
            ids = fill(workspace)
            write_video(folder / "all.mp4", 150, size=(320, 180))
            workspace.database.write("UPDATE video SET path = ?", [str(folder / "all.mp4")])
            n = len(ids)
            at = np.linspace(0, 1, n, dtype=np.float32)
            workspace.likeness.put_map(
                pa.table({"clip_id": ids, "x": at, "y": at, "method": ["pca"] * n, "model": ["made up"] * n})
            )

    return fill_folder


def test_loupe_comparison_map_and_charts_have_none(themed: Page, app: App, axe: Path) -> None:
    found = {}
    themed.goto(f"{app.url}/library?clip=video0@0-2000")
    expect(themed.locator(".loupe .count")).to_have_text("1 of 40")
    found["loupe"] = serious(themed, axe)
    themed.goto(f"{app.url}/library?compare=video0@0-2000,video0@3000-5100,video1@0-2000,video1@3000-5100")
    expect(themed.locator(".seat")).to_have_count(4)
    found["comparison"] = serious(themed, axe)
    themed.goto(f"{app.url}/library?map=beside&sort=reward&range=hands_any_share:0.2:")
    expect(themed.get_by_role("region", name="Map").locator(".count")).to_contain_text("of 40 clips")
    wall_is_loaded(themed)
    themed.locator(".card").first.click()
    themed.get_by_text("Show as table").click()
    found["map beside the wall"] = serious(themed, axe)
    themed.goto(f"{app.url}/library?show=map")
    expect(themed.get_by_role("region", name="Map").locator(".count")).to_contain_text("40 clips")
    found["map"] = serious(themed, axe)
    themed.goto(f"{app.url}/library?show=charts")
    expect(themed.locator(".spoken").first).to_contain_text("Chart: how many clips have which")
    themed.get_by_text("Show as table").first.click()
    found["charts"] = serious(themed, axe)
    assert {state: rules for state, rules in found.items() if rules} == {}


def test_findings_of_an_audit_have_none_and_lead_to_their_clips(themed: Page, app: App, axe: Path) -> None:
    themed.goto(f"{app.url}/audit")
    expect(themed.get_by_text("The footage in numbers")).to_be_visible()
    themed.get_by_text("Which ones").first.click()
    assert serious(themed, axe) == []
    button = themed.get_by_role("button", name="in the Library").first
    wanted = button.inner_text().split("Show ")[1].split(" ")[0]
    button.focus()
    themed.keyboard.press("Enter")
    expect(themed.get_by_role("heading", name="Library", level=1)).to_be_visible()
    expect(themed.get_by_text(f"{wanted} clips").first).to_be_visible()


def test_the_stage_has_none(themed: Page, app: App, axe: Path) -> None:
    themed.goto(f"{app.url}/label")
    who = themed.get_by_role("combobox", name="Who labels")
    who.fill("Anna")
    who.press("Enter")
    themed.get_by_role("button", name="Start", exact=True).click()
    ready(themed)
    assert serious(themed, axe) == []


def test_pages_of_results_have_none(themed: Page, judged_sample: Path, tmp_path: Path, axe: Path) -> None:
    shutil.copytree(judged_sample, tmp_path / "workspace")
    found = {}
    with running(tmp_path / "workspace") as judged:
        for name in ("train", "scores", "validate", "ablations"):
            themed.goto(f"{judged.url}/{name}")
            expect(themed.get_by_role("heading", level=1)).to_be_visible()
            expect(themed.locator(".spoken").or_(themed.get_by_text("Show what was measured")).first).to_be_attached()
            if name == "validate":
                themed.get_by_text("Show what was measured all the same").click()
                expect(themed.locator(".spoken").first).to_be_attached()
            found[name] = serious(themed, axe)
    assert {page: rules for page, rules in found.items() if rules} == {}
