"""Labels in CSV files, in two conventions: our own, and that of crowd-kit.

    left_clip,right_clip,label,annotator,…      label: left, right, tie, skip; `…` as in `COLUMNS`, all of it optional
    worker,left,right,label                     label: the name of the clip that was chosen (or left, right, tie, skip)

A file is read row by row: a bad one becomes a problem with its line, and the rest is taken.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from engine.errors import SourceError
from engine.export.names import neutral, restored
from engine.preference.answers import ANSWERS
from engine.preference.choosing import STRATEGIES

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["COLUMNS", "LabelProblem", "LabelRow", "ReadLabels", "format_labels", "read_labels"]

COLUMNS: Final = (
    "left_clip", "right_clip", "label", "annotator", "simulated", "response_ms", "strategy", "created_at", "label_id",
)  # fmt: skip
CROWD: Final = ("worker", "left", "right", "label")
IMPORTED: Final = "imported"
"""The strategy of labels that do not say how their pair was chosen: never counted as random ones."""
YES: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False, "": False}


@dataclass(frozen=True)
class LabelRow:
    """One label of a file."""

    left_clip_id: str
    right_clip_id: str
    answer: str
    annotator: str
    simulated: bool = False
    response_ms: int | None = None
    strategy: str = IMPORTED
    created_at: datetime | None = None
    label_id: str | None = None
    line: int = 0


@dataclass(frozen=True)
class LabelProblem:
    """A row that was left out, and why."""

    line: int
    reason: str


@dataclass(frozen=True)
class ReadLabels:
    """What a file holds."""

    rows: tuple[LabelRow, ...]
    problems: tuple[LabelProblem, ...]
    convention: str
    """`handpicked` or `crowd-kit`."""


def read_labels(text: str, name: str = "the file") -> ReadLabels:
    """Read a CSV file's text in either convention. Raises `SourceError` where its header is neither's."""
    body = text.removeprefix("\ufeff")
    first = body.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.DictReader(io.StringIO(body, newline=""), delimiter=delimiter, restkey="…", strict=False)
    header = [(column or "").strip().lower() for column in reader.fieldnames or ()]
    reader.fieldnames = header
    if set(COLUMNS[:3]) <= set(header):
        convention = "handpicked"
    elif set(CROWD) <= set(header):
        convention = "crowd-kit"
    else:
        shown = ", ".join(header) or "nothing"
        raise SourceError(
            f"{name} has no columns of labels: its first line names {shown}",
            remedy=f"Name the columns {','.join(COLUMNS[:4])} or {','.join(CROWD)}.",
        )
    rows: list[LabelRow] = []
    problems: list[LabelProblem] = []
    try:
        for cells in reader:
            if not any((value or "").strip() for key, value in cells.items() if key != "…"):
                continue
            try:
                rows.append(parse(cells, convention, reader.line_num))
            except ValueError as error:
                problems.append(LabelProblem(reader.line_num, str(error)))
    except csv.Error as error:
        problems.append(LabelProblem(reader.line_num, f"the file can't be read on from here: {error}"))
    return ReadLabels(tuple(rows), tuple(problems), convention)


def parse(cells: dict[str, str | None], convention: str, line: int) -> LabelRow:
    """One row. Raises `ValueError` with the reason."""
    get = {key: restored((value or "").strip()) for key, value in cells.items() if key != "…"}
    if "…" in cells:
        raise ValueError("more cells than columns")
    ours = convention == "handpicked"
    left, right = get["left_clip" if ours else "left"], get["right_clip" if ours else "right"]
    annotator = get.get("annotator" if ours else "worker", "") or ("" if not ours else "unknown")
    for column, value in (("left clip", left), ("right clip", right), ("worker", annotator)):
        if not value:
            raise ValueError(f"no {column}")
    if left == right:
        raise ValueError(f"both sides are {left!r}")
    strategy = get.get("strategy") or IMPORTED
    return LabelRow(
        left_clip_id=left,
        right_clip_id=right,
        answer=answer_of(get["label"], left, right),
        annotator=annotator,
        simulated=yes_or_no(get.get("simulated", "")),
        response_ms=milliseconds(get.get("response_ms", "")),
        strategy=strategy if strategy in STRATEGIES else IMPORTED,
        created_at=moment(get.get("created_at", "")),
        label_id=get.get("label_id") or None,
        line=line,
    )


def answer_of(label: str, left: str, right: str) -> str:
    """left, right, tie or skip; or the name of the chosen clip."""
    if label == left:
        return "left"
    if label == right:
        return "right"
    if label.lower() in ANSWERS:
        return label.lower()
    if not label:
        raise ValueError("no label")
    raise ValueError(f"label {label!r} is neither {', '.join(ANSWERS)} nor one of the two clips")


def yes_or_no(cell: str) -> bool:
    """`simulated`: true or false."""
    if cell.lower() not in YES:
        raise ValueError(f"simulated is {cell!r}, but must be true or false")
    return YES[cell.lower()]


def milliseconds(cell: str) -> int | None:
    """A response time, or None."""
    if not cell:
        return None
    try:
        value = round(float(cell))
    except (ValueError, OverflowError):
        value = -1
    if not 0 <= value < 2**31:
        raise ValueError(f"response_ms is {cell!r}, but must be a number of milliseconds")
    return value


def moment(cell: str) -> datetime | None:
    """A time as ISO 8601, UTC where it names no zone; or None."""
    if not cell:
        return None
    try:
        found = datetime.fromisoformat(cell)
    except ValueError:
        raise ValueError(f"created_at is {cell!r}, but must be a time like 2026-11-22T18:30:00Z") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def format_labels(rows: Iterable[LabelRow], convention: str = "handpicked") -> str:
    """The text of a CSV file. In crowd-kit's convention the label names the clip; ties and skips, which it does not
    know, stand as `tie` and `skip`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS if convention == "handpicked" else CROWD)
    for row in rows:
        left, right, who = neutral(row.left_clip_id), neutral(row.right_clip_id), neutral(row.annotator)
        if convention == "handpicked":
            when = row.created_at.astimezone(UTC).isoformat() if row.created_at else ""
            time_ms = "" if row.response_ms is None else row.response_ms
            simulated = str(row.simulated).lower()
            cells = (left, right, row.answer, who, simulated, time_ms, row.strategy, when, row.label_id or "")
            writer.writerow(cells)
        else:
            writer.writerow((who, left, right, {"left": left, "right": right}.get(row.answer, row.answer)))
    return out.getvalue()
