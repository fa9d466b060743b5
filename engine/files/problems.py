"""Collects problems of single rows or files: listed up to a limit, counted beyond it.

A file of a hundred thousand bad rows would otherwise come to a hundred thousand lines on the screen and in memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["MOST_NAMED", "Problem", "Problems", "shortened", "shortened_sentences", "total"]

MOST_NAMED = 100
_MOST_SENTENCES = 20
"""Most problems listed of a bundle or a bucket, as sentences on one page."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One row or file that was left out (or corrected), and why. `path` can always be printed.

    `count` is above 1 for the last line of a long list, "and 99,900 more": that many problems are not listed.
    """

    path: str
    line: int | None
    reason: str
    count: int = 1

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path}, line {self.line}"
        return f"{place}: {self.reason}" if place else self.reason


class Problems:
    """Collects the problems of one file: the first are kept, the others only counted."""

    def __init__(self, path: str, most: int = MOST_NAMED) -> None:
        self.path = path
        self._most = most
        self._named: list[Problem] = []
        self._unnamed = 0

    def report(self, line: int | None, reason: str) -> None:
        """Add a problem of the file."""
        self.add(Problem(self.path, line, reason))

    def add(self, problem: Problem) -> None:
        """Add a problem that was found elsewhere."""
        if problem.count == 1 and len(self._named) < self._most:
            self._named.append(problem)
        else:
            self._unnamed += problem.count

    @property
    def count(self) -> int:
        """Number of problems, listed or not."""
        return len(self._named) + self._unnamed

    def listed(self, *, by_line: bool = True) -> tuple[Problem, ...]:
        """The listed ones, in order of lines or as found, and one with the number of further ones."""
        named = sorted(self._named, key=lambda problem: problem.line or 0) if by_line else self._named
        if not self._unnamed:
            return tuple(named)
        return (*named, Problem(self.path, None, f"and {self._unnamed:,} more problems like these", self._unnamed))


def shortened(path: str, problems: Iterable[Problem], most: int = MOST_NAMED) -> tuple[Problem, ...]:
    """The first of some problems about `path`, and one with the number of further ones."""
    gathered = Problems(path, most)
    for problem in problems:
        gathered.add(problem)
    return gathered.listed(by_line=False)


def shortened_sentences(sentences: Iterable[str]) -> tuple[str, ...]:
    """The first of some sentences about problems, and one with the number of further ones."""
    problems = (Problem("", None, sentence) for sentence in sentences)
    return tuple(map(str, shortened("", problems, _MOST_SENTENCES)))


def total(problems: Iterable[Problem]) -> int:
    """How many problems a list represents."""
    return sum(problem.count for problem in problems)
