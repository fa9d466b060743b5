"""A view of the library: filters, search and order, as plain data that converts to a page's address and back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from engine.files.characters import is_storable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["FLAGS", "ClipView", "Filter", "Range", "filters_of", "view_from_params", "view_params"]

FLAGS = {
    "labelled": ("labelled", "not labelled"),
    "embedding": ("has an embedding", "no embedding"),
    "hand_track": ("has a hand track", "no hand track"),
    "failed": ("failed to measure", "nothing failed"),
}
"""Yes-or-no filters → the wording of each answer."""


@dataclass(frozen=True)
class Range:
    """Filter `low ≤ column ≤ high`; None means open. A clip without the number never passes."""

    column: str
    low: float | None = None
    high: float | None = None

    def titled(self, name: str) -> str:
        """The text of the filter's chip, for a number that people call `name`."""
        if self.low is None or self.high is None:
            return f"{name} ≤ {self.high:.4g}" if self.low is None else f"{name} ≥ {self.low:.4g}"
        return f"{name} {self.low:.4g} – {self.high:.4g}"


@dataclass(frozen=True, kw_only=True)
class ClipView:
    """Filters (all must hold), search, and order.

    `sort` names a number of the library; empty means by video and time, or by similarity in a likeness search.
    """

    ranges: tuple[Range, ...] = ()
    sources: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    videos: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    without_tags: tuple[str, ...] = ()
    narration: str = ""
    flags: tuple[tuple[str, bool], ...] = ()
    selection: str = ""
    """Id of a stored selection of clips."""
    similar_to: str = ""
    """A clip's id: order by likeness to it."""
    search: str = ""
    """Id of a stored search by text or picture: order by likeness to it."""
    sort: str = ""
    descending: bool = True

    def with_range(self, wanted: Range) -> ClipView:
        """The view with this range, replacing another of its column; removed where both sides are open."""
        others = tuple(r for r in self.ranges if r.column != wanted.column)
        keep = () if wanted.low is None and wanted.high is None else (wanted,)
        return replace(self, ranges=others + keep)


MOST_VALUES = 5_000
"""The most values of one parameter; EPIC-KITCHENS has 700 videos. More clips need a stored selection."""
MOST_LETTERS = 500
LISTS = {"source": "sources", "origin": "origins", "video": "videos", "tag": "tags", "without": "without_tags"}
TEXTS = {"narration": "narration", "picked": "selection", "like": "similar_to", "search": "search", "sort": "sort"}


def view_params(view: ClipView) -> dict[str, list[str]]:
    """The view as parameters of an address; unset fields are left out."""
    params = {key: list(getattr(view, name)) for key, name in LISTS.items()}
    params |= {key: [value] for key, name in TEXTS.items() if (value := getattr(view, name))}
    params["range"] = [f"{r.column}:{number(r.low)}:{number(r.high)}" for r in view.ranges]
    params |= {name: ["yes" if value else "no"] for name, value in view.flags}
    if not view.descending:
        params["order"] = ["up"]
    return {key: values for key, values in params.items() if values}


def view_from_params(params: Mapping[str, Sequence[str]]) -> ClipView:
    """The view that an address names. Invalid parts are ignored: an address may be mistyped, shortened or old."""
    given = {key: sensible(values) for key, values in params.items()}
    lists = {name: given.get(key, ()) for key, name in LISTS.items()}
    texts = {name: given[key][-1] for key, name in TEXTS.items() if given.get(key)}
    ranges: dict[str, Range] = {}
    for text in given.get("range", ()):
        column, low, high = [*text.split(":"), "", ""][:3]
        found = Range(column, parsed(low), parsed(high))
        if column and (found.low is not None or found.high is not None):
            ranges[column] = found
    flags = tuple((name, params[name][-1] == "yes") for name in FLAGS if params.get(name))
    up = list(params.get("order", ()))[-1:] == ["up"]
    return ClipView(ranges=tuple(ranges.values()), flags=flags, descending=not up, **lists, **texts)  # type: ignore[arg-type]


def sensible(values: Sequence[str]) -> tuple[str, ...]:
    """The valid values of one parameter, each once."""
    found = (value for value in dict.fromkeys(values) if len(value) <= MOST_LETTERS and is_storable(value))
    return tuple(islice(found, MOST_VALUES))


def number(value: float | None) -> str:
    """A bound as text that parses to the same number."""
    return "" if value is None else repr(float(value))


def parsed(text: str) -> float | None:
    """A bound, or None for text that is not a finite number."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < float("inf") else None


WORDS = {"sources": "source", "origins": "origin", "videos": "video", "tags": "tag", "without_tags": "not"}
ANY_OF = ("sources", "origins", "videos")
"""Fields of which any one value may match; ranges, flags and tags must all hold."""


@dataclass(frozen=True)
class Filter:
    """One filter as shown: its title, and the field of the view and the values that it sets."""

    title: str
    field: str
    values: Any

    def add(self, view: ClipView) -> ClipView:
        """The view with this filter too."""
        changes: dict[str, Any] = {
            self.field: self.values if isinstance(self.values, str) else (*getattr(view, self.field), *self.values)
        }
        return replace(view, **changes)

    def remove(self, view: ClipView) -> ClipView:
        """The view without this filter."""
        have = getattr(view, self.field)
        changes: dict[str, Any] = {
            self.field: "" if isinstance(have, str) else tuple(value for value in have if value not in self.values)
        }
        return replace(view, **changes)


def filters_of(view: ClipView, *, names: dict[str, str] | None = None) -> list[Filter]:
    """The filters that are set, in display order. `names` maps ids (videos, selections) and columns to what people
    call them."""
    shown = names or {}
    found = [
        Filter(wanted.titled(shown.get(wanted.column, wanted.column)), "ranges", (wanted,)) for wanted in view.ranges
    ]
    for field, word in WORDS.items():
        values = getattr(view, field)
        groups = [values] if field in ANY_OF and values else [(value,) for value in values]
        found += [Filter(f"{word}: {', '.join(shown.get(v, v) for v in group)}", field, group) for group in groups]
    if view.narration:
        found.append(Filter(f"narration: {view.narration}", "narration", view.narration))
    found += [Filter(FLAGS[name][0 if value else 1], "flags", ((name, value),)) for name, value in view.flags]
    if view.selection:
        found.append(Filter(shown.get(view.selection, "picked clips"), "selection", view.selection))
    return found
