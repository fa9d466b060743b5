"""The map beside the wall, in a real browser: its key, its lasso, and what wall and map show of one another."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
from playwright.sync_api import expect

from engine.settings.app import AppSettings
from storage import Workspace
from tests.app.workflows.waiting import until
from tests.e2e.conftest import wall_is_loaded
from tests.filled_workspace import fill
from tests.synthetic_video import write_video

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.e2e.conftest import App

pytestmark = pytest.mark.slow

COLUMNS = 4


@pytest.fixture(scope="module")
def contents() -> Callable[[Path], None]:
    """120 clips, whose points lie in four columns, each clip in the next one."""

    def fill_folder(folder: Path) -> None:
        with Workspace(folder / "workspace") as workspace:
            ids = fill(workspace, videos=4, clips_each=30)
            write_video(folder / "all.mp4", 150, size=(160, 120))
            workspace.database.write("UPDATE video SET path = ?", [str(folder / "all.mp4")])
            n = len(ids)
            x = np.tile(np.linspace(0, 1, COLUMNS), n // COLUMNS).astype(np.float32)
            y = np.repeat(np.linspace(0, 1, n // COLUMNS), COLUMNS).astype(np.float32)
            rows = {"clip_id": ids, "x": x, "y": y, "method": ["pca"] * n, "model": ["made up"] * n}
            workspace.likeness.put_map(pa.table(rows))

    return fill_folder


def open_library(page: Page, app: App, address: str = "") -> None:
    page.goto(f"{app.url}/library{address}")
    wall_is_loaded(page)


def ready(page: Page, count: str) -> None:
    """Wait until the map shows these clips."""
    expect(page.get_by_role("region", name="Map").locator(".count")).to_have_text(re.compile(f"^{count} · PCA"))


def spot(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where a point of the unit square lies on the page."""
    box = page.locator("canvas.above").bounding_box()
    assert box
    width, height = box["width"] - 2, box["height"] - 2
    side = min(width, height) * 0.94
    return box["x"] + 1 + width / 2 + (x - 0.5) * side, box["y"] + 1 + height / 2 - (y - 0.5) * side


def around(page: Page, x: float, width: float) -> None:
    """Draw around the column at `x`."""
    left = max(-0.02, x - width)
    corners = [(left, -0.02), (x + width, -0.02), (x + width, 1.02), (left, 1.02)]
    page.mouse.move(*spot(page, *corners[0]))
    page.mouse.down()
    for corner in (*corners[1:], corners[0]):
        page.mouse.move(*spot(page, *corner), steps=5)
    page.mouse.up()


def rings(page: Page) -> list[int]:
    """In which quarters of the canvas, from the left, something is drawn above the points."""
    found: list[int] = page.evaluate(
        """() => {
            const below = (node) => [node, ...(node.shadowRoot ? deep(node.shadowRoot) : [])]
            const deep = (root) => [...root.querySelectorAll("*")].flatMap(below)
            const canvas = deep(document).find((n) => n.matches("canvas.above"))
            const [width, height] = [canvas.width / 4, canvas.height]
            const pen = canvas.getContext("2d")
            const inked = (n) => pen.getImageData(n * width, 0, width, height).data.some((part) => part > 0)
            return [0, 1, 2, 3].filter(inked)
        }"""
    )
    return found


def test_a_key_puts_the_map_beside_the_wall_and_the_address_keeps_it(page: Page, app: App) -> None:
    open_library(page, app)
    button = page.get_by_role("button", name="Map beside the clips")
    expect(button).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("m")
    ready(page, "120 clips")
    expect(page).to_have_url(re.compile("map=beside"))
    expect(button).to_have_attribute("aria-pressed", "true")
    wall, panel = page.get_by_role("listbox", name="Clips").bounding_box(), page.locator("canvas.above").bounding_box()
    filters = page.locator(".st-key-library-panel").bounding_box()
    assert wall
    assert panel
    assert filters
    assert filters["x"] + filters["width"] <= wall["x"]
    assert wall["x"] + wall["width"] <= panel["x"]
    assert panel["y"] + panel["height"] <= 900
    page.reload()
    ready(page, "120 clips")
    page.get_by_role("button", name="Make the map large").click()
    expect(page.get_by_role("listbox", name="Clips")).to_have_count(0)
    page.get_by_role("button", name="Beside the clips", exact=True).click()
    expect(page.get_by_role("listbox", name="Clips")).to_be_visible()
    ready(page, "120 clips")
    page.keyboard.press("m")
    expect(page.get_by_role("region", name="Map")).to_have_count(0)
    expect(page).not_to_have_url(re.compile("map="))


