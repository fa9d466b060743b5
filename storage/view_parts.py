"""The filters of a view one by one: what chips remove and funnels add."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from storage.view import FLAGS

if TYPE_CHECKING:
    from storage.view import ClipView

__all__ = ["Filter", "filters_of"]

WORDS = {"sources": "source", "origins": "origin", "videos": "video", "tags": "tag", "without_tags": "not"}
ANY_OF = ("sources", "origins", "videos")
"""Of these any one will do; ranges, flags and tags must all hold."""


@dataclass(frozen=True)
class Filter:
    """One filter: how it reads, and which values of which field of a view it is."""

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
    """The filters that are set, in the order in which they are shown. `names` gives ids (videos, selections) a name."""
    shown = names or {}
    found = [Filter(wanted.title, "ranges", (wanted,)) for wanted in view.ranges]
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
