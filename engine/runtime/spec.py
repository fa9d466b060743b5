"""What a job is to do, as plain data that any executor can carry: kind, settings, items."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from engine.errors import JobError
from engine.files.replace_whole import write_whole

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["Item", "JobSpec", "read_spec", "split", "write_spec"]


@dataclass(frozen=True)
class Item:
    """One piece of work, done or failed as a whole.

    `key` names it to people and is unique in its job. Items of one `group` (a video, usually) stay together in one
    part, so that a source is decoded by one process. `cost` is relative to the job's other items.
    """

    key: str
    payload: dict[str, Any] = field(default_factory=dict)
    group: str = ""
    cost: float = 1.0

    def __post_init__(self) -> None:
        if not self.key:
            msg = "an item needs a key"
            raise JobError(msg)
        # A file's name may be no UTF-8. The store takes only text, and both must call the item the same.
        object.__setattr__(self, "key", self.key.encode("utf-8", errors="backslashreplace").decode())
        if not self.cost > 0:
            msg = f"item {self.key!r}: cost must be positive, not {self.cost}"
            raise JobError(msg)


@dataclass(frozen=True)
class JobSpec:
    """A whole job, or one part of it: the unit of distribution."""

    kind: str
    items: tuple[Item, ...]
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        keys = {item.key for item in self.items}
        if len(keys) != len(self.items):
            msg = f"job {self.kind!r}: two items have the same key"
            raise JobError(msg)

    def with_items(self, items: Sequence[Item]) -> JobSpec:
        """The same work over other items."""
        return JobSpec(self.kind, tuple(items), self.settings)


def split(spec: JobSpec, n_parts: int) -> list[JobSpec]:
    """At most `n_parts` specs of about equal cost, no group in two of them; order kept within a part.

    Longest-processing-time-first (Graham 1969): within 4/3 of the best possible balance.
    """
    groups: dict[str, list[Item]] = {}
    for item in spec.items:
        groups.setdefault(item.group or f"\0{item.key}", []).append(item)
    loads = [0.0] * max(1, n_parts)
    bins: list[list[Item]] = [[] for _ in loads]
    for members in sorted(groups.values(), key=lambda g: -sum(i.cost for i in g)):
        lightest = loads.index(min(loads))
        loads[lightest] += sum(i.cost for i in members)
        bins[lightest].extend(members)
    place = {item.key: n for n, item in enumerate(spec.items)}
    return [spec.with_items(sorted(items, key=lambda i: place[i.key])) for items in bins if items]


def write_spec(spec: JobSpec, path: Path) -> None:
    """Write `spec` as JSON, whole or not at all."""
    write_whole(path, json.dumps(asdict(spec)))


def read_spec(path: Path) -> JobSpec:
    """Read a spec. Raises `JobError` where the file is missing or not a spec."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return JobSpec(raw["kind"], tuple(Item(**item) for item in raw["items"]), raw["settings"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"{path.name} in {path.parent.name!r} can't be read as a job specification: {error}"
        raise JobError(msg, remedy="Start the job again from its page.") from error
