"""Kind `export`: clips are cut out of their videos into files."""

from __future__ import annotations

from dataclasses import dataclass

from engine.runtime.rows import Row
from engine.runtime.spec import ItemPayload, StepSettings

__all__ = ["CutPayload", "CutSettings", "ExportFileRow"]


class CutSettings(StepSettings):
    """Where the files of an export go, and how they are encoded."""

    export_id: str
    folder: str
    crf: int
    max_short_side_px: int | None


class CutPayload(ItemPayload):
    """A clip to cut: its video, its window, and its file below the folder."""

    clip_id: str
    path: str
    start_s: float
    end_s: float
    file: str


@dataclass(frozen=True, kw_only=True)
class ExportFileRow(Row):
    """A file that was cut."""

    TABLE = "export_file"

    clip_id: str
    file: str
    sha256: str
    size_bytes: int
    frames: int
