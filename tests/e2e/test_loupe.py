"""One clip large in a real browser: stepping, deciding, undoing, comparing, and always a way back."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from storage import Workspace
from tests.e2e.conftest import decisions_are_saved, wall_is_loaded
from tests.filled_workspace import fill
from tests.synthetic_video import write_video

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.e2e.conftest import App

pytestmark = pytest.mark.slow

CLIPS = 80


@pytest.fixture(scope="module")
def contents() -> Callable[[Path], None]:
    """A workspace of 80 measured clips, with one real video behind all of them."""

    def fill_folder(folder: Path) -> None:
        with Workspace(folder / "workspace") as workspace:
            fill(workspace, clips_each=CLIPS // 4)
            write_video(folder / "all.mp4", 150, size=(160, 120))
            workspace.database.write("UPDATE video SET path = ?", [str(folder / "all.mp4")])

    return fill_folder


def clip_ids(app: App) -> list[str]:
    """The clips in the Library's order, as `fill` makes them."""
    return [f"video{n}@{3000 * k}-{3000 * k + 2000 + 100 * k}" for n in range(4) for k in range(CLIPS // 4)]


def open_clip(page: Page, app: App, place: int, view: str = "") -> None:
    page.goto(f"{app.url}/library?clip={clip_ids(app)[place]}{view}")
    expect(page.locator(".loupe .count")).to_have_text(f"{place + 1} of {CLIPS}")
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def is_at(page: Page, place: int) -> None:
    expect(page.locator(".loupe .count")).to_have_text(f"{place + 1} of {CLIPS}")


def is_left(page: Page, app: App) -> None:
    expect(page.locator(".loupe")).to_have_count(0)
    expect(page.locator(".card").first).to_be_visible()
    expect(page).to_have_url(f"{app.url}/library")


@pytest.mark.parametrize("way", ["Escape", "button", "sidebar", "back"])
def test_a_clip_that_was_opened_from_the_plain_address_is_left_by_every_way(page: Page, app: App, way: str) -> None:
    page.goto(f"{app.url}/library")
    wall_is_loaded(page)
    page.locator(".card").nth(2).dblclick()
    is_at(page, 2)
    for place in (3, 4):
        page.keyboard.press("ArrowRight")
        is_at(page, place)
    expect(page).to_have_url(re.compile("clip=video0%4012000"))
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    if way == "Escape":
        page.keyboard.press("Escape")
    elif way == "button":
        page.get_by_test_id("stMain").get_by_role("button", name="Library", exact=True).click()
    elif way == "sidebar":
        page.get_by_test_id("stSidebar").get_by_role("link", name="Library", exact=True).click()
    else:
        page.go_back()
    is_left(page, app)
    if way in ("Escape", "button"):
        kept = json.loads(page.evaluate("sessionStorage.getItem('handpicked-wall')"))
        assert kept["clip_id"] == clip_ids(app)[4]
    page.reload()
    is_left(page, app)


def test_arrows_step_at_once_and_the_page_follows(page: Page, app: App) -> None:
    open_clip(page, app, 10)
    expect(page.locator(".loupe .player.ready")).to_have_count(4)
    took_ms = page.evaluate(
        """async () => {
            const shadows = [...document.querySelectorAll("*")].map((node) => node.shadowRoot).filter(Boolean)
            const root = [document, ...shadows].map((part) => part.querySelector(".loupe")).find(Boolean)
            const began = performance.now()
            document.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true, composed: true }))
            await new Promise(requestAnimationFrame)
            const shown = root.querySelector(".player.shown.ready video")
            return shown && root.querySelector(".count").textContent.startsWith("12 ") ? performance.now() - began : 1e9
        }"""
    )
    assert took_ms < 150
    for _ in range(30):
        page.keyboard.press("ArrowRight")
    is_at(page, 41)
    expect(page).to_have_url(re.compile(re.escape(clip_ids(app)[41].replace("@", "%40"))))
    for _ in range(50):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(20)
    is_at(page, CLIPS - 1)
    expect(page.get_by_role("button", name="Next clip")).to_be_disabled()
    page.keyboard.press("ArrowLeft")
    is_at(page, CLIPS - 2)


@pytest.mark.own_app
def test_k_and_d_go_on_undo_comes_back_and_all_of_it_is_stored(page: Page, app: App) -> None:
    open_clip(page, app, 0, "&without=drop")
    page.keyboard.press("k")
    is_at(page, 1)
    expect(page.locator(".loupe .said")).to_have_text(f"1 of {CLIPS}, kept")
    page.keyboard.press("d")
    page.keyboard.press("d")
    is_at(page, 3)
    page.wait_for_timeout(1500)
    is_at(page, 3)
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("button", name="Drop")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Control+z")
    is_at(page, 2)
    expect(page.get_by_role("button", name="Drop")).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("t")
    page.get_by_label("Tag", exact=True).fill("kd wet")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("stMultiSelect").filter(has_text="kd wet").first).to_be_visible()
    is_at(page, 2)
    page.goto("about:blank")
    app.stop()
    with Workspace(app.workspace) as workspace:
        rows = workspace.database.rows("SELECT clip_id, tag FROM clip_tag")
    ids = clip_ids(app)
    assert {(row["clip_id"], row["tag"]) for row in rows} == {
        (ids[0], "keep"),
        (ids[1], "drop"),
        (ids[2], "kd wet"),
    }


def test_the_clip_fills_the_window_at_both_sizes(page: Page, app: App) -> None:
    for width, height in ((1440, 900), (1024, 768)):
        page.set_viewport_size({"width": width, "height": height})
        open_clip(page, app, 5)
        box = page.locator(".loupe .stage").bounding_box()
        strip = page.locator(".loupe .strip").bounding_box()
        assert box
        assert strip
        assert box["width"] * box["height"] > 0.4 * width * height
        assert strip["y"] + strip["height"] <= height
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_window_is_changed_only_where_somebody_asked_to(page: Page, app: App) -> None:
    open_clip(page, app, 5)
    expect(page.locator(".marker")).to_have_count(0)
    page.keyboard.press("e")
    expect(page.get_by_role("button", name="Save window")).to_be_visible()
    expect(page.locator(".loupe")).to_have_count(0)
    page.get_by_role("button", name="Done").click()
    is_at(page, 5)


@pytest.mark.own_app
def test_clips_are_compared_in_step_decided_by_keys_and_left(page: Page, app: App) -> None:
    ids = clip_ids(app)
    page.goto(f"{app.url}/library?compare={ids[0]},{ids[3]},{ids[6]}")
    seats = page.locator(".seat")
    expect(seats).to_have_count(3)
    expect(page.locator(".compared tbody tr").first).to_be_visible()
    seat = page.locator(".compare .stage").first.bounding_box()
    assert seat is not None
    assert seat["height"] < seat["width"], "a wide clip has no blur above and below, and the numbers stay in sight"
    page.keyboard.press("2")
    page.keyboard.press("k")
    expect(seats.nth(1)).to_have_attribute("aria-label", re.compile("kept$"))
    expect(page.locator(".compare .said")).to_have_text("Clip 2 of 3, kept")
    page.keyboard.press("3")
    page.keyboard.press("d")
    page.keyboard.press("z")
    expect(seats.nth(2)).to_have_attribute("aria-label", re.compile("undecided$"))
    decisions_are_saved(page)
    page.keyboard.press("Escape")
    expect(seats).to_have_count(0)
    is_left(page, app)
    page.goto("about:blank")
    app.stop()
    with Workspace(app.workspace) as workspace:
        rows = workspace.database.rows("SELECT clip_id, tag FROM clip_tag")
    assert {(row["clip_id"], row["tag"]) for row in rows} == {(ids[3], "keep")}
