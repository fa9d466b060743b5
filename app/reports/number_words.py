"""What each number about clips is called, in menus, on cards and in charts."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["NumberWords", "number_words"]


@dataclass(frozen=True, kw_only=True)
class NumberWords:
    """A number's words: its column, what people read, its unit, one line of meaning, and the group it is listed in."""

    name: str
    title: str
    unit: str
    meaning: str
    group: str


def number_words(name: str) -> NumberWords:
    """The words for a column, made from its name where nothing better is known."""
    title = name.removesuffix("_s").replace("_", " ").strip().capitalize() or name
    return NumberWords(name=name, title=title, unit="s" if name.endswith("_s") else "", meaning="", group="")
