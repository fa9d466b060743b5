"""The Library's wall in a real browser: it fills the screen, selects by mouse and keys, undoes, scrolls, comes back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from storage import Workspace
from tests.app.workflows.waiting import until
from tests.e2e.conftest import decisions_are_saved, wall_is_loaded
from tests.filled_workspace import fill
from tests.synthetic_video import write_video

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Locator, Page, Route

    from tests.e2e.conftest import App

pytestmark = pytest.mark.slow

CLIPS = 1_200


@pytest.fixture(scope="module")
def contents() -> Callable[[Path], None]:
    """A workspace of 1,200 clips, with one real video behind all of them."""

    def fill_folder(folder: Path) -> None:
        with Workspace(folder / "workspace") as workspace:
            fill(workspace, videos=4, clips_each=CLIPS // 4)
            write_video(folder / "all.mp4", 150, size=(160, 120))
            workspace.database.write("UPDATE video SET path = ?", [str(folder / "all.mp4")])

    return fill_folder


def card(page: Page, place: int) -> Locator:
    return page.locator(f".card[data-place='{place}']")


def open_wall(page: Page, app: App, address: str = "") -> None:
    page.goto(f"{app.url}/library{address}")
    expect(card(page, 0).locator(".title")).not_to_be_empty()
    expect(page.locator(".card.current")).to_be_visible()
    wall_is_loaded(page)


def counted(page: Page, said: str | re.Pattern[str]) -> None:
    """Wait until the head counts so many clips; the panel of filters counts them too."""
    expect(page.locator(".st-key-library-count").get_by_text(said)).to_be_visible()


def is_current(page: Page, place: int) -> None:
    expect(card(page, place)).to_have_class(re.compile(r"\bcurrent\b"))


def stands_still(page: Page) -> None:
    """Wait until the page has scrolled to where the wheel sends it."""
    seen: list[float] = []

    def still() -> bool:
        seen.append(page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollTop"))
        return len(seen) >= 15 and len(set(seen[-15:])) == 1

    until(still)
    assert seen[-1] > 0


def selected(page: Page) -> Locator:
    return page.locator(".card[aria-selected=true]")


def decided(page: Page, app: App) -> dict[str, str]:
    """Leave the app, stop it, and read which clips are kept or dropped."""
    decisions_are_saved(page)
    page.goto("about:blank")
    app.stop()
    with Workspace(app.workspace) as workspace:
        rows = workspace.database.rows("SELECT clip_id, tag FROM clip_tag")
    return {row["clip_id"]: row["tag"] for row in rows}


def test_a_clip_is_opened_by_a_double_click_before_its_card_has_come(page: Page, app: App) -> None:
    held: list[Route] = []
    released = False

    def hold(route: Route) -> None:
        if released:
            route.continue_()
        else:
            held.append(route)

    page.route("**/app/feed/wall/cards?**", hold)
    page.goto(f"{app.url}/library")
    card(page, 2).dblclick()
    expect(page.locator(".said", has_text="Opening")).to_have_count(1)
    page.keyboard.press("k")
    expect(page.locator(".said", has_text="still loading")).to_have_count(1)
    released = True
    for route in held:
        route.continue_()
    expect(page.locator(".loupe .count")).to_have_text(f"3 of {CLIPS:,}")


def test_the_first_thumbnail_stands_high_and_the_clips_reach_the_gutters(page: Page, app: App) -> None:
    open_wall(page, app)
    box = card(page, 0).locator(".picture").bounding_box()
    main = page.get_by_test_id("stMain").bounding_box()
    assert box
    assert main
    assert box["y"] <= 130
    panel = page.locator(".st-key-library-panel").bounding_box()
    assert panel
    assert panel["x"] - main["x"] == pytest.approx(24, abs=1)
    rights = [found["x"] + found["width"] for n in range(12) if (found := card(page, n).bounding_box())]
    assert max(rights) == pytest.approx(main["x"] + main["width"] - 24, abs=16)  # room for a scroll bar
    page.mouse.move(700, 600)
    page.mouse.wheel(0, 3000)
    page.wait_for_timeout(300)
    expect(page.get_by_label("Search", exact=True)).to_be_in_viewport()


@pytest.mark.parametrize("size", [(1024, 768), (1440, 900), (1920, 1080)])
def test_nothing_lies_beside_the_window_at_any_size(page: Page, app: App, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    open_wall(page, app, "?range=reward:-9:&source=epic")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for name in ("Filters", "Views", "Undo"):
        expect(page.get_by_role("button", name=re.compile(name)).first).to_be_in_viewport(ratio=1)


def test_arrows_move_the_mark_after_a_click_in_the_sidebar(page: Page, app: App) -> None:
    open_wall(page, app)
    page.keyboard.press("ArrowRight")
    is_current(page, 1)
    side = page.get_by_test_id("stSidebar").bounding_box()
    assert side
    page.mouse.click(side["x"] + side["width"] / 2, side["height"] - 60)
    page.keyboard.press("ArrowRight")
    is_current(page, 2)
    page.get_by_role("radio", name="Wall").click()
    page.keyboard.press("ArrowRight")
    is_current(page, 3)
    page.get_by_label("Size of the clips").focus()
    page.keyboard.press("ArrowRight")
    is_current(page, 3)
    page.keyboard.press("k")
    expect(page.locator(".decision.keep")).to_have_count(0)


def test_the_mouse_and_keys_select_and_the_bar_says_how_many(page: Page, app: App) -> None:
    open_wall(page, app)
    bar = page.get_by_role("toolbar")
    expect(bar).to_be_hidden()
    card(page, 2).click()
    expect(bar).to_contain_text("1 selected")
    card(page, 5).click(modifiers=["Shift"])
    expect(bar).to_contain_text("4 selected")
    card(page, 3).click(modifiers=["ControlOrMeta"])
    expect(bar).to_contain_text("3 selected")
    expect(selected(page)).to_have_count(3)
    expect(card(page, 3)).to_have_attribute("aria-selected", "false")
    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    expect(bar).to_contain_text("3 selected")
    page.keyboard.press("Shift+ArrowLeft")
    expect(bar).to_contain_text("2 selected")
    expect(bar.get_by_role("button", name="Compare")).to_be_enabled()
    page.keyboard.press("Control+a")
    expect(bar).to_contain_text("All 1,200 selected")
    expect(bar.get_by_role("button", name="Compare")).to_be_disabled()
    bar.get_by_role("button", name="Clear").click()
    expect(bar).to_be_hidden()
    page.wait_for_timeout(500)
    for decision in ("keep", "drop"):
        page.goto(f"{app.url}/library?tag={decision}")
        expect(page.get_by_text("No clip is like that")).to_be_visible()


@pytest.mark.own_app
def test_k_decides_about_the_selection_and_undo_takes_exactly_that_back(page: Page, app: App) -> None:
    open_wall(page, app)
    page.keyboard.press("d")
    card(page, 4).click()
    card(page, 6).click(modifiers=["Shift"])
    page.keyboard.press("k")
    for place in (4, 5, 6):
        expect(card(page, place).locator(".decision")).to_have_text("keep")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+z")
    for place in (4, 5, 6):
        expect(card(page, place).locator(".decision")).to_be_hidden()
    expect(card(page, 0).locator(".decision")).to_have_text("drop")
    card(page, 8).click()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("k")
    expect(card(page, 9).locator(".decision")).to_have_text("keep")
    expect(card(page, 8).locator(".decision")).to_be_hidden()
    is_current(page, 10)
    found = decided(page, app)
    assert sorted(found.values()) == ["drop", "keep"]


@pytest.mark.own_app
def test_the_whole_view_is_tagged_without_its_ids_going_through_the_browser(page: Page, app: App) -> None:
    sent: list[int] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(len(frame))))
    open_wall(page, app, "?source=epic&sort=reward")
    page.keyboard.press("Control+a")
    expect(page.get_by_role("toolbar")).to_contain_text("All 600 selected")
    page.keyboard.press("k")
    expect(card(page, 0).locator(".decision")).to_have_text("keep")
    page.wait_for_timeout(1000)
    assert max(sent) < 6_000
    found = decided(page, app)
    assert len(found) == 600
    assert set(found.values()) == {"keep"}


def test_the_bars_menu_removes_a_tag_and_shows_only_the_selected(page: Page, app: App) -> None:
    open_wall(page, app)
    card(page, 0).click()
    card(page, 2).click(modifiers=["Shift"])
    page.keyboard.press("t")
    page.get_by_label("Tag", exact=True).fill("wet floor")
    page.keyboard.press("Enter")
    expect(card(page, 1)).to_have_attribute("title", re.compile("wet floor"))
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Remove tag “wet floor”").click()
    expect(card(page, 1)).not_to_have_attribute("title", re.compile("wet floor"))
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Show only these").click()
    counted(page, "3 of 1,200 clips")
    expect(page.locator(".card")).to_have_count(3)


def test_compare_puts_the_selected_clips_into_the_address(page: Page, app: App) -> None:
    open_wall(page, app)
    card(page, 0).click()
    card(page, 1).click(modifiers=["Shift"])
    page.get_by_role("button", name="Compare").click()
    expect(page).to_have_url(re.compile(r"compare=video0%400-2000%2Cvideo0%403000-5100"))


def test_the_wall_scrolls_through_to_its_end_with_few_cards_on_the_page(page: Page, app: App) -> None:
    open_wall(page, app)
    page.mouse.move(700, 600)
    for _ in range(12):
        page.mouse.wheel(0, 900)
        page.wait_for_timeout(60)
    assert page.locator(".card").count() < 100
    expect(page.locator(".card.waiting")).to_have_count(0)
    stands_still(page)
    page.keyboard.press("End")
    is_current(page, CLIPS - 1)
    expect(card(page, CLIPS - 1).locator(".title")).not_to_be_empty()
    expect(card(page, CLIPS - 1)).to_be_in_viewport(ratio=0.9)
    assert card(page, CLIPS - 1).get_attribute("aria-posinset") == str(CLIPS)
    page.keyboard.press("Home")
    is_current(page, 0)
    expect(card(page, 0)).to_be_in_viewport(ratio=0.9)


def test_a_clip_is_left_to_the_place_where_it_was_opened(page: Page, app: App) -> None:
    open_wall(page, app)
    for _ in range(9):
        page.keyboard.press("PageDown")
    place = int(page.locator(".card.current").get_attribute("data-place") or 0)
    assert place > 100
    expect(page.locator(".card.current .title")).not_to_be_empty()
    before = card(page, place).bounding_box()
    page.keyboard.press("Enter")
    expect(page.locator(".loupe .player.shown video")).to_be_visible()
    page.go_back()
    is_current(page, place)
    page.wait_for_timeout(500)
    after = card(page, place).bounding_box()
    assert before
    assert after
    assert after["y"] == pytest.approx(before["y"], abs=2)


@pytest.mark.own_app
def test_nothing_jumps_when_clips_leave_the_view_above_the_window(page: Page, app: App) -> None:
    open_wall(page, app, "?without=drop")
    for _ in range(4):
        page.keyboard.press("PageDown")
    place = int(page.locator(".card.current").get_attribute("data-place") or 0)
    expect(page.locator(".card.current .title")).not_to_be_empty()
    page.wait_for_timeout(400)
    name = page.locator(".card.current").get_attribute("title")
    page.keyboard.press("d")
    counted(page, "1,199 of 1,200 clips")
    is_current(page, place)
    expect(page.locator(".card.current")).not_to_have_attribute("title", name or "")
    expect(card(page, place)).to_be_in_viewport(ratio=0.9)


def test_keys_change_the_size_and_the_browser_keeps_it(page: Page, app: App) -> None:
    open_wall(page, app)
    width = lambda: (card(page, 0).bounding_box() or {"width": 0})["width"]  # noqa: E731
    first = width()
    for _ in range(4):
        page.keyboard.press("=")
    until(lambda: width() > first * 1.2)
    page.wait_for_timeout(300)
    larger = width()
    page.reload()
    expect(card(page, 0).locator(".title")).not_to_be_empty()
    assert width() == pytest.approx(larger, abs=1)


def test_words_are_searched_in_the_one_box_and_taken_back(page: Page, app: App) -> None:
    open_wall(page, app)
    box = page.get_by_label("Search", exact=True)
    expect(box).to_have_attribute("placeholder", "Search narrations, or drop a picture")
    box.fill("onion")
    box.press("Enter")
    counted(page, "400 of 1,200 clips")
    expect(card(page, 0).locator(".title")).to_have_text("cut onion")
    box.fill("")
    box.press("Enter")
    counted(page, re.compile(r"^1,200 clips$"))


def test_cards_name_clip_number_and_decision(page: Page, app: App) -> None:
    open_wall(page, app, "?sort=reward")
    page.keyboard.press("k")
    expect(card(page, 0)).to_have_attribute("aria-label", re.compile(r"Reward -?\d+\.\d\d, keep$"))
    expect(card(page, 1)).to_have_attribute("aria-label", re.compile(r"undecided$"))
    expect(page.get_by_role("listbox", name="Clips")).to_have_attribute("aria-multiselectable", "true")
    page.keyboard.press("Control+z")
    expect(card(page, 0)).to_have_attribute("aria-label", re.compile(r"undecided$"))


def test_a_view_of_one_clip_and_one_that_nothing_passes(page: Page, app: App) -> None:
    page.goto(f"{app.url}/library?range=reward:99:")
    expect(page.get_by_text("No clip is like that")).to_be_visible()
    page.goto(f"{app.url}/library?video=video0&range=start_s:0:0")
    expect(page.locator(".card")).to_have_count(1)
    wall_is_loaded(page)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Control+a")
    expect(page.get_by_role("toolbar")).to_contain_text("1 selected")
