"""The map of embeddings in a real browser, on points as Python sends them: lasso, click, wheel, colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from app.components.browser.script import component_script
from app.components.library.map import as_drawn
from tests.served_app import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

SIZE = {"width": 800, "height": 600}
STYLE = (ROOT / "app" / "components" / "library" / "map.css").read_text(encoding="utf-8")
MOUNT = """
async ([script, style, data]) => {
    const root = document.querySelector("#host").attachShadow({ mode: "open" })
    root.innerHTML = `<style>${style}</style><div class='root'></div>`
    const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }))
    const { default: component } = await import(url)
    window.sent = []
    const setTriggerValue = (name, value) => window.sent.push([name, value])
    window.show = (data) => component({ data, parentElement: root, setTriggerValue, setStateValue: () => {} })
    window.show(data)
}
"""
POINTS = {"left": (0.2, 0.5, 1.0), "middle": (0.5, 0.5, 2.0), "right": (0.8, 0.5, None)}


def drawn_points() -> dict[str, object]:
    """Three points in a row, as Python packs them."""
    x, y, value = zip(*POINTS.values(), strict=True)
    return as_drawn(pa.table({"clip_id": list(POINTS), "x": x, "y": y, "value": value}), "motion")


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that holds the map alone; an error in it fails the test."""
    page = browser.new_page(viewport=SIZE)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_content("<div id='host'></div>")
    script = component_script(ROOT / "app" / "components" / "library" / "map.js")
    page.evaluate(MOUNT, [script, STYLE, drawn_points()])
    yield page
    page.close()
    assert errors == []


def place(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where a point of the unit square lies on the page before any zoom."""
    box = page.locator("canvas").bounding_box()
    assert box
    side = min(box["width"], box["height"]) * 0.94
    return box["x"] + box["width"] / 2 + (x - 0.5) * side, box["y"] + box["height"] / 2 - (y - 0.5) * side


def around(page: Page, *corners: tuple[float, float]) -> None:
    """Draw a lasso by these corners of the unit square."""
    page.mouse.move(*place(page, *corners[0]))
    page.mouse.down()
    for corner in (*corners[1:], corners[0]):
        page.mouse.move(*place(page, *corner), steps=5)
    page.mouse.up()


def test_a_lasso_sends_the_clips_inside_it(page: Page) -> None:
    around(page, (0.1, 0.4), (0.6, 0.4), (0.6, 0.6), (0.1, 0.6))
    assert page.evaluate("window.sent") == [["picked", ["left", "middle"]]]
    around(page, (0.3, 0.8), (0.4, 0.8), (0.4, 0.9))
    assert len(page.evaluate("window.sent")) == 1


def test_a_click_opens_the_clip_and_the_pointer_names_it(page: Page) -> None:
    page.mouse.move(*place(page, 0.8, 0.5))
    assert page.locator(".tip").inner_text().split("\n") == ["right", "motion –"]
    page.mouse.click(*place(page, 0.5, 0.5))
    page.mouse.click(*place(page, 0.65, 0.5))
    assert page.evaluate("window.sent") == [["open", "middle"]]


def test_the_wheel_leaves_what_is_under_the_pointer_and_a_double_click_shows_all(page: Page) -> None:
    page.mouse.move(*place(page, 0.8, 0.5))
    page.mouse.wheel(0, -600)
    page.mouse.click(*place(page, 0.8, 0.5))
    page.mouse.click(*place(page, 0.5, 0.5))
    assert page.evaluate("window.sent") == [["open", "right"]]
    page.mouse.dblclick(*place(page, 0.35, 0.2))
    page.mouse.click(*place(page, 0.5, 0.5))
    assert page.evaluate("window.sent.at(-1)") == ["open", "middle"]


def test_points_have_the_colours_of_their_numbers_and_the_scale_says_its_ends(page: Page) -> None:
    look = """([x, y]) => {
        const canvas = document.querySelector("#host").shadowRoot.querySelector("canvas")
        const box = canvas.getBoundingClientRect()
        return [...canvas.getContext("2d").getImageData(x - box.x, y - box.y, 1, 1).data.slice(0, 3)]
    }"""
    violet, yellow, none = (page.evaluate(look, place(page, *POINTS[name][:2])) for name in POINTS)
    assert violet == pytest.approx([0x44, 0x01, 0x54], abs=4)
    assert yellow == pytest.approx([0xFD, 0xE7, 0x25], abs=4)
    assert none == pytest.approx([0x88, 0x88, 0x88], abs=8)
    assert page.locator(".foot").inner_text().startswith("motion 1.02")


def test_other_points_replace_these(page: Page) -> None:
    x, y = [0.8], [0.5]
    other = as_drawn(pa.table({"clip_id": ["other"], "x": x, "y": y, "value": ["kitchen"]}), "source")
    page.evaluate("data => window.show(data)", other)
    page.mouse.click(*place(page, 0.8, 0.5))
    page.mouse.click(*place(page, 0.2, 0.5))
    assert page.evaluate("window.sent") == [["open", "other"]]
    assert page.locator(".foot .key").inner_text() == "kitchen"
