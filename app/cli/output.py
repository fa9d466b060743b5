"""Where output goes: people read stderr, programs read stdout."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["err", "print_json", "print_table", "say"]

err = Console(stderr=True, highlight=False)


def say(text: str, style: str = "") -> None:
    """A line for a person."""
    err.print(text, style=style, markup=False, soft_wrap=True)


def print_json(value: dict[str, Any] | list[Any]) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str | None = None) -> None:
    """A table on stdout; numbers to the right."""
    body = [list(row) for row in rows]
    table = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for place, name in enumerate(columns):
        values = [row[place] for row in body]
        numeric = bool(values) and all(isinstance(value, int | float | None) for value in values)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in body:
        table.add_row(*("" if value is None else str(value) for value in row))
    # As wide as it must be where nobody looks: a file or a pipe has no edge to wrap at.
    Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 240).print(table)
