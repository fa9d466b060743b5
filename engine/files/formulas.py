"""Keeps spreadsheets from running the cells of a table as formulas."""

from __future__ import annotations

from typing import Any

__all__ = ["neutralise_formula", "without_formula_guard"]

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def neutralise_formula(cell: Any) -> Any:
    """Put an apostrophe before a text that begins like a formula (OWASP, "CSV Injection").

    Lone carriage returns become line breaks: CSV writers put no quotes around them, and a spreadsheet begins a new row.
    """
    if not isinstance(cell, str):
        return cell
    one_kind = cell.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{one_kind}" if one_kind.startswith(_FORMULA_STARTS) else one_kind


def without_formula_guard(cell: str) -> str:
    """Remove the apostrophe that `neutralise_formula` put before a formula."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA_STARTS) else cell
