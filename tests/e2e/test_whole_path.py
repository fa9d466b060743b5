"""A new user's whole way in the browser: sample videos, features, labels by keyboard, a reward, its scores, its
validation and ablation, and the best clips as a list and as files. A picture of every page is kept."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from app.navigation import PAGES
from engine.export.bundle import is_bundle
from storage import Workspace
from tests.e2e.test_import_flow import go
from tests.e2e.test_label_flow import press, settled, sit_down
from tests.small_settings import SMALL

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.e2e.conftest import App

pytestmark = [pytest.mark.slow, pytest.mark.own_app, pytest.mark.timeout(900), pytest.mark.usefixtures("overview")]

PAIRS = 24
TOP = 3
CLIPS = 7 * 5
LONG_MS = 240_000
"""A job may take this long on a machine that is busy with other tests."""
NEW_PAIR = """seen => {
    const pair = [...document.querySelectorAll('*')]
        .map(n => n.shadowRoot?.querySelector('.viewer')).find(Boolean)?.dataset.pair
    return pair && !seen.includes(pair)
}"""


@pytest.fixture(scope="module")
def contents() -> Callable[[Path], None]:
    """Nothing but settings which make everything small."""

    def fill_folder(folder: Path) -> None:
        with Workspace(folder / "workspace") as workspace:
            for settings in SMALL:
                workspace.settings.save(settings)

    return fill_folder


@pytest.fixture
def look(page: Page, screenshots: Path) -> Callable[[str], None]:
    """Look at the page: no error stands on it, and its picture is kept."""
    taken: list[str] = []

    def take(name: str) -> None:
        expect(page.get_by_test_id("stException")).to_have_count(0)
        expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
        expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
        taken.append(name)
        page.screenshot(path=screenshots / f"{len(taken):02d}-{name}.png")

    return take


def button(page: Page, name: str) -> None:
    """Click a button as soon as it can be clicked, however long the job before it takes."""
    page.get_by_role("button", name=name, exact=True).click(timeout=LONG_MS)


def label_pairs(page: Page) -> None:
    """Answer pairs by keyboard, each once it is there: the browser holds a dozen, then waits for more."""
    answered: list[str] = []
    while len(answered) < PAIRS:
        page.wait_for_function(NEW_PAIR, arg=answered)
        answered += press(page, ("ArrowLeft", "ArrowRight")[len(answered) % 2])
    settled(page)


def ablate(page: Page) -> None:
    """What the reward loses without motion and hands, and without each."""
    go(page, "Ablations")
    button(page, "Ablate")
    expect(page.get_by_text("Δρ: what the correlation with ΔM loses")).to_be_visible(timeout=LONG_MS)


def export(page: Page, place: Path) -> None:
    """The best clips, as the list `place`.csv and as files in the folder `place`."""
    go(page, "Export & Sync")
    most = page.get_by_role("textbox", name="At most")
    most.fill(str(TOP))
    most.press("Enter")
    expect(page.get_by_text(f"{TOP} clips", exact=True)).to_be_visible()
    file = page.get_by_role("textbox", name="File, without its ending")
    file.fill(str(place))
    file.press("Enter")
    page.get_by_text("Cut the clips").click()
    folder = page.get_by_role("textbox", name="Folder")
    expect(folder).to_be_enabled()
    folder.fill(str(place))
    folder.press("Enter")
    button(page, "Write")
    expect(page.get_by_text(f"{TOP} of {TOP} · took")).to_be_visible(timeout=LONG_MS)


def test_from_nothing_to_the_best_clips(page: Page, app: App, look: Callable[[str], None], tmp_path: Path) -> None:
    expect(page.get_by_text("Start with some first-person video")).to_be_visible()
    look("overview-empty")
    button(page, "Load the sample workspace")
    expect(page.get_by_text("Synthetic: this workspace holds rendered sample videos")).to_be_visible(timeout=LONG_MS)
    button(page, "Extract features")
    expect(page.get_by_text("Say which clips are better.")).to_be_visible(timeout=LONG_MS)
    look("overview-measured")

    sit_down(page, app, "Anna")
    look("label")
    label_pairs(page)
    button(page, "End sitting")
    go(page, "Overview")
    expect(page.get_by_text(f"{PAIRS} labels by people so far")).to_be_visible()

    go(page, "Train")
    expect(page.get_by_text(f"{PAIRS} labels by people to learn from.")).to_be_visible()
    button(page, "Train a reward")
    expect(page.get_by_text("seed 0")).to_be_visible(timeout=LONG_MS)
    expect(page.get_by_text("simulated")).to_have_count(0)
    look("train")

    go(page, "Scores")
    expect(page.get_by_text(f"{CLIPS} clips scored")).to_be_visible()
    look("scores")

    go(page, "Validate")
    button(page, "Validate")
    expect(page.get_by_text(f"learned from {PAIRS} labels by people")).to_be_visible(timeout=LONG_MS)
    expect(page.get_by_text("Success has not been counted for this run.")).to_be_visible()
    expect(page.get_by_text("Synthetic")).to_be_visible()
    look("validate")

    ablate(page)
    look("ablations")
    export(page, tmp_path / "best")
    look("export")

    for entry in PAGES:
        go(page, entry.title)
        if entry.title not in {"Train", "Scores", "Validate", "Ablations", "Export & Sync"}:
            look(entry.url_path)

    page.goto("about:blank")
    app.stop()
    with (tmp_path / "best.csv").open(encoding="utf-8", newline="") as opened:
        assert [row["rank"] for row in csv.DictReader(opened)] == ["1", "2", "3"]
    assert is_bundle(tmp_path / "best")
    with Workspace(app.workspace) as workspace:
        assert workspace.labels.counts().people == PAIRS
        assert [(job.kind, job.state, job.failed) for job in workspace.jobs.find() if job.state != "done"] == []
        assert workspace.validation.latest() is not None
        assert len(workspace.validation.ablations()) == 1
