"""The Library from its plain address, as people open it: leaving a clip, and keys that act on what is seen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

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

LINKED = "look at https://example.com/x or www.example.com or a@example.com"


@pytest.fixture(scope="module")
def contents() -> Callable[[Path], None]:
    """A workspace of 80 measured clips, with one real video behind all of them."""

    def fill_folder(folder: Path) -> None:
        with Workspace(folder / "workspace") as workspace:
            fill(workspace, clips_each=20)
            write_video(folder / "all.mp4", 150, size=(160, 120))
            workspace.database.write("UPDATE video SET path = ?", [str(folder / "all.mp4")])
            workspace.database.write("UPDATE clip SET narration = ? WHERE narration IS NOT NULL", [LINKED])

    return fill_folder


def open_library(page: Page, app: App) -> None:
    page.goto(f"{app.url}/library")
    expect(page.locator(".card.current")).to_be_visible()
    wall_is_loaded(page)


def clip_is_open(page: Page) -> None:
    expect(page.locator(".loupe .player.shown video")).to_be_visible()
    expect(page).to_have_url(re.compile("clip="))


def wall_is_shown(page: Page) -> None:
    expect(page.get_by_role("heading", name="Library", level=1)).to_be_attached()
    expect(page.locator(".loupe .player.shown video")).to_have_count(0)
    expect(page.locator(".card.current")).to_be_visible()


def tags(page: Page, app: App) -> dict[str, list[str]]:
    """Leave the app, stop it, and read which clips have tags, in the wall's order."""
    decisions_are_saved(page)
    page.goto("about:blank")
    app.stop()
    with Workspace(app.workspace) as workspace:
        rows: list[dict[str, Any]] = workspace.database.rows("SELECT clip_id, tag FROM clip_tag")
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row["clip_id"], []).append(row["tag"])
    return found


def test_a_clip_is_left_by_its_link_the_sidebar_and_the_browsers_back(page: Page, app: App) -> None:
    open_library(page, app)
    page.locator(".card").nth(1).dblclick()
    clip_is_open(page)
    page.get_by_test_id("stMain").get_by_role("button", name="Library", exact=True).click()
    wall_is_shown(page)

    page.locator(".card").nth(1).dblclick()
    clip_is_open(page)
    page.go_back()
    wall_is_shown(page)

    page.locator(".card").nth(1).dblclick()
    clip_is_open(page)
    page.get_by_test_id("stSidebar").get_by_role("link", name="Library").click()
    wall_is_shown(page)

    page.locator(".card").nth(1).dblclick()
    clip_is_open(page)
    page.get_by_test_id("stSidebar").get_by_role("link", name="Scores").click()
    expect(page.get_by_role("heading", name="Scores", level=1)).to_be_visible()
    page.get_by_test_id("stSidebar").get_by_role("link", name="Library").click()
    wall_is_shown(page)


def test_a_filter_is_kept_on_other_pages_and_taken_back_by_the_browsers_back(page: Page, app: App) -> None:
    open_library(page, app)
    page.locator(".panel details", has_text="Sources").evaluate("details => (details.open = true)")
    page.get_by_role("button", name="epic, 40 clips").click()
    shown = page.locator(".st-key-library-count").get_by_text("40 of 80 clips")
    expect(shown).to_be_visible()
    page.get_by_test_id("stSidebar").get_by_role("link", name="Scores").click()
    expect(page.get_by_role("heading", name="Scores", level=1)).to_be_visible()
    page.get_by_test_id("stSidebar").get_by_role("link", name="Library").click()
    expect(shown).to_be_visible()
    open_library(page, app)
    page.locator(".panel details", has_text="Sources").evaluate("details => (details.open = true)")
    page.get_by_role("button", name="epic, 40 clips").click()
    expect(shown).to_be_visible()
    page.go_back()
    expect(shown).to_have_count(0)
    expect(page.locator(".st-key-library-count")).to_contain_text("80 clips")


@pytest.mark.own_app
@pytest.mark.parametrize("where", ["sidebar", "empty ground"])
def test_arrows_go_on_after_a_click_elsewhere_and_decisions_land_on_the_marked_clip(
    page: Page, app: App, where: str
) -> None:
    open_library(page, app)
    page.keyboard.press("ArrowRight")
    if where == "sidebar":
        page.get_by_test_id("stSidebar").get_by_role("link", name="Library").click()
    else:
        page.locator(".legend").scroll_into_view_if_needed()
        page.locator(".legend").click(position={"x": 300, "y": 4})
    page.keyboard.press("ArrowRight")
    expect(page.locator(".card").nth(2)).to_have_class(re.compile("current"))
    page.keyboard.press("k")
    expect(page.locator(".card").nth(2).locator(".decision")).to_have_text("keep")
    expect(page.locator(".card").nth(0).locator(".decision")).to_be_hidden()
    assert len(tags(page, app)) == 1


@pytest.mark.own_app
def test_a_key_decides_nothing_about_a_clip_that_is_out_of_sight(page: Page, app: App) -> None:
    open_library(page, app)
    page.mouse.move(700, 500)
    page.mouse.wheel(0, 4000)
    expect(page.locator(".card.current")).not_to_be_in_viewport()
    page.keyboard.press("d")
    expect(page.locator(".card.current")).to_be_in_viewport()
    expect(page.locator(".card .decision.drop")).to_have_count(0)
    page.keyboard.press("d")
    expect(page.locator(".card").nth(0).locator(".decision")).to_have_text("drop")
    assert len(tags(page, app)) == 1


@pytest.mark.own_app
def test_the_mark_stays_with_its_clip_when_one_that_was_decided_leaves_the_view(page: Page, app: App) -> None:
    page.goto(f"{app.url}/library?without=keep")
    expect(page.locator(".card.current")).to_be_visible()
    wall_is_loaded(page)
    names = [card.get_attribute("title") for card in page.locator(".card").all()[:4]]
    page.keyboard.press("ArrowRight")
    page.keyboard.press("k")
    expect(page.locator(".st-key-library-count").get_by_text("79 of 80 clips")).to_be_visible()
    expect(page.locator(".card").nth(1)).to_have_attribute("title", names[2] or "")
    expect(page.locator(".card.current")).to_have_attribute("title", names[2] or "")


def test_keys_that_are_typed_into_a_field_move_and_decide_nothing(page: Page, app: App) -> None:
    open_library(page, app)
    page.keyboard.press("/")
    expect(page.get_by_label("Search", exact=True)).to_be_focused()
    page.keyboard.type("kd")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".card").nth(0)).to_have_class(re.compile("current"))
    expect(page.locator(".card .decision.keep")).to_have_count(0)


def test_addresses_in_narrations_are_no_links(page: Page, app: App) -> None:
    open_library(page, app)
    page.locator(".card").first.dblclick()
    clip_is_open(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("example.com/x")
    assert page.locator("a[href*='example.com']").count() == 0
