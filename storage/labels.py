"""Stores labels: one annotator's answer to a pair of clips. Rows are only added; undo is a row too.

Labels of different kinds are never counted together, and an annotator has labels of one kind only.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

import pyarrow as pa

from engine.preference.answers import Answer
from engine.preference.kinds import USED_FIRST, LabelKind, other_kind
from storage.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from storage.database import Database

__all__ = [
    "AnnotatorLabels",
    "Answer",
    "ClipLabel",
    "Label",
    "LabelCounts",
    "LabelStore",
    "annotators_of_another_kind",
    "refuse_another_kind",
]


@dataclass(frozen=True, kw_only=True)
class Label:
    """One answer."""

    label_id: str
    left_clip_id: str
    right_clip_id: str
    answer: Answer
    annotator: str
    kind: LabelKind
    response_ms: int | None
    strategy: str
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class ClipLabel:
    """A label as one of its two clips has it: what it said of that clip, and against which other."""

    created_at: datetime
    annotator: str
    kind: LabelKind
    answer: Answer
    other_clip_id: str
    outcome: Literal["won", "lost", "tie", "skip"]


@dataclass(frozen=True, kw_only=True)
class AnnotatorLabels:
    """How many labels one annotator gave, by answer, and the median time an answer took (milliseconds)."""

    annotator: str
    kind: LabelKind
    labels: int
    left_answers: int
    right_answers: int
    ties: int
    skips: int
    response_ms: float | None


@dataclass(frozen=True)
class LabelCounts:
    """How many labels there are of each kind."""

    people: int = 0
    simulated: int = 0
    model: int = 0

    def of(self, kind: LabelKind) -> int:
        """How many there are of one kind."""
        return {"people": self.people, "simulated": self.simulated, "model": self.model}[kind]

    @property
    def kinds(self) -> tuple[LabelKind, ...]:
        """The kinds of which there are any, the one that is used first first."""
        return tuple(kind for kind in USED_FIRST if self.of(kind))

    def since(self, before: LabelCounts) -> LabelCounts:
        """How many of each kind were added since `before`."""
        return LabelCounts(self.people - before.people, self.simulated - before.simulated, self.model - before.model)


def annotators_of_another_kind(
    database: Database, given: Iterable[tuple[str, LabelKind]]
) -> dict[tuple[str, LabelKind], LabelKind]:
    """The `(annotator, kind)` of `given` that must not get labels: each with the kind of that annotator's labels here.

    Whoever has started a sitting is a person. Workspaces of earlier versions may have an annotator of two kinds, who
    keeps both.
    """
    given = dict.fromkeys(given)
    rows = database.rows(
        "SELECT annotator, list(DISTINCT kind ORDER BY kind) AS kinds FROM ("
        "SELECT annotator, kind FROM label UNION SELECT annotator, 'people' FROM sitting) "
        "WHERE list_contains(?, annotator) GROUP BY annotator",
        [sorted({annotator for annotator, _ in given})],
    )
    here: dict[str, list[LabelKind]] = {row["annotator"]: row["kinds"] for row in rows}
    refused = {}
    for annotator, kind in given:
        kinds = here.setdefault(annotator, [kind])
        if kind not in kinds:
            refused[annotator, kind] = kinds[0]
    return refused


def refuse_another_kind(database: Database, given: Iterable[tuple[str, LabelKind]]) -> None:
    """Raise `StorageError` where an annotator's labels here are of another kind than those given."""
    for (annotator, kind), here in annotators_of_another_kind(database, given).items():
        raise StorageError(
            other_kind(annotator, here, kind), remedy="Give this annotator another name, or the labels their kind."
        )


BY_KIND = f"list_position({list(USED_FIRST)}, kind)"
"""SQL to sort by kind, the one that is used first first."""


class LabelStore:
    """Reads and writes the label tables."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, labels: Iterable[Label]) -> int:
        """Add answers; those with a known `label_id` are left out. Returns how many are new.

        Raises `StorageError`, and adds none, where an annotator's labels here are of another kind.
        """
        rows = {label.label_id: asdict(label) for label in labels}
        if not rows:
            return 0

        def work() -> int:
            known = set(
                self._database.column(
                    "SELECT DISTINCT label_id FROM label_entry WHERE list_contains(?, label_id)", [list(rows)]
                )
            )
            new = [row for label_id, row in rows.items() if label_id not in known]
            refuse_another_kind(self._database, ((row["annotator"], row["kind"]) for row in new))
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
            "INSERT INTO label_entry (label_id, left_clip_id, right_clip_id, answer, annotator, kind, "
            "response_ms, strategy, created_at) "
            "SELECT label_id, left_clip_id, right_clip_id, 'undone', annotator, kind, NULL, strategy, ? "
            "FROM label WHERE label_id = ?",
            [datetime.now(UTC), label_id],
        )

    def counts(self, *, skips: bool = True) -> LabelCounts:
        """How many live labels there are of each kind; without `skips`, only those that teach a reward something."""
        found = self._database.record(
            LabelCounts,
            "SELECT count(*) FILTER (kind = 'people') AS people, count(*) FILTER (kind = 'simulated') AS simulated, "
            "count(*) FILTER (kind = 'model') AS model FROM label WHERE $skips OR answer <> 'skip'",
            {"skips": skips},
        )
        return found or LabelCounts()

    def of_another_kind(self, given: Iterable[tuple[str, LabelKind]]) -> dict[tuple[str, LabelKind], LabelKind]:
        """The `(annotator, kind)` of `given` whose labels would be refused, each with that annotator's kind here."""
        return annotators_of_another_kind(self._database, given)

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
            "SELECT created_at, annotator, kind, answer, "
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
            "SELECT annotator, kind, count(*) AS labels, "  # noqa: S608 - our own words
            "count(*) FILTER (answer = 'left') AS left_answers, count(*) FILTER (answer = 'right') AS right_answers, "
            "count(*) FILTER (answer = 'tie') AS ties, count(*) FILTER (answer = 'skip') AS skips, "
            "median(response_ms) AS response_ms FROM label "
            f"GROUP BY annotator, kind ORDER BY {BY_KIND}, annotator",
        )

    def given_by_people(self) -> pa.Table:
        """People's live labels, oldest first, as columns `left_clip_id`, `right_clip_id`, `answer`, `annotator`,
        `strategy`: choosing pairs reads all of them for every few pairs."""
        return self._database.table(
            "SELECT left_clip_id, right_clip_id, answer, annotator, strategy FROM label WHERE kind = 'people' "
            "ORDER BY entry_id"
        )

    def find(self, kind: LabelKind | None = None) -> list[Label]:
        """Live labels, oldest first; only those of one kind where requested."""
        return self._database.records(
            Label, "SELECT * FROM label WHERE $kind IS NULL OR kind = $kind ORDER BY entry_id", {"kind": kind}
        )


SCHEMA = pa.schema(
    [
        ("label_id", pa.string()),
        ("left_clip_id", pa.string()),
        ("right_clip_id", pa.string()),
        ("answer", pa.string()),
        ("annotator", pa.string()),
        ("kind", pa.string()),
        ("response_ms", pa.int32()),
        ("strategy", pa.string()),
        ("created_at", pa.timestamp("us", tz="UTC")),
    ]
)
