"""Reads untrusted CSV files row by row: bad rows are left out and reported, and memory is bounded.

Every CSV file from outside is read here: annotations, labels, gains, lists of videos. Reading is strict: an unclosed
quote, a row of another length than the header and text that is not UTF-8 are reported with their line and left out,
never guessed at.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter, deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import FormatError, SourceError
from engine.files.characters import has_lone_surrogate
from engine.files.problems import Problems
from engine.files.read_json import read_within, too_large
from engine.files.values import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MAX_CSV_BYTES", "Row", "Table", "as_utf8", "read_bytes", "read_table"]

MAX_CSV_BYTES = 512 << 20
MAX_ROWS = 5_000_000
"""Most rows of a file. A row takes some 500 bytes of memory; EPIC-KITCHENS-100 has 90,000 rows."""
_MAX_COLUMNS = 1_000
_DELIMITERS = (",", ";", "\t")
_MAX_RECORD_LINES = 50
"""A quoted cell may contain line breaks; a longer one was never closed."""
MAX_CELL_CHARS = 20_000

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One record: the line it starts on, and its cells by column name."""

    line: int
    cells: dict[str, str]


class _RunawayQuoteError(Exception):
    """A record has more than _MAX_RECORD_LINES lines."""


class _Lines:
    """The lines of a text, counted, with the lines of a failed record put back."""

    def __init__(self, content: bytes) -> None:
        # Bytes that are not UTF-8 are kept as surrogates, so that only their rows are refused.
        reader = io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", errors="surrogateescape", newline="")
        self._source = iter(reader)
        self._put_back: deque[str] = deque()
        self._record: list[str] = []
        self.line = 0
        self.came_back = False
        """Whether the line in hand was taken for a part of an earlier record, which failed."""

    def start_record(self) -> None:
        self._record = []

    def first_filled(self) -> str:
        """The next line that is not blank, or an empty text."""
        for line in self:
            if line.strip():
                return line
            self.start_record()
        return ""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self._record) >= _MAX_RECORD_LINES:
            raise _RunawayQuoteError
        self.came_back = bool(self._put_back)
        line = self._put_back.popleft() if self._put_back else next(self._source)
        self._record.append(line)
        self.line += 1
        return line

    @property
    def record_line(self) -> int:
        """The line on which the current record starts."""
        return self.line - len(self._record) + 1

    @property
    def record_has_quote(self) -> bool:
        return any('"' in line for line in self._record)

    @property
    def record_closes_earlier_quote(self) -> bool:
        return self.came_back and sum(line.count('"') for line in self._record) % 2 == 1

    def keep_only_first(self) -> None:
        """Put back every line of the current record but its first."""
        rest = self._record[1:]
        self._put_back.extendleft(reversed(rest))
        self.line -= len(rest)
        self._record = self._record[:1]


@dataclass
class Table:
    """An open delimited file. `rows()` yields the valid rows and adds the others to `problems`."""

    path: str
    columns: tuple[str, ...]
    delimiter: str
    _lines: _Lines
    problems: Problems

    def report(self, line: int, reason: str) -> None:
        self.problems.report(line, reason)

    def rows(self) -> Iterator[Row]:
        """The valid rows. Raises SourceError where there are more than MAX_ROWS."""
        for number, row in enumerate(self._valid_rows()):
            if number >= MAX_ROWS:
                raise SourceError(
                    f"{self.path!r} has more than {MAX_ROWS:,} rows.", remedy="Split it into several files."
                )
            yield row

    def _valid_rows(self) -> Iterator[Row]:
        lines = self._lines
        # Strict: text after a closing quote means that a quote was left open rows before.
        reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
        while True:
            lines.start_record()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except (_RunawayQuoteError, csv.Error) as error:
                self.report(lines.record_line, _broken(error))
                lines.keep_only_first()
                # A reader that stopped inside a quote would continue there: start a new one.
                reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
                continue
            line = lines.record_line
            if not any(cell.strip() for cell in cells):
                continue
            reason = self._reason_against(cells)
            if reason:
                self.report(line, reason)
                lines.keep_only_first()
                continue
            yield Row(line, dict(zip(self.columns, cells, strict=False)))

    def _reason_against(self, cells: list[str]) -> str:
        width = len(self.columns)
        if len(cells) < width or any(cells[width:]):
            quote = " (is a quote left open?)" if self._lines.record_has_quote else ""
            return f"it has {len(cells)} cells, the header has {width}{quote}"
        if any("\n" in cell and self._holds_rows(cell) for cell in cells):
            return "a quote is opened and takes in the rows that follow"
        if self._lines.record_closes_earlier_quote:
            return "it closes a quote that an earlier row opened"
        longest = max(map(len, cells))
        if longest > MAX_CELL_CHARS:
            return f"a cell holds {longest:,} characters; at most {MAX_CELL_CHARS:,} are read"
        if any(map(has_lone_surrogate, cells)):
            return "it is not UTF-8 text: save the file as UTF-8"
        if any("\0" in cell for cell in cells):
            return "it holds NUL, one of the control characters"
        return ""

    def _holds_rows(self, cell: str) -> bool:
        """Whether a line within a cell has as many delimiters as a row: the closing quote is then another row's."""
        return any(line.count(self.delimiter) >= len(self.columns) - 1 > 0 for line in cell.splitlines()[1:])


