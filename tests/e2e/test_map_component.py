"""The map of embeddings in a real browser, on points as the feed sends them: lasso, click, wheel, colours, keys."""

from __future__ import annotations

import base64
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from playwright.sync_api import expect

from app.components.browser.script import component_script
from app.map_feed import map_points_answer
from tests.served_app import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

SIZE = {"width": 800, "height": 700}
MAP = ROOT / "app" / "components" / "library" / "map"
MOUNT = """
async ([script, style, data, answers]) => {
    const root = document.querySelector("#host").attachShadow({ mode: "open" })
    root.innerHTML = `<style>${style}</style><div class='root'></div>`
    const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }))
    window.answers = answers
    window.asked = []
    window.fetch = async (address) => {
        window.asked.push(address)
        const name = address.split("?")[0].split("/").at(-1)
        return { ok: true, json: async () => structuredClone(window.answers[name]) }
    }
    const { default: component } = await import(url)
    window.sent = []
    window.gone_to = []
    window.addEventListener("handpicked-go-to-clip", (event) => window.gone_to.push(event.detail.clip_id))
    const setTriggerValue = (name, value) => window.sent.push([name, value])
    window.props = data
    window.show = (change) => {
        window.props = { ...window.props, ...change }
        component({ data: window.props, parentElement: root, setTriggerValue, setStateValue: () => {} })
    }
    window.show({})
}
"""
POINTS = {
    "a@1000-3000": (0.2, 0.5, 1.0),
    "a@61000-63000": (0.5, 0.5, 2.0),
    "b@0-2000": (0.8, 0.5, None),
}
LEFT, MIDDLE, RIGHT = POINTS
PROPS: dict[str, Any] = {
    "feed": "/feed", "view": "", "beside": False, "mark": "1", "method": "PCA", "note": "", "numbers": "", "changes": 1,
    "columns": {"source": "Source", "reward": "Reward"}, "meanings": {}, "first": "reward", "thumbnails": "/thumbnail",
}  # fmt: skip


def points(column: str, rows: dict[str, tuple[float, float, object]]) -> dict[str, object]:
    """Points as the feed sends them."""
    x, y, value = zip(*rows.values(), strict=True)
    video = [clip_id.split("@")[0] for clip_id in rows]
    table = pa.table({"clip_id": list(rows), "x": x, "y": y, "video": video, "value": value})
    return asdict(map_points_answer(table, column))


def inside(*states: int, missing: int = 0) -> dict[str, object]:
    """What a view takes of them: 2 in it, 1 kept out by the lasso alone, 0 by a filter."""
    packed = base64.b64encode(bytes(states)).decode()
    return {"states": packed, "inside": states.count(2), "missing": missing}


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that holds the map alone; an error in it fails the test."""
    page = browser.new_page(viewport=SIZE)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_content("<div id='host'></div>")
    style = (MAP / "map.css").read_text(encoding="utf-8")
    answers = {"points": points("reward", POINTS), "inside": inside(2, 2, 2)}
    page.evaluate(MOUNT, [component_script(MAP / "map.js"), style, PROPS, answers])
    expect(page.locator(".count")).to_have_text("3 clips · PCA")
    yield page
    page.close()
    assert errors == []


def place(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where a point of the unit square lies on the page before any zoom."""
    box = page.locator("canvas.above").bounding_box()
    assert box
    width, height = box["width"] - 2, box["height"] - 2
    side = min(width, height) * 0.94
    return box["x"] + 1 + width / 2 + (x - 0.5) * side, box["y"] + 1 + height / 2 - (y - 0.5) * side


def around(page: Page, *corners: tuple[float, float]) -> None:
    """Draw a lasso by these corners of the unit square."""
    page.mouse.move(*place(page, *corners[0]))
    page.mouse.down()
    for corner in (*corners[1:], corners[0]):
        page.mouse.move(*place(page, *corner), steps=5)
    page.mouse.up()


def test_a_lasso_sends_the_clips_inside_it(page: Page) -> None:
    around(page, (0.1, 0.4), (0.6, 0.4), (0.6, 0.6), (0.1, 0.6))
    assert page.evaluate("window.sent") == [["picked", [LEFT, MIDDLE]]]
    around(page, (0.3, 0.8), (0.4, 0.8), (0.4, 0.9))
    assert len(page.evaluate("window.sent")) == 1
    expect(page.get_by_role("status")).to_have_text("No clip of the view lies in there")


def test_a_lasso_takes_what_an_earlier_one_left_out_and_never_what_a_filter_does(page: Page) -> None:
    page.evaluate("answer => { answers.inside = answer; show({ view: 'other' }) }", inside(0, 1, 2))
    expect(page.locator(".count")).to_have_text("1 of 3 clips · PCA")
    around(page, (0.1, 0.4), (0.9, 0.4), (0.9, 0.6), (0.1, 0.6))
    assert page.evaluate("window.sent") == [["picked", [MIDDLE, RIGHT]]]


def test_a_click_opens_the_clip_and_the_pointer_names_it_in_words(page: Page) -> None:
    page.mouse.move(*place(page, 0.8, 0.5))
    assert page.locator(".tip").inner_text().split("\n") == ["b, 0:00.00", "Reward: –"]
    page.mouse.click(*place(page, 0.5, 0.5))
    page.mouse.click(*place(page, 0.65, 0.5))
    assert page.evaluate("window.sent") == [["open", MIDDLE]]


