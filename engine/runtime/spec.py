"""What a job is to do, as plain data that any executor can carry: kind, settings, items."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from engine.errors import JobError
from engine.files.read_json import explain
from engine.files.replace_whole import write_whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

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


@dataclass(frozen=True)
class Item(Generic[P_co]):
    """One piece of work, done or failed as a whole.

    `key` names it to people and is unique in its job. Items of one `group` (a video, usually) stay together in one
    part, so that a source is decoded by one process. `cost` is relative to the job's other items.
    """

    key: str
    payload: P_co
    group: str = ""
    cost: float = 1.0

    def __post_init__(self) -> None:
        if not self.key:
            raise JobError("an item needs a key")
        # A file's name may be no UTF-8. The store takes only text, and both must call the item the same.
        object.__setattr__(self, "key", self.key.encode("utf-8", errors="backslashreplace").decode())
        if not self.cost > 0:
            raise JobError(f"item {self.key!r}: cost must be positive, not {self.cost}")


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

    def payloads(self, model: type[P]) -> tuple[P, ...]:
        """What the items are about, where that is of this model. Raises `JobError` where the job is of another kind."""
        found = tuple(item.payload for item in self.items if isinstance(item.payload, model))
        if len(found) != len(self.items):
            raise JobError(f"a job of kind {self.kind!r} has items that are no {model.__name__}")
        return found

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
        items = tuple(
            Item(item.key, item.payload.model_dump(mode="json"), item.group, item.cost) for item in self.items
        )
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
        return _checked(model, self.settings, f"a job of kind {self.kind!r}, settings")

    def typed(self, settings: type[StepSettings], payload: type[ItemPayload]) -> JobSpec:
        """The specification with settings and payloads of these models.

        Raises `JobError` that names the kind and the field which does not fit.
        """
        place = f"a job of kind {self.kind!r}"
        return JobSpec(
            self.kind,
            tuple(
                Item(item.key, _checked(payload, item.payload, f"{place}, item {item.key!r}"), item.group, item.cost)
                for item in self.items
            ),
            self.settings_as(settings),
        )


PART_FIELDS = ("step", "inputs", "number", "items_at_once", "threads")
"""What stands in the file of a part and not in that of a whole job."""

M = TypeVar("M", bound=BaseModel)


def _checked(model: type[M], values: JsonObject, place: str) -> M:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        remedy = "Another version of Handpicked may have written it. Start the job again from its page."
        raise JobError(f"{place}: {explain(error)}", remedy=remedy) from error


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


def write_spec(spec: SpecFile, path: Path) -> None:
    """Write `spec` as JSON, whole or not at all."""
    added = {name: value for name in PART_FIELDS if (value := getattr(spec, name))}
    content = {"kind": spec.kind, "items": list(map(vars, spec.items)), "settings": spec.settings, **added}
    write_whole(path, json.dumps(content))


def read_spec(path: Path) -> SpecFile:
    """Read a spec. Raises `JobError` where the file is missing or not a spec."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        items = tuple(_item(item) for item in raw["items"])
        added = {name: raw[name] for name in PART_FIELDS if name in raw}
        return SpecFile(raw["kind"], items, dict(raw["settings"]), **added)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise JobError(
            f"{path.name} in {path.parent.name!r} can't be read as a job specification: {error}",
            remedy="Start the job again from its page.",
        ) from error


def _item(written: Mapping[str, Any]) -> Item[JsonObject]:
    return Item(**{"payload": {}, **written})
