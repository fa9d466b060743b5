"""axe-core looks at every page, light and dark: nothing serious stands between a person and what they came for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from app.navigation import PAGES
from tests.javascript_tools import ToolsMissingError, packages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.e2e.conftest import App

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

NOT_OURS = (
    # Streamlit's own drop zone is a section with a hidden field that has no name; its button has one.
    '[data-testid="stFileUploaderDropzone"]',
)
LOOK = """async (left_out) => {
    const found = await axe.run({ exclude: left_out.map((part) => [part]) }, { resultTypes: ["violations"] })
    return found.violations
        .filter((rule) => ["serious", "critical"].includes(rule.impact))
        .map((rule) => `${rule.id}: ${rule.nodes.slice(0, 4).map((node) => node.html.slice(0, 160)).join(" | ")}`)
}"""


@pytest.fixture(scope="module")
def axe() -> Path:
    """The script of axe-core, or a skip that says why not."""
    try:
        return packages().parent / "axe-core" / "axe.min.js"
    except ToolsMissingError as reason:
        pytest.skip(str(reason))


@pytest.fixture(params=["light", "dark"])
def themed(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A browser page of somebody who likes it light, or dark."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme=request.param)
    yield context.new_page()
    context.close()


def serious(page: Page, axe: Path) -> list[str]:
    """What axe-core finds serious or critical on the page as it stands."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
    page.wait_for_timeout(300)  # what fades in has come
    page.add_script_tag(path=axe)
    found: list[str] = page.evaluate(LOOK, list(NOT_OURS))
    return found


def test_no_page_has_a_serious_violation(themed: Page, app: App, axe: Path) -> None:
    found = {}
    for entry in PAGES:
        themed.goto(f"{app.url}/{entry.url_path}")
        expect(themed.get_by_role("heading", level=1)).to_be_visible()
        found[entry.title] = serious(themed, axe)
    assert {title: rules for title, rules in found.items() if rules} == {}


def test_the_palette_and_the_keys_have_none(themed: Page, app: App, axe: Path) -> None:
    themed.goto(f"{app.url}/jobs")
    expect(themed.get_by_role("heading", name="Jobs", level=1)).to_be_visible()
    themed.wait_for_function("() => document.documentElement.dataset.letters === 'on'")
    themed.keyboard.press("Control+k")
    expect(themed.get_by_role("combobox", name="Go to or do")).to_be_focused()
    assert serious(themed, axe) == []
    themed.keyboard.type("sett")
    expect(themed.get_by_role("option", selected=True)).to_contain_text("Settings")
    themed.keyboard.press("Enter")
    expect(themed.get_by_role("heading", name="Settings", level=1)).to_be_visible()
    themed.keyboard.press("?")
    expect(themed.get_by_role("dialog", name="Keys of Settings")).to_be_visible()
    assert serious(themed, axe) == []
    themed.keyboard.press("Escape")
    expect(themed.get_by_role("dialog")).to_have_count(0)
