"""Writes an export as a folder of clips with `metadata.jsonl`: what `datasets` of Hugging Face calls a video folder."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, ClassVar

from engine.errors import ExportError
from engine.export.formats.card import CARD_FILE, MOST_IN_A_FOLDER, CardSection, HubCard, card
from engine.export.formats.cut_parts import CutExporter, CutOptions, cut_file
from engine.export.metadata import METADATA_FILE, write_metadata
from engine.export.names import clip_file_name

if TYPE_CHECKING:
    from pathlib import Path

    from engine.export.formats.base import ExportContext, MadeClips

__all__ = ["VideoFolder", "VideoFolderOptions"]

CLIPS = "clips"
_READING = """\
```python
from datasets import load_dataset
clips = load_dataset("videofolder", data_dir="path/of/this/folder", split="train")
```"""


class VideoFolderOptions(CutOptions):
    """How the clips are cut."""


class VideoFolder(CutExporter[VideoFolderOptions]):
    """Cut clips, each one a row of `metadata.jsonl`."""

    name: ClassVar[str] = "hf"
    title: ClassVar[str] = "Hugging Face video folder"
    description: ClassVar[str] = (
        'A folder of cut clips with metadata.jsonl, which load_dataset("videofolder") of Hugging Face datasets reads.'
    )

    def assemble(self, clips: MadeClips, folder: Path, context: ExportContext) -> None:
        """Copy the clips under names that sort by rank, and write what is known of them and the card."""
        table, files = clips.table, {}
        digits = max(4, len(str(table.column("rank")[-1].as_py())))
        try:
            for place, row in enumerate(table.select(["rank", "clip_id", "video", "start_s", "end_s"]).to_pylist()):
                clip_id = row["clip_id"]
                name = clip_file_name(row["rank"], row["video"], row["start_s"], row["end_s"], digits=digits)
                files[clip_id] = f"{_subfolder(place, table.num_rows)}/{name}"
                target = folder / files[clip_id]
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(cut_file(clips, clip_id), target)
                context.progress(0.95 * len(files) / table.num_rows, "copying clips")
            write_metadata(table, files, folder / METADATA_FILE)
            (folder / CARD_FILE).write_text(_card(clips), encoding="utf-8")
        except OSError as error:
            raise ExportError(
                f"the clips can't be written to {folder}: {error.strerror or error}",
                remedy="Check the folder and the room on its disk, then resume the job.",
            ) from error


def _subfolder(place: int, count: int) -> str:
    """Where the clip at this place of so many goes: the Hub takes only so many files in one folder."""
    return CLIPS if count <= MOST_IN_A_FOLDER else f"{CLIPS}/{place // MOST_IN_A_FOLDER:03d}"


def _card(clips: MadeClips) -> str:
    about = (
        f"{clips.table.num_rows:,} clips of first-person video as single files, best first: "
        "the number at the front of a file's name is the clip's rank."
    )
    rows = (
        f"`{METADATA_FILE}` holds a row a clip: its file, its narration (`text`), its score, its video and window, and "
        "all measured features. What could not be measured is null."
    )
    sections = [CardSection("Files", rows), CardSection("Reading it", _READING)]
    hub = HubCard(task_categories=("robotics", "video-classification"), tags=("video",))
    return card("Handpicked clips", clips.facts, about=about, sections=sections, hub=hub)
