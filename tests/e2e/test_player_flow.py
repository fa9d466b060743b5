"""What the players show of a recording whose sound begins 2 s before its pictures: the pictures that were measured."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from app.workflows.importing import prepare_import
from app.workflows.jobs.supervisor import Supervisor
from engine.clipping.settings import ClippingSettings
from engine.video.reader import read
from engine.video.types import ClipRequest, FrameRequest, Sample
from engine.video.windows import Window
from storage import Workspace
from storage.clips import Clip
from tests.e2e.conftest import wall_is_loaded
from tests.late_video import brightness_at, write_late_video

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.e2e.conftest import App

pytestmark = pytest.mark.slow

FIRST, SECOND = (4.2, 5.2), (5.9, 6.9)
"""Two windows; nothing of the one is as bright as anything of the other, nor as what lies 2 s before either."""
TOLERANCE = 3.5
"""Of 29 a second: codec, the way through RGB, and two frames."""

INSIDE = (
    "[...document.querySelectorAll('*')].flatMap(n => n.shadowRoot ? [...n.shadowRoot.querySelectorAll('{}')] : [])"
)
LOOK = """async (playing) => {
  const inside = [...document.querySelectorAll('*')].flatMap(
    (n) => n.shadowRoot ? [...n.shadowRoot.querySelectorAll(playing)] : [])
  const pen = Object.assign(document.createElement('canvas'), { width: 8, height: 8 }).getContext('2d')
  const seen = []
  for (const video of inside) {
    pen.drawImage(video, 0, 0, 8, 8)
    seen.push(pen.getImageData(4, 4, 1, 1).data[1])
  }
  return seen
}"""
"""How bright the picture is that each player shows now, from 0 to 255."""


@pytest.fixture(scope="module")
def contents() -> Callable[[Path], None]:
    """A workspace with that recording, imported as people do, and two clips."""

    def fill_folder(folder: Path) -> None:
        write_late_video(folder / "late.mp4")
        with Workspace(folder / "workspace") as workspace:
            supervisor = Supervisor(workspace)
            request = prepare_import(
                [folder / "late.mp4"], source="folder", clips=None, clipping=ClippingSettings(), pictures=False
            )
            assert supervisor.wait(supervisor.submit("Import", request.spec), 60).state == "done"
            supervisor.close()
            workspace.clips.add(
                Clip(video_id="late", start_s=start_s, end_s=end_s, origin="stride")
                for start_s, end_s in (FIRST, SECOND)
            )

    return fill_folder


def measured(app: App, window: tuple[float, float]) -> list[float]:
    """How bright a window's pictures are, as every extractor reads them: from 0 to 255."""
    asked = ClipRequest("it", Window(*window), (FrameRequest(color="gray"),))
    samples = [found for found in read(app.workspace.parent / "late.mp4", [asked]) if isinstance(found, Sample)]
    return [float(sample.image.mean()) for sample in samples]


def first_picture(page: Page) -> float:
    """What the clip page's player shows at the beginning of the clip."""
    page.evaluate(
        """async () => {
          const roots = [...document.querySelectorAll('*')].map((n) => n.shadowRoot)
          const marker = roots.map((root) => root?.querySelector('.marker')).find(Boolean)
          const video = marker.querySelector('video')
          const there = new Promise((done) => { video.onseeked = done })
          marker.querySelector('.clip.own, .clip').click()
          video.pause()
          await there
          video.pause()
          await new Promise((done) => setTimeout(done, 300))
        }"""
    )
    (luma,) = page.evaluate(LOOK, ".stage video.video")
    return float(luma)


@pytest.mark.own_app
def test_the_clip_page_plays_and_marks_what_was_measured(page: Page, app: App) -> None:
    page.goto(f"{app.url}/library")
    wall_is_loaded(page)
    page.locator(".card").first.dblclick()
    page.wait_for_function(f"() => {INSIDE.format('.player.shown video')}[0]?.readyState >= 2")
    levels = measured(app, FIRST)
    assert levels[0] == pytest.approx(brightness_at(FIRST[0]), abs=2), "the reader itself is right"
    for _ in range(5):
        (seen,) = page.evaluate(LOOK, ".player.shown video")
        assert levels[0] - TOLERANCE <= seen <= levels[-1] + TOLERANCE
        page.wait_for_timeout(200)
    page.locator("body").press("e")
    expect(page.get_by_role("button", name="Save window")).to_be_visible()
    page.wait_for_function(f"() => {INSIDE.format('.stage video.video')}[0]?.readyState >= 2")
    for _ in range(5):
        (seen,) = page.evaluate(LOOK, ".stage video.video")
        assert levels[0] - TOLERANCE <= seen <= levels[-1] + TOLERANCE
        page.wait_for_timeout(200)
    assert first_picture(page) == pytest.approx(levels[0], abs=TOLERANCE)

    page.locator("body").press("ArrowRight")
    page.wait_for_timeout(300)
    page.locator("body").press("i")
    expect(page.get_by_text("In 0:04.23")).to_be_visible()
    (at_in,) = page.evaluate(LOOK, ".stage video.video")
    page.locator("body").press("Enter")
    expect(page).to_have_url(re.compile("clip=late(@|%40)4233-5200"))
    page.goto("about:blank")
    app.stop()
    with Workspace(app.workspace) as workspace:
        clips = workspace.clips.of_video("late")
    marked = next(clip for clip in clips if clip.origin == "manual")
    assert measured(app, (marked.start_s, marked.end_s))[0] == pytest.approx(at_in, abs=TOLERANCE)


def test_the_videos_page_seeks_by_the_same_clock(page: Page, app: App) -> None:
    page.goto(f"{app.url}/videos?video=late")
    page.wait_for_function(f"() => {INSIDE.format('.stage video')}[0]?.readyState >= 2")
    page.wait_for_timeout(300)
    (seen,) = page.evaluate(LOOK, ".stage video.video")
    assert seen == pytest.approx(brightness_at(0), abs=TOLERANCE), "it opens at the first picture, not before"
    assert first_picture(page) == pytest.approx(measured(app, FIRST)[0], abs=TOLERANCE)


def test_the_labelling_viewer_plays_what_was_measured(page: Page, app: App) -> None:
    page.goto(f"{app.url}/label")
    who = page.get_by_role("combobox", name="Who labels")
    who.fill("Anna")
    who.press("Enter")
    page.get_by_role("button", name="Start").click()
    expect(page.locator(".viewer[data-pair]")).to_be_visible()
    playing = INSIDE.format("video.shown")
    page.wait_for_function(f"() => {playing}.length === 2 && {playing}.every(video => video.readyState >= 2)")
    page.wait_for_timeout(300)
    wanted = sorted([measured(app, FIRST), measured(app, SECOND)])
    for _ in range(5):
        for seen, levels in zip(sorted(page.evaluate(LOOK, "video.shown")), wanted, strict=True):
            assert levels[0] - TOLERANCE <= seen <= levels[-1] + TOLERANCE, (seen, levels[0], levels[-1])
        page.wait_for_timeout(150)
