"""The package as others install it: by the commands of docs/installation.md, started from another folder."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.navigation import PAGES
from tests.served_app import ROOT, Served, bare_environment, free_port, served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

UV = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
PAGE = ROOT / "docs" / "installation.md"
LIGHT_BACKGROUND = "rgb(250, 250, 249)"
"""`backgroundColor` of the light theme in app/.streamlit/config.toml, as a browser says it."""


def documented(beginning: str) -> list[str]:
    """The words of the command on the page that begins so."""
    (line,) = re.findall(rf"^\$ ({re.escape(beginning)}.*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return shlex.split(line)


def run(words: list[str], cwd: Path, **environment: str) -> str:
    """Run a command to its end; it has to succeed."""
    done = subprocess.run(
        words, cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=800
    )
    assert done.returncode == 0, f"{shlex.join(words)}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the two files beside it, as the page describes it. Nothing else of the checkout."""
    if UV is None:
        pytest.skip("no uv here: `make setup` installs it")
    folder = tmp_path_factory.mktemp("checkout")
    words = documented("uv build")
    run([UV, *words[1:], "--out-dir", str(folder / "dist"), str(ROOT)], ROOT)
    for name in ("overrides.txt", "requirements.lock"):
        shutil.copy(ROOT / name, folder)
    return folder


def test_the_wheel_holds_all_that_the_app_reads(checkout: Path) -> None:
    (wheel,) = (checkout / "dist").glob("*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    tops = ("app/", "engine/", "pages/", "storage/")
    ours = {name for name in tracked.split("\0") if name.startswith(tops)}
    assert {"app/.streamlit/config.toml", "storage/schema/0001_foundation.sql", "app/components/clips/wall.js"} <= ours
    assert ours - packed == set()
    assert {name for name in packed if not name.startswith((*tops, "handpicked-"))} == set()


@pytest.fixture(scope="module")
def tool(checkout: Path) -> Path:
    """The command, as `uv tool install` of the page installs it."""
    bin_folder = checkout / "bin"
    words = [*documented("uv tool install"), "--python", sys.executable]
    run([str(UV), *words[1:]], checkout, UV_TOOL_DIR=str(checkout / "tools"), UV_TOOL_BIN_DIR=str(bin_folder))
    return bin_folder / "handpicked"


@pytest.fixture(scope="module")
def app(tool: Path, checkout: Path) -> Iterator[Served]:
    """The installed app, started from an empty folder by somebody who never ran Streamlit."""
    elsewhere = checkout / "elsewhere"
    elsewhere.mkdir()
    command = [str(tool), "app", "--no-browser", "--port", str(free_port())]
    environment = bare_environment(checkout / "home")
    with served(command, checkout / "log", cwd=elsewhere, environment=environment) as running:
        yield running


def test_one_opencv_is_installed(tool: Path, checkout: Path) -> None:
    (site,) = (checkout / "tools" / "handpicked" / "lib").glob("python*/site-packages")
    assert [path.name.partition("-")[0] for path in site.glob("opencv*.dist-info")] == ["opencv_python_headless"]
    assert run([str(tool), "--version"], checkout).strip() == "0.2.0.dev0"


def test_the_installed_app_listens_on_loopback_alone(app: Served, checkout: Path) -> None:
    assert app.listens_on() == {("127.0.0.1", app.port)}
    assert app.answer("/", Host="evil.example")[0] == 403
    assert app.log().splitlines()[1] == f"Workspace:  {checkout / 'elsewhere' / 'workspace'}"
    assert not (checkout / "home" / ".streamlit").exists()


def test_every_installed_page_draws_in_our_colours_and_asks_nobody_else(app: Served, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
    page = context.new_page()
    page.set_default_timeout(30_000)
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(request.url))
    page.on("websocket", lambda socket: asked.add(socket.url))
    for entry in PAGES:
        page.goto(f"{app.url}/{entry.url_path}")
        page.get_by_role("heading").first.wait_for()
        page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
        assert page.get_by_test_id("stException").count() == 0, entry.title
        assert page.get_by_text("Page not found").count() == 0, entry.title
    colour = page.get_by_test_id("stApp").evaluate("element => getComputedStyle(element).backgroundColor")
    assert colour == LIGHT_BACKGROUND
    context.close()
    own = (app.url, app.url.replace("http", "ws", 1), "data:", "blob:")
    assert [url for url in asked if not url.startswith(own)] == []
    assert "Traceback" not in app.log(), app.log()


@pytest.mark.parametrize("beginning", ["uvx", "uv pip install"])
def test_the_other_ways_of_the_page_resolve_to_one_opencv(checkout: Path, tmp_path: Path, beginning: str) -> None:
    words = documented(beginning)
    if beginning == "uvx":
        words = [str(UV), "tool", "run", "--python", sys.executable, *words[1:-1], "--version"]
        assert run(words, checkout).strip() == "0.2.0.dev0"
        return
    run([str(UV), "venv", "--python", sys.executable, str(tmp_path / "env")], checkout)
    said = subprocess.run(
        [str(UV), *words[1:], "--python", str(tmp_path / "env"), "--dry-run"],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    assert re.findall(r"\+ (opencv\S*?)==", said) == ["opencv-python-headless"]
