"""`metadata.jsonl` has a row for each clip with a file, in the list's order, and FiftyOne's script reads it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pyarrow as pa

from engine.export.fiftyone_script import FIFTYONE_FILE, write_fiftyone_script
from engine.export.metadata import METADATA_FILE, write_metadata

if TYPE_CHECKING:
    from pathlib import Path

LISTED = pa.table(
    {
        "rank": [1, 2, 3],
        "clip_id": ["a@0-1", "b@0-1", "c@0-1"],
        "video": ["a", "b", "c"],
        "narration": ["cut\u2028the onion", None, "stir"],
        "tags": ["keep, nice", None, None],
        "reward": [0.5, float("nan"), None],
        "video_path": ["/somewhere/a.mp4"] * 3,
        "file": ["old"] * 3,
    }
)
FILES = {"c@0-1": "clips/3.mp4", "a@0-1": "clips/1.mp4"}


def test_rows_have_files_texts_and_numbers(tmp_path: Path) -> None:
    write_metadata(LISTED, FILES, tmp_path / METADATA_FILE)
    rows = [json.loads(line) for line in (tmp_path / METADATA_FILE).read_text().split("\n")[:-1]]
    assert [row["file_name"] for row in rows] == ["clips/1.mp4", "clips/3.mp4"]
    assert [row["text"] for row in rows] == ["cut\u2028the onion", "stir"]
    assert [row["reward"] for row in rows] == [0.5, None]
    assert all("video_path" not in row and "file" not in row for row in rows)
    assert [row["video_name"] for row in rows] == ["a", "c"]
    assert all("video" not in row for row in rows), "datasets would take it for the clip"
    assert list(rows[0])[:2] == ["file_name", "text"]


def test_the_script_makes_a_sample_of_every_row(tmp_path: Path) -> None:
    write_metadata(LISTED, FILES, tmp_path / METADATA_FILE)
    write_fiftyone_script(tmp_path)
    (tmp_path / "fiftyone.py").write_text(
        "import json\n"
        "class Dataset:\n    samples = []\n    def add_sample(self, sample):\n        self.samples.append(sample)\n"
        "def Sample(**fields):\n    return fields\n"
        "class launch_app:\n    def __init__(self, dataset):\n        print(json.dumps(dataset.samples))\n"
        "    def wait(self):\n        pass\n"
    )
    ran = subprocess.run(
        [sys.executable, str(tmp_path / FIFTYONE_FILE)], capture_output=True, text=True, check=True, timeout=60
    )
    first, second = json.loads(ran.stdout)
    assert (first["filepath"], first["tags"]) == (str(tmp_path / "clips/1.mp4"), ["keep", "nice"])
    assert (first["reward"], first["text"]) == (0.5, "cut\u2028the onion")
    assert (second["tags"], "reward" in second) == ([], False)
