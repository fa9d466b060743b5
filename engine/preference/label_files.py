"""Reads and writes labels as CSV files, in our own convention and in crowd-kit's.

    left_clip,right_clip,label,annotator,…      label: left, right, tie, skip; `…` as in `COLUMNS`, all of it optional;
                                                kind: people, simulated or model; older files have `simulated` instead
    worker,left,right,label                     label: the name of the clip that was chosen (or left, right, tie, skip)

A file is read row by row: a bad row becomes a problem with its line, and the rest is read. Of two rows with the same
`label_id` the first counts, as in the store, and the other is reported.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from engine.errors import SourceError
from engine.files.formulas import neutralise_formula, without_formula_guard
from engine.files.problems import Problem, total
from engine.files.read_csv import Table, read_table
from engine.files.values import BadValueError, clean_name, parse_number, shown
from engine.preference.answers import ANSWERS
from engine.preference.choosing import STRATEGIES
from engine.preference.kinds import BY, stated_kind

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from engine.preference.kinds import LabelKind

__all__ = ["COLUMNS", "LabelRow", "ReadLabels", "format_labels", "read_labels"]

COLUMNS: Final = (
    "left_clip", "right_clip", "label", "annotator", "kind", "response_ms", "strategy", "created_at", "label_id",
)  # fmt: skip
_CROWD: Final = ("worker", "left", "right", "label")
IMPORTED: Final = "imported"
"""The strategy of labels that state none: never counted as random pairs."""
_YES: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False, "": None}
_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class LabelRow:
    """One label of a file."""

    left_clip_id: str
    right_clip_id: str
    answer: str
    annotator: str
    kind: LabelKind | None = None
    """None where the file states none."""
    response_ms: int | None = None
    strategy: str = IMPORTED
    created_at: datetime | None = None
    label_id: str | None = None
    line: int = 0


@dataclass(frozen=True)
class ReadLabels:
    """The content of a label file."""

    rows: tuple[LabelRow, ...]
    problems: tuple[Problem, ...]
    convention: str
    """`handpicked` or `crowd-kit`."""

    @property
    def left_out(self) -> int:
        """How many rows could not be used."""
        return total(self.problems)


def read_labels(
    content: bytes, name: str = "the file", here: Container[str] | None = None, *, kind: LabelKind | None = None
) -> ReadLabels:
    """Read a CSV file's content in either convention; with `here`, rows about other clips are left out.

    With `kind`, all its labels are of that kind. Raises `SourceError` where it is not a CSV file, its header follows
    neither convention, or one of its rows states another kind.
    """
    table = read_table(name, content)
    convention = _convention_of(table)
    rows: list[LabelRow] = []
    lines: dict[str, int] = {}
    for found in table.rows():
        try:
            row = _of_kind(parse(found.cells, convention, found.line), kind, name)
            _check_clips(row, here)
            if row.label_id is not None and lines.setdefault(row.label_id, row.line) != row.line:
                first = lines[row.label_id]
                raise BadValueError(f"its label_id {shown(row.label_id)} is that of line {first}, which was taken")
        except BadValueError as error:
            table.report(found.line, str(error))
        else:
            rows.append(row)
    return ReadLabels(tuple(rows), table.problems.listed(), convention)


def _of_kind(row: LabelRow, kind: LabelKind | None, name: str) -> LabelRow:
    """The row as one of the kind that was chosen for the file. Raises `SourceError` where it states another."""
    if kind is None or row.kind == kind:
        return row
    if row.kind is not None:
        raise SourceError(
            f"{name!r} was to be read as labels by {BY[kind]}, but its line {row.line} states labels by {BY[row.kind]}",
            remedy="Leave the choice of a kind out to take what the file states, or correct the file.",
        )
    return replace(row, kind=kind)


def _convention_of(table: Table) -> str:
    """The convention that a file's header follows. Raises `SourceError` where it follows neither."""
    if set(COLUMNS[:3]) <= set(table.columns):
        return "handpicked"
    if set(_CROWD) <= set(table.columns):
        return "crowd-kit"
    names = ", ".join(map(shown, table.columns[:20])) or "nothing"
    raise SourceError(
        f"{table.path!r} has no columns of labels: its first line names {names}",
        remedy=f"Name the columns {','.join(COLUMNS[:4])} or {','.join(_CROWD)}.",
    )


