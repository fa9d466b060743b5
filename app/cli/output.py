"""Prints messages to stderr and results to stdout, with terminal control characters escaped."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from app.text import printable
from engine.errors import ExportError
from engine.files.characters import NOT_IN_A_TEXT
from engine.files.replace_whole import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

__all__ = ["err", "print_json", "print_table", "print_text", "say", "write_file"]

err = Console(stderr=True, highlight=False)


def say(text: str, style: str = "") -> None:
    """Print a message on stderr."""
    err.print(printable(text), style=style, markup=False, soft_wrap=True)


def print_json(value: dict[str, Any] | list[Any]) -> None:
    """One JSON document on stdout."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    # JSON's own escape, which reads back as the same text. `json` itself escapes the control characters below 0x20.
    sys.stdout.write(NOT_IN_A_TEXT.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n")


def print_text(text: str) -> None:
    """Print a file's text on stdout: unchanged for a program, escaped for a terminal."""
    sys.stdout.write(printable(text) if sys.stdout.isatty() else text)


def write_file(path: Path, text: str) -> None:
    """Write a result to a file, whole or not at all. Raises `ExportError`."""
    try:
        write_whole(path, text)
    except OSError as error:
        raise ExportError(
            f"{path} can't be written: {error.strerror or error}",
            remedy="Check the folder and the room on its disk, or choose another.",
        ) from error


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str | None = None) -> None:
    """Print a table on stdout, numbers aligned to the right."""
    body = [list(row) for row in rows]
    table = Table(
        title=None if title is None else printable(title),
        title_justify="left",
        header_style="bold",
        box=None,
        pad_edge=False,
    )
    for place, name in enumerate(columns):
        values = [row[place] for row in body]
        numeric = bool(values) and all(isinstance(value, int | float | None) for value in values)
        table.add_column(printable(name), justify="right" if numeric else "left", overflow="fold")
    for row in body:
        table.add_row(*("" if value is None else printable(str(value)) for value in row))
    # Without wrapping where the output is a file or a pipe.
    Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 240).print(table)
