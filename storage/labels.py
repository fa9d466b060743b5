"""Stores labels: one annotator's answer to a pair of clips. Rows are only added; undo is a row too."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

import pyarrow as pa

from engine.preference.answers import Answer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from storage.database import Database

__all__ = ["AnnotatorLabels", "Answer", "ClipLabel", "Label", "LabelCounts", "LabelStore"]


@dataclass(frozen=True, kw_only=True)
class Label:
    """One answer. `simulated` marks a simulated annotator's; people's and simulated ones are never counted together."""

    label_id: str
    left_clip_id: str
    right_clip_id: str
    answer: Answer
    annotator: str
    simulated: bool
    response_ms: int | None
    strategy: str
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class ClipLabel:
    """A label as one of its two clips has it: what it said of that clip, and against which other."""

    created_at: datetime
    annotator: str
    simulated: bool
    answer: Answer
    other_clip_id: str
    outcome: Literal["won", "lost", "tie", "skip"]


@dataclass(frozen=True, kw_only=True)
class AnnotatorLabels:
    """How many labels one annotator gave, by answer, and the median time an answer took (milliseconds)."""

    annotator: str
    simulated: bool
    labels: int
    left_answers: int
    right_answers: int
    ties: int
    skips: int
    response_ms: float | None


@dataclass(frozen=True)
class LabelCounts:
    """Counts of people's and of simulated labels."""

    people: int
    simulated: int


class LabelStore:
    """Reads and writes the label tables."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, labels: Iterable[Label]) -> int:
        """Add answers; those with a known `label_id` are left out. Returns how many are new."""
        rows = {label.label_id: asdict(label) for label in labels}
        if not rows:
            return 0

        def work() -> int:
            found = self._database.rows(
                "SELECT DISTINCT label_id FROM label_entry WHERE list_contains(?, label_id)", [list(rows)]
            )
            known = {row["label_id"] for row in found}
            new = [row for label_id, row in rows.items() if label_id not in known]
            if new:
                self._database.write_arrow(
                    "INSERT INTO label_entry BY NAME SELECT * FROM incoming", pa.Table.from_pylist(new, SCHEMA)
                )
            return len(new)

        added: int = self._database.transact(work)
        return added

    def answers_ever_given(self, label_ids: Iterable[str]) -> dict[str, set[tuple[str, str, str, str]]]:
        """Label id → every `(left clip, right clip, answer, annotator)` that it ever had here."""
        said: dict[str, set[tuple[str, str, str, str]]] = {}
        for row in self._database.rows(
            "SELECT DISTINCT label_id, left_clip_id, right_clip_id, answer, annotator FROM label_entry "
            "WHERE list_contains(?, label_id) AND answer <> 'undone'",
            [list(label_ids)],
        ):
            said.setdefault(row["label_id"], set()).add(
                (row["left_clip_id"], row["right_clip_id"], row["answer"], row["annotator"])
            )
        return said

    def undo(self, label_id: str) -> None:
        """Undo an answer; its row stays."""
        self._database.write(
            "INSERT INTO label_entry (label_id, left_clip_id, right_clip_id, answer, annotator, simulated, "
            "response_ms, strategy, created_at) "
            "SELECT label_id, left_clip_id, right_clip_id, 'undone', annotator, simulated, NULL, strategy, ? "
            "FROM label WHERE label_id = ?",
            [datetime.now(UTC), label_id],
        )

    def counts(self) -> LabelCounts:
        """How many live labels there are."""
        found = self._database.record(
            LabelCounts,
            "SELECT count(*) FILTER (NOT simulated) AS people, count(*) FILTER (simulated) AS simulated FROM label",
        )
        return found or LabelCounts(0, 0)

    def last_entry(self) -> int:
        """A cache key for labels: grows with every answer, undo and change."""
        found: int = self._database.scalar("SELECT coalesce(max(entry_id), 0) FROM label_entry")
        return found

    def speak_of(self, clip_id: str) -> bool:
        """Whether any label, live or undone, is about the clip."""
        return bool(
            self._database.scalar(
                "SELECT count(*) FROM label_entry WHERE left_clip_id = $id OR right_clip_id = $id", {"id": clip_id}
            )
        )

    def of_clip(self, clip_id: str) -> list[ClipLabel]:
        """The live labels about a clip, the last said first."""
        return self._database.records(
            ClipLabel,
            "SELECT created_at, annotator, simulated, answer, "
            "CASE WHEN left_clip_id = $id THEN right_clip_id ELSE left_clip_id END AS other_clip_id, "
            "CASE WHEN answer IN ('tie', 'skip') THEN answer "
            "WHEN (answer = 'left') = (left_clip_id = $id) THEN 'won' ELSE 'lost' END AS outcome "
            "FROM label WHERE left_clip_id = $id OR right_clip_id = $id ORDER BY entry_id DESC",
            {"id": clip_id},
        )

    def by_annotator(self) -> list[AnnotatorLabels]:
        """Labels of each annotator, people first."""
        return self._database.records(
            AnnotatorLabels,
            "SELECT annotator, simulated, count(*) AS labels, "
            "count(*) FILTER (answer = 'left') AS left_answers, count(*) FILTER (answer = 'right') AS right_answers, "
            "count(*) FILTER (answer = 'tie') AS ties, count(*) FILTER (answer = 'skip') AS skips, "
            "median(response_ms) AS response_ms FROM label "
            "GROUP BY annotator, simulated ORDER BY simulated, annotator",
        )

    def given_by_people(self) -> pa.Table:
        """People's live labels, oldest first, as columns `left_clip_id`, `right_clip_id`, `answer`, `annotator`,
        `strategy`: choosing pairs reads all of them for every few pairs."""
        return self._database.table(
            "SELECT left_clip_id, right_clip_id, answer, annotator, strategy FROM label WHERE NOT simulated "
            "ORDER BY entry_id"
        )

    def find(self, *, simulated: bool | None = None) -> list[Label]:
        """Live labels, oldest first; only people's or only simulated ones where requested."""
        return self._database.records(
            Label,
            "SELECT * FROM label WHERE $simulated IS NULL OR simulated = $simulated ORDER BY entry_id",
            {"simulated": simulated},
        )


SCHEMA = pa.schema(
    [
        ("label_id", pa.string()),
        ("left_clip_id", pa.string()),
        ("right_clip_id", pa.string()),
        ("answer", pa.string()),
        ("annotator", pa.string()),
        ("simulated", pa.bool_()),
        ("response_ms", pa.int32()),
        ("strategy", pa.string()),
        ("created_at", pa.timestamp("us", tz="UTC")),
    ]
)
