"""A new user imports a folder, looks at a video, marks a clip by keyboard, changes a setting."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import httpx
import pytest
from playwright.sync_api import expect

from app.navigation import PAGES
from tests.synthetic_video import write_video

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.e2e.conftest import App

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("overview")]

LENGTH = """v => new Promise(r => {
  if (v.readyState >= 1) r(v.duration)
  else v.onloadedmetadata = () => r(v.duration)
})"""


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    """A folder with two videos that a browser plays, one that it doesn't, and things that are no videos."""
    folder = tmp_path / "footage"
    folder.mkdir()
    write_video(folder / "kitchen one.mp4", 90, size=(320, 240))
    write_video(folder / "workshop.mp4", 60, size=(320, 240))
    write_video(folder / "old camera.avi", 60, size=(320, 240), codec="mpeg4", b_frames=0)
    (folder / "notes.txt").write_text("not a video")
    (folder / "broken.mp4").write_bytes(b"\0" * 300)
    return folder


def go(page: Page, title: str) -> None:
    """Open a page from the sidebar."""
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=title, exact=True).click()
    expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()


def import_folder(page: Page, folder: Path) -> None:
    """Import through the page and wait for its end."""
    go(page, "Import")
    page.get_by_role("textbox", name="Files and folders, one a line").fill(str(folder))
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("Look at the videos")).to_be_visible()


def test_every_page_opens_empty(page: Page, app: App) -> None:
    for entry in PAGES:
        go(page, entry.title)
        expect(page.get_by_test_id("stException")).to_have_count(0)


@pytest.mark.own_app
def test_import_look_mark_and_remember(page: Page, app: App, footage: Path) -> None:
    import_folder(page, footage)
    expect(page.get_by_text(re.compile("1 file could not be imported"))).to_be_visible()

    go(page, "Videos")
    expect(page.get_by_text("3 videos", exact=True)).to_be_visible()
    page.get_by_role("button", name="kitchen one.mp4").click()
    expect(page.get_by_role("heading", name="kitchen one.mp4")).to_be_visible()
    video = page.locator("video")
    expect(video).to_be_visible()
    page.wait_for_function("document.querySelector('body') && true")
    assert video.evaluate(
        "v => new Promise(r => v.readyState >= 1 ? r(v.duration) : v.onloadedmetadata = () => r(v.duration))"
    ) == (pytest.approx(3.0, abs=0.1))

    # In at frame 0, ten frames on, out: the window holds frames 0 to 10.
    page.keyboard.press("i")
    for _ in range(10):
        page.keyboard.press("ArrowRight")
        video.evaluate("v => new Promise(r => v.seeking ? v.onseeked = r : r())")
    page.keyboard.press("o")
    page.keyboard.press("Enter")
    expect(page.locator(".clip")).to_have_count(2)
    titles = page.locator(".clip").evaluate_all("nodes => nodes.map(n => n.title)")
    assert any("0:00.00 – 0:00.37" in title for title in titles), titles

    page.reload()
    expect(page.locator(".clip")).to_have_count(2)


@pytest.mark.own_app
def test_a_video_that_browsers_cannot_play_gets_a_preview(page: Page, app: App, footage: Path) -> None:
    import_folder(page, footage)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        answer = httpx.get(f"{app.url}/app/static/media/videos/old_camera.mp4", headers={"Range": "bytes=0-99"})
        if answer.status_code == httpx.codes.PARTIAL_CONTENT:
            break
        time.sleep(0.3)
    assert answer.status_code == httpx.codes.PARTIAL_CONTENT
    assert len(answer.content) == 100
    go(page, "Videos")
    page.get_by_role("button", name="old camera.avi").click()
    assert page.locator("video").evaluate(LENGTH) == pytest.approx(2.0, abs=0.1)


@pytest.mark.own_app
def test_settings_are_written_to_the_file(page: Page, app: App) -> None:
    go(page, "Settings")
    page.get_by_test_id("stExpander").get_by_text("Clips", exact=True).click()
    field = page.get_by_role("textbox", name="Stride (s)")
    save = page.get_by_role("button", name="Save", exact=True)
    field.fill("two")
    expect(page.get_by_text("“two” is not a number")).to_be_visible()
    expect(save).to_be_disabled()
    field.fill("2.5")
    expect(page.get_by_text("1 change not saved")).to_be_visible()
    page.get_by_role("button", name="All back to defaults").scroll_into_view_if_needed()
    expect(save).to_be_in_viewport()
    save.click()
    expect(page.get_by_text("1 change saved")).to_be_in_viewport()
    expect(field).to_be_visible()  # the section stays unfolded
    assert "stride_s: 2.5" in (app.workspace / "settings" / "data.yaml").read_text(encoding="utf-8")

    (app.workspace / "settings" / "data.yaml").write_text("clipping:\n  strid_s: 3\n", encoding="utf-8")
    page.reload()
    expect(page.get_by_text("did you mean")).to_be_visible()
    page.get_by_role("button", name="Reset this file to its defaults").click()
    page.get_by_test_id("stExpander").get_by_text("Clips", exact=True).click()
    expect(page.get_by_role("textbox", name="Stride (s)")).to_have_value("4")


@pytest.mark.own_app
def test_killed_app_says_so_and_resumes(page: Page, app: App, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(40):
        write_video(folder / f"v{number:02d}.mp4", 30 + number, size=(96, 64))
    go(page, "Import")
    page.get_by_role("textbox", name="Files and folders, one a line").fill(str(folder))
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text(re.compile(r"\d+ of 40")).first).to_be_visible()
    app.stop(kill=True)
    app.start()
    page.goto(f"{app.url}/jobs")
    resume = page.get_by_role("button", name="Resume")
    finished = page.get_by_text(re.compile(r"40 of 40"))
    expect(resume.or_(finished).first).to_be_visible()
    if resume.count():
        resume.first.click()
    expect(page.get_by_text(re.compile(r"40 of 40")).first).to_be_visible(timeout=60_000)
    go(page, "Videos")
    expect(page.get_by_text("40 videos", exact=True)).to_be_visible()


@pytest.mark.own_app
def test_the_sample_workspace_is_one_click_away_and_can_be_cancelled(page: Page, app: App) -> None:
    page.get_by_role("button", name="Load the sample workspace").click()
    tray = page.get_by_test_id("stSidebar")
    expect(tray.get_by_text("Render sample videos")).to_be_visible()
    go(page, "Jobs")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    expect(tray.get_by_text("Render sample videos")).to_have_count(0)
