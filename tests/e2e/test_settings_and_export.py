"""Settings and Export in a real browser: Save and Write stay in sight, and what comes of them stands beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from storage import Workspace
from tests.filled_workspace import fill

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.e2e.conftest import App


@pytest.fixture(scope="module")
def contents() -> Callable[[Path], None]:
    """A full workspace."""

    def fill_folder(folder: Path) -> None:
        with Workspace(folder / "workspace") as workspace:
            fill(workspace)

    return fill_folder


def test_settings_are_found_changed_and_saved_without_leaving_the_field(page: Page, app: App) -> None:
    page.set_viewport_size({"width": 1024, "height": 768})
    page.goto(f"{app.url}/settings")
    page.get_by_placeholder("Search all settings").fill("smoothness window")
    fields = page.get_by_role("textbox", name="Smoothness window (s)")
    expect(fields).to_have_count(2)
    save = page.get_by_role("button", name="Save", exact=True)
    fields.first.fill("0,1")
    expect(page.get_by_text("must be between 0.8 and 30, not 0,1")).to_be_visible()
    expect(save).to_be_disabled()
    fields.first.fill("3")
    expect(page.get_by_text("1 change not saved")).to_be_in_viewport()
    expect(fields.first).to_be_focused()
    save.click()
    expect(page.get_by_text("1 change saved")).to_be_in_viewport()
    page.get_by_placeholder("Search all settings").fill("")
    page.get_by_role("radio", name="Validation").click()
    fold = page.get_by_test_id("stExpander").filter(has_text="Success · Thorough")
    fold.locator("summary").click()
    fold.get_by_role("textbox").last.fill("7")
    expect(fold.locator("summary")).to_contain_text("1 differs")
    expect(fold.get_by_role("textbox").last).to_be_visible()
    page.get_by_role("button", name="All back to defaults").scroll_into_view_if_needed()
    expect(save).to_be_in_viewport()
    fold.get_by_role("button", name="Default: ").click()
    expect(page.get_by_text("not saved")).to_have_count(0)


def test_what_comes_of_writing_an_export_stands_below_its_button(page: Page, app: App, tmp_path: Path) -> None:
    page.set_viewport_size({"width": 1024, "height": 768})
    page.goto(f"{app.url}/export-sync")
    write = page.get_by_role("button", name="Write", exact=True)
    expect(write).to_be_in_viewport()
    file = page.get_by_role("textbox", name="File, without its ending")
    file.fill(str(tmp_path / "new" / "best"))
    file.press("Enter")
    write.click()
    expect(page.get_by_text("There is no folder")).to_be_in_viewport()
    page.get_by_role("button", name="Make the folder").click()
    expect(page.get_by_text("40 clips written to")).to_be_in_viewport()
    assert (tmp_path / "new" / "best.csv").exists()
    page.get_by_role("tab", name="Past exports").click()
    expect(page.get_by_role("button", name="Repeat")).to_be_visible()
    expect(write).to_have_count(0)
