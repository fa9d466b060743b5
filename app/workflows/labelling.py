"""Labelling sessions: starts sittings, chooses the pairs that an annotator sees next, and stores the answers."""

from __future__ import annotations

import math
import secrets
import threading
import time
import weakref
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from app.workflows.clips_at_hand import MOST_READ, clips_around, pool_head
from engine.files.place import missing_of
from engine.files.values import BadValueError, clean_name
from engine.preference.answers import ENTRIES, TARGETS, AskedPair
from engine.preference.choosing import choose_pairs
from engine.preference.kinds import other_kind
from engine.preference.pool import pool_size
from engine.preference.settings import LabellingSettings
from storage.errors import StorageError
from storage.sittings import HandedPair, LabelEvent, Sitting

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from engine.tables.types import ClipTable
    from storage import Workspace

__all__ = ["Playable", "Recorded", "next_pairs", "playable_clips", "record_answers", "start_sitting", "steered"]

QUEUE = 12
"""Pairs that a browser has queued at a time."""
REFILL = 4
"""The least number of pairs chosen at once: each choice has a fixed cost."""
NAME_LETTERS = 60
LONGEST_RESPONSE_MS = 2**31 - 1
FRESH_S = 60.0
"""How long the list of playable clips is cached before the disk is checked again."""


# --- playable clips -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Playable:
    """The videos whose clips a browser can play now, and why those of others can't be played."""

    video_ids: frozenset[str]
    clips: int
    """Number of clips of these videos."""
    total: int
    """Number of all clips."""
    lacking_preview: int
    """Number of videos with clips that wait for their preview."""
    missing_files: int
    """Number of videos with clips whose file has moved or is gone."""


@dataclass
class _Desk:
    """Data cached between requests for pairs, for an open workspace."""

    playable: tuple[float, Playable] | None = None
    head: tuple[object, list[str]] | None = None
    """The first clips of the pool, and the state that they belong to."""
    table: tuple[object, frozenset[str], ClipTable] | None = None
    """Clips with their features, with the state that they belong to and the labelled clips that were asked for."""


_desks: weakref.WeakKeyDictionary[Workspace, _Desk] = weakref.WeakKeyDictionary()
_lock = threading.RLock()
"""One choice at a time: two tabs of one annotator must not get the same pair."""


def playable_clips(workspace: Workspace, *, fresh: bool = False) -> Playable:
    """The clips that a browser can play; at most a minute old, unless `fresh` is asked for."""
    with _lock:
        desk = _desks.setdefault(workspace, _Desk())
        if fresh or desk.playable is None or time.monotonic() - desk.playable[0] > FRESH_S:
            desk.playable = (time.monotonic(), _look(workspace))
        return desk.playable[1]


def _look(workspace: Workspace) -> Playable:
    videos = workspace.clips.playing_videos()
    # A preview is in the workspace; a source may have moved, or its disk may be unplugged.
    missing = missing_of(video.path for video in videos if video.by_itself)
    gone = {video.video_id for video in videos if video.by_itself and video.path in missing}
    shown = [video for video in videos if video.plays and video.video_id not in gone]
    return Playable(
        video_ids=frozenset(video.video_id for video in shown),
        clips=sum(video.clips for video in shown),
        total=sum(video.clips for video in videos),
        lacking_preview=sum(not video.plays for video in videos),
        missing_files=len(gone),
    )


def _head(workspace: Workspace, sitting: Sitting, playable: Playable, count: int) -> list[str]:
    """The first clips of the pool that this sitting's pairs may come from; `count` of them, or all where there are
    fewer."""
    of = sitting.sitting_id if sitting.restricted else None
    state = (workspace.clips.state(), playable.video_ids, of, count)
    desk = _desks.setdefault(workspace, _Desk())
    if desk.head is None or desk.head[0] != state:
        among = workspace.sittings.clip_ids(sitting.sitting_id) if sitting.restricted else None
        desk.head = (state, pool_head(workspace, count, videos=playable.video_ids, among=among))
    return desk.head[1]


def _clips_with_features(workspace: Workspace, head: list[str], labelled: set[str]) -> ClipTable:
    """Those clips with their features, read again only after new measurements and for clips that were not read."""
    # Of a small workspace all clips are read, whatever is asked for.
    is_small = workspace.clips.count() <= MOST_READ
    asked: frozenset[str] = frozenset() if is_small else frozenset(labelled)
    state = (workspace.clips.state(), workspace.features.state(), None if is_small else head)
    desk = _desks.setdefault(workspace, _Desk())
    if desk.table is not None and desk.table[0] == state and asked <= desk.table[1]:
        return desk.table[2]
    table = clips_around(workspace, asked, head)
    desk.table = (state, asked, table)
    return table


def steered(workspace: Workspace) -> bool:
    """Whether any clip has features to choose pairs by; without any, pairs are random."""
    return bool(workspace.features.tables()) and any(workspace.features.measured().values())


# --- sittings -------------------------------------------------------------------------------------------------------


