"""Reading delimited text row by row, so that one broken row costs only itself."""

from __future__ import annotations

import codecs
import csv
import io
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import SourceError
from engine.sources.types import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Row", "Table", "decode", "read_bytes", "read_table"]

DELIMITERS = (",", ";", "\t")
MAX_RECORD_LINES = 50
"""A quoted cell may hold line breaks; one that runs on for longer was never closed."""
MAX_CELL_CHARS = 20_000

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
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
    """A record went on for more than MAX_RECORD_LINES lines."""


class _Lines:
    """The lines of a text, counted, with the lines of a failed record put back."""

    def __init__(self, text: str) -> None:
        self._source = iter(io.StringIO(text, newline=""))
        self._put_back: deque[str] = deque()
        self._record: list[str] = []
        self.line = 0

    def start_record(self) -> None:
        self._record = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self._record) >= MAX_RECORD_LINES:
            raise _RunawayQuoteError
        line = self._put_back.popleft() if self._put_back else next(self._source)
        self._record.append(line)
        self.line += 1
        return line

    @property
    def record_line(self) -> int:
        """The line on which the record in hand starts."""
        return self.line - len(self._record) + 1

    @property
    def record_has_quote(self) -> bool:
        return any('"' in line for line in self._record)

    def keep_only_first(self) -> None:
        """Give back every line of the record in hand but its first."""
        rest = self._record[1:]
        self._put_back.extendleft(reversed(rest))
        self.line -= len(rest)
        self._record = self._record[:1]


@dataclass
class Table:
    """An open delimited file. `rows()` yields the sound rows and adds the others to `problems`."""

    path: str
    columns: tuple[str, ...]
    delimiter: str
    _lines: _Lines
    problems: list[Problem] = field(default_factory=list)

    def report(self, line: int, reason: str) -> None:
        self.problems.append(Problem(self.path, line, reason))

    def rows(self) -> Iterator[Row]:
        lines = self._lines
        # Strict: text after a closing quote betrays one that was left open rows before.
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
                # A reader stopped inside a quote would go on there: begin afresh.
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
        longest = max(map(len, cells))
        if longest > MAX_CELL_CHARS:
            return f"a cell holds {longest:,} characters; at most {MAX_CELL_CHARS:,} are read"
        if any(not cell.isascii() and _has_undecoded(cell) for cell in cells):
            return "it is not UTF-8 text: save the file as UTF-8"
        return ""


def read_bytes(path: str | Path) -> bytes:
    """The whole file. Raises SourceError when it is missing, no file, empty or unreadable."""
    path = Path(path)
    try:
        if path.is_dir():
            raise SourceError(f"{str(path)!r} is a folder, not an annotation file.", remedy="Name the file in it.")
        if path.exists() and not path.is_file():
            raise SourceError(f"{str(path)!r} is not a plain file, so it was not opened.")
        content = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise SourceError(f"{str(path)!r} can't be read: {reason}.", remedy="Check the path and its rights.") from error
    if not content.strip():
        raise SourceError(f"{str(path)!r} is empty.", remedy="Download or export it again.")
    return content


def decode(path: str | Path, content: bytes) -> str:
    """Text from bytes; bytes that are not UTF-8 stay marked, so that only their rows are refused."""
    for bom, encoding in _BOMS:
        if content.startswith(bom):
            return content.decode(encoding, errors="surrogateescape" if encoding == "utf-8-sig" else "replace")
    start = content[:4096]
    if start.count(0) * 100 > len(start):  # a stray NUL costs only its row
        raise SourceError(
            f"{str(path)!r} is not text: it looks like a video, a spreadsheet or an archive.",
            remedy="Annotations are CSV or JSON files.",
        )
    return content.decode("utf-8", errors="surrogateescape")


def read_table(path: str | Path, content: bytes | None = None) -> Table:
    """Open a CSV file and read its header; the delimiter is whichever of `,` `;` tab the header uses most.

    Raises SourceError when the file can't be read or has no usable header.
    """
    text = decode(path, read_bytes(path) if content is None else content)
    lines = _Lines(text)
    for first in lines:
        if first.strip():
            break
    else:
        raise SourceError(f"{str(path)!r} is empty.", remedy="Download or export it again.")
    delimiter = max(DELIMITERS, key=first.count)
    try:
        header = next(csv.reader([first], delimiter=delimiter))
    except (csv.Error, StopIteration) as error:
        raise SourceError(f"{str(path)!r} is not a CSV file: its first line can't be read ({error}).") from error
    columns = tuple(cell.strip().lower().replace(" ", "_") for cell in header)
    while columns and not columns[-1]:
        columns = columns[:-1]
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    if twice:
        raise SourceError(
            f"{str(path)!r} has the column {twice[0]!r} more than once.", remedy="Rename or remove one of them."
        )
    return Table(str(path), columns, delimiter, lines)


def _broken(error: Exception) -> str:
    if isinstance(error, _RunawayQuoteError):
        return f"a quote is opened and not closed within {MAX_RECORD_LINES} lines"
    if "field larger" in str(error):
        return f"a cell holds more than {csv.field_size_limit():,} characters"
    return "a quote is opened and not closed properly"


def _has_undecoded(cell: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in cell)
