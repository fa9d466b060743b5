"""What a part says while it runs. One JSON object a line; a line that is none of these is ignored."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from typing import get_args

__all__ = [
    "Done",
    "Failed",
    "Fatal",
    "Finished",
    "Heartbeat",
    "Message",
    "Progress",
    "Queued",
    "Shard",
    "Skipped",
    "Started",
    "Warned",
    "decode",
    "encode",
]


@dataclass(frozen=True)
class Queued:
    """The part waits for a free place, and has not begun: however long that takes, it does not hang."""

    reason: str


@dataclass(frozen=True)
class Heartbeat:
    """The process is alive, and this is the memory that it holds."""

    rss_bytes: int


@dataclass(frozen=True)
class Started:
    """An item in hand, until it is in a shard, skipped or failed. A worker may have several in hand."""

    item: str


@dataclass(frozen=True)
class Done:
    """An item in hand is done; its results wait to be written to a shard, with those of others."""

    item: str


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How much of the item in hand is done, in [0, 1], and which of its stages is under way."""

    item: str
    fraction: float
    note: str = ""
    stage: str = ""
    """The stage's name; empty for an item without stages."""
    stage_number: int = 0
    """From 1; 0 for an item without stages."""
    stage_count: int = 0
    stage_share: float = 0.0
    """How much of the stage is done, in [0, 1]."""


@dataclass(frozen=True)
class Warned:
    """Something a person should know about an item that was done all the same."""

    item: str
    message: str


@dataclass(frozen=True)
class Skipped:
    """There was nothing to do for the item, and that is no failure."""

    item: str
    reason: str


@dataclass(frozen=True)
class Failed:
    """The item could not be done; the rest goes on."""

    item: str
    error: str


@dataclass(frozen=True)
class Shard:
    """A shard is in place under its final name and holds the results of these items."""

    name: str
    items: list[str]


@dataclass(frozen=True)
class Fatal:
    """The part can't go on (a full disk, say); the items not yet in a shard are still to do."""

    error: str


@dataclass(frozen=True)
class Finished:
    """All items were seen to; the process ends after this. `cancelled` when it was asked to stop early."""

    cancelled: bool = False


Message = Queued | Heartbeat | Started | Progress | Done | Warned | Skipped | Failed | Shard | Fatal | Finished
_TYPES: dict[str, type[Message]] = {each.__name__.lower(): each for each in get_args(Message)}


def encode(message: Message) -> str:
    """One line of JSON, without the line's end."""
    return json.dumps({"type": type(message).__name__.lower(), **asdict(message)}, ensure_ascii=True)


def decode(line: str) -> Message | None:
    """The message in `line`, or None where there is none: a library's stray print never stops a job."""
    try:
        fields = json.loads(line)
        message = _TYPES[fields.pop("type")](**fields)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return message if _is_well_formed(message) else None


def _is_well_formed(message: Message) -> bool:
    """Whether every field is of its kind: what a library prints may look like a message of ours."""
    kinds: dict[str, type | tuple[type, ...]] = {
        "rss_bytes": int,
        "items": list,
        "cancelled": bool,
        "fraction": (int, float),
        "stage_number": int,
        "stage_count": int,
        "stage_share": (int, float),
    }
    values = vars(message)
    if not all(isinstance(value, kinds.get(name, str)) for name, value in values.items()):
        return False
    if not all(isinstance(item, str) for item in values.get("items", ())):
        return False
    return all(math.isfinite(values.get(name, 0.0)) for name in ("fraction", "stage_share"))