def read_bytes(path: str | Path, max_bytes: int = MAX_CSV_BYTES) -> bytes:
    """The whole file. Raises SourceError when it is missing, not a file, empty, unreadable or over `max_bytes`."""
    path = Path(path)
    if path.is_dir():
        raise SourceError(f"{str(path)!r} is a folder, not an annotation file.", remedy="Name the file in it.")
    try:
        content = read_within(path, max_bytes)
    except FormatError as error:
        raise SourceError(
            f"{str(path)!r}: {error.message}.", remedy="Check the path, its rights and its size."
        ) from error
    if not content.strip():
        raise SourceError(f"{str(path)!r} is empty.", remedy="Download or export it again.")
    return content


def read_table(path: str | Path, content: bytes | None = None) -> Table:
    """Open a CSV file and read its header; the delimiter is whichever of `,` `;` tab the header uses most.

    Raises SourceError when the file can't be read, is larger than MAX_CSV_BYTES or has no usable header.
    """
    if content is None:
        content = read_bytes(path)
    elif len(content) > MAX_CSV_BYTES:
        raise SourceError(f"{str(path)!r}: {too_large(MAX_CSV_BYTES)}.", remedy="Split it into several files.")
    lines = _Lines(as_utf8(path, content))
    first = lines.first_filled()
    if not first:
        raise SourceError(f"{str(path)!r} is empty.", remedy="Download or export it again.")
    delimiter = max(_DELIMITERS, key=first.count)
    return Table(str(path), _header(path, first, delimiter), delimiter, lines, Problems(str(path)))


def as_utf8(path: str | Path, content: bytes) -> bytes:
    """The content converted to UTF-8 from the encoding of its byte order mark."""
    for bom, encoding in _BOMS:
        if content.startswith(bom):
            try:
                return content.decode(encoding).encode()
            except UnicodeError as error:
                name = encoding.upper()
                raise SourceError(
                    f"{str(path)!r} begins as {name} but is no {name} text.", remedy="Save it as UTF-8."
                ) from error
    start = content[:4096]
    if start.count(0) * 100 > len(start):  # a stray NUL only makes its row invalid
        raise SourceError(
            f"{str(path)!r} is not text: it looks like a video, a spreadsheet or an archive.",
            remedy="Export it as CSV in UTF-8; annotations are CSV or JSON files.",
        )
    return content


def _header(path: str | Path, line: str, delimiter: str) -> tuple[str, ...]:
    try:
        cells = next(csv.reader([line], delimiter=delimiter, strict=True))
    except (csv.Error, StopIteration) as error:
        raise SourceError(
            f"{str(path)!r}, line 1: the names of the columns can't be read ({error}).",
            remedy="Close every quote in the first line.",
        ) from error
    columns = tuple(cell.strip().lower().replace(" ", "_") for cell in cells)
    while columns and not columns[-1]:
        columns = columns[:-1]
    if len(columns) > _MAX_COLUMNS:
        raise SourceError(f"{str(path)!r} has {len(columns):,} columns; at most {_MAX_COLUMNS:,} are read.")
    twice = next((name for name, times in Counter(columns).items() if name and times > 1), None)
    if twice is not None:
        raise SourceError(
            f"{str(path)!r} has the column {shown(twice)} more than once.", remedy="Rename or remove one of them."
        )
    return columns


def _broken(error: Exception) -> str:
    if isinstance(error, _RunawayQuoteError):
        return f"a quote is opened and not closed within {_MAX_RECORD_LINES} lines"
    if "field larger" in str(error):
        return f"a cell holds more than {csv.field_size_limit():,} characters"
    return "a quote is opened and not closed properly"
