"""Reads plain CSV annotations: `video,start_s,end_s,label`. The label is optional; common aliases are understood."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import SourceError
from engine.files.read_csv import Table, read_table
from engine.files.values import clean_id, clean_name, clean_text, shown, words
from engine.sources.times import BadValueError, check_window, parse_time_s
from engine.sources.types import Annotations, Segment

if TYPE_CHECKING:
    from pathlib import Path

    from engine.sources.known import CsvKind

__all__ = ["ALIASES", "REQUIRED", "find_columns", "from_table", "read_csv"]

ALIASES: dict[str, tuple[str, ...]] = {
    "video": ("video", "video_id", "video_name", "video_uid", "video_path", "file", "filename", "file_name", "path"),
    "start_s": (
        *("start_s", "start", "start_sec", "start_seconds", "start_second", "start_time", "start_timestamp"),
        *("begin", "begin_s", "from", "from_s"),
    ),
    "end_s": (
        *("end_s", "end", "end_sec", "end_seconds", "end_second", "end_time", "end_timestamp"),
        *("stop", "stop_s", "stop_sec", "stop_time", "stop_timestamp", "to", "to_s"),
    ),
    "label": ("label", "narration", "text", "description", "caption", "action", "clip_text"),
    "verb": ("verb",),
    "noun": ("noun",),
    "participant": ("participant", "participant_id", "subject"),
}
"""Each column and its aliases; the first that is present wins. Case and spaces do not matter."""

REQUIRED = ("video", "start_s", "end_s")
_ID_COLUMNS = ("video_id", "video_uid")


def read_csv(path: str | Path) -> Annotations:
    """The segments of a plain CSV. Raises SourceError when the file as a whole can't be used."""
    return from_table(read_table(path))


def find_columns(columns: tuple[str, ...]) -> dict[str, str]:
    """Role → the file's column for it, for the roles that are present."""
    found = {}
    for part, names in ALIASES.items():
        name = next((name for name in names if name in columns), None)
        if name is not None:
            found[part] = name
    return found


def from_table(table: Table, kind: CsvKind | None = None) -> Annotations:
    """The segments of an open table. With `;` between cells a comma inside a time is a decimal comma.

    `kind` is the data set whose header it is, if known: its own columns are preferred to the aliases.
    """
    parts = find_columns(table.columns)
    if kind is not None:
        label = next((name for name in kind.label if name in table.columns), None)
        parts |= {"start_s": kind.start, "end_s": kind.end} | ({"label": label} if label else {})
    missing = [part for part in REQUIRED if part not in parts]
    if missing:
        there = ", ".join(map(shown, table.columns)) or "none"
        raise SourceError(
            f"{table.path!r} lacks {', '.join(missing)} (its columns are {there[:200]}).",
            remedy="A plain CSV has video,start_s,end_s and, if you like, label.",
        )
    segments: list[Segment] = []
    for row in table.rows():
        try:
            segments.append(_segment(row.cells, row.line, parts, decimal_comma=table.delimiter == ";"))
        except BadValueError as error:
            table.report(row.line, str(error))
    title = kind.title if kind is not None else "plain CSV"
    return Annotations(
        path=table.path, source="csv", format=title, segments=tuple(segments), problems=table.problems.listed()
    )


def _segment(cells: dict[str, str], line: int, parts: dict[str, str], *, decimal_comma: bool) -> Segment:
    def text(part: str) -> str:
        return clean_text(cells[parts[part]], part) if part in parts else ""

    # A column called an id holds one; the others may hold the path of a file.
    clean = clean_id if parts["video"] in _ID_COLUMNS else clean_name
    start_s = parse_time_s(text("start_s"), decimal_comma=decimal_comma)
    end_s = parse_time_s(text("end_s"), decimal_comma=decimal_comma)
    check_window(start_s, end_s)
    return Segment(
        video_name=clean(text("video"), "video's name"),
        start_s=start_s,
        end_s=end_s,
        narration=text("label"),
        verb=words(text("verb")),
        noun=words(text("noun")),
        participant=clean_name(participant, "participant") if (participant := text("participant").strip()) else "",
        row=line,
    )