def test_a_lasso_filters_the_wall_a_second_one_replaces_it_and_the_chip_takes_it_away(page: Page, app: App) -> None:
    open_library(page, app, "?map=beside&without=drop")
    ready(page, "120 clips")
    around(page, 0, 0.1)
    count = page.locator(".st-key-library-count")
    expect(count).to_contain_text("30 of 120 clips")
    ready(page, "30 of 120 clips")
    expect(page.locator(".card[data-place='1']")).to_have_attribute("title", re.compile("video0\n0:12.00"))
    around(page, 0.5, 0.3)
    ready(page, "60 of 120 clips")
    expect(count).to_contain_text("60 of 120 clips")
    page.get_by_role("button", name=re.compile(r"lasso on the map \(60\)")).click()
    ready(page, "120 clips")
    expect(page).to_have_url(re.compile("map=beside"))
    expect(page).to_have_url(re.compile("without=drop"))


def test_a_click_on_a_point_brings_the_wall_there_and_keys_go_on_from_it(page: Page, app: App) -> None:
    open_library(page, app, "?map=beside")
    ready(page, "120 clips")
    page.mouse.move(*spot(page, 1, 1))
    tip = page.locator(".tip")
    expect(tip).to_contain_text("video3, 1:27.00")
    expect(tip.locator("img")).to_be_visible()
    page.mouse.click(*spot(page, 1, 1))
    last = page.locator(".card[data-place='119']")
    expect(last).to_have_class(re.compile(r"\bcurrent\b"))
    expect(last).to_be_in_viewport(ratio=0.9)
    page.keyboard.press("k")
    expect(last.locator(".decision")).to_have_text("keep")
    ready(page, "120 clips")
    page.keyboard.press("Control+z")
    expect(last.locator(".decision")).to_be_hidden()


def test_the_map_rings_the_marked_clip_and_the_one_under_the_pointer(page: Page, app: App) -> None:
    open_library(page, app, "?map=beside")
    ready(page, "120 clips")
    page.mouse.move(400, 890)
    until(lambda: rings(page) == [0])
    page.keyboard.press("End")
    expect(page.locator(".card.current")).to_have_attribute("data-place", "119")
    expect(page.locator(".card[data-place='119'] .title")).not_to_be_empty()
    until(lambda: rings(page) == [3])
    page.locator(".card[data-place='117']").hover()
    until(lambda: rings(page) == [1, 3])


def test_a_narrow_window_has_room_for_one_panel_beside_the_clips(page: Page, app: App) -> None:
    page.set_viewport_size({"width": 1024, "height": 768})
    open_library(page, app)
    page.keyboard.press("f")
    find = page.get_by_role("searchbox", name="Find a number")
    expect(find).to_be_visible()
    page.keyboard.press("m")
    ready(page, "120 clips")
    expect(find).to_be_hidden()
    wall = page.get_by_role("listbox", name="Clips").bounding_box()
    assert wall
    assert wall["width"] > 300
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    around(page, 0, 0.1)
    ready(page, "30 of 120 clips")
    page.keyboard.press("f")
    expect(find).to_be_visible()
    expect(page.get_by_role("region", name="Map")).to_have_count(0)
    expect(page.locator(".st-key-library-count")).to_contain_text("30 of 120 clips")


@pytest.mark.own_app
def test_who_switched_single_keys_off_opens_the_map_by_its_button_alone(page: Page, app: App) -> None:
    app.stop()
    with Workspace(app.workspace) as workspace:
        workspace.settings.save(AppSettings(single_keys=False))
    app.start()
    open_library(page, app)
    page.wait_for_function("() => document.documentElement.dataset.letters === 'off'")
    page.keyboard.press("m")
    page.wait_for_timeout(800)
    expect(page.get_by_role("region", name="Map")).to_have_count(0)
    page.get_by_role("button", name="Map beside the clips").click()
    ready(page, "120 clips")
    page.get_by_role("button", name="Close the map").click()
    expect(page.get_by_role("region", name="Map")).to_have_count(0)


def test_keys_in_the_map_are_the_maps(page: Page, app: App) -> None:
    open_library(page, app, "?map=beside")
    ready(page, "120 clips")
    page.locator("canvas.above").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("d")
    expect(page.get_by_role("region", name="Map").get_by_role("status")).to_contain_text("video0, 0:03.00")
    expect(page.locator(".card.current")).to_have_attribute("data-place", "0")
    page.keyboard.press("Enter")
    expect(page.locator(".card.current")).to_have_attribute("data-place", "1")
    expect(page.locator(".decision.drop")).to_have_count(0)
