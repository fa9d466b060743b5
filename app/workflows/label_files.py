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
from engine.preference.label_files import LabelRow, format_labels, read_labels
from storage.labels import Label

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

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
    known: int
    """Number of labels that were here already."""
    problems: tuple[Problem, ...]
    """The first rows left out, and how many more there are."""
    left_out: int
    convention: str


def import_labels_file(workspace: Workspace, path: Path, *, simulated: bool = False) -> ImportedLabels:
    """Import a CSV file of labels. Raises `SourceError` where it can't be read or lacks the columns."""
    return import_labels(workspace, read_bytes(path), path.name, simulated=simulated)


def import_labels(workspace: Workspace, data: bytes, name: str, *, simulated: bool = False) -> ImportedLabels:
    """Import the labels in a CSV file's content, in one transaction; `simulated` marks all as simulated.

    Rows with mistakes and rows about clips that are not in the workspace are left out and reported by line. So is a
    row whose `label_id` is here already with another answer: the stored one stays. Raises `SourceError` for a file
    that is not text or lacks the columns.
    """
    read = read_labels(data, name, workspace.clips.ids())
    labels = as_labels(read.rows, simulated=simulated)
    contrary = contradicting(workspace, read.rows, labels, name)
    disputed = {line for line, _ in contrary}
    usable = [label for row, label in zip(read.rows, labels, strict=True) if row.line not in disputed]
    added = workspace.labels.add(usable)
    problems = sorted((*read.problems, *(problem for _, problem in contrary)), key=lambda problem: problem.line or 0)
    return ImportedLabels(
        rows=len(read.rows),
        added=added,
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


def as_labels(rows: Sequence[LabelRow], *, simulated: bool) -> list[Label]:
    """Rows as labels: an answer repeated within a file is two labels, a file read twice gives the same labels."""
    now = datetime.now(UTC)
    times: Counter[str] = Counter()
    labels = []
    for row in rows:
        marked = simulated or row.simulated
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
                simulated=marked,
                response_ms=row.response_ms,
                strategy=row.strategy,
                created_at=row.created_at or now,
            )
        )
    return labels


def export_labels(
    workspace: Workspace, *, convention: Convention = "handpicked", simulated: bool | None = None
) -> tuple[str, int]:
    """`(text of a CSV file, number of labels)`: people's, simulated ones, or with None both, marked in a column.

    crowd-kit's convention has no such column: there, None means people's alone.
    """
    if convention == "crowd-kit" and simulated is None:
        simulated = False
    labels = workspace.labels.find(simulated=simulated)
    rows = [
        LabelRow(
            left_clip_id=label.left_clip_id,
            right_clip_id=label.right_clip_id,
            answer=label.answer,
            annotator=label.annotator,
            simulated=label.simulated,
            response_ms=label.response_ms,
            strategy=label.strategy,
            created_at=label.created_at,
            label_id=label.label_id,
        )
        for label in labels
    ]
    return format_labels(rows, convention), len(rows)
