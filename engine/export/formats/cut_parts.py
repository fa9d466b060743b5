"""What formats of cut clips share: the options of the cuts, and a part that is one cut clip."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pydantic import Field

from engine.errors import ExportError
from engine.export.formats.base import Exporter, ExportOptions

if TYPE_CHECKING:
    from pathlib import Path

    from engine.export.formats.base import ClipToExport, ExportContext, MadeClips

__all__ = ["CLIP_FILE", "CutExporter", "CutOptions", "cut_file"]

CLIP_FILE = "clip.mp4"
"""The clip in the folder of its part."""


class CutOptions(ExportOptions):
    """How the clips are cut."""

    crf: int = Field(
        default=18, ge=0, le=51, title="Quality (CRF)", description="Quality of the clips; less is better and larger."
    )
    short_side_px: int | None = Field(
        default=None,
        ge=90,
        le=4320,
        title="Shorter side (px)",
        description="Scale the clips down to this shorter side; else the source's size.",
    )


O = TypeVar("O", bound=CutOptions)  # noqa: E741 - as in the base


class CutExporter(Exporter[O]):
    """A format to which each clip contributes one cut file, `CLIP_FILE`."""

    def make_part(self, clip: ClipToExport, folder: Path, context: ExportContext) -> None:
        """Cut the clip."""
        from engine.export.cut_clip import cut_clip  # heavy
        from engine.video.windows import Window

        cut_clip(
            clip.path,
            Window(clip.start_s, clip.end_s),
            folder / CLIP_FILE,
            context,
            name=clip.clip_id,
            crf=self.options.crf,
            max_short_side_px=self.options.short_side_px,
        )


def cut_file(clips: MadeClips, clip_id: str) -> Path:
    """The cut clip. Raises `ExportError` where it is gone since it was cut."""
    file = clips.part(clip_id) / CLIP_FILE
    if not file.is_file():
        raise ExportError(
            f"the cut clip of {clip_id} is gone from {file.parent}", remedy="Repeat the export: it cuts the clip again."
        )
    return file
