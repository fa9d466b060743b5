"""Walks a new user's way in a real browser, from an empty workspace to labels and an exported list, and counts it.

    python -m benchmarks.first_walk FOLDER [--labels 50] [--json]

FOLDER holds videos. Clicks, keys and typed fields are counted for each leg of the way, and how long the app kept its
user waiting: the rest of the time is the user's own, who looks and thinks. A machine answers at once here, so the
seconds are what the app takes, not what a person needs: at 5 s a pair, 50 pairs are four minutes more.

Without a folder it says so and ends.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from tests.e2e.conftest import CHROMIUM_FLAGS, App, chromium
from tests.e2e.test_import_flow import go
from tests.e2e.test_label_flow import press, ready, settled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Locator, Page

LONG_MS = 1_800_000
"""Extraction of much footage on a small machine takes long."""


@dataclass
class Leg:
    """A part of the way: what the user did in it, and how long it took."""

    name: str
    clicks: int = 0
    keys: int = 0
    fields: int = 0
    seconds: float = 0.0


class Walk:
    """A user in a browser, whose every act is counted."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.legs: list[Leg] = []

    @contextmanager
    def leg(self, name: str) -> Iterator[None]:
        """Count what is done within as this part of the way."""
        self.legs.append(Leg(name))
        began = time.perf_counter()
        yield
        self.legs[-1].seconds = time.perf_counter() - began

    def click(self, what: Locator) -> None:
        """Click as soon as it can be clicked."""
        what.click(timeout=LONG_MS)
        self.legs[-1].clicks += 1

    def button(self, name: str) -> None:
        """Click a button by its words."""
        self.click(self.page.get_by_role("button", name=name, exact=True).first)

    def field(self, what: Locator, text: str) -> None:
        """Fill a field and go on by Enter."""
        what.fill(text)
        what.press("Enter")
        self.legs[-1].fields += 1
        self.legs[-1].keys += 1


def label(walk: Walk, labels: int) -> None:
    """Answer pairs by keyboard, each once it is there."""
    answered: set[str] = set()
    while len(answered) < labels:
        answered |= set(press(walk.page, ("ArrowLeft", "ArrowRight")[len(answered) % 2]))
        walk.legs[-1].keys += 1
        if len(answered) < labels:
            walk.page.wait_for_function(
                """seen => {
                    const pair = [...document.querySelectorAll('*')]
                        .map(n => n.shadowRoot?.querySelector('.viewer')).find(Boolean)?.dataset.pair
                    return pair && !seen.includes(pair)
                }""",
                arg=sorted(answered),
            )
    settled(walk.page)


def walked(page: Page, folder: Path, labels: int, out: Path) -> list[Leg]:
    """The whole way."""
    walk = Walk(page)
    with walk.leg("open"):
        page.get_by_text("Start with some first-person video").wait_for(timeout=LONG_MS)
    with walk.leg("import"):
        walk.button("Import videos")
        paths = page.get_by_role("textbox", name="Files and folders, one a line")
        paths.fill(str(folder))
        walk.legs[-1].fields += 1
        walk.button("Import")
        page.get_by_text("Look at the videos").wait_for(timeout=LONG_MS)
    with walk.leg("measure"):
        walk.click(page.get_by_test_id("stSidebarNav").get_by_role("link", name="Overview", exact=True))
        walk.button("Extract features")
        page.get_by_text("Say which clips are better.").wait_for(timeout=LONG_MS)
    with walk.leg("sit down"):
        walk.button("Label pairs")
        walk.field(page.get_by_role("combobox", name="Who labels"), "Anna")
        walk.button("Start")
        ready(page)
    with walk.leg(f"{labels} labels"):
        label(walk, labels)
    with walk.leg("export"):
        if page.get_by_role("button", name="End sitting").is_visible():
            walk.button("End sitting")  # before its card came: fewer labels than a sitting has pairs
        elif page.get_by_role("button", name="Leave").is_visible():
            walk.button("Leave")
        go(page, "Export & Sync")
        walk.legs[-1].clicks += 1
        walk.field(page.get_by_role("textbox", name="File, without its ending"), str(out))
        walk.button("Write")
        while not out.with_suffix(".csv").exists():
            page.wait_for_timeout(50)
    return walk.legs


def main() -> None:
    """Walk and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--labels", type=int, default=50)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.folder is None:
        sys.exit("Name a folder with videos, as `handpicked sample` renders them into a workspace's `sample`.")
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        app = App(Path(place) / "workspace")
        app.start()
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(app.url)
        legs = walked(page, options.folder.resolve(), options.labels, Path(place) / "best")
        browser.close()
        app.stop()
    if options.json:
        print(json.dumps([asdict(leg) for leg in legs]))
        return
    total = Leg("altogether", *(sum(getattr(leg, name) for leg in legs) for name in ("clicks", "keys", "fields")))
    total.seconds = sum(leg.seconds for leg in legs)
    print(f"{'':12}{'clicks':>8}{'keys':>8}{'fields':>8}{'seconds':>10}")
    for leg in [*legs, total]:
        print(f"{leg.name:12}{leg.clicks:8}{leg.keys:8}{leg.fields:8}{leg.seconds:10.1f}")


if __name__ == "__main__":
    main()
