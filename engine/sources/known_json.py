"""Recognises which annotation file a JSON document is, by the keys of all its entries.

One table, the most specific key first. A file that is not supported is refused with a sentence: what it is, and what
to use instead. Schemas: ego4d-data.org/docs/data/annotations-schemas, github.com/facebookresearch/ego4d-goalstep,
docs.ego-exo4d-data.org.
"""

from __future__ import annotations

from enum import Enum
from itertools import chain
from typing import TYPE_CHECKING, Any

from engine.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Kind", "json_kind"]


class Kind(Enum):
    """A supported Ego4D file; the value is its display name."""

    NARRATIONS = "Ego4D narrations"
    MOMENTS = "Ego4D moments"
    GOAL_STEPS = "Ego4D goal steps"


USE = "Use narration.json, moments_*.json, goalstep_train.json or goalstep_valid.json."
_LABELLED = "Use the train or validation file, whose annotations have times."

TABLE: tuple[tuple[str, Kind | tuple[str, str]], ...] = (
    ("narration_pass_1", Kind.NARRATIONS),
    ("narration_pass_2", Kind.NARRATIONS),
    ("step_segments", ("holds Ego4D goal steps of the test videos: their steps have no times", _LABELLED)),
    ("segments", Kind.GOAL_STEPS),
    ("goal_description", Kind.GOAL_STEPS),
    ("language_queries", ("holds Ego4D natural-language queries, which are not read", USE)),
    ("query_sets", ("holds Ego4D visual queries, which are not read", USE)),
    ("annotated_intervals", ("holds Ego4D hands and objects, which are not read", USE)),
    ("narrated_actions", ("holds Ego4D hands and objects, which are not read", USE)),
    ("action_clip_start_sec", ("holds Ego4D long-term anticipation, which is not read", USE)),
    ("clip_pnr_frame", ("holds Ego4D hands and objects (state changes), which are not read", USE)),
    ("parent_pnr_sec", ("holds Ego4D hands and objects (state changes), which are not read", USE)),
    ("transcriptions", ("holds Ego4D speech, which is not read", USE)),
    ("persons", ("holds Ego4D speech and persons, which are not read", USE)),
    ("social_segments_talking", ("holds Ego4D social interactions, which are not read", USE)),
    ("labels", Kind.MOMENTS),
    ("annotations", Kind.MOMENTS),
    ("clips", Kind.MOMENTS),
    ("duration_sec", ("is Ego4D's list of videos: it gives lengths, not segments", USE)),
    ("video_metadata", ("is Ego4D's list of videos: it gives lengths, not segments", USE)),
)
"""A key of any video, clip or annotation → what the file is. The first match decides."""

CSV = "Write its actions as CSV: video,start_s,end_s,label."
_OTHERS: tuple[tuple[frozenset[str], str], ...] = (
    (
        frozenset({"annotations{}"}),
        "holds Ego-Exo4D annotations by take, which are not read",
    ),
    (frozenset({"take_uid"}), "is a file of Ego-Exo4D, which is not read"),
    (frozenset({"video_annotations"}), "holds VISOR's masks, which are not read"),
    (frozenset({"video_name", "events"}), "holds HoloAssist's events, which are not read"),
    (frozenset({"info", "images", "annotations"}), "holds objects in pictures (COCO), not segments"),
)
"""Keys of the document, or of its entries, in other data sets; `{}` marks one whose value is an object."""


def json_kind(path: str | Path, document: object, videos: object) -> Kind:
    """The kind of a document with these `videos`. Raises SourceError with what it is instead, and a remedy."""
    top = document if isinstance(document, dict) else {}
    keys = {*top, *(f"{key}{{}}" for key, value in top.items() if isinstance(value, dict))}
    # Files whose entries are not called `videos` have them in another list.
    found = _keys_within([*_objects(videos), *(_objects_in_lists(top) if videos is document else ())])
    for marks, what in _OTHERS:
        if marks <= keys or marks <= found:
            raise SourceError(f"{str(path)!r} {what}.", remedy=CSV)
    for key, what_it_is in TABLE:
        if key not in found:
            continue
        if not isinstance(what_it_is, Kind):
            what, remedy = what_it_is
            raise SourceError(f"{str(path)!r} {what}.", remedy=remedy)
        # Only narrations are an object keyed by video; the others are lists.
        if isinstance(videos, dict if what_it_is is Kind.NARRATIONS else list):
            return what_it_is
    raise SourceError(f"{str(path)!r} is JSON, but no Ego4D annotation file that is known.", remedy=USE)


def _keys_within(level: list[dict[str, Any]]) -> set[str]:
    """The keys of the entries, and of their clips and annotations."""
    found: set[str] = set()
    for inner in ("clips", "annotations", ""):
        for item in level:
            found.update(item)
        level = [child for item in level for child in _objects(item.get(inner))] if inner else []
    return found


def _objects_in_lists(top: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return chain.from_iterable(_objects(value) for value in top.values() if isinstance(value, list))


def _objects(value: object) -> Iterator[dict[str, Any]]:
    entries = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (entry for entry in entries if isinstance(entry, dict))