def parse(cells: dict[str, str], convention: str, line: int) -> LabelRow:
    """Parse one row. Raises `BadValueError` with the reason."""
    get = {key: without_formula_guard(value.strip()) for key, value in cells.items()}
    ours = convention == "handpicked"
    left = clean_name(get["left_clip" if ours else "left"], "left clip")
    right = clean_name(get["right_clip" if ours else "right"], "right clip")
    if left == right:
        raise BadValueError(f"both sides are {shown(left)}")
    annotator = get.get("annotator", "") or "unknown" if ours else get["worker"]
    strategy = get.get("strategy") or IMPORTED
    return LabelRow(
        left_clip_id=left,
        right_clip_id=right,
        answer=_answer_of(get["label"], left, right),
        annotator=clean_name(annotator, "annotator" if ours else "worker"),
        kind=_kind_of(get.get("kind", ""), get.get("simulated", "")),
        response_ms=_milliseconds(get.get("response_ms", "")),
        strategy=strategy if strategy in STRATEGIES else IMPORTED,
        created_at=moment(get.get("created_at", "")),
        label_id=clean_name(get["label_id"], "label_id") if get.get("label_id") else None,
        line=line,
    )


def _check_clips(row: LabelRow, here: Container[str] | None) -> None:
    """Raise `BadValueError` for a row about clips that are not `here`."""
    if here is None:
        return
    strange = [shown(clip_id) for clip_id in (row.left_clip_id, row.right_clip_id) if clip_id not in here]
    if strange:
        raise BadValueError(f"no clip {' and no clip '.join(strange)} here")


def _answer_of(label: str, left: str, right: str) -> str:
    """Parse a label: left, right, tie or skip; or the name of the chosen clip."""
    if label == left:
        return "left"
    if label == right:
        return "right"
    if label.lower() in ANSWERS:
        return label.lower()
    if not label:
        raise BadValueError("no label")
    raise BadValueError(f"label {shown(label)} is neither {', '.join(ANSWERS)} nor one of the two clips")


def _kind_of(kind: str, simulated: str) -> LabelKind | None:
    """Parse the cell `kind`, or `simulated` of older files: true or false; None where both are empty."""
    if simulated.lower() not in _YES:
        raise BadValueError(f"simulated is {shown(simulated)}, but must be true or false")
    return stated_kind({"kind": kind.lower() or None, "simulated": _YES[simulated.lower()]})


def _milliseconds(cell: str) -> int | None:
    """Parse a response time; None for an empty cell."""
    if not cell:
        return None
    value = round(parse_number(cell, "response_ms"))
    if not 0 <= value < 2**31:
        raise BadValueError(f"response_ms is {shown(cell)}, but must be a number of milliseconds up to 24 days")
    return value


def moment(cell: str) -> datetime | None:
    """Parse an ISO 8601 time, UTC where it has no zone; None for an empty cell."""
    if not cell:
        return None
    try:
        found = datetime.fromisoformat(cell)
        found = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # OverflowError: in UTC it would be before the year 1 or after 9999
        raise BadValueError(f"created_at is {shown(cell)}, but must be a time like 2026-11-22T18:30:00Z") from None
    if not _EARLIEST <= found <= datetime.now(UTC) + timedelta(days=1):
        raise BadValueError(f"created_at is {shown(cell)}: labels are given between 2000 and today")
    return found


def format_labels(rows: Iterable[LabelRow], convention: str = "handpicked") -> str:
    """Labels as the text of a CSV file.

    In crowd-kit's convention the label names the clip; ties and skips, which it does not have, are written as `tie`
    and `skip`.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS if convention == "handpicked" else _CROWD)
    for row in rows:
        left, right, who = map(neutralise_formula, (row.left_clip_id, row.right_clip_id, row.annotator))
        if convention == "handpicked":
            when = row.created_at.astimezone(UTC).isoformat() if row.created_at else ""
            time_ms = "" if row.response_ms is None else row.response_ms
            cells = (
                left,
                right,
                row.answer,
                who,
                row.kind or "",
                time_ms,
                neutralise_formula(row.strategy),
                when,
                neutralise_formula(row.label_id or ""),
            )
            writer.writerow(cells)
        else:
            writer.writerow((who, left, right, {"left": left, "right": right}.get(row.answer, row.answer)))
    return out.getvalue()
