"""The Library in a real browser: filter, sort, open, tag, undo, lasso, a saved view, and a reload that keeps it all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
from playwright.sync_api import expect

from storage import Workspace
from tests.e2e.conftest import decisions_are_saved
from tests.filled_workspace import fill
from tests.synthetic_video import write_video

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.e2e.conftest import App

pytestmark = pytest.mark.slow


FALLING = """() => {
  const below = (node) => [node, ...(node.shadowRoot ? deep(node.shadowRoot) : [])]
  const deep = (root) => [...root.querySelectorAll("*")].flatMap(below)
  const cards = deep(document).filter((n) => n.classList?.contains("card"))
  const place = (card) => Number(card.dataset.place)
  const number = (card) => Number(card.querySelector(".number")?.textContent.split(" ").at(-1))
  const scores = cards.sort((one, other) => place(one) - place(other)).map(number)
  return scores.length === 20 && scores.every((score, n) => score >= 0 && (!n || score <= scores[n - 1]))
}"""
"""The numbers on the cards fall, and are composite scores: those lie in [0, 1], rewards don't."""


@pytest.fixture(scope="module")
def contents() -> Callable[[Path], None]:
    """A workspace of 40 measured clips, with one real video behind all of them and a map."""

    def fill_folder(folder: Path) -> None:
        with Workspace(folder / "workspace") as workspace:
            ids = fill(workspace)
            write_video(folder / "all.mp4", 150, size=(320, 240))
            workspace.database.write("UPDATE video SET path = ?", [str(folder / "all.mp4")])
            x, y = np.meshgrid(np.linspace(0, 1, 10), np.linspace(0, 1, 4))
            n = len(ids)
            rows = {"clip_id": ids, "x": x.ravel().astype(np.float32), "y": y.ravel().astype(np.float32)}
            workspace.likeness.put_map(pa.table({**rows, "method": ["pca"] * n, "model": ["made up"] * n}))

    return fill_folder


def counted(page: Page, text: str) -> None:
    """Wait until the page says how many clips its view has."""
    expect(page.locator(".st-key-library-count").get_by_text(re.compile(text))).to_be_visible()


def open_library(page: Page, app: App, address: str = "") -> None:
    page.goto(f"{app.url}/library{address}")
    expect(page.get_by_role("heading", name="Library", level=1)).to_be_attached()


@pytest.mark.own_app
def test_filter_sort_open_tag_undo_lasso_save_and_reload(page: Page, app: App) -> None:
    open_library(page, app)
    counted(page, r"40 clips")

    page.locator(".panel details", has_text="Sources").evaluate("details => (details.open = true)")
    page.get_by_role("button", name="epic, 20 clips").click()
    counted(page, r"20 of 40 clips")

    page.get_by_label("Sort by").click()
    page.get_by_label("Sort by").fill("composite")
    page.get_by_role("option", name="Composite score").click()
    expect(page).to_have_url(re.compile("source=epic.*sort=composite_score|sort=composite_score.*source=epic"))
    page.wait_for_function(FALLING)

    page.locator(".card").first.dblclick()
    expect(page.locator(".loupe .player.shown video")).to_be_visible()
    page.get_by_role("button", name="Library", exact=True).click()
    expect(page.locator(".loupe .player.shown video")).to_have_count(0)
    # The clip's own wall of clips like it stands until the Library's has come, and takes no keys.
    expect(page.locator(".card.current")).to_be_visible()
    page.wait_for_function(FALLING)

    page.locator("body").press("k")
    expect(page.locator(".card").nth(0).locator(".decision")).to_have_text("keep")
    page.locator("body").press("d")
    expect(page.locator(".card").nth(1).locator(".decision")).to_have_text("drop")
    page.locator("body").press("t")
    page.locator(".tagline input").fill("wet floor")
    page.locator(".tagline input").press("Enter")
    expect(page.locator(".card").nth(2).locator(".below")).to_contain_text("wet floor")
    page.locator("body").press("z")
    expect(page.locator(".card").nth(2).locator(".below")).not_to_contain_text("wet floor")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".card").nth(1).locator(".decision")).to_be_hidden()

    page.get_by_role("radio", name="Map").or_(page.get_by_role("button", name="Map", exact=True)).first.click()
    canvas = page.locator("canvas").first
    expect(canvas).to_be_visible()
    page.wait_for_timeout(500)
    box = canvas.bounding_box()
    assert box
    left, top, right, bottom = box["x"] + 4, box["y"] + 4, box["x"] + box["width"] / 2, box["y"] + box["height"] - 4
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom), (left, top)):
        page.mouse.move(x, y, steps=6)
    page.mouse.up()
    expect(page.get_by_role("button", name=re.compile("lasso on the map"))).to_be_visible()
    counted(page, r"10 of 40 clips")

    page.get_by_role("button", name="Views").click()
    page.get_by_label("Name of this view").fill("left half")
    page.get_by_role("button", name="Save this view").click()
    expect(page.get_by_role("button", name="left half", exact=True)).to_be_visible()
    page.keyboard.press("Escape")

    page.reload()
    counted(page, r"10 of 40 clips")
    open_library(page, app)
    counted(page, r"40 clips")
    page.get_by_role("button", name="Views").click()
    page.get_by_role("button", name="left half", exact=True).click()
    counted(page, r"10 of 40 clips")
    expect(page.get_by_role("button", name=re.compile("source: epic"))).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name=re.compile("lasso on the map")).click()
    counted(page, r"20 of 40 clips")


@pytest.mark.own_app
def test_many_fast_keys_are_all_kept(page: Page, app: App) -> None:
    open_library(page, app)
    expect(page.locator(".card.current")).to_be_visible()
    for _ in range(12):
        page.locator("body").press("k")
    decisions_are_saved(page)
    page.reload()
    expect(page.locator(".card .decision.keep")).to_have_count(12)


def test_each_way_to_look_draws_without_an_error(page: Page, app: App) -> None:
    for shown in ("wall", "table", "map", "charts", "duplicates"):
        open_library(page, app, f"?show={shown}&range=hands_any_share:0.2:&source=nobody&source=epic")
        counted(page, r"of 40 clips")
        expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
        expect(page.locator(".state-refused")).to_have_count(0)
        expect(page.get_by_test_id("stException")).to_have_count(0)
