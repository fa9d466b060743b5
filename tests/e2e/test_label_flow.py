"""Labelling in a real browser: fast keys, taking back, reloads, two tabs, two people, an app that was killed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from storage import Workspace
from storage.clips import Clip
from tests.filled_workspace import a_video
from tests.synthetic_video import write_video

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.e2e.conftest import App

pytestmark = pytest.mark.slow

INSIDE = (
    "[...document.querySelectorAll('*')].flatMap(n => n.shadowRoot ? [...n.shadowRoot.querySelectorAll('{}')] : [])"
)
"""Elements inside components: those live in shadow roots."""
PLAYING = INSIDE.format("video.shown")
LOADED = INSIDE.format("video[src]")
KEPT = "Object.keys(localStorage).filter(key => key.startsWith('handpicked.answer|')).length"
"""How many answers the browser has no confirmation of."""


@pytest.fixture(scope="module")
def contents() -> Callable[[Path], None]:
    """A workspace with 4 videos of 3 clips each."""

    def fill_folder(folder: Path) -> None:
        with Workspace(folder / "workspace") as workspace:
            for number in range(4):
                file = folder / f"v{number}.mp4"
                write_video(file, 90, size=(160, 120))
                workspace.videos.add([a_video(f"v{number}", path=str(file), duration_s=3.0, width=160, height=120)])
                workspace.clips.add(
                    Clip(video_id=f"v{number}", start_s=float(start), end_s=start + 1.0, origin="stride")
                    for start in range(3)
                )

    return fill_folder


def sit_down(page: Page, app: App, name: str) -> str:
    """Start a sitting and wait for its first pair; returns the pair's id."""
    page.goto(f"{app.url}/label")
    who = page.get_by_role("combobox", name="Who labels")
    who.fill(name)
    who.press("Enter")
    page.get_by_role("button", name="Start").click()
    return ready(page)


def ready(page: Page) -> str:
    """Wait until a pair is in view with its pictures; returns its id."""
    expect(page.locator(".viewer[data-pair]")).to_be_visible()
    page.wait_for_function(f"() => {PLAYING}.length === 2 && {PLAYING}.every(video => video.readyState >= 2)")
    return in_view(page)


def in_view(page: Page) -> str:
    """The id of the pair that is shown."""
    return page.locator(".viewer").get_attribute("data-pair") or ""


def settled(page: Page) -> None:
    """Wait until the app has confirmed every answer."""
    page.wait_for_function(f"() => {KEPT} === 0")


def labels(app: App, *pages: Page) -> list[dict[str, Any]]:
    """Leave the app, stop it, and read every row of label_entry, in order."""
    for page in pages:
        page.goto("about:blank")
    app.stop()
    with Workspace(app.workspace) as workspace:
        return workspace.database.rows("SELECT * FROM label_entry ORDER BY entry_id")


def press(page: Page, *keys: str) -> list[str]:
    """Press keys as fast as they go; returns the pair that was in view before each."""
    return page.evaluate(
        """keys => keys.map(key => {
            const pair = [...document.querySelectorAll('*')]
                .map(n => n.shadowRoot?.querySelector('.viewer')).find(Boolean).dataset.pair
            document.body.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, composed: true}))
            return pair
        })""",
        list(keys),
    )


@pytest.mark.own_app
def test_ten_keys_in_one_breath_are_ten_labels(page: Page, app: App) -> None:
    first = sit_down(page, app, "Anna")
    keys = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", *["ArrowLeft"] * 6]
    pairs = press(page, *keys)
    assert pairs[0] == first
    assert len(set(pairs)) == 10, "every key had a pair of its own, at once"
    settled(page)
    expect(page.locator(".count b")).to_have_text("10")
    rows = labels(app, page)
    assert [row["label_id"] for row in rows] == pairs
    assert [row["answer"] for row in rows] == ["left", "right", "tie", "skip", *["left"] * 6]
    assert {row["annotator"] for row in rows} == {"Anna"}
    assert not any(row["kind"] != "people" for row in rows)


@pytest.mark.own_app
def test_keys_come_back_to_what_was_answered_and_the_mouse_does_the_same(page: Page, app: App) -> None:
    first = sit_down(page, app, "Anna")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("z")
    page.keyboard.press("z")
    assert in_view(page) == first
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    page.get_by_role("button", name="Right", exact=True).click()
    page.locator(".pane.left .box").click()
    settled(page)
    expect(page.locator(".count b")).to_have_text("2")
    rows = labels(app, page)
    assert [row["answer"] for row in rows] == ["left", "left", "undone", "undone", "right", "left"]
    assert rows[0]["label_id"] == rows[3]["label_id"] == rows[4]["label_id"] == first


