"""What the app and its commands take at 100,000 and at 1,000,000 clips: a thousand hours of video in clips of 4 s.

    python -m benchmarks.scale [--clips 100000 1000000] [--keep DIR] [--only WORDS] [--timeout-s N] [--json FILE]

Workspaces are generated (`benchmarks.library`: 100 clips a video, features, 512-D vectors, a reward's scores, tags;
and 400 simulated labels); no pictures, and empty files in place of videos. Each line is measured in a process of its
own: the first call with all that it reads, the median of five more, processor time, and the largest resident set of the
app's process and of the workers that it started. Goals at 1,000,000: every page within a second, the app under 1.5 GB;
at 100,000: a filter, a sort and its cards in 20 ms, a funnel in 150 ms, every page in half a second.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benchmarks._scale_measures import ALL, Measured
from benchmarks.library import fill
from storage import Workspace
from storage.labels import Label

LABELS = 400


def make(root: Path, n_clips: int) -> None:
    """A generated workspace, unless it is there."""
    with Workspace(root) as workspace:
        if workspace.clips.count():
            return
        began = time.perf_counter()
        fill(workspace, n_clips)
        label(workspace)
        lay_out_files(workspace)
        print(f"made {n_clips:,} clips in {time.perf_counter() - began:.0f} s", flush=True)


def lay_out_files(workspace: Workspace) -> None:
    """An empty file for each video: pairs are shown of clips whose files are there."""
    folder = workspace.root / "footage"
    folder.mkdir()
    for video in workspace.videos.find():
        (folder / f"{video.video_id}.mp4").touch()
    workspace.database.write("UPDATE video SET path = $folder || video_id || '.mp4'", {"folder": f"{folder}/"})


def label(workspace: Workspace, seed: int = 0) -> None:
    """Answers of one simulated annotator, who goes by how often hands are in view."""
    rng = np.random.default_rng(seed)
    table = workspace.database.table(
        "SELECT clip_id, hands_any_share FROM clip_features ORDER BY hash(clip_id) LIMIT $most", {"most": 2 * LABELS}
    )
    names, shares = table.column(0).to_pylist(), table.column(1).to_numpy()
    at = datetime(2026, 11, 1, tzinfo=UTC)
    pairs = rng.permutation(len(names))[: len(names) // 2 * 2].reshape(-1, 2)
    workspace.labels.add(
        Label(
            label_id=f"generated-{n}",
            left_clip_id=names[left],
            right_clip_id=names[right],
            answer="left" if shares[left] > shares[right] else "right",
            annotator="generated",
            kind="simulated",
            response_ms=None,
            strategy="random",
            created_at=at,
        )
        for n, (left, right) in enumerate(pairs)
    )


def measured(name: str, root: Path, timeout_s: float) -> Measured | str:
    """One line, or why there is none."""
    call = [sys.executable, "-m", "benchmarks._scale_measures", name, str(root)]
    try:
        done = subprocess.run(call, capture_output=True, text=True, check=False, timeout=timeout_s)
    except subprocess.TimeoutExpired:
        return f"not done in {timeout_s:,.0f} s"
    answer = json.loads(done.stdout.splitlines()[-1]) if done.stdout else {"error": f"exit code {done.returncode}"}
    return f"failed: {answer['error'][:200]}" if "error" in answer else Measured(**answer)


def row(name: str, found: Measured | str) -> str:
    if isinstance(found, str):
        return f"  {name:42} {found}"
    again = f"{1000 * found.again_s:9.0f}" if found.again_s is not None else "        –"
    worker = f"{found.worker_gb:6.2f}" if found.worker_gb else "     –"
    return f"  {name:42} {1000 * found.first_s:9.0f} {again} {found.cpu_s:9.2f} {found.app_gb:6.2f} {worker}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--keep", type=Path, help="keep the workspaces in this folder, and use those that are there")
    parser.add_argument("--only", nargs="*", default=[""], help="only lines with one of these words in their name")
    parser.add_argument("--timeout-s", type=float, default=3600)
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    chosen = parser.parse_args()
    figures: dict[str, dict[str, object]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for n_clips in chosen.clips:
            root = (chosen.keep or Path(folder)) / f"{n_clips}-clips"
            make(root, n_clips)
            print(f"{n_clips:,} clips{'first, ms':>41} {'again, ms':>9} {'CPU s':>9} {'app GB':>6} {'worker':>6}")
            for name in (name for name in ALL if any(word in name for word in chosen.only)):
                found = measured(name, root, chosen.timeout_s)
                print(row(name, found), flush=True)
                figures.setdefault(name, {})[str(n_clips)] = found if isinstance(found, str) else vars(found)
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
