"""A clip's card as the browser draws it: the same on every wall of the app."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.media import media_url
from app.reports.number_words import number_words
from app.text import duration, timecode
from storage.tags import DROP, KEEP

if TYPE_CHECKING:
    from storage.library.rows import LibraryRow

__all__ = ["Card", "card"]

SMALLEST_SHOWN = 0.005
"""Below this, two decimals would show 0."""


@dataclass(frozen=True, kw_only=True)
class Card:
    """What one card shows. `card.js` has the same fields."""

    id: str
    title: str
    below: str
    """The line under the title."""
    length: str
    number: str
    """The number that is shown, with its name and unit; empty where there is none."""
    hint: str
    """The tooltip: the full name, and all that the card has no room for."""
    thumbnail: str | None
    aspect: float
    """The picture's width by its height."""
    sprite: dict[str, Any] | None
    decision: str | None
    """`keep`, `drop`, or None."""
    tags: tuple[str, ...]
    """Its other tags."""


def card(row: LibraryRow, named: str, caption: str | None = None) -> Card:
    """A clip's card. `named` is the column that put it where it is; `caption` replaces its video and time."""
    place = f"{timecode(row.start_s)} – {timecode(row.end_s)}"
    value, column = (row.sorted_by, named) if row.sorted_by is not None else (row.reward, "reward")
    number = "" if value is None else f"{number_words(column).title} {written(value, column)}"
    tags = tuple(tag for tag in row.tags if tag not in (KEEP, DROP))
    spread = [f"reward {row.reward:.2f} ± {row.reward_std:.2f}"] if row.reward is not None else []
    where = f"{row.video_name}, {timecode(row.start_s)}" if row.narration else place
    lines = [*([row.narration] if row.narration else []), row.video_name, place, *spread]
    if value is not None and column != "reward":
        lines.append(f"{number_words(column).title} {value:.4g}")
    return Card(
        id=row.clip_id,
        title=row.narration or row.video_name,
        below=caption if caption is not None else where,
        length=duration(row.duration_s),
        number=number if caption is None else "",
        hint="\n".join([*lines, *tags]),
        thumbnail=media_url(row.thumbnail) if row.thumbnail else None,
        aspect=row.width / row.height if row.width and row.height else 16 / 9,
        sprite=sprite(row),
        decision=next((tag for tag in row.tags if tag in (KEEP, DROP)), None),
        tags=tags,
    )


def written(value: float, column: str) -> str:
    """A number with its unit, with two decimals: whole numbers of labels as they are, tiny ones with two digits."""
    unit = number_words(column).unit
    if column == "labels" or column.endswith("_labels"):
        text = f"{value:,.0f}"
    elif value and abs(value) < SMALLEST_SHOWN:
        text = f"{value:.2g}"
    else:
        text = f"{value:,.2f}"
    return f"{text} {unit}" if unit else text


def sprite(row: LibraryRow) -> dict[str, Any] | None:
    """The scrub sprite's address and layout."""
    if not row.sprite or not row.sprite_details:
        return None
    details = json.loads(row.sprite_details)
    return {"url": media_url(row.sprite), **details}
