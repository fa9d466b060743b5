"""The real app in a real browser: one server for the tests of a module, one page a test.

What the workspaces of a module hold is its fixture `contents`. A test that changes what another one of its module would
see, or that stops the app, carries the marker `own_app`: it gets an app and a workspace of its own.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from playwright.sync_api import expect, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM_FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
    # A name that somebody else lets point at this machine.
    "--host-resolver-rules=MAP evil.example 127.0.0.1",
]
HARMLESS = (
    # Streamlit looks for its health endpoint under the page's own path first.
    "status of 404",
)

OUTAGE = (
    *("net::ERR_", "disconnected from server", "WebSocket", "Failed to fetch dynamically imported module"),
    *("Client Error in reaching server endpoint", "server is not responding"),
)
"""What the browser says while a test has the server killed."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is `e2e`."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)


def chromium() -> str:
    """The browser to drive. Without one the tests are skipped, but never in CI."""
    found = os.environ.get("HANDPICKED_CHROMIUM") or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if not found:
        message = "no Chromium here: install it, or set HANDPICKED_CHROMIUM to its path"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests."""
    path = chromium()
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


class App:
    """The app as a process of its own, on a workspace of its own."""

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = (workspace.parent / "app.log").open("ab")
        self._process: subprocess.Popen[bytes] | None = None
        self.was_killed = False

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "streamlit", "run", str(ROOT / "app" / "main.py")),
                *("--server.headless", "true", "--server.port", str(self.port)),
            ],
            cwd=ROOT,
            env={**os.environ, "HANDPICKED_WORKSPACE": str(self.workspace)},
            stdout=self._log,
            stderr=self._log,
        )
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"{self.url}/_stcore/health", timeout=2).status_code == httpx.codes.OK:
                    return
            except httpx.HTTPError:
                time.sleep(0.2)
        pytest.fail(f"the app did not start:\n{self.log()}")

    def stop(self, *, kill: bool = False) -> None:
        """End it in order, or at once."""
        if self._process is not None:
            self.was_killed = self.was_killed or kill
            self._process.kill() if kill else self._process.terminate()
            self._process.wait(60)

    def log(self) -> str:
        """What the server printed."""
        return (self.workspace.parent / "app.log").read_text(encoding="utf-8", errors="replace")


@contextmanager
def running(workspace: Path) -> Iterator[App]:
    """A running app on a workspace; what its server prints must hold no traceback."""
    app = App(workspace)
    try:
        app.start()
        yield app
    finally:
        app.stop()
    assert "Traceback" not in app.log(), app.log()


@pytest.fixture(scope="module")
def contents() -> Callable[[Path], object]:
    """Fills the folder `workspace` in the folder that it is given, before an app is started there. Here: nothing."""
    return lambda _folder: None


@pytest.fixture(scope="module")
def filled(contents: Callable[[Path], object], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `contents` made, once; every app of the module gets a copy. The store's paths of videos stay those here."""
    folder = tmp_path_factory.mktemp("contents")
    contents(folder)
    return folder


@pytest.fixture(scope="module")
def shared_app(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The running app that the tests of a module share."""
    folder = tmp_path_factory.mktemp("shared")
    shutil.copytree(filled, folder, dirs_exist_ok=True)
    with running(folder / "workspace") as started:
        yield started


@pytest.fixture
def own_app(filled: Path, tmp_path: Path) -> Iterator[App]:
    """A running app for one test."""
    shutil.copytree(filled, tmp_path, dirs_exist_ok=True)
    with running(tmp_path / "workspace") as started:
        yield started


@pytest.fixture
def app(request: pytest.FixtureRequest) -> App:
    """A running app: the module's, or one for this test alone where it carries `own_app`."""
    own = request.node.get_closest_marker("own_app") is not None
    started: App = request.getfixturevalue("own_app" if own else "shared_app")
    return started


@pytest.fixture
def screenshots(tmp_path: Path) -> Path:
    """Where pictures of pages are kept: `$HANDPICKED_SCREENSHOTS`, else the test's own folder."""
    folder = Path(os.environ.get("HANDPICKED_SCREENSHOTS") or tmp_path / "screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


FAILED = pytest.StashKey[bool]()
"""Whether the test itself failed, before its fixtures end."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember what came of a test for the fixtures that end after it."""
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report


@pytest.fixture
def page(browser: Browser, app: App, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A fresh blank page; errors in its console and tracebacks in the app's log fail the test.

    A failure leaves a picture in artifacts/, every test where `$HANDPICKED_SCREENSHOTS` asks for pictures.
    """
    printed = len(app.log())
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(20_000)
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    if request.node.stash.get(FAILED, False) or os.environ.get("HANDPICKED_SCREENSHOTS"):
        shots = ROOT / "artifacts"
        shots.mkdir(exist_ok=True)
        page.screenshot(path=shots / f"{request.node.name}.png")
    context.close()
    expected = (*HARMLESS, *(OUTAGE if app.was_killed else ()))
    serious = [error for error in errors if not any(text in error for text in expected)]
    assert not serious, serious
    assert "Traceback" not in app.log()[printed:], app.log()[printed:]


def wall_is_loaded(page: Page) -> None:
    """Wait, as a person does before the first click or key, until the Library's first clip can be seen."""
    expect(page.locator(".card:not(.waiting)").first).to_be_visible()
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def decisions_are_saved(page: Page) -> None:
    """Wait until the app has confirmed all that was decided on a wall, in the loupe or in a comparison."""
    expect(page.locator("[data-unconfirmed]").first).to_be_attached()
    expect(page.locator("[data-unconfirmed]:not([data-unconfirmed='0'])")).to_have_count(0, timeout=30_000)
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=30_000)


@pytest.fixture
def overview(page: Page, app: App) -> None:
    """The page stands where the app opens."""
    page.goto(app.url)
