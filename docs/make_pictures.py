"""Takes the README's pictures again: `python docs/make_pictures.py WORKSPACE`, of a demonstration's workspace.

    handpicked demo --out demo        # or a workspace of more sample videos, whose validation says more
    python docs/make_pictures.py demo

A copy of the workspace is shown in the real app in Chromium, and a few pairs are labelled in it for the animation. Only
workspaces of rendered sample videos are taken: nobody's footage gets into the repository by mistake.

    python docs/make_pictures.py demo --review PICTURES

takes every page in every state instead, to be looked at side by side: empty, with a job that runs, with one that was
stopped, and of the workspace, its clips open, compared, labelled and beside their map, an export that was refused and
one that was written, a setting that was found; in two sizes, those full of footage in a third, light and dark. They go
into the folder PICTURES, of any workspace.
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
from functools import partial
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.request import urlopen

import typer
from PIL import Image
from playwright.sync_api import sync_playwright

from app.navigation import PAGES
from storage import Workspace
from storage.library.view import ClipView

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from playwright.sync_api import Browser, Page

DOCS = Path(__file__).parent
WIDTH, HEIGHT = 1280, 800
COLOURS = 256
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
KEYS = ("ArrowLeft", "ArrowRight", "ArrowRight", "ArrowUp", "ArrowLeft")
FRAMES_A_PAIR, FRAME_MS = 9, 140
ANIMATION_PX = 800
REVIEW_SIZES = ((1440, 900), (1024, 768))
FOOTAGE_SIZES = (*REVIEW_SIZES, (1920, 1080))
"""Of what shows clips, which a large window has to make use of."""
LAID_OUT_MS = 800


@dataclass(frozen=True)
class Picture:
    """One still: its file's name, the page's address, its colours, and a text that shows once it is whole."""

    name: str
    address: str
    scheme: str
    awaited: str


PICTURES = (
    Picture("videos-light", "videos", "light", "How clips are made"),
    Picture("library-light", "library", "light", "Library"),
    Picture("scores-dark", "scores", "dark", "clips scored"),
    Picture("validate-light", "validate", "light", "Reward against gain"),
)


@contextmanager
def served(workspace: Path) -> Iterator[str]:
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
    settle(page)
    sit_down(page)
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


@dataclass(frozen=True)
class Review:
    """Pictures of every page in one state, in two sizes and both colour schemes."""

    browser: Browser
    url: str
    folder: Path

    def take(
        self,
        state: str,
        addresses: Mapping[str, str],
        act: Callable[[Page], None] | None = None,
        sizes: Sequence[tuple[int, int]] = REVIEW_SIZES,
    ) -> None:
        """Picture the pages `addresses` (name → address) as `<state>-<name>-<width>-<scheme>.png`, after `act`.

        Each is opened once, and its window then made larger and smaller, lighter and darker, as a person would.
        """
        page = opened(self.browser, "light")
        for name, address in addresses.items():
            page.set_viewport_size({"width": sizes[0][0], "height": sizes[0][1]})
            page.goto(f"{self.url}/{address}")
            settle(page)
            if act is not None:
                act(page)
            for size, scheme in product(sizes, ("light", "dark")):
                page.set_viewport_size({"width": size[0], "height": size[1]})
                page.emulate_media(color_scheme=scheme)
                page.wait_for_timeout(LAID_OUT_MS)
                page.screenshot(path=self.folder / f"{state}-{name}-{size[0]}-{scheme}.png")
        page.context.close()


def review(browser: Browser, workspace: Path, folder: Path) -> None:
    """Every page in every state."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = {entry.url_path: entry.url_path for entry in PAGES}
    with tempfile.TemporaryDirectory() as place, served(Path(place) / "empty") as url:
        seen = Review(browser, url, folder)
        seen.take("empty", pages)
        page = opened(browser, "light")
        page.goto(url)
        page.get_by_role("button", name="Load the sample workspace").click()
        page.get_by_text("Render sample videos").first.wait_for()
        seen.take("running", {name: name for name in ("overview", "videos", "jobs")})
        page.goto(f"{url}/jobs")
        page.get_by_role("button", name="Cancel").first.click()
        page.get_by_text("cancelled").first.wait_for()
        seen.take("stopped", {name: name for name in ("overview", "jobs")})
    with Workspace(workspace) as own:
        clips = own.library.ids(ClipView(), limit=2)
    with served(workspace) as url:
        seen = Review(browser, url, folder)
        seen.take("filled", pages)
        large = {"library": "library", "map": "library?map=beside", "validate": "validate"}
        if len(clips) == 2:
            large |= {"clip": f"library?clip={clips[0]}", "compare": f"library?compare={','.join(clips)}"}
            seen.take("sitting", {"label": "label"}, sit_down, FOOTAGE_SIZES)
        seen.take("filled", large, sizes=FOOTAGE_SIZES)
        seen.take("found", {"settings": "settings"}, search_settings)
        with tempfile.TemporaryDirectory() as place:
            seen.take("refused", {"export-sync": "export-sync"}, partial(export, Path(place) / "missing" / "best"))
            seen.take("done", {"export-sync": "export-sync"}, partial(export, Path(place) / "best"))


def search_settings(page: Page) -> None:
    """Look for a setting by a word."""
    page.get_by_label("Search the settings").fill("length")
    settle(page)


def export(file: Path, page: Page) -> None:
    """Write the list of the best clips."""
    name = page.get_by_label("File, without its ending")
    name.fill(str(file))
    name.press("Enter")
    settle(page)
    page.get_by_role("button", name="Write", exact=True).click()
    settle(page)


def sit_down(page: Page) -> None:
    """Start a sitting, or go on with the one under way."""
    start = page.get_by_role("button", name="Start", exact=True)
    if start.count():
        who = page.get_by_role("combobox", name="Who labels")
        who.fill("Anna")
        who.press("Enter")
        start.click()
    page.locator(".viewer[data-pair]").wait_for()
    settle(page)


def main(
    workspace: Annotated[Path, typer.Argument(help="A demonstration's workspace.", exists=True)],
    review_folder: Annotated[
        Path | None, typer.Option("--review", help="Take every page in every state into this folder.")
    ] = None,
) -> None:
    """Take all pictures into docs/, or with --review every page into another folder."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        raise typer.BadParameter("there is no Chromium on this machine")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "demo"
        shutil.copytree(workspace, copy)
        if review_folder is not None:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
                review(browser, copy, review_folder)
                browser.close()
            return
        with Workspace(copy) as own:
            if len(own.sample.video_ids()) != own.videos.totals().videos:
                raise typer.BadParameter("only workspaces of rendered sample videos are pictured")
        with served(copy) as url, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            for picture in PICTURES:
                still(browser, url, picture)
            labelling(browser, url)
            browser.close()


if __name__ == "__main__":
    typer.run(main)
