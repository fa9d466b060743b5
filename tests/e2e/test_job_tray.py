"""Two lanes of jobs, the tray and the messages in a real browser: a map is made while a long job runs."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from app.workflows.likeness import map_job
from engine.runtime.spec import write_spec
from storage import Workspace
from tests.app.workflows import scripted
from tests.e2e.conftest import ROOT, App, running
from tests.filled_workspace import fill

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Locator, Page

    from engine.runtime.spec import JobSpec

pytestmark = pytest.mark.slow

LONG, BEHIND, MAP, BROKEN = "Measure everything", "Measure it again", "Draw the map", "Read the lens"


def stopped(workspace: Workspace, title: str, spec: JobSpec) -> None:
    """A job that was interrupted, for the page to resume."""
    job_id = workspace.jobs.create(spec.kind, title, len(spec.items))
    folder = workspace.paths.job(job_id)
    folder.mkdir(parents=True)
    write_spec(spec.written(), folder / "spec.json")
    workspace.jobs.set_state(job_id, "interrupted", "The app ended.")


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    """A running app on 40 measured clips, with four stopped jobs: two long ones, a map, and one that fails."""
    site = tmp_path / "site"
    scripted.install(site)
    (site / "pandas" / "__init__.py").unlink()  # the app itself draws with pandas
    (site / "pandas").rmdir()
    path = os.pathsep.join(filter(None, [str(site), str(ROOT), os.environ.get("PYTHONPATH")]))
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("PYTHONPATH", path)
    with Workspace(tmp_path / "workspace") as workspace:
        fill(workspace)
        scripted.make_table(workspace)
        stopped(workspace, LONG, scripted.spec(tmp_path, {"a": [("staged", 600)]}))
        stopped(workspace, BEHIND, scripted.spec(tmp_path, {"b": []}))
        stopped(workspace, MAP, map_job(workspace, "pca").spec)
        broken = {"lens.mp4": [("fail", "the lens is dirty")]}
        stopped(workspace, BROKEN, scripted.spec(tmp_path, broken, kind=scripted.QUICK))
    with running(tmp_path / "workspace") as started:
        yield started


def card(page: Page, title: str) -> Locator:
    """A job's card on the Jobs page."""
    cards = page.locator("[class*='st-key-job-']").filter(has=page.get_by_test_id("stButtonGroup"))
    return cards.filter(has_text=title).first


def resume(page: Page, title: str) -> None:
    """Go on with a stopped job; wait until its button is gone."""
    card(page, title).get_by_role("button", name="Resume").click()
    expect(card(page, title).get_by_role("button", name="Resume")).to_have_count(0)


def test_a_map_is_made_while_a_long_job_runs_and_every_tab_hears_of_its_end(page: Page, app: App) -> None:
    jobs, other = page, page.context.new_page()
    other.goto(app.url)
    expect(other.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    jobs.goto(f"{app.url}/jobs")
    resume(jobs, LONG)
    tray = other.get_by_test_id("stSidebar")
    expect(tray.get_by_text(re.compile("Reading, 1 of 2"))).to_be_visible()
    resume(jobs, BEHIND)
    expect(card(jobs, BEHIND)).to_contain_text(f"Queued behind {LONG}")
    expect(tray.get_by_text(f"Queued behind {LONG}")).to_be_visible()

    resume(jobs, MAP)
    news = other.locator(".st-key-job-news-box")
    expect(news.get_by_text(MAP, exact=True)).to_be_visible()
    expect(news.get_by_text(re.compile(r"^Done in "))).to_be_visible()
    expect(tray.get_by_text(LONG, exact=True)).to_be_visible()  # it still runs
    expect(tray.get_by_text("Finished since you looked")).to_be_visible()
    news.get_by_role("link", name="Open Library").click()
    expect(other.get_by_role("heading", name="Library", level=1)).to_be_visible()
    expect(tray.get_by_role("link", name=MAP)).to_be_visible()

    # A failure says its reason, in the message and on its card, with the file.
    resume(jobs, BROKEN)
    expect(news.get_by_text("It gave no result: the lens is dirty", exact=True)).to_be_visible()
    expect(card(jobs, BROKEN).get_by_text(re.compile("lens.mp4"))).to_be_visible()
    expect(card(jobs, BROKEN).get_by_role("button", name="Try again")).to_be_visible()

    # The person looks: nothing is new any more.
    tray.get_by_role("link", name="All jobs").click()
    expect(other.get_by_role("heading", name="Jobs", level=1)).to_be_visible()
    expect(tray.get_by_text("Finished since you looked")).to_have_count(0)
    expect(news).to_have_count(0)
    card(jobs, LONG).get_by_role("button", name="Cancel").click()
    expect(card(jobs, BEHIND)).to_contain_text("done")
