"""Imports and exports labels as CSV. A label's id is a digest of its content, so a file read twice adds nothing."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, cast

from engine.files.problems import Problem, shortened, total
from engine.files.read_csv import read_bytes
from engine.files.values import shown
from engine.preference.kinds import as_simulated, counted_by, other_kind
from engine.preference.label_files import LabelRow, format_labels, read_labels
from storage.labels import Label, LabelCounts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from engine.preference.kinds import LabelKind
    from storage import Workspace
    from storage.labels import Answer

__all__ = ["Convention", "ImportedLabels", "export_labels", "import_labels", "import_labels_file"]

Convention = Literal["handpicked", "crowd-kit"]


@dataclass(frozen=True, kw_only=True)
class ImportedLabels:
    """The result of importing a file."""

    rows: int
    """Number of rows that could be read."""
    added: int
    added_by: LabelCounts
    """Of these, how many are of each kind."""
    known: int
    """Number of labels that were here already."""
    problems: tuple[Problem, ...]
    """The first rows left out, and how many more there are."""
    left_out: int
    convention: str

    @property
    def added_words(self) -> str:
        """`272 labels by a model's judgement`, each kind by itself; `0 labels` where there are none."""
        by = self.added_by
        return ", ".join(counted_by(by.of(kind), kind) for kind in by.kinds) or "0 labels"


def import_labels_file(workspace: Workspace, path: Path, *, kind: LabelKind | None = None) -> ImportedLabels:
    """Import a CSV file of labels. Raises `SourceError` where it can't be read or lacks the columns."""
    return import_labels(workspace, read_bytes(path), path.name, kind=kind)


def import_labels(workspace: Workspace, data: bytes, name: str, *, kind: LabelKind | None = None) -> ImportedLabels:
    """Import the labels in a CSV file's content, in one transaction.

    Their kind is what the file states, and `kind` (or else people's) where it states none. Rows with mistakes and rows
    about clips that are not in the workspace are left out and reported by line. So is a row whose `label_id` is here
    already with another answer, for the stored one stays, and a row whose annotator has labels of another kind. Raises
    `SourceError` for a file that is not text, lacks the columns, or states another kind than `kind`.
    """
    read = read_labels(data, name, workspace.clips.ids(), kind=kind)
    labels = as_labels(read.rows)
    contrary = [*contradicting(workspace, read.rows, labels, name), *of_two_kinds(workspace, read.rows, labels, name)]
    disputed = {line for line, _ in contrary}
    usable = [label for row, label in zip(read.rows, labels, strict=True) if row.line not in disputed]
    before = workspace.labels.counts()
    added = workspace.labels.add(usable)
    problems = sorted((*read.problems, *(problem for _, problem in contrary)), key=lambda problem: problem.line or 0)
    return ImportedLabels(
        rows=len(read.rows),
        added=added,
        added_by=workspace.labels.counts().since(before),
        known=len(usable) - added,
        problems=shortened(name, problems),
        left_out=total(problems),
        convention=read.convention,
    )


def contradicting(
    workspace: Workspace, rows: Sequence[LabelRow], labels: Sequence[Label], name: str
) -> list[tuple[int, Problem]]:
    """The rows that give a stored label an answer that it never had here, each with its line."""
    said = workspace.labels.answers_ever_given(label.label_id for label in labels)
    found = []
    for row, label in zip(rows, labels, strict=True):
        before = said.get(label.label_id)
        if before and (label.left_clip_id, label.right_clip_id, label.answer, label.annotator) not in before:
            reason = f"the label {shown(label.label_id)} is here already with another answer, which stays"
            found.append((row.line, Problem(name, row.line, reason)))
    return found


def of_two_kinds(
    workspace: Workspace, rows: Sequence[LabelRow], labels: Sequence[Label], name: str
) -> list[tuple[int, Problem]]:
    """The rows whose annotator has labels of another kind, here or further up in the file, each with its line."""
    refused = workspace.labels.of_another_kind((label.annotator, label.kind) for label in labels)
    return [
        (row.line, Problem(name, row.line, other_kind(label.annotator, here, label.kind)))
        for row, label in zip(rows, labels, strict=True)
        if (here := refused.get((label.annotator, label.kind))) is not None
    ]


def as_labels(rows: Sequence[LabelRow]) -> list[Label]:
    """Rows as labels: an answer repeated within a file is two labels, a file read twice gives the same labels."""
    now = datetime.now(UTC)
    times: Counter[str] = Counter()
    labels = []
    for row in rows:
        kind = row.kind or "people"
        # As it was with two kinds: a file that an earlier version read has the same labels.
        marked = kind if as_simulated(kind) is None else as_simulated(kind)
        said = (row.left_clip_id, row.right_clip_id, row.answer, row.annotator, marked, row.response_ms, row.created_at)
        content = "\0".join(map(str, said))
        times[content] += 1
        digest = hashlib.sha256(f"{content}\0{times[content]}".encode()).hexdigest()
        labels.append(
            Label(
                label_id=row.label_id or f"file-{digest[:24]}",
                left_clip_id=row.left_clip_id,
                right_clip_id=row.right_clip_id,
                answer=cast("Answer", row.answer),
                annotator=row.annotator,
                kind=kind,
                response_ms=row.response_ms,
                strategy=row.strategy,
                created_at=row.created_at or now,
            )
        )
    return labels


def export_labels(
    workspace: Workspace, *, convention: Convention = "handpicked", kind: LabelKind | None = None
) -> tuple[str, int]:
    """`(text of a CSV file, number of labels)`: those of one kind, or with None all, marked in a column.

    crowd-kit's convention has no such column: there, None means people's alone.
    """
    labels = workspace.labels.find(kind or ("people" if convention == "crowd-kit" else None))
    rows = [
        LabelRow(
            left_clip_id=label.left_clip_id,
            right_clip_id=label.right_clip_id,
            answer=label.answer,
            annotator=label.annotator,
            kind=label.kind,
            response_ms=label.response_ms,
            strategy=label.strategy,
            created_at=label.created_at,
            label_id=label.label_id,
        )
        for label in labels
    ]
    return format_labels(rows, convention), len(rows)
