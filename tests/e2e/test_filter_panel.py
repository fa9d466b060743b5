"""The filter panel in a real browser: brush by mouse and by keyboard, typed bounds, chips, lists, folding."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from storage import Workspace
from tests.app.workflows.waiting import until
from tests.filled_workspace import fill

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Locator, Page

    from tests.e2e.conftest import App

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def contents() -> Callable[[Path], None]:
    """A workspace of 40 measured clips, ten of them kept."""

    def fill_folder(folder: Path) -> None:
        with Workspace(folder / "workspace") as workspace:
            ids = fill(workspace)
            workspace.tags.add(ids[:10], "keep")

    return fill_folder


@pytest.fixture
def panel(page: Page, app: App) -> Locator:
    """The panel beside all 40 clips."""
    page.goto(f"{app.url}/library")
    panel = page.locator(".panel")
    total(panel, 40)
    return panel


def total(panel: Locator, clips: int) -> None:
    """Wait until the panel counts so many clips."""
    expect(panel.locator(".total")).to_have_text(f"{clips} of 40 clips")


def count(panel: Locator) -> int:
    """The clips that the panel counts now."""
    return int(panel.locator(".total b").inner_text())


def test_a_brush_by_mouse_counts_while_it_moves_and_sets_the_view(page: Page, panel: Locator) -> None:
    plot = panel.locator(".plot").first
    box = plot.bounding_box()
    assert box
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.3 * box["width"], y)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], y, steps=8)
    expect(panel.locator(".total")).not_to_have_text("40 of 40 clips")
    page.mouse.up()
    expect(page).to_have_url(re.compile("range=duration_s"))
    # What the panel counted last while the mouse moved may stand there until the answer to the last move is here.
    main = page.get_by_test_id("stMain")
    until(lambda: 0 < count(panel) < 40 and main.get_by_text(re.compile(f"^{count(panel)} of 40 clips")).count() > 1)
    plot.dblclick()
    total(panel, 40)
    expect(page).not_to_have_url(re.compile("range="))


def test_a_brush_by_keyboard_says_its_value(page: Page, panel: Locator) -> None:
    handle = panel.get_by_role("slider", name="Length, at least").first
    expect(handle).to_have_attribute("aria-valuetext", re.compile(r"^2 s, open$"))
    handle.press("PageUp")
    handle.press("Shift+ArrowRight")
    expect(handle).to_have_attribute("aria-valuetext", "2.18 s")
    expect(page).to_have_url(re.compile(r"range=duration_s%3A2\.18"))
    total(panel, 32)
    handle.press("Home")
    total(panel, 40)


def test_a_typed_bound_that_is_no_number_says_so_and_sets_nothing(page: Page, panel: Locator) -> None:
    least = panel.get_by_role("textbox", name="Length, at least, typed").first
    least.fill("much")
    least.press("Enter")
    expect(panel.get_by_role("alert").first).to_have_text("“much” is no number")
    expect(least).to_have_attribute("aria-invalid", "true")
    expect(least).to_have_value("much")
    total(panel, 40)
    least.fill("2.45")
    least.press("Enter")
    total(panel, 20)
    expect(panel.get_by_role("alert").first).to_have_text("")
    expect(page).to_have_url(re.compile(r"range=duration_s%3A2\.45"))


def test_chips_tags_and_lists_choose_clips(page: Page, panel: Locator) -> None:
    labelled = panel.get_by_role("group", name="Labelled")
    labelled.get_by_role("button", name="No", exact=True).click()
    expect(page).to_have_url(re.compile("labelled=no"))
    expect(labelled.get_by_role("button", name="No", exact=True)).to_have_attribute("aria-pressed", "true")
    labelled.get_by_role("button", name="Either").click()
    total(panel, 40)
    panel.get_by_text("Tags", exact=True).click()
    panel.get_by_role("button", name="keep, 10 clips").click()
    total(panel, 10)
    panel.get_by_role("button", name=re.compile("^keep")).click()
    total(panel, 30)
    expect(page).to_have_url(re.compile("without=keep"))
    panel.get_by_text("Sources", exact=True).click()
    panel.get_by_role("button", name="epic, 20 clips").click()
    total(panel, 20)
    panel.get_by_role("button", name="Clear all").click()
    total(panel, 40)


def test_f_folds_the_panel_and_a_reload_remembers_it(page: Page, panel: Locator) -> None:
    before = page.locator(".st-key-library-panel").bounding_box()
    page.keyboard.press("f")
    expect(panel.locator(".body")).to_be_hidden()
    after = page.locator(".st-key-library-panel").bounding_box()
    assert before
    assert after
    assert after["width"] < 60 < before["width"]
    page.reload()
    expect(panel.locator(".fold")).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("f")
    expect(panel.locator(".body")).to_be_visible()
