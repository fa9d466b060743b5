"""Reads an annotation file of any supported format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import SourceError
from engine.files.read_csv import read_bytes, read_table
from engine.files.values import shown
from engine.sources import ego4d, epic, table
from engine.sources.known import csv_kind, what_it_is

if TYPE_CHECKING:
    from pathlib import Path

    from engine.files.read_csv import Table
    from engine.sources.types import Annotations, Source

__all__ = ["read_annotations"]


def read_annotations(path: str | Path, source: Source | None = None) -> Annotations:
    """The segments in an annotation file, and a Problem for each row that could not be used.

    `source` "epic", "ego4d" or "csv" fixes the format. None, "folder" and "gopro" (which have no format of their
    own) detect it from the content: JSON is Ego4D's, a CSV is recognised by its header (`known.py`), else plain CSV.

    Raises SourceError when nothing in the file can be used: missing, empty, too large, not CSV or JSON, no columns.
    """
    content = read_bytes(path, ego4d.MAX_BYTES)
    is_json = content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")
    if source == "ego4d" or (is_json and source not in ("epic", "csv")):
        if not is_json:
            raise SourceError(
                f"{str(path)!r} is no Ego4D annotation file: those are JSON.",
                remedy="For a CSV choose the source epic or csv.",
            )
        return ego4d.from_bytes(path, content)
    if is_json:
        raise SourceError(
            f"{str(path)!r} is a JSON file, and the source {source!r} is read from CSV.",
            remedy="Choose the source ego4d, or leave the source to be found.",
        )
    opened = read_table(path, content)
    if source == "epic":
        return epic.from_table(opened)
    if source == "csv":
        return table.from_table(opened)
    return _from_any_table(opened)


def _from_any_table(opened: Table) -> Annotations:
    kind = csv_kind(opened.columns)
    if kind is not None:
        return epic.from_table(opened) if kind.reader == "epic" else table.from_table(opened, kind)
    parts = table.find_columns(opened.columns)
    if all(part in parts for part in table.REQUIRED):
        return table.from_table(opened)
    foreign = what_it_is(opened.columns)
    if foreign is not None:
        raise SourceError(f"{opened.path!r} is {foreign.is_what}.", remedy=foreign.remedy)
    missing_epic = [name for name in epic.REQUIRED if name not in opened.columns]
    missing_csv = [part for part in table.REQUIRED if part not in parts]
    if len(missing_epic) <= len(missing_csv) and len(missing_epic) < len(epic.REQUIRED):
        nearest, missing = "EPIC-KITCHENS", missing_epic
    else:
        nearest, missing = "plain CSV (video,start_s,end_s,label)", missing_csv
    there = ", ".join(map(shown, opened.columns[:20])) or "none"
    raise SourceError(
        f"{opened.path!r} has no columns of a known annotation format (they are {there[:300]}).",
        remedy=f"The nearest format is {nearest}: it lacks {', '.join(missing)}.",
    )
