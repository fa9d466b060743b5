"""A package with formats of export, as somebody would publish one: installed by a folder on PYTHONPATH."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from engine.export.formats.base import Exporter, ExportOptions
from engine.export.formats.card import CARD_FILE, card

if TYPE_CHECKING:
    from engine.export.formats.base import ClipToExport, ExportContext, MadeClips


def install(site: Path) -> None:
    """Write the package's metadata into `site`; one of its formats does not load."""
    info = site / "handpicked_test_formats-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: handpicked-test-formats\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        f"[handpicked.exporters]\nseconds = {__name__}:Seconds\nwaits = {__name__}:Waits\nbroken = {__name__}:No\n"
    )


class WaitsOptions(ExportOptions):
    """What it waits for."""

    gate: str = ""
    """It waits until there is a file of this name."""


class Waits(Exporter[WaitsOptions]):
    """Half of a data set, and after a while the other half."""

    name: ClassVar[str] = "waits"
    title: ClassVar[str] = "Waits"
    description: ClassVar[str] = "Waits for a file."
    has_parts: ClassVar[bool] = False

    def assemble(self, clips: MadeClips, folder: Path, context: ExportContext) -> None:
        (folder / "half").write_text("half")
        while not Path(self.options.gate).exists():
            context.progress(0.5, "waiting")
            time.sleep(0.05)
        (folder / "whole").write_text(str(clips.table.num_rows))


class SecondsOptions(ExportOptions):
    """The unit."""

    unit: Literal["s", "ms"] = "s"


class Seconds(Exporter[SecondsOptions]):
    """The length of each clip."""

    name: ClassVar[str] = "seconds"
    title: ClassVar[str] = "Lengths"
    description: ClassVar[str] = "The lengths of the clips."

    def make_part(self, clip: ClipToExport, folder: Path, context: ExportContext) -> None:
        factor = 1000.0 if self.options.unit == "ms" else 1.0
        (folder / "length.txt").write_text(str((clip.end_s - clip.start_s) * factor))
        context.progress(1.0)

    def assemble(self, clips: MadeClips, folder: Path, context: ExportContext) -> None:
        ids = clips.table.column("clip_id").to_pylist()
        lengths = {clip_id: float((clips.part(clip_id) / "length.txt").read_text()) for clip_id in ids}
        (folder / "lengths.json").write_text(json.dumps(lengths))
        (folder / CARD_FILE).write_text(card("Lengths", clips.facts, about="How long the clips are."))
        context.progress(1.0)
