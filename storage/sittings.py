"""Stores labelling sittings: annotator, target, the pairs sent to each browser tab, and their answers."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa

from storage.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from engine.preference.answers import Answer, Entry
    from storage.database import Database

__all__ = ["AnsweredPair", "HandedPair", "HeldPair", "LabelEvent", "Sitting", "SittingProgress", "SittingStore"]

LONGEST_MS = 180_000
"""An answer that took longer counts as this long in the time of a sitting: nobody was there."""
HELD_FOR = timedelta(hours=1)
"""How long an unanswered pair is reserved for its tab, counted from the tab's last pair."""

TIME = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True, kw_only=True)
class Sitting:
    """One annotator's sitting. `restricted`: whether it is limited to a list of clips."""

    sitting_id: str
    annotator: str
    name: str | None
    target: int
    restricted: bool
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class SittingProgress:
    """A sitting's progress. Skips count as answers; undone answers do not."""

    answers: int
    ties: int
    skips: int
    spent_ms: int
    """How long the answers took, together."""
    median_response_ms: float | None


@dataclass(frozen=True, kw_only=True)
class HandedPair:
    """A pair that was sent to a browser tab; its answer becomes the label called `pair_id`."""

    pair_id: str
    sitting_id: str
    tab: str
    left_clip_id: str
    right_clip_id: str
    strategy: str


@dataclass(frozen=True)
class HeldPair:
    """A pair that a browser tab holds and has not answered, and who was asked."""

    left_clip_id: str
    right_clip_id: str
    strategy: str
    annotator: str


@dataclass(frozen=True, kw_only=True)
class AnsweredPair:
    """A pair that a tab answered, and how: its answer can be taken back."""

    pair_id: str
    left_clip_id: str
    right_clip_id: str
    strategy: str
    answer: Answer


@dataclass(frozen=True, kw_only=True)
class _AskedPair:
    """A pair as an answer to it is recorded: who was asked, and when."""

    pair_id: str
    left_clip_id: str
    right_clip_id: str
    strategy: str
    annotator: str
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class LabelEvent:
    """An annotator's action: an answer, or an undo (`undone`). `event_id` is made by the browser."""

    event_id: str
    pair_id: str
    answer: Entry
    response_ms: int | None
    at: datetime


