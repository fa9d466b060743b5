"""A sitting as a stage, in a real browser: the two clips have the window, and everything comes back after it."""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from storage import Workspace
from storage.clips import Clip
from tests.app.workflows.waiting import until
from tests.e2e.test_label_flow import INSIDE, in_view, labels, press, ready, settled
from tests.filled_workspace import a_video
from tests.synthetic_video import write_video

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.e2e.conftest import App

pytestmark = pytest.mark.slow

SEEN = (
    "() => { const area = (node) => { const box = node.getBoundingClientRect(); return box.width * box.height };"
    "const share = (nodes) => nodes.reduce((sum, node) => sum + area(node), 0) / (innerWidth * innerHeight);"
    f"return {{ boxes: share({INSIDE.format('.box')}), clips: share({INSIDE.format('video.shown')}) }} }}"
)
"""What share of the window the two clips' boxes take, and the two clips themselves."""
BEYOND_PX = f"""() => {INSIDE.format("video.shown")}.map((clip) => {{
  const [inner, outer] = [clip, clip.closest(".box")].map((node) => node.getBoundingClientRect())
  const across = Math.max(outer.left - inner.left, inner.right - outer.right)
  return Math.max(across, outer.top - inner.top, inner.bottom - outer.bottom)
}})"""
"""How far each of the two clips reaches out of its box, which cuts it off."""
PEOPLE = count(1)
"""Each sitting is of somebody who has labelled nothing in the app that the tests share."""
SIZES = {"wide": (320, 180), "square": (160, 160), "upright": (120, 214)}


@pytest.fixture(scope="module")
def shape() -> str:
    """The shape of the clips."""
    return "wide"


@pytest.fixture(scope="module")
def contents(shape: str) -> Callable[[Path], None]:
    """A workspace with 4 videos of 3 clips each, all of one shape."""

    def fill_folder(folder: Path) -> None:
        width, height = SIZES[shape]
        with Workspace(folder / "workspace") as workspace:
            for number in range(4):
                file = folder / f"v{number}.mp4"
                write_video(file, 90, size=(width, height))
                workspace.videos.add(
                    [a_video(f"v{number}", path=str(file), duration_s=3.0, width=width, height=height)]
                )
                workspace.clips.add(
                    Clip(video_id=f"v{number}", start_s=float(start), end_s=start + 1.0, origin="stride")
                    for start in range(3)
                )

    return fill_folder


def sit_down(page: Page, app: App, pairs: int = 50) -> str:
    """Start a sitting of so many pairs as somebody new; returns the first pair's id."""
    page.goto(f"{app.url}/label")
    who = page.get_by_role("combobox", name="Who labels")
    who.fill(f"Person {next(PEOPLE)}")
    who.press("Enter")
    number = page.get_by_label("Pairs in this sitting")
    number.fill(str(pairs))
    number.press("Enter")
    page.get_by_role("button", name="Start", exact=True).click()
    return ready(page)


def shares(page: Page) -> dict[str, float]:
    found: dict[str, float] = page.evaluate(SEEN)
    return found


@pytest.mark.parametrize("shape", ["wide", "square", "upright"], scope="module")
def test_the_two_clips_have_the_window(page: Page, app: App, shape: str) -> None:
    """Wide clips side by side can't take more than they do; their boxes, filled with their own pictures, can."""
    least = {"wide": (0.43, 0.41), "square": (0.55, 0.55), "upright": (0.53, 0.55)}[shape]
    sit_down(page, app)
    for (width, height), clips in zip(((1440, 900), (1024, 768)), least, strict=True):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(f"() => {INSIDE.format('.viewer')}[0].getBoundingClientRect().width === innerWidth")
        way = "above" if (shape, width) == ("wide", 1024) else "beside"
        expect(page.locator(".viewer")).to_have_attribute("data-way", way)
        page.wait_for_timeout(300)
        seen = shares(page)
        assert seen["boxes"] >= 0.55, seen
        assert seen["clips"] >= clips, seen
        assert max(page.evaluate(BEYOND_PX)) <= 1, "the clips are seen whole"
        left, right = (page.locator(f".pane.{side} video.shown").bounding_box() for side in ("left", "right"))
        assert left is not None
        assert right is not None
        assert left["x"] < right["x"], "the arrow keys point to the left and to the right"
        assert page.evaluate(
            "() => { const main = document.querySelector('[data-testid=stMain]');"
            "return main.scrollHeight <= main.clientHeight && document.documentElement.scrollWidth <= innerWidth }"
        ), "nothing scrolls"


