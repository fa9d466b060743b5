"""Times the import of an annotation file of EPIC-KITCHENS-100's validation size (9,668 rows) against parsing alone.

    python -m benchmarks.annotations [FILE] [--json]

Goal: under 5 s. Without FILE, a file of the same shape is generated.
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
import time
from pathlib import Path

from app.workflows.importing import add_annotations
from engine.clipping.settings import ClippingSettings
from storage import Workspace

ROWS = 9_668
PER_VIDEO = 70


def generated(path: Path) -> Path:
    """A file with EPIC-KITCHENS-100's columns and number of rows."""
    columns = ("narration_id", "participant_id", "video_id", "start_timestamp", "stop_timestamp", "narration")
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow([*columns, "verb", "noun"])
        for row in range(ROWS):
            video, place = divmod(row, PER_VIDEO)
            name = f"P{video % 37 + 1:02d}_{video:03d}"
            start_s, end_s = place * 4.0, place * 4.0 + 3.5
            table.writerow(
                [f"{name}_{place}", name[:3], name, clock(start_s), clock(end_s), "open door", "open", "door"]
            )
    return path


def clock(seconds: float) -> str:
    """`HH:MM:SS.ss`."""
    return f"{int(seconds // 3600):02d}:{int(seconds // 60 % 60):02d}:{seconds % 60:05.2f}"


def main() -> None:
    """Import into a fresh workspace; parse with the standard library; print both and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = options.file or generated(Path(folder) / "annotations.csv")
        began = time.perf_counter()
        with file.open(newline="", encoding="utf-8") as opened:
            rows = sum(1 for _ in csv.DictReader(opened))
        parsed_s = time.perf_counter() - began
        with Workspace(Path(folder) / "workspace") as workspace:
            began = time.perf_counter()
            report = add_annotations(workspace, file, source="epic", clipping=ClippingSettings())
            imported_s = time.perf_counter() - began
    result = {"rows": rows, "segments": report.new_segments, "parse_s": parsed_s, "import_s": imported_s}
    if options.json:
        print(json.dumps(result))
    else:
        print(f"{report.new_segments:,} of {rows:,} rows imported in {imported_s:.2f} s (promise: 5 s)")
        print(f"parsing alone {parsed_s:.3f} s; ratio {imported_s / parsed_s:.0f}")


if __name__ == "__main__":
    main()