class SittingStore:
    """Reads and writes the tables sitting, sitting_clip, handed_pair and label_event."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def start(
        self, annotator: str, target: int, clip_ids: Iterable[str] | None = None, name: str | None = None
    ) -> Sitting:
        """Add a sitting; with `clip_ids` it is limited to those clips."""
        kept = None if clip_ids is None else sorted(set(clip_ids))
        sitting = Sitting(
            sitting_id=secrets.token_hex(6),
            annotator=annotator,
            name=name,
            target=target,
            restricted=kept is not None,
            created_at=datetime.now(UTC),
        )

        def work() -> None:
            self._database.write(
                "INSERT INTO sitting (sitting_id, annotator, name, target, restricted, created_at) "
                "VALUES ($sitting_id, $annotator, $name, $target, $restricted, $created_at)",
                asdict(sitting),
            )
            self._database.write(
                "INSERT INTO sitting_clip SELECT ?, unnest(?::TEXT[])", [sitting.sitting_id, kept or []]
            )

        self._database.transact(work)
        return sitting

    def get(self, sitting_id: str) -> Sitting:
        """The sitting called `sitting_id`. Raises `StorageError` for an unknown id."""
        found = self._database.record(Sitting, "SELECT * FROM sitting WHERE sitting_id = ?", [sitting_id])
        if found is None:
            raise StorageError(f"there is no sitting {sitting_id!r} in this workspace", remedy="Start a new one.")
        return found

    def clip_ids(self, sitting_id: str) -> frozenset[str]:
        """The clips of a restricted sitting, without those since removed."""
        found = self._database.column(
            "SELECT clip_id FROM sitting_clip JOIN clip USING (clip_id) WHERE sitting_id = ?", [sitting_id]
        )
        return frozenset(found)

    def latest(self, annotator: str) -> Sitting | None:
        """The sitting that the annotator began last."""
        return self._database.record(
            Sitting, "SELECT * FROM sitting WHERE annotator = ? ORDER BY entry DESC LIMIT 1", [annotator]
        )

    def extend(self, sitting_id: str, target: int) -> None:
        """Raise a sitting's target; a lower one changes nothing."""
        self._database.write(
            "UPDATE sitting SET target = ? WHERE sitting_id = ? AND target < ?", [target, sitting_id, target]
        )

    def progress(self, sitting_id: str) -> SittingProgress:
        """A sitting's progress."""
        found = self._database.record(
            SittingProgress,
            "SELECT count(*) AS answers, count(*) FILTER (answer = 'tie') AS ties, "
            "count(*) FILTER (answer = 'skip') AS skips, "
            "coalesce(sum(least(response_ms, ?)), 0)::BIGINT AS spent_ms, median(response_ms) AS median_response_ms "
            "FROM handed_pair p JOIN label l ON l.label_id = p.pair_id WHERE p.sitting_id = ?",
            [LONGEST_MS, sitting_id],
        )
        return found or SittingProgress(answers=0, ties=0, skips=0, spent_ms=0, median_response_ms=None)

    def annotators(self) -> list[str]:
        """Names of people with a sitting or labels, sorted."""
        return self._database.column(
            "SELECT annotator FROM sitting UNION SELECT annotator FROM label WHERE kind = 'people' ORDER BY annotator"
        )

    # --- pairs --------------------------------------------------------------------------------------------------

    def hand_out(self, pairs: Sequence[HandedPair]) -> None:
        """Record pairs, in order, before they are sent to a browser."""
        now = datetime.now(UTC)
        if pairs:
            self._database.write_arrow(
                "INSERT INTO handed_pair BY NAME SELECT * FROM incoming",
                pa.Table.from_pylist([{**asdict(pair), "created_at": now} for pair in pairs], PAIR_SCHEMA),
            )

    def waiting(self, sitting_id: str, tab: str) -> list[HandedPair]:
        """The pairs that a tab has not answered (or has undone), in the order in which they were sent."""
        return self._database.records(
            HandedPair,
            f"SELECT {PAIR_COLUMNS} FROM handed_pair p ANTI JOIN label l ON l.label_id = p.pair_id "  # noqa: S608
            "WHERE p.sitting_id = ? AND p.tab = ? ORDER BY p.position",
            [sitting_id, tab],
        )

    def unanswered(self) -> list[HeldPair]:
        """Pairs that a tab still holds, of all sittings. A tab that has been silent for an hour holds none: its pairs
        may be asked again."""
        return self._database.records(
            HeldPair,
            "SELECT p.left_clip_id, p.right_clip_id, p.strategy, s.annotator "
            "FROM handed_pair p JOIN sitting s USING (sitting_id) ANTI JOIN label l ON l.label_id = p.pair_id "
            "WHERE p.tab IN (SELECT tab FROM handed_pair GROUP BY tab HAVING max(created_at) > ?) "
            "ORDER BY p.position",
            [datetime.now(UTC) - HELD_FOR],
        )

    def past(self, sitting_id: str, tab: str, limit: int) -> list[AnsweredPair]:
        """The last pairs that a tab answered, in the order of answers."""
        found = self._database.records(
            AnsweredPair,
            f"SELECT {PAIR_COLUMNS}, l.answer FROM handed_pair p JOIN label l ON l.label_id = p.pair_id "  # noqa: S608
            "WHERE p.sitting_id = ? AND p.tab = ? ORDER BY l.entry_id DESC LIMIT ?",
            [sitting_id, tab, limit],
        )
        return found[::-1]

    def record(self, events: Iterable[LabelEvent]) -> set[str]:
        """Store an annotator's actions, in order. Returns the ids of the events that are now stored.

        Known events are not stored twice; events about pairs that this workspace never sent are not stored, and their
        ids not returned.
        """
        given = list({event.event_id: event for event in events}.values())
        if not given:
            return set()

        def work() -> set[str]:
            pairs = {
                pair.pair_id: pair
                for pair in self._database.records(
                    _AskedPair,
                    f"SELECT {PAIR_COLUMNS}, s.annotator, p.created_at FROM handed_pair p "  # noqa: S608
                    "JOIN sitting s USING (sitting_id) WHERE list_contains(?, p.pair_id)",
                    [[event.pair_id for event in given]],
                )
            }
            known = set(
                self._database.column(
                    "SELECT event_id FROM label_event WHERE list_contains(?, event_id)",
                    [[event.event_id for event in given]],
                )
            )
            new = [event for event in given if event.pair_id in pairs and event.event_id not in known]
            for event in new:
                self._append(event, pairs[event.pair_id])
            return known | {event.event_id for event in new}

        stored: set[str] = self._database.transact(work)
        return stored

    def _append(self, event: LabelEvent, pair: _AskedPair) -> None:
        now = datetime.now(UTC)
        self._database.write(
            "INSERT INTO label_entry (label_id, left_clip_id, right_clip_id, answer, annotator, kind, "
            "response_ms, strategy, created_at) VALUES (?, ?, ?, ?, ?, 'people', ?, ?, ?)",
            [
                *(pair.pair_id, pair.left_clip_id, pair.right_clip_id, event.answer, pair.annotator),
                *(event.response_ms, pair.strategy),
                # A browser's clock may be wrong: times are limited to between sending the pair and now.
                min(max(event.at, pair.created_at), now),
            ],
        )
        self._database.write("INSERT INTO label_event VALUES (?, ?, ?)", [event.event_id, event.pair_id, now])


PAIR_COLUMNS = "p.pair_id, p.sitting_id, p.tab, p.left_clip_id, p.right_clip_id, p.strategy"
PAIR_SCHEMA = pa.schema(
    [
        ("pair_id", pa.string()),
        ("sitting_id", pa.string()),
        ("tab", pa.string()),
        ("left_clip_id", pa.string()),
        ("right_clip_id", pa.string()),
        ("strategy", pa.string()),
        ("created_at", TIME),
    ]
)
