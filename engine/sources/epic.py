"""EPIC-KITCHENS annotation files: the CSVs of EPIC-KITCHENS-100 and of EPIC-KITCHENS-55.

EPIC-KITCHENS-100 (github.com/epic-kitchens/epic-kitchens-100-annotations): narration_id, participant_id, video_id,
narration_timestamp, start_timestamp, stop_timestamp, start_frame, stop_frame, narration, verb, verb_class, noun,
noun_class, all_nouns, all_noun_classes. EPIC-KITCHENS-55 (github.com/epic-kitchens/epic-kitchens-55-annotations)
has `uid` in place of narration_id and no narration_timestamp. The test files of both leave out the words, so only
the video and its two times are required here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import SourceError
from engine.sources.rows import Table, read_table
from engine.sources.times import BadValueError, check_window, parse_time_s
from engine.sources.types import Annotations, ListedVideo, Segment

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["REQUIRED", "from_table", "read_epic", "read_video_info"]

REQUIRED = ("video_id", "start_timestamp", "stop_timestamp")
VIDEO_INFO_COLUMNS = ("video_id", "duration")
_EXTRA = ("narration_id", "uid", "verb_class", "noun_class", "all_nouns")


def read_epic(path: str | Path) -> Annotations:
    """The segments of an EPIC-KITCHENS CSV. Raises SourceError when the file as a whole can't be used."""
    return from_table(read_table(path))


def from_table(table: Table) -> Annotations:
    """The segments of an open table that has the columns of REQUIRED."""
    missing = [name for name in REQUIRED if name not in table.columns]
    if missing:
        raise SourceError(
            f"{table.path!r} is no EPIC-KITCHENS file: it lacks {', '.join(missing)}.",
            remedy=f"It must have {', '.join(REQUIRED)}.",
        )
    extra = [name for name in _EXTRA if name in table.columns]
    segments: list[Segment] = []
    for row in table.rows():
        try:
            segments.append(_segment(row.cells, row.line, extra))
        except BadValueError as error:
            table.report(row.line, str(error))
    name = "EPIC-KITCHENS-100" if "narration_id" in table.columns else "EPIC-KITCHENS-55"
    return Annotations(table.path, "epic", name, tuple(segments), tuple(table.problems))


def _segment(cells: dict[str, str], line: int, extra: list[str]) -> Segment:
    video_name = clean_name(cells["video_id"])
    start_s = parse_time_s(cells["start_timestamp"])
    end_s = parse_time_s(cells["stop_timestamp"])
    check_window(start_s, end_s)
    return Segment(
        video_name,
        start_s,
        end_s,
        narration=cells.get("narration", ""),
        verb=cells.get("verb", ""),
        noun=cells.get("noun", ""),
        participant=cells.get("participant_id", "").strip() or video_name.partition("_")[0],
        row=line,
        extra={name: cells[name] for name in extra},
    )


def clean_name(text: str) -> str:
    """A video's name out of a cell. Raises BadValueError when it is missing or can't be a name."""
    name = text.strip()
    if not name:
        raise BadValueError("the video's name is missing")
    if not name.isprintable():
        raise BadValueError(f"the video's name {name[:60]!r} holds control characters")
    return name


def read_video_info(path: str | Path) -> dict[str, ListedVideo]:
    """EPIC_100_video_info.csv: the length of each video, known before the video is here.

    Rows that can't be read are left out. Raises SourceError when the columns video_id and duration are not there.
    """
    table = read_table(path)
    missing = [name for name in VIDEO_INFO_COLUMNS if name not in table.columns]
    if missing:
        raise SourceError(f"{table.path!r} is no list of EPIC-KITCHENS videos: it lacks {', '.join(missing)}.")
    infos = {}
    for row in table.rows():
        try:
            name = clean_name(row.cells["video_id"])
            duration_s = parse_time_s(row.cells["duration"])
        except BadValueError:
            continue
        infos[name] = ListedVideo(name, duration_s)
    return infos
