"""Times the next pair after a key against a round trip to the app, and measures the drift between two clips.

    python -m benchmarks.labelling [--keys N] [--loops N] [--workspace DIR] [--json]

Goals: a next pair in under 50 ms, because it is preloaded, and a drift under one frame at the start of a loop.
Measured in headless Chromium on the real app:

- work: from the key's event until the other pair's clips are put in view;
- key to next pair: until the next frame is drawn, which has them; the bare time of a frame is measured beside it;
- key to confirmation: until the app has stored the answer and the browser knows it;
- drift: how far the two clips are apart in the first half second of each loop, from the times that the browser reports
  for the frames that it showed.

Without `--workspace` the clips are rendered: 12 clips of 2 s, 640 × 360 at 30 frames a second.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import sync_playwright

from storage import Workspace
from storage.clips import Clip
from tests.e2e.conftest import CHROMIUM_FLAGS, App
from tests.filled_workspace import a_video
from tests.synthetic_video import write_video

if TYPE_CHECKING:
    from playwright.sync_api import Page

PROMISE_MS = 50.0
WATCH_MS = 900
"""Pause between two keys, in which the next pair loads and the app becomes idle."""

FIND = """
const all = (root, what) => [...root.querySelectorAll(what)]
const inside = (what) => all(document, '*').flatMap((n) => n.shadowRoot ? all(n.shadowRoot, what) : [])
const drawn = () => new Promise((done) => requestAnimationFrame(() => {
    const channel = new MessageChannel()  // its message comes when the frame is drawn
    channel.port1.onmessage = done
    channel.port2.postMessage(0)
}))
"""
KEY = (
    "async (key) => {"
    + FIND
    + """
    const viewer = inside('.viewer')[0]
    const before = viewer.dataset.pair
    const kept = () => Object.keys(localStorage).some((key) => key.startsWith('handpicked.answer|'))
    const idle = performance.now()
    await drawn()
    const frame_ms = performance.now() - idle
    await new Promise((done) => setTimeout(done, 100 * Math.random()))
    const began = performance.now()
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, composed: true }))
    const changed = viewer.dataset.pair !== before
    const work_ms = performance.now() - began
    await drawn()
    const next_ms = performance.now() - began
    const ready = inside('video.shown').every((video) => video.readyState >= 2)
    while (kept()) await new Promise((done) => setTimeout(done, 2))
    return { changed, ready, frame_ms, work_ms, next_ms, confirmed_ms: performance.now() - began }
}"""
)
DRIFT = (
    "async (loops) => {"
    + FIND
    + """
    const videos = inside('video.shown')
    const seen = videos.map(() => [])
    videos.forEach((video, n) => {
        const look = (_, frame) => {
            seen[n].push([frame.expectedDisplayTime / 1000, frame.mediaTime])
            video.requestVideoFrameCallback(look)
        }
        video.requestVideoFrameCallback(look)
    })
    const windows = videos.map((video) => video.src.split('#t=')[1].split(',').map(Number))
    const longest = Math.max(...windows.map(([start, end]) => end - start))
    await new Promise((done) => setTimeout(done, 1000 * loops * (longest + 0.3)))
    return { windows, seen }
}"""
)


def render(root: Path) -> None:
    """A workspace with 6 videos of two clips each."""
    with Workspace(root) as workspace:
        for number in range(6):
            file = root.parent / f"v{number}.mp4"
            write_video(file, 120, size=(640, 360))
            workspace.videos.add([a_video(f"v{number}", path=str(file), duration_s=4.0, width=640, height=360)])
            workspace.clips.add(
                Clip(video_id=f"v{number}", start_s=start, end_s=start + 2.0, origin="stride") for start in (0.0, 2.0)
            )


def sit_down(page: Page, app: App) -> None:
    """Start a sitting and wait until the queue is loaded."""
    page.goto(f"{app.url}/label")
    who = page.get_by_role("combobox", name="Who labels")
    who.fill("benchmark")
    who.press("Enter")
    page.get_by_role("button", name="Start").click()
    page.locator(".viewer[data-pair]").wait_for()
    page.wait_for_timeout(3000)


def drifts_ms(found: dict[str, Any]) -> list[float]:
    """Of each loop, how far the clips are apart at its start: the medians of (place − time) over half a second."""
    starts: list[list[tuple[float, float]]] = []
    for (start_s, _), frames in zip(found["windows"], found["seen"], strict=True):
        loops: list[list[tuple[float, float]]] = []
        last_s = float("inf")
        for time_s, place_s in frames:
            if place_s < last_s - 0.2:
                loops.append([])
            if place_s - start_s < 0.5:
                loops[-1].append((time_s, place_s - start_s - time_s))
            last_s = place_s
        starts.append([(loop[0][0], statistics.median(lag for _, lag in loop)) for loop in loops if len(loop) > 3])
    apart = []
    for time_s, lag in starts[0]:
        others = [other for other_s, other in starts[1] if abs(other_s - time_s) < 0.5]
        if others:
            apart.append(1000 * min(abs(other - lag) for other in others))
    return apart


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=20)
    parser.add_argument("--loops", type=int, default=6)
    parser.add_argument("--workspace", type=Path, help="label the clips of a copy of this workspace")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    browser_path = os.environ.get("HANDPICKED_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        root = Path(folder) / "workspace"
        shutil.copytree(options.workspace, root) if options.workspace else render(root)
        app = App(root)
        app.start()
        browser = playwright.chromium.launch(executable_path=browser_path, args=CHROMIUM_FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        sit_down(page, app)
        drift = drifts_ms(page.evaluate(DRIFT, options.loops))
        keys = []
        for number in range(options.keys):
            page.wait_for_timeout(WATCH_MS)
            keys.append(page.evaluate(KEY, ("ArrowLeft", "ArrowRight")[number % 2]))
        drift += drifts_ms(page.evaluate(DRIFT, options.loops))
        browser.close()
        app.stop()

    def middle(name: str) -> float:
        return statistics.median(key[name] for key in keys)

    following = sorted(key["next_ms"] for key in keys)
    confirmed = middle("confirmed_ms")
    result = {
        "keys": len(keys),
        "next_in_view_at_once": sum(key["changed"] and key["ready"] for key in keys),
        "next_ms": {"median": statistics.median(following), "worst": following[-1]},
        "work_ms": {"median": middle("work_ms")},
        "bare_frame_ms": {"median": middle("frame_ms")},
        "confirmed_ms": {"median": confirmed},
        "ratio_to_round_trip": statistics.median(following) / confirmed,
        "ratio_to_promise": statistics.median(following) / PROMISE_MS,
        "drift_ms": {"loops": len(drift), "median": statistics.median(drift), "worst": max(drift)},
    }
    if options.json:
        print(json.dumps(result))
        return
    print(f"{'keys, next pair loaded':<28}{result['next_in_view_at_once']:>6} of {len(keys)}")
    print(f"{'work at a key':<28}{middle('work_ms'):6.1f} ms")
    print(f"{'a frame without a key':<28}{middle('frame_ms'):6.1f} ms")
    print(f"{'key to next pair':<28}{statistics.median(following):6.1f} ms, worst {following[-1]:.1f} ms")
    print(f"{'key to confirmation':<28}{confirmed:6.1f} ms")
    print(f"{'ratio to the round trip':<28}{result['ratio_to_round_trip']:6.2f}")
    print(f"{'ratio to the promised 50 ms':<28}{result['ratio_to_promise']:6.2f}")
    worst = f"worst {max(drift):.1f} ms, {len(drift)} loops"
    print(f"{'drift where a loop begins':<28}{statistics.median(drift):6.1f} ms, {worst}")


if __name__ == "__main__":
    main()
