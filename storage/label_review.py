"""Queries for reviewing labels: pages of labels with their clips, disagreements, and changed answers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from storage.errors import StorageError
from storage.labels import BY_KIND, Label

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.preference.answers import Answer, Entry
    from engine.preference.kinds import LabelKind
    from storage.database import Database

__all__ = ["Annotator", "LabelFilter", "LabelReviewStore", "ReviewedLabel", "SaidAnswer"]


@dataclass(frozen=True)
class LabelFilter:
    """Which labels to show; None means all."""

    annotator: str | None = None
    kind: LabelKind | None = None
    answer: str | None = None
    disputed: bool = False
    """Only labels of pairs whose answers differ, sides taken into account and skips ignored. Answers of different
    kinds are never compared."""


@dataclass(frozen=True, kw_only=True)
class ReviewedLabel(Label):
    """A label in a list: whether others say otherwise, and its clips' thumbnails (files below the media folder)."""

    left_thumbnail: str | None
    right_thumbnail: str | None
    disputed: bool


@dataclass(frozen=True)
class Annotator:
    """Somebody with live labels."""

    name: str
    kind: LabelKind


@dataclass(frozen=True)
class SaidAnswer:
    """One of the answers that were given under a label's id, in its time; `undone` takes the one before it back."""

    answer: Entry
    created_at: datetime


class LabelReviewStore:
    """Reads live labels, newest first, and stores changed answers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count(self, wanted: LabelFilter) -> int:
        """How many labels match the filter."""
        found: int = self._database.scalar(f"{VERDICTS} SELECT count(*) FROM label l {WHERE}", asdict(wanted))  # noqa: S608
        return found

    def page(self, wanted: LabelFilter, *, limit: int, offset: int = 0) -> list[ReviewedLabel]:
        """The labels that the filter leaves, newest first."""
        return self._database.records(
            ReviewedLabel,
            f"{VERDICTS} SELECT l.*, lt.file AS left_thumbnail, rt.file AS right_thumbnail, "  # noqa: S608
            f"{IS_DISPUTED} AS disputed FROM label l "
            "LEFT JOIN media lt ON lt.subject_id = l.left_clip_id AND lt.kind = 'thumbnail' "
            "LEFT JOIN media rt ON rt.subject_id = l.right_clip_id AND rt.kind = 'thumbnail' "
            f"{WHERE} ORDER BY l.entry_id DESC LIMIT $limit OFFSET $offset",
            {**asdict(wanted), "limit": limit, "offset": offset},
        )

    def annotators(self) -> list[Annotator]:
        """Everybody with live labels, people first."""
        return self._database.records(
            Annotator,
            f"SELECT annotator AS name, kind FROM label GROUP BY annotator, kind ORDER BY {BY_KIND}, name",  # noqa: S608
        )

    def of_pair(self, first_clip_id: str, second_clip_id: str) -> list[Label]:
        """All live labels of two clips, whichever side each was on, oldest first."""
        return self._database.records(
            Label,
            "SELECT * FROM label WHERE least(left_clip_id, right_clip_id) = least($a, $b) "
            "AND greatest(left_clip_id, right_clip_id) = greatest($a, $b) ORDER BY entry_id",
            {"a": first_clip_id, "b": second_clip_id},
        )

    def history(self, label_id: str) -> list[SaidAnswer]:
        """Every answer that was given under this id, oldest first."""
        return self._database.records(
            SaidAnswer,
            "SELECT answer, created_at FROM label_entry WHERE label_id = ? ORDER BY entry_id",
            [label_id],
        )

    def scores(self, clip_ids: Iterable[str]) -> dict[str, float]:
        """Clip → reward by the current model, of those clips that have one."""
        rows = self._database.rows(
            "SELECT clip_id, reward FROM clip_score WHERE list_contains(?, clip_id)", [list(clip_ids)]
        )
        return {row["clip_id"]: row["reward"] for row in rows}

    def change(self, label_id: str, answer: Answer) -> None:
        """Give a label another answer; the earlier one stays as a row. Raises `StorageError` for no live label."""

        def work() -> None:
            if not self._database.scalar("SELECT count(*) FROM label WHERE label_id = ?", [label_id]):
                raise StorageError(
                    f"there is no label {label_id!r} any more", remedy="Somebody took it back; look at the list again."
                )
            # No response time: that of the first answer does not apply.
            self._database.write(
                "INSERT INTO label_entry (label_id, left_clip_id, right_clip_id, answer, annotator, kind, "
                "response_ms, strategy, created_at) "
                "SELECT label_id, left_clip_id, right_clip_id, ?, annotator, kind, NULL, strategy, ? "
                "FROM label WHERE label_id = ?",
                [answer, datetime.now(UTC), label_id],
            )

        self._database.transact(work)


VERDICTS = """
WITH verdict AS (
    SELECT kind, least(left_clip_id, right_clip_id) AS a, greatest(left_clip_id, right_clip_id) AS b,
           CASE answer WHEN 'left' THEN left_clip_id WHEN 'right' THEN right_clip_id ELSE 'tie' END AS verdict
    FROM label WHERE answer <> 'skip'
), disputed AS (
    SELECT kind, a, b FROM verdict GROUP BY kind, a, b HAVING count(DISTINCT verdict) > 1
)"""
IS_DISPUTED = """(l.answer <> 'skip' AND EXISTS (
    SELECT 1 FROM disputed d WHERE d.kind = l.kind AND d.a = least(l.left_clip_id, l.right_clip_id)
    AND d.b = greatest(l.left_clip_id, l.right_clip_id)))"""
WHERE = f"""WHERE ($annotator IS NULL OR l.annotator = $annotator) AND ($kind IS NULL OR l.kind = $kind)
    AND ($answer IS NULL OR l.answer = $answer) AND (NOT $disputed OR {IS_DISPUTED})"""