def test_the_sidebar_folds_for_a_sitting_and_comes_back(page: Page, app: App) -> None:
    page.goto(f"{app.url}/label")
    sidebar = page.get_by_test_id("stSidebar")
    expect(sidebar).to_be_visible()
    before = sidebar.bounding_box()
    sit_down(page, app)
    expect(sidebar).to_be_hidden()
    press(page, "ArrowLeft")
    settled(page)
    expect(sidebar).to_be_hidden()
    page.reload()
    ready(page)
    expect(sidebar).to_be_hidden()
    page.get_by_role("button", name="End sitting").click()
    expect(page.get_by_text(re.compile("^1 labelled")).first).to_be_visible()
    expect(sidebar).to_be_visible()
    assert sidebar.bounding_box() == before
    page.get_by_role("button", name="Go on: 1 of 50").click()
    ready(page)
    expect(page.locator(".count")).to_contain_text("1 of 50")


@pytest.mark.own_app
def test_a_sitting_ends_with_a_card_and_goes_on_from_it(page: Page, app: App) -> None:
    sit_down(page, app, 3)
    press(page, *["ArrowLeft"] * 6)
    card = page.get_by_role("group", name="3 labelled in")
    expect(card).to_be_visible()
    settled(page)
    expect(page.locator(".count b")).to_have_text("3")
    press(page, "z")
    expect(card).to_be_hidden()
    assert page.get_by_role("button", name="Left", exact=True).get_attribute("aria-pressed") == "true"
    press(page, "ArrowRight")
    expect(card).to_be_visible()
    page.reload()
    expect(card).to_be_visible()
    card.get_by_role("button", name="50 more").click()
    expect(card).to_be_hidden()
    expect(page.locator(".count")).to_contain_text("3 of 53")
    press(page, "ArrowUp")
    settled(page)
    answers = [row["answer"] for row in labels(app, page)]
    assert answers == ["left", "left", "left", "undone", "right", "tie"], "keys beyond the target answer nothing"


def test_the_card_leads_to_training_and_to_the_statistics(page: Page, app: App) -> None:
    sit_down(page, app, 1)
    press(page, "ArrowLeft")
    expect(page.get_by_role("group", name="1 labelled in")).to_contain_text("extract features")
    page.keyboard.press("w")
    expect(page.get_by_text("How often clips were seen")).to_be_visible()
    expect(page.get_by_test_id("stSidebar")).to_be_visible()
    page.get_by_test_id("stButtonGroup").get_by_text("Label", exact=True).click()
    expect(page.get_by_label("Pairs in this sitting")).to_be_visible()
    sit_down(page, app, 1)
    press(page, "ArrowLeft")
    page.get_by_role("button", name="Train now").click()
    expect(page.get_by_role("heading", name="Train")).to_be_visible()
    expect(page.get_by_test_id("stSidebar")).to_be_visible()


def test_a_key_fills_the_screen(page: Page, app: App) -> None:
    sit_down(page, app)
    page.keyboard.press("f")
    page.wait_for_function("() => document.fullscreenElement !== null")
    pair = in_view(page)
    page.keyboard.press("ArrowLeft")
    assert in_view(page) != pair, "and one labels on"
    settled(page)
    page.keyboard.press("f")
    page.wait_for_function("() => document.fullscreenElement === null")


def test_the_state_is_said_to_who_does_not_see_it(page: Page, app: App) -> None:
    sit_down(page, app)
    expect(page.get_by_role("img", name="Left clip, 1.0 seconds")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".viewer [role=status]")).to_have_text("Right. 1 labelled.")
    page.keyboard.press("z")
    expect(page.get_by_role("img", name="Right clip, 1.0 seconds, chosen before")).to_be_visible()
    expect(page.get_by_role("button", name="Right", exact=True)).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="Left", exact=True)).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("?")
    expect(page.get_by_role("region", name="Help")).to_contain_text("the two clips fill the screen")


def test_who_asked_for_less_motion_pauses_once(page: Page, app: App) -> None:
    page.emulate_media(reduced_motion="reduce")
    sit_down(page, app)

    def paused() -> Any:
        return page.evaluate(f"() => {INSIDE.format('video.shown')}.map(video => video.paused)")

    until(lambda: paused() == [False, False])
    page.keyboard.press(" ")
    until(lambda: paused() == [True, True])
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(500)
    assert paused() == [True, True], "the next pair stands still as well"