def test_beside_the_wall_a_click_goes_to_the_clip_there_and_the_marked_one_has_a_ring(page: Page) -> None:
    page.evaluate("answer => { answers.inside = answer; show({ beside: true, view: 'other' }) }", inside(2, 2, 0))
    expect(page.locator(".count")).to_have_text("2 of 3 clips · PCA")
    page.wait_for_timeout(100)
    page.mouse.click(*place(page, 0.5, 0.5))
    page.mouse.click(*place(page, 0.8, 0.5))
    assert page.evaluate("[sent, gone_to]") == [[], [MIDDLE]]
    expect(page.get_by_role("status")).to_have_text("That clip is not in the view")
    page.mouse.move(2, 2)
    inked = """() => {
        const { width, height } = document.querySelector("#host").shadowRoot.querySelector("canvas.above")
        const pen = document.querySelector("#host").shadowRoot.querySelector("canvas.above").getContext("2d")
        return pen.getImageData(0, 0, width / 2 - 30, height).data.some((part) => part > 0)
    }"""
    assert not page.evaluate(inked)
    signal = """id => {
        const detail = { clip_id: id, hovered: false }
        window.dispatchEvent(new CustomEvent("handpicked-clip-marked", { detail }))
    }"""
    page.evaluate(signal, LEFT)
    assert page.evaluate(inked)


def test_arrow_keys_go_from_point_to_point_and_enter_goes_to_the_clip(page: Page) -> None:
    page.locator("canvas.above").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("status")).to_have_text("a, 0:01.00, 1")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("status")).to_have_text("a, 1:01.00, 2")
    expect(page.locator(".tip")).to_be_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("status")).to_have_text("No clip further that way")
    assert page.evaluate("window.sent") == [["open", MIDDLE]]


def test_the_wheel_leaves_what_is_under_the_pointer_and_a_double_click_shows_all(page: Page) -> None:
    page.mouse.move(*place(page, 0.8, 0.5))
    page.mouse.wheel(0, -600)
    page.mouse.click(*place(page, 0.8, 0.5))
    page.mouse.click(*place(page, 0.5, 0.5))
    assert page.evaluate("window.sent") == [["open", RIGHT]]
    page.mouse.dblclick(*place(page, 0.35, 0.2))
    page.mouse.click(*place(page, 0.5, 0.5))
    assert page.evaluate("window.sent.at(-1)") == ["open", MIDDLE]


def test_points_have_the_colours_of_their_numbers_and_the_scale_says_its_ends(page: Page) -> None:
    look = """([x, y]) => {
        const canvas = document.querySelector("#host").shadowRoot.querySelector("canvas.below")
        const box = canvas.getBoundingClientRect()
        return [...canvas.getContext("2d").getImageData(x - box.x, y - box.y, 1, 1).data.slice(0, 3)]
    }"""
    violet, yellow, none = (page.evaluate(look, place(page, *POINTS[name][:2])) for name in POINTS)
    assert violet == pytest.approx([0x44, 0x01, 0x54], abs=4)
    assert yellow == pytest.approx([0xFD, 0xE7, 0x25], abs=4)
    assert none == pytest.approx([0x88, 0x88, 0x88], abs=8)
    assert page.locator(".legend").inner_text().split() == ["1.02", "1.98"]


def test_the_map_says_in_words_and_in_a_table_what_it_shows(page: Page) -> None:
    label = page.locator("canvas.above").get_attribute("aria-label") or ""
    assert label.startswith(
        "Map of 3 clips by PCA, alike ones near one another; 3 are in the view. Coloured by Reward, from 1.02 to 1.98."
    )
    page.get_by_text("Show as table").click()
    rows = [row.inner_text().split("\t") for row in page.locator("tbody tr").all()]
    assert rows == [["below 1.13", "1", "1"], ["1.87 and more", "1", "1"], ["not measured", "1", "1"]]


def test_points_are_fetched_once_and_again_for_another_map_or_colour(page: Page) -> None:
    assert page.evaluate("asked") == ["/feed/points?column=reward&mark=1", "/feed/inside?"]
    page.evaluate("show({ changes: 2 })")
    page.evaluate("show({ view: 'tag=keep' })")
    page.wait_for_function("() => asked.length >= 4")
    assert page.evaluate("asked.slice(2)") == ["/feed/inside?", "/feed/inside?tag=keep"]
    other = points("source", {"c@0-1": (0.8, 0.5, "kitchen")})
    change = "([points, inside]) => { Object.assign(answers, { points, inside }); show({ mark: '2' }) }"
    page.evaluate(change, [other, inside(2, missing=4)])
    expect(page.locator(".count")).to_have_text("1 clip · 4 without a place on it · PCA")
    page.mouse.click(*place(page, 0.8, 0.5))
    page.mouse.click(*place(page, 0.2, 0.5))
    assert page.evaluate("window.sent") == [["open", "c@0-1"]]
    assert page.locator(".legend .key").inner_text() == "kitchen"