def start_sitting(
    workspace: Workspace,
    annotator: str,
    target: int,
    clip_ids: Collection[str] | None = None,
    name: str | None = None,
) -> Sitting:
    """Start a sitting of `annotator`; with `clip_ids` its pairs are from those clips only.

    Raises `StorageError` for an empty name, for one whose labels are not a person's, and for fewer than two clips.
    """
    annotator = " ".join(annotator.split())
    remedy = "Say who labels: answers of different people are kept apart."
    if not annotator or len(annotator) > NAME_LETTERS:
        raise StorageError(f"a name has 1 to {NAME_LETTERS} letters", remedy=remedy)
    try:
        clean_name(annotator)
    except BadValueError as error:
        raise StorageError(str(error), remedy=remedy) from error
    other = workspace.labels.of_another_kind([(annotator, "people")])
    if other:
        (here,) = other.values()
        raise StorageError(other_kind(annotator, here, "people"), remedy="Choose another name.")
    if clip_ids is not None:
        clip_ids = workspace.clips.videos_of(clip_ids).keys()
        if len(clip_ids) < 2:
            raise StorageError(
                f"{len(clip_ids)} of the clips asked for are in this workspace",
                remedy="A pair takes two: choose more clips.",
            )
    return workspace.sittings.start(annotator, target, clip_ids, name)


def next_pairs(workspace: Workspace, sitting: Sitting, tab: str, count: int = QUEUE) -> list[HandedPair]:
    """The pairs that this browser tab should queue, in order: those sent and not answered, then new ones.

    Fewer than `count` where the clips give no more. New pairs are recorded before they are returned. Only people's
    answers guide the choice, never labels of another kind.
    """
    with _lock:
        playable = playable_clips(workspace)
        waiting = workspace.sittings.waiting(sitting.sitting_id, tab)
        video_of = workspace.clips.videos_of({clip_id for pair in waiting for clip_id in _both(pair)})
        held = [pair for pair in waiting if all(video_of.get(clip_id) in playable.video_ids for clip_id in _both(pair))]
        if count - len(held) < min(REFILL, count):
            return held
        new = _choose(workspace, sitting, tab, count - len(held), playable)
        workspace.sittings.hand_out(new)
        return held + new


def _both(pair: HandedPair) -> tuple[str, str]:
    return pair.left_clip_id, pair.right_clip_id


def _choose(workspace: Workspace, sitting: Sitting, tab: str, count: int, playable: Playable) -> list[HandedPair]:
    asked = asked_pairs(workspace)
    settings = workspace.settings.load(LabellingSettings).pairs
    answered = [pair for pair in asked if pair.answer in TARGETS]
    # Rounded up, so that the pool may grow for a while before it is looked for again.
    most = MOST_READ * math.ceil(pool_size(len(answered), settings) / MOST_READ)
    head = _head(workspace, sitting, playable, most)
    table = _clips_with_features(workspace, head, {clip_id for pair in answered for clip_id in pair.clips})
    chosen = choose_pairs(
        table,
        asked,
        sitting.annotator,
        count,
        settings,
        seed=int(sitting.sitting_id, 16) % 2**32,
        among=None if len(head) == len(table) else head,
    )
    return [
        HandedPair(
            pair_id=f"pair-{secrets.token_hex(8)}",
            sitting_id=sitting.sitting_id,
            tab=tab,
            left_clip_id=pair.left_clip_id,
            right_clip_id=pair.right_clip_id,
            strategy=pair.strategy,
        )
        for pair in chosen
    ]


def asked_pairs(workspace: Workspace) -> list[AskedPair]:
    """All pairs that people were shown so far: their labels in order of arrival, then the pairs that browsers still
    hold."""
    labels = workspace.labels.given_by_people()
    columns = ("left_clip_id", "right_clip_id", "answer", "annotator", "strategy")
    answered = [AskedPair(*cells) for cells in zip(*(labels.column(c).to_pylist() for c in columns), strict=True)]
    held = [
        AskedPair(pair.left_clip_id, pair.right_clip_id, None, pair.annotator, pair.strategy)
        for pair in workspace.sittings.unanswered()
    ]
    return answered + held


# --- answers --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Recorded:
    """The result of a browser's events: ids of those now stored, and of those that never can be."""

    stored: frozenset[str]
    refused: frozenset[str]


def record_answers(workspace: Workspace, events: Iterable[Mapping[str, Any]]) -> Recorded:
    """Store what a browser sent: `event_id`, `pair_id`, `answer`, `response_ms`, `at_ms` (since 1970) each.

    Events sent again add nothing. Malformed events are refused, and those about pairs that this workspace never
    sent. Raises `StorageError` where nothing could be stored (a full disk): send them again.
    """
    read, refused = [], set()
    for given in events:
        event = _event(given)
        if event is None:
            refused.add(str(given.get("event_id")))
        else:
            read.append(event)
    stored = workspace.sittings.record(read)
    return Recorded(frozenset(stored), frozenset(refused | ({event.event_id for event in read} - stored)))


def _event(given: Mapping[str, Any]) -> LabelEvent | None:
    event_id, pair_id, answer = given.get("event_id"), given.get("pair_id"), given.get("answer")
    if not isinstance(event_id, str) or not isinstance(pair_id, str) or answer not in ENTRIES:
        return None
    try:
        at = datetime.fromtimestamp(float(given["at_ms"]) / 1000, UTC)
        taken = given.get("response_ms")
        response_ms = None if taken is None else min(max(0, round(float(taken))), LONGEST_RESPONSE_MS)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return None
    return LabelEvent(event_id=event_id, pair_id=pair_id, answer=answer, response_ms=response_ms, at=at)