@pytest.mark.own_app
def test_a_reload_shows_the_same_pair_and_can_still_take_back(page: Page, app: App) -> None:
    sit_down(page, app, "Anna")
    pairs = press(page, *["ArrowRight"] * 3)
    waiting = in_view(page)
    page.reload()
    assert ready(page) == waiting
    expect(page.locator(".count b")).to_have_text("3")
    page.keyboard.press("z")
    assert in_view(page) == pairs[-1]
    page.keyboard.press("ArrowUp")
    settled(page)
    assert [row["answer"] for row in labels(app, page)] == ["right", "right", "right", "undone", "tie"]


@pytest.mark.own_app
def test_two_tabs_and_two_people_at_once_lose_nothing(page: Page, app: App, browser: Browser) -> None:
    sit_down(page, app, "Anna")
    tab = page.context.new_page()
    sit_down(tab, app, "Anna")
    other = browser.new_context()
    bert = other.new_page()
    sit_down(bert, app, "Bert")
    answered: list[str] = []
    for _ in range(4):
        for who in (page, tab, bert):
            answered += press(who, "ArrowLeft", "ArrowRight")
    for who in (page, tab, bert):
        settled(who)
    rows = labels(app, page, tab, bert)
    other.close()
    assert sorted(row["label_id"] for row in rows) == sorted(answered)
    assert len(set(answered)) == 24
    of_anna = [frozenset((r["left_clip_id"], r["right_clip_id"])) for r in rows if r["annotator"] == "Anna"]
    assert len(set(of_anna)) == 16, "no pair twice for one person, in whichever tab"
    assert sum(row["annotator"] == "Bert" for row in rows) == 8


@pytest.mark.own_app
@pytest.mark.parametrize("reload", [False, True])
def test_what_was_answered_while_the_app_was_gone_is_stored_when_it_is_back(page: Page, app: App, reload: bool) -> None:
    sit_down(page, app, "Anna")
    pairs = press(page, "ArrowLeft")
    settled(page)
    app.stop(kill=True)
    pairs += press(page, "ArrowRight", "ArrowRight")
    assert page.evaluate(KEPT) == 2
    app.start()
    if reload:
        page.reload()
        ready(page)
    settled(page)
    rows = labels(app, page)
    assert [row["label_id"] for row in rows] == pairs
    assert [row["answer"] for row in rows] == ["left", "right", "right"]


def test_the_next_three_pairs_are_loaded_and_clips_keep_to_their_windows(page: Page, app: App) -> None:
    sit_down(page, app, "Anna")
    page.wait_for_function(f"() => {LOADED}.length === 8 && {LOADED}.every(video => video.readyState >= 2)")
    places = page.evaluate(
        f"""async () => {{
            const seen = []
            const videos = {PLAYING}
            for (const video of videos) {{
                const look = (_, frame) => {{
                    seen.push([video.src, frame.mediaTime])
                    video.requestVideoFrameCallback(look)
                }}
                video.requestVideoFrameCallback(look)
            }}
            await new Promise(done => setTimeout(done, 3500))
            return seen
        }}"""
    )
    assert len(places) > 20, "it plays, and goes round"
    outside = []
    for src, at_s in places:
        start_s, end_s = map(float, src.partition("#t=")[2].split(","))
        if not start_s - 1 / 30 - 0.002 <= at_s < end_s - 0.001:
            outside.append((src, at_s))
    # A machine too busy to draw the page's frames may show one more of the clip's.
    assert len(outside) <= len(places) / 20, outside


@pytest.mark.own_app
def test_keys_for_others_answer_nothing(page: Page, app: App) -> None:
    first = sit_down(page, app, "Anna")
    page.keyboard.press("Control+ArrowLeft")
    page.keyboard.press("Alt+z")
    page.evaluate("document.body.append(Object.assign(document.createElement('input'), {id: 'typed'}))")
    page.locator("#typed").focus()
    page.keyboard.type("frz?")
    page.keyboard.press("ArrowLeft")
    assert in_view(page) == first
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    page.keyboard.press("ArrowLeft")
    assert in_view(page) == first, "help is open"
    page.keyboard.press("Escape")
    page.keyboard.down("ArrowLeft")
    page.keyboard.down("ArrowLeft")
    page.keyboard.up("ArrowLeft")
    settled(page)
    assert len(labels(app, page)) == 1, "a key that is held down answers once"


@pytest.mark.own_app
def test_review_finds_a_label_and_changes_it(page: Page, app: App) -> None:
    sit_down(page, app, "Anna")
    press(page, "ArrowLeft")
    settled(page)
    page.get_by_role("button", name="End sitting").click()
    page.get_by_test_id("stButtonGroup").get_by_text("Review", exact=True).click()
    expect(page.get_by_text("1 label", exact=True)).to_be_visible()
    page.get_by_test_id("stDataFrame").click(position={"x": 16, "y": 60})
    expect(page.get_by_text("Anna said left. Change it to")).to_be_visible()
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    page.get_by_role("button", name="Tie", exact=True).click()
    expect(page.get_by_text("History: left → tie")).to_be_visible()
    assert [row["answer"] for row in labels(app, page)] == ["left", "tie"]
