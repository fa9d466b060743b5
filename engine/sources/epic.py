"""EPIC-KITCHENS annotation files: the CSVs of EPIC-KITCHENS-100, EPIC-KITCHENS-55 and EPIC-SOUNDS.

They differ in what names a row (narration_id, uid, annotation_id) and what describes it: `narration` with `verb` and
`noun`, or the `description` and `class` of a sound. The test files of all three leave out the words, so only the video
and its two times are required here. `known.py` tells the headers apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import SourceError
from engine.files.read_csv import Table, read_table
from engine.files.values import clean_id, clean_name, clean_text, words
from engine.sources.known import TIMES, CsvKind, csv_kind
from engine.sources.times import BadValueError, check_window, parse_time_s
from engine.sources.types import Annotations, ListedVideo, Segment

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["REQUIRED", "from_table", "read_video_info"]

REQUIRED = TIMES
_VIDEO_NAME_COLUMNS = ("video_id", "video")
"""The name column of EPIC-KITCHENS-100's list of videos, and of EPIC-KITCHENS-55's."""
_EXTRA = ("narration_id", "uid", "annotation_id", "verb_class", "noun_class", "all_nouns", "class", "class_id")


def from_table(table: Table) -> Annotations:
    """The segments of an open table that has the columns of REQUIRED."""
    missing = [name for name in REQUIRED if name not in table.columns]
    kind = csv_kind(table.columns)
    if missing or kind is None:
        raise SourceError(
            f"{table.path!r} is no EPIC-KITCHENS file: it lacks {', '.join(missing)}.",
            remedy=f"It must have {', '.join(REQUIRED)}.",
        )
    extra = [name for name in _EXTRA if name in table.columns]
    segments: list[Segment] = []
    for row in table.rows():
        try:
            segments.append(_segment(row.cells, row.line, kind, extra))
        except BadValueError as error:
            table.report(row.line, str(error))
    return Annotations(
        path=table.path, source="epic", format=kind.title, segments=tuple(segments), problems=table.problems.listed()
    )


def _segment(cells: dict[str, str], line: int, kind: CsvKind, extra: list[str]) -> Segment:
    video_name = clean_id(cells["video_id"], "video's name")
    start_s = parse_time_s(cells["start_timestamp"])
    end_s = parse_time_s(cells["stop_timestamp"])
    check_window(start_s, end_s)
    return Segment(
        video_name=video_name,
        start_s=start_s,
        end_s=end_s,
        narration=clean_text(next((cells[name] for name in kind.label if cells.get(name)), "")),
        verb=words(cells.get("verb", "")),
        noun=words(cells.get("noun", "")),
        participant=clean_name(cells.get("participant_id", "").strip() or video_name.partition("_")[0], "participant"),
        row=line,
        extra={name: cells[name] for name in extra},
    )


def read_video_info(path: str | Path) -> dict[str, ListedVideo]:
    """Read EPIC_100_video_info.csv or EPIC_video_info.csv: the length of each video, also of those not imported yet.

    Rows that can't be read are left out. Raises SourceError when there is no column for the name or for the duration.
    """
    table = read_table(path)
    name_column = next((name for name in _VIDEO_NAME_COLUMNS if name in table.columns), None)
    if name_column is None or "duration" not in table.columns:
        missing = ["video_id"] * (name_column is None) + ["duration"] * ("duration" not in table.columns)
        raise SourceError(
            f"{table.path!r} is no list of EPIC-KITCHENS videos: it lacks {', '.join(missing)}.",
            remedy="Take EPIC_100_video_info.csv or EPIC_video_info.csv as they were published.",
        )
    infos = {}
    for row in table.rows():
        try:
            name = clean_id(row.cells[name_column], "video's name")
            duration_s = parse_time_s(row.cells["duration"])
        except BadValueError:
            continue
        infos[name] = ListedVideo(name, duration_s)
    return infos
