"""axe-core looks at every page, light and dark: nothing serious stands between a person and what they came for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from app.navigation import PAGES
from tests.e2e.axe import axe, serious, themed

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.e2e.conftest import App

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
__all__ = ["axe", "themed"]


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
