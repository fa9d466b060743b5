"""What the tables of a data set that is checked say of its episodes: for the checks of all other files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.arrays import Floats, Rows
    from engine.export.formats.lerobot.statistics import Statistics

__all__ = ["Episodes", "Frames"]


@dataclass(frozen=True, kw_only=True)
class Episodes:
    """The ledger of episodes, `(n,)` each, in order."""

    length: Rows
    first: Rows
    """Of its frames in the whole data set."""
    data_file: Rows
    """The number of its file: a thousand times the chunk, and the file."""
    video_file: Rows
    from_s: Floats
    to_s: Floats
    task: tuple[int, ...]
    """The place of its text among the tasks; −1 where it is none of them."""

    def __len__(self) -> int:
        return len(self.length)


@dataclass(frozen=True, kw_only=True)
class Frames:
    """What the frames' table holds: its statistics as a whole, and each episode's reward, `(n,)` each."""

    statistics: Mapping[str, Statistics]
    pictures: Statistics | None
    """Joined from the episodes'."""
    reward: Floats
    std: Floats
    known: Floats
