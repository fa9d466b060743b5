"""What a purposeful episode is meant to do, and what an episode then did: tasks, transports, grasps, contacts.

`Work` is part of a script. `Action` is part of the truth: what the plan made of that work on the table as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["NO_ACTION", "TASKS", "Action", "Contact", "Outcome", "Side", "Task", "Transport", "Work"]

Task = Literal["place", "stack", "pour", "open", "wipe"]
Outcome = Literal["done", "returned", "failed", "none"]
Side = Literal["left", "right"]
TASKS: Final[tuple[Task, ...]] = ("place", "stack", "pour", "open", "wipe")


@dataclass(frozen=True, kw_only=True)
class Work:
    """What a purposeful episode is meant to do. The defaults: one object, with one hand, to the board.

    Where the table does not allow it (a pour without a bowl in reach), the episode places an object, and its truth says
    so.
    """

    task: Task = "place"
    """Place on the board; stack one object on another; pour from a vessel into a bowl; open a jar; wipe the table."""
    transports: int = 1
    """How many objects are placed, one or two; other tasks carry one object at most."""
    failed_grasps: int = 0
    """Grasps that close beside the object before one holds; with the outcome `failed`, none does."""
    two_handed: bool = False
    """Both hands work: each places an object, one steadies the bowl of a pour, both wipe. A jar always takes two."""
    reach: float = 0.0
    """Which of the suitable objects is taken: 0 the nearest, 1 the farthest."""
    travel: float = 1.0
    """Share of the way to the board that a placed object goes; less than 1 only shifts it on the table."""
    pace: float = 1.0
    """Speed relative to what is usual for the person."""

    def __post_init__(self) -> None:
        if self.task not in TASKS:
            raise ValueError(f"{self.task!r} is no task. Tasks are {', '.join(TASKS)}.")
        if not 1 <= self.transports <= 2:
            raise ValueError(f"transports is {self.transports}, but must be 1 or 2.")
        if self.failed_grasps < 0:
            raise ValueError(f"failed_grasps is {self.failed_grasps}, but can't be negative.")
        if not 0 <= self.reach <= 1:
            raise ValueError(f"reach is {self.reach}, but must lie between 0 and 1.")
        for name in ("travel", "pace"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)}, but must be more than 0.")
        if self.travel > 1:
            raise ValueError(f"travel is {self.travel}, but can't be more than the whole way, 1.")


@dataclass(frozen=True, kw_only=True)
class Transport:
    """An object in a hand during `[start_s, end_s)` of the video, from one place to another."""

    hand: Side
    item: int
    """Its number among the objects of the video."""
    thing: str
    """What it is: mug, bowl, fruit, tin, block, jar or cloth."""
    start_s: float
    end_s: float
    from_m: tuple[float, float, float]
    """Where its base was, in metres in the scene (see `types`)."""
    to_m: tuple[float, float, float]
    """Where its base is put down; equal to `from_m` where it is brought back."""
    way_m: float
    """Length of its way without the lift, in metres."""


@dataclass(frozen=True, kw_only=True)
class Contact:
    """A hand that holds, steadies or turns something, or lies on the table, during `[start_s, end_s)` of the video."""

    hand: Side
    item: int | None
    """The object's number; None for the table."""
    thing: str
    start_s: float
    end_s: float


@dataclass(frozen=True, kw_only=True)
class Action:
    """What an episode did. Without a task (idle, fumbling, …) nothing is counted."""

    task: Task | None = None
    outcome: Outcome = "none"
    hands: tuple[Side, ...] = ()
    """The hands that worked."""
    transports: tuple[Transport, ...] = ()
    contacts: tuple[Contact, ...] = ()
    grasps_tried: int = 0
    grasps_failed: int = 0
    strokes: int = 0
    """Turns of a lid, tilts of a vessel, sweeps over the table."""
    stroked_m: float = 0.0
    """Length of the sweeps over the table, in metres."""
    reach_m: float = 0.0
    """The longest way of a wrist to an object, in a straight line, in metres."""
    busy_s: float = 0.0
    """From the first to the last move of the work, in seconds."""
    pace: float = 0.0
    """Speed of the work: 1 takes the usual time for its distances, 2 half of it. A short episode may force it up."""

    @property
    def carried_m(self) -> float:
        """Length of all objects' ways, in metres."""
        return sum(t.way_m for t in self.transports)

    @property
    def touched_s(self) -> float:
        """Time in contact, in seconds; of the hand that touches longer."""
        sides: tuple[Side, ...] = ("left", "right")
        return max(sum(c.end_s - c.start_s for c in self.contacts if c.hand == side) for side in sides)


NO_ACTION: Final = Action()
