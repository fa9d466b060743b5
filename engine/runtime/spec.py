"""What a job is to do, as plain data that any executor can carry: kind, settings, items."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, JsonValue

from engine.errors import JobError
from engine.files.replace_whole import replace_whole
from engine.runtime.payloads import Place, WrittenPayload, damaged, held_against

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import BinaryIO

__all__ = ["Item", "ItemPayload", "JobSpec", "SpecFile", "StepSettings", "read_spec", "split", "write_spec"]

P_co = TypeVar("P_co", covariant=True)
P = TypeVar("P", bound="ItemPayload")
S = TypeVar("S", bound="StepSettings")

JsonObject = dict[str, JsonValue]


class StepSettings(BaseModel):
    """What all items of a job have in common. Each kind of job has a model of its own; this one has no settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ItemPayload(BaseModel):
    """What one item is about. Each kind of job has a model of its own; in this one, the key says all of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Item(Generic[P_co]):
    """One piece of work, done or failed as a whole.

    `key` names it to people and is unique in its job. Items of one `group` (a video, usually) stay together in one
    part, so that a source is decoded by one process. `cost` is relative to the job's other items. A payload that was
    given as `WrittenPayload` is read each time it is asked for.
    """

    __slots__ = ("_payload", "cost", "group", "key")

    def __init__(self, key: str, payload: P_co | WrittenPayload[P_co], group: str = "", cost: float = 1.0) -> None:
        if not key:
            raise JobError("an item needs a key")
        # A file's name may be no UTF-8. The store takes only text, and both must call the item the same.
        self.key = key.encode("utf-8", errors="backslashreplace").decode()
        if not cost > 0:
            raise JobError(f"item {self.key!r}: cost must be positive, not {cost}")
        self.group, self.cost, self._payload = group, cost, payload

    @property
    def payload(self) -> P_co:
        """What the item is about."""
        return self._payload.load() if isinstance(self._payload, WrittenPayload) else self._payload

    @property
    def kept(self) -> P_co | WrittenPayload[P_co]:
        """The payload as it was given."""
        return self._payload

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Item):
            return NotImplemented
        # The payloads last: they may lie in a file.
        mine, theirs = ((one.key, one.group, one.cost) for one in (self, other))
        return mine == theirs and self.payload == other.payload

    def __hash__(self) -> int:
        return hash((self.key, self.group, self.cost))

    def __repr__(self) -> str:
        return f"Item({self.key!r}, {self._payload!r}, {self.group!r}, {self.cost!r})"


@dataclass(frozen=True)
class JobSpec:
    """A whole job, or one part of it: the unit of distribution."""

    kind: str
    items: tuple[Item[ItemPayload], ...]
    settings: StepSettings = field(default_factory=StepSettings)

    def __post_init__(self) -> None:
        keys = {item.key for item in self.items}
        if len(keys) != len(self.items):
            raise JobError(f"job {self.kind!r}: two items have the same key")

    def with_items(self, items: Sequence[Item[ItemPayload]]) -> JobSpec:
        """The same work over other items."""
        return JobSpec(self.kind, tuple(items), self.settings)

    def settings_as(self, model: type[S]) -> S:
        """The settings, where they are of this model. Raises `JobError` where the job is of another kind."""
        if not isinstance(self.settings, model):
            raise JobError(f"a job of kind {self.kind!r} has no {model.__name__}")
        return self.settings

    def check_payloads(self, model: type[ItemPayload]) -> None:
        """Raises `JobError` where an item's payload is not of this model. Reads none that is not at hand."""
        for item in self.items:
            kept = item.kept
            own = (kept.model or object) if isinstance(kept, WrittenPayload) else type(kept)
            if not issubclass(own, model):
                raise JobError(f"a job of kind {self.kind!r} has items that are no {model.__name__}")

    def written(
        self,
        *,
        step: str = "",
        inputs: Path | None = None,
        number: int = 0,
        items_at_once: int = 0,
        threads: int = 0,
    ) -> SpecFile:
        """The same as plain values. For a part: the address of its step, the folder with what its workers need, its
        number, and how many items its worker may do at the same time and threads it may use."""
        items = tuple(Item(item.key, _plain(item), item.group, item.cost) for item in self.items)
        folder = "" if inputs is None else str(inputs)
        return SpecFile(
            self.kind,
            items,
            self.settings.model_dump(mode="json"),
            step=step,
            inputs=folder,
            number=number,
            items_at_once=items_at_once,
            threads=threads,
        )


