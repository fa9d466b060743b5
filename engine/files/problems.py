"""What was wrong with single rows or files: named up to a limit, counted beyond it.

A file of a hundred thousand bad rows would otherwise come to a hundred thousand lines on the screen and in memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["MOST_NAMED", "Problem", "Problems", "shortened", "shortened_sentences", "total"]

MOST_NAMED = 100
MOST_SENTENCES = 20
"""Named of a bundle or of a bucket, whose problems are sentences on one page."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One row or file that was left out (or put right), and why. `path` can always be printed.

    `count` is above 1 for the last line of a long list, "and 99,900 more": so many problems are not named.
    """

    path: str
    line: int | None
    reason: str
    count: int = 1

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path}, line {self.line}"
        return f"{place}: {self.reason}" if place else self.reason


class Problems:
    """Gathers the problems of one file: the first are kept, the others only counted."""

    def __init__(self, path: str, most: int = MOST_NAMED) -> None:
        self.path = path
        self._most = most
        self._named: list[Problem] = []
        self._unnamed = 0

    def report(self, line: int | None, reason: str) -> None:
        """Note a problem of the file."""
        self.add(Problem(self.path, line, reason))

    def add(self, problem: Problem) -> None:
        """Note a problem that was found elsewhere."""
        if problem.count == 1 and len(self._named) < self._most:
            self._named.append(problem)
        else:
            self._unnamed += problem.count

    @property
    def count(self) -> int:
        """How many there are, named or not."""
        return len(self._named) + self._unnamed

    def listed(self, *, by_line: bool = True) -> tuple[Problem, ...]:
        """The named ones, in order of lines or as they were found, and one that says how many more there are."""
        named = sorted(self._named, key=lambda problem: problem.line or 0) if by_line else self._named
        if not self._unnamed:
            return tuple(named)
        return (*named, Problem(self.path, None, f"and {self._unnamed:,} more problems like these", self._unnamed))


def shortened(path: str, problems: Iterable[Problem], most: int = MOST_NAMED) -> tuple[Problem, ...]:
    """The first of some problems, and one that says how many more there are; `path` is what they are all about."""
    gathered = Problems(path, most)
    for problem in problems:
        gathered.add(problem)
    return gathered.listed(by_line=False)


def shortened_sentences(sentences: Iterable[str]) -> tuple[str, ...]:
    """The first of some sentences about what was wrong, and how many more there are."""
    problems = (Problem("", None, sentence) for sentence in sentences)
    return tuple(map(str, shortened("", problems, MOST_SENTENCES)))


def total(problems: Iterable[Problem]) -> int:
    """How many problems a list stands for."""
    return sum(problem.count for problem in problems)
