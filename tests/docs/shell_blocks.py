"""The commands that the documentation shows: every `$ handpicked …` line of a fenced console block."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
BLOCK = re.compile(r"^```(?:console|shell|bash|sh)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Shown:
    """A command as a page shows it."""

    page: str
    line: int
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.page}:{self.line} {shlex.join(self.words)}"


def shown_in(page: Path) -> list[Shown]:
    """The commands of a page, in their order, without the leading `handpicked`."""
    text = page.read_text(encoding="utf-8")
    found = []
    for block in BLOCK.finditer(text):
        first = text.count("\n", 0, block.start(1)) + 1
        for number, line in enumerate(block[1].splitlines()):
            program, *words = shlex.split(line.removeprefix("$ ")) or [""]
            if program == "handpicked":
                found.append(Shown(page.name, first + number, tuple(words)))
    return found


def all_shown() -> list[Shown]:
    """Every command of every page."""
    return [shown for page in PAGES for shown in shown_in(page)]
