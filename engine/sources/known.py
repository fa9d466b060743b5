"""Recognises which data set a CSV file belongs to, by its column names.

One table, the most specific header first. A known kind is either read, or refused with a sentence: what the file is,
and which one to choose instead. Headers are those that the data sets publish:

    EPIC-KITCHENS-100   github.com/epic-kitchens/epic-kitchens-100-annotations
    EPIC-KITCHENS-55    github.com/epic-kitchens/epic-kitchens-55-annotations
    EPIC-SOUNDS         github.com/epic-kitchens/epic-sounds-annotations
    EgoExoLearn         github.com/OpenGVLab/EgoExoLearn
    EgoClip             github.com/showlab/EgoVLP
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["CsvKind", "ForeignCsv", "csv_kind", "what_it_is"]

TIMES = ("video_id", "start_timestamp", "stop_timestamp")


@dataclass(frozen=True, kw_only=True)
class CsvKind:
    """A supported header: `columns` must all be present. `label` names the columns that may hold words, best first."""

    title: str
    columns: frozenset[str]
    reader: Literal["epic", "table"]
    label: tuple[str, ...] = ("narration",)
    start: str = ""
    end: str = ""


@dataclass(frozen=True)
class ForeignCsv:
    """A known header that is not supported: what the file is, and what to use instead."""

    columns: frozenset[str]
    is_what: str
    remedy: str


def _epic(title: str, *columns: str, label: tuple[str, ...] = ("narration",)) -> CsvKind:
    return CsvKind(title=title, columns=frozenset((*TIMES, *columns)), reader="epic", label=label)


def _table(title: str, *columns: str, label: tuple[str, ...], start: str, end: str) -> CsvKind:
    return CsvKind(
        title=title, columns=frozenset((*columns, start, end)), reader="table", label=label, start=start, end=end
    )


READ: tuple[CsvKind, ...] = (
    _epic("EPIC-SOUNDS", "annotation_id", label=("description", "class")),
    _epic("EPIC-SOUNDS", "start_sample", "stop_sample", label=("description", "class")),
    _epic("EPIC-KITCHENS-100", "narration_id"),
    _epic("EPIC-KITCHENS-55", "uid"),
    _epic("EPIC-KITCHENS-55 narrations", "participant_id", "narration"),
    _epic("EPIC-KITCHENS", label=("narration", "description", "class")),
    _table("EgoExoLearn", "video_uid", "annotation_id", label=("narration_en",), start="start_sec", end="end_sec"),
    _table("EgoExoLearn", "video_uid", "annotation_uid", label=("narration_en",), start="start_sec", end="end_sec"),
    _table("EgoExoLearn", "video_id", "annotation_id", label=("narration_en",), start="start_sec", end="end_sec"),
    _table("EgoClip", "video_uid", "clip_text", label=("clip_text",), start="clip_start", end="clip_end"),
)

ANNOTATIONS = "Choose the file that holds the annotations."
_FRAMES = "Divide the frames by the rate at which they were counted, and name the columns start_s and end_s."
_ACTIONS = "Choose the file of action labels, whose rows have a start and an end."

FOREIGN: tuple[ForeignCsv, ...] = tuple(
    ForeignCsv(frozenset(columns.split()), is_what, remedy)
    for columns, is_what, remedy in (
        ("left_clip right_clip label", "a file of labels", "Take it in with `handpicked labels import`."),
        ("worker left right label", "a file of labels", "Take it in with `handpicked labels import`."),
        ("clip_id gain", "a file of measured gains", "Take it in with `handpicked gains import`."),
        ("noun_class noun video_id frame bounding_boxes", "EPIC-KITCHENS-55's list of objects", _ACTIONS),
        ("id key instances", "a list of EPIC-KITCHENS verb or noun classes", _ACTIONS),
        ("class_key", "a list of EPIC-KITCHENS verb or noun classes", _ACTIONS),
        ("narration_id narration", "EPIC-KITCHENS-100's list of sentences: it gives no times", _ACTIONS),
        ("video_id duration", "the list of EPIC-KITCHENS videos: it gives lengths, not segments", ANNOTATIONS),
        ("video duration resolution", "the list of EPIC-KITCHENS videos: it gives lengths, not segments", ANNOTATIONS),
        ("video_uid duration_sec", "an Ego4D manifest: it gives lengths, not segments", ANNOTATIONS),
        ("video_uid canonical_s3_location", "an Ego4D manifest: it gives lengths, not segments", ANNOTATIONS),
        ("video_uid s3_path", "an Ego4D manifest: it gives lengths, not segments", ANNOTATIONS),
        (
            "subject scene actions length egocentric",
            "Charades-Ego's list, which holds many actions in one cell",
            "Write a row for each action: video,start_s,end_s,label.",
        ),
        ("start_frame end_frame", "a list of actions in frames, not seconds", _FRAMES),
        ("start_frame stop_frame", "a list of actions in frames, not seconds", _FRAMES),
        ("frame_start frame_end", "a list of actions in frames, not seconds", _FRAMES),
    )
)


def csv_kind(columns: Iterable[str]) -> CsvKind | None:
    """The data set whose header this is, or None."""
    there = frozenset(columns)
    return next((kind for kind in READ if kind.columns <= there), None)


def what_it_is(columns: Iterable[str]) -> ForeignCsv | None:
    """A description of a known file without segments, or None for an unknown header."""
    there = frozenset(columns)
    return next((kind for kind in FOREIGN if kind.columns <= there), None)
