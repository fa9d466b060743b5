"""Takes the README's pictures again: `python docs/make_pictures.py WORKSPACE`, of a demonstration's workspace.

    handpicked demo --out demo
    python docs/make_pictures.py demo

A copy of the workspace is shown in the real app in Chromium, and a few pairs are labelled in it for the animation. Only
workspaces of rendered sample videos are taken: nobody's footage gets into the repository by mistake.
"""

from __future__ import annotations

import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.request import urlopen

import typer
from PIL import Image
from playwright.sync_api import sync_playwright

from storage import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

DOCS = Path(__file__).parent
WIDTH, HEIGHT = 1280, 800
COLOURS = 256
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
KEYS = ("ArrowLeft", "ArrowRight", "ArrowRight", "ArrowUp", "ArrowLeft")
FRAMES_A_PAIR, FRAME_MS = 9, 140
ANIMATION_PX = 800


@dataclass(frozen=True)
class Picture:
    """One still: its file's name, the page's address, its colours, and a text that shows once it is whole."""

    name: str
    address: str
    scheme: str
    awaited: str


PICTURES = (
    Picture("videos-light", "videos", "light", "12 videos"),
    Picture("library-light", "library", "light", "Library"),
    Picture("scores-dark", "scores", "dark", "clips scored"),
    Picture("validate-light", "validate", "light", "Reward against gain"),
)


@contextmanager
def app(workspace: Path) -> Iterator[str]:
    """The app on `workspace`; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(DOCS.parent / "app" / "main.py")]
    running = subprocess.Popen(
        [*command, "--server.headless", "true", "--server.port", str(port)],
        cwd=DOCS.parent,
        env={**os.environ, "HANDPICKED_WORKSPACE": str(workspace)},
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            try:
                with urlopen(f"{url}/_stcore/health", timeout=2):  # noqa: S310 - our own server
                    break
            except OSError:
                time.sleep(0.5)
        yield url
    finally:
        running.terminate()
        running.wait(20)


def opened(browser: Browser, scheme: str) -> Page:
    """A fresh page in one of the two colour schemes."""
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme=scheme)
    page = context.new_page()
    page.set_default_timeout(60_000)
    return page


def settle(page: Page) -> None:
    """Wait until the script has run and pictures have come."""
    page.wait_for_timeout(1500)
    for waiting in ("stStatusWidget", "stSkeleton"):
        page.wait_for_function("name => !document.querySelector(`[data-testid=${name}]`)", arg=waiting)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1000)


def still(browser: Browser, url: str, picture: Picture) -> None:
    """One page as a small PNG."""
    page = opened(browser, picture.scheme)
    page.goto(f"{url}/{picture.address}")
    page.get_by_text(picture.awaited).first.wait_for()
    settle(page)
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(DOCS / f"{picture.name}.png", optimize=True)
    page.context.close()


def labelling(browser: Browser, url: str) -> None:
    """A few pairs answered by keyboard, as an animation."""
    page = opened(browser, "dark")
    page.goto(f"{url}/label")
    who = page.get_by_role("combobox", name="Who labels")
    who.fill("Anna")
    who.press("Enter")
    page.get_by_role("button", name="Start", exact=True).click()
    page.locator(".viewer[data-pair]").wait_for()
    settle(page)
    frames = []
    for key in KEYS:
        for _ in range(FRAMES_A_PAIR):
            shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            frames.append(shot)
            page.wait_for_timeout(FRAME_MS)
        page.keyboard.press(key)
    small = [frame.resize((ANIMATION_PX, ANIMATION_PX * HEIGHT // WIDTH), Image.Resampling.LANCZOS) for frame in frames]
    small[0].save(
        DOCS / "labelling.webp", save_all=True, append_images=small[1:], duration=FRAME_MS, loop=0, quality=55, method=6
    )
    page.context.close()


def main(workspace: Annotated[Path, typer.Argument(help="A demonstration's workspace.", exists=True)]) -> None:
    """Take all pictures into docs/."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        raise typer.BadParameter("there is no Chromium on this machine")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "demo"
        shutil.copytree(workspace, copy)
        with Workspace(copy) as own:
            if len(own.sample.video_ids()) != own.videos.totals().videos:
                raise typer.BadParameter("only workspaces of rendered sample videos are pictured")
        with app(copy) as url, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            for picture in PICTURES:
                still(browser, url, picture)
            labelling(browser, url)
            browser.close()


if __name__ == "__main__":
    typer.run(main)
