"""The script in a bundle that opens its clips in FiftyOne."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import ExportError
from engine.export.metadata import METADATA_FILE
from engine.files.replace_whole import write_whole

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["FIFTYONE_FILE", "write_fiftyone_script"]

FIFTYONE_FILE = "fiftyone_import.py"
_SCRIPT = f'''"""Opens these clips in FiftyOne: `pip install fiftyone`, then run this file."""
import json, pathlib, fiftyone as fo
folder = pathlib.Path(__file__).resolve().parent
dataset = fo.Dataset()
with (folder / "{METADATA_FILE}").open(encoding="utf-8", newline="\\n") as lines:
    for row in map(json.loads, lines):
        known = {{name: value for name, value in row.items() if value is not None}}
        path, tags = folder / known.pop("file_name"), known.pop("tags", "").split(", ")
        dataset.add_sample(fo.Sample(filepath=str(path), tags=[tag for tag in tags if tag], **known))
fo.launch_app(dataset).wait()
'''
"""It reads the metadata, whose numbers are numbers; a column that is empty for a clip is no field of its sample."""


def write_fiftyone_script(folder: Path) -> None:
    """Write the script beside the metadata. Raises `ExportError`."""
    try:
        write_whole(folder / FIFTYONE_FILE, _SCRIPT)
    except OSError as error:
        raise ExportError(
            f"{folder / FIFTYONE_FILE} can't be written: {error.strerror or error}",
            remedy="Check the folder and the room on its disk, then resume the export.",
        ) from error
