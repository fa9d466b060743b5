"""The tasks of a data set: each episode's text, and the table of different texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["NO_NARRATION", "Tasks", "task_of"]

NO_NARRATION = "an activity that is not described"
"""The task of a clip without a narration: LeRobot wants a text for each episode."""


def task_of(narration: str | None) -> str:
    """A clip's task: its narration on one line, or `NO_NARRATION`."""
    return " ".join((narration or "").split()) or NO_NARRATION


class Tasks:
    """Numbers different texts in the order in which they come."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    def index(self, task: str) -> int:
        """The number of a text, from 0."""
        return self._numbers.setdefault(task, len(self._numbers))

    def write(self, path: Path) -> None:
        """Write the table as LeRobot reads it: by pandas, with the texts as its index."""
        import pandas as pd

        index = pd.Index(list(self._numbers), name="task", dtype="object")
        pd.DataFrame({"task_index": list(self._numbers.values())}, index=index).to_parquet(path)
