"""axe-core in a browser page: what it finds serious or critical, in the light and in the dark."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.javascript_tools import ToolsMissingError, packages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

__all__ = ["axe", "serious", "themed"]

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
IS_DARK = "() => matchMedia('(prefers-color-scheme: dark)').matches"
IS_DRAWN_DARK = """() => {
    const app = document.querySelector("[data-testid=stApp]")
    return app !== null && Number(getComputedStyle(app).backgroundColor.match(/\\d+/)[0]) < 128
}"""


@pytest.fixture(scope="module")
def axe() -> Path:
    """The script of axe-core, or a skip that says why not."""
    try:
        return packages().parent / "axe-core" / "axe.min.js"
    except ToolsMissingError as reason:
        pytest.skip(str(reason))


@pytest.fixture
def themed(browser: Browser) -> Iterator[Page]:
    """A browser page of somebody who likes it light, until `serious` has looked."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
    yield context.new_page()
    context.close()


def serious(page: Page, axe: Path) -> list[str]:
    """What axe-core finds serious or critical on the page as it stands, in the light and in the dark.

    It begins with the scheme in which the page was loaded and leaves it in the other: of the pages that a test visits,
    every second is loaded in the dark.
    """
    loaded_dark: bool = page.evaluate(IS_DARK)
    found = []
    for dark in (loaded_dark, not loaded_dark):
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.wait_for_function(f"dark => ({IS_DARK})() === dark && ({IS_DRAWN_DARK})() === dark", arg=dark)
        expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
        expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
        page.wait_for_timeout(300)  # what fades in has come
        page.add_script_tag(path=axe)
        violations: list[str] = page.evaluate(LOOK, list(NOT_OURS))
        found += [f"{'dark' if dark else 'light'}: {violation}" for violation in violations]
    return found