@dataclass(frozen=True)
class SpecFile:
    """A specification as it stands in a file: nobody has compared it yet with what its kind of job asks for."""

    kind: str
    items: tuple[Item[JsonObject], ...]
    settings: JsonObject
    step: str = field(default="", kw_only=True)
    """`module:class` of the step that does the items of a part; a job's own file names none."""
    inputs: str = field(default="", kw_only=True)
    """The folder with what the workers of a part need from the store; empty where they need nothing."""
    number: int = field(default=0, kw_only=True)
    """Which of a job's parts this is, from 0: workers that share several cards take one each by it."""
    items_at_once: int = field(default=0, kw_only=True)
    """How many items its worker may do at the same time; 0 leaves that to the step."""
    threads: int = field(default=0, kw_only=True)
    """How many threads its worker's libraries may use: its share of the cores; 0 leaves that to the step."""

    def settings_as(self, model: type[S]) -> S:
        """The settings alone, of this model. Raises `JobError` that names the kind and the field which does not fit."""
        return held_against(model, self.settings, f"a job of kind {self.kind!r}, settings")

    def typed(self, settings: type[StepSettings], payload: type[ItemPayload]) -> JobSpec:
        """The specification with settings and payloads of these models.

        Raises `JobError` that names the kind and the field which does not fit.
        """
        return JobSpec(self.kind, tuple(self._held(item, payload) for item in self.items), self.settings_as(settings))

    def _held(self, item: Item[JsonObject], model: type[P]) -> Item[P]:
        """An item with its payload held against a model: one that lies in a file is read now, and again when used."""
        about = f"a job of kind {self.kind!r}, item {item.key!r}"
        kept = item.kept
        if not isinstance(kept, WrittenPayload):
            return Item(item.key, held_against(model, kept, about), item.group, item.cost)
        written = kept.held_as(model, about)
        written.load()
        return Item(item.key, written, item.group, item.cost)


def _plain(item: Item[ItemPayload]) -> JsonObject | WrittenPayload[JsonObject]:
    kept = item.kept
    return WrittenPayload(kept.source) if isinstance(kept, WrittenPayload) else kept.model_dump(mode="json")


PART_FIELDS = ("step", "inputs", "number", "items_at_once", "threads")
"""What stands in the file of a part and not in that of a whole job."""


def split(spec: JobSpec, n_parts: int) -> list[JobSpec]:
    """At most `n_parts` specs of about equal cost, no group in two of them; order kept within a part.

    Longest-processing-time-first (Graham 1969): within 4/3 of the best possible balance.
    """
    groups: dict[str, list[Item[ItemPayload]]] = {}
    for item in spec.items:
        groups.setdefault(item.group or f"\0{item.key}", []).append(item)
    loads = [0.0] * max(1, n_parts)
    bins: list[list[Item[ItemPayload]]] = [[] for _ in loads]
    for members in sorted(groups.values(), key=lambda g: -sum(i.cost for i in g)):
        lightest = loads.index(min(loads))
        loads[lightest] += sum(i.cost for i in members)
        bins[lightest].extend(members)
    place = {item.key: n for n, item in enumerate(spec.items)}
    return [spec.with_items(sorted(items, key=lambda i: place[i.key])) for items in bins if items]


ITEMS_FOLLOW, PAYLOAD_FOLLOWS, LAST_LINE = ', "items": [', ', "payload": ', "]}"


def write_spec(spec: SpecFile, path: Path) -> None:
    """Write `spec` as JSON, whole or not at all: all but the items in the first line, then one item a line, its payload
    last. So the items can be read one by one."""
    added = {name: value for name in PART_FIELDS if (value := getattr(spec, name))}
    about = json.dumps({"kind": spec.kind, "settings": spec.settings, **added})
    with replace_whole(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.write(about[:-1] + ITEMS_FOLLOW)
        for number, item in enumerate(spec.items):
            kept = item.kept
            payload = kept.text() if isinstance(kept, WrittenPayload) else json.dumps(kept)
            said = json.dumps({"key": item.key, "group": item.group, "cost": item.cost})
            file.write(f"{',' if number else ''}\n{said[:-1]}{PAYLOAD_FOLLOWS}{payload}}}")
        file.write("\n" + LAST_LINE)


def read_spec(path: Path, *, items: bool = True) -> SpecFile:
    """Read a spec; its payloads stay in the file until they are asked for. With `items` False, only what is common to
    them. Raises `JobError` where the file is missing or not a spec."""
    try:
        with path.open("rb") as file:
            first = file.readline().rstrip(b"\n")
            if first.endswith(ITEMS_FOLLOW.encode()):
                raw = json.loads(first + LAST_LINE.encode())
                found = tuple(_items_in(file, path)) if items else ()
            else:  # one JSON text, as earlier versions wrote it
                raw = json.loads(first + b"\n" + file.read())
                found = tuple(Item(**{"payload": {}, **item}) for item in raw["items"])
        added = {name: raw[name] for name in PART_FIELDS if name in raw}
        return SpecFile(raw["kind"], found, dict(raw["settings"]), **added)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise damaged(path, error) from error


def _items_in(file: BinaryIO, path: Path) -> Iterator[Item[JsonObject]]:
    """The items that follow the first line. Raises `ValueError` where the file was cut off."""
    marker = PAYLOAD_FOLLOWS.encode()
    while (line := file.readline()) != LAST_LINE.encode():
        text = line.rstrip(b",\n")
        # A quotation mark inside of a key is written as \\", so the first place that looks like this is it.
        about, found, payload = text.partition(marker)
        if not found or not payload.endswith(b"}"):
            raise ValueError("it ends in the middle")
        start = file.tell() - len(line) + len(about) + len(marker)
        yield Item(payload=WrittenPayload(Place(path, start, len(payload) - 1)), **json.loads(about + b"}"))
