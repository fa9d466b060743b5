"""Formats numbers, times and sizes for people, the same on the pages and on the command line."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from engine.files.characters import NOT_IN_A_TEXT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Key = TypeVar("Key")

__all__ = ["ago", "duration", "named", "one_line", "plural", "printable", "size", "timecode"]

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400
STEP = 1000


def printable(text: str) -> str:
    r"""`text` with control and invisible characters escaped, as in `\x1b`. Tabs and line ends stay.

    Names and narrations come from others: their escape sequences could clear the screen, retitle the window or turn a
    sentence around.
    """
    return NOT_IN_A_TEXT.sub(lambda found: ascii(found[0])[1:-1], text.replace("\r\n", "\n"))


def named(titles: Mapping[Key, str]) -> Callable[[Key], str]:
    """What shows a choice by its title, for widgets; what is no choice any more shows as it is."""
    return lambda key: titles.get(key, str(key))


def one_line(text: str) -> str:
    """As `printable`, with line breaks and tabs escaped too."""
    return printable(text).replace("\n", "\\n").replace("\t", "\\t")


def plural(count: int, noun: str, many: str | None = None) -> str:
    """`1 clip`, `2 clips`, `3 batches`."""
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"


def duration(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3 min 5 s`, `2 h 10 min`."""
    if seconds < MINUTE_S:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    whole = round(seconds)
    if whole < HOUR_S:
        minutes, rest = divmod(whole, MINUTE_S)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(round(whole / MINUTE_S), MINUTE_S)
    return f"{hours:,} h {minutes} min" if minutes else f"{hours:,} h"


def timecode(seconds: float) -> str:
    """`0:03.50`, `1:02:03.50`: a place in a video."""
    hours, rest = divmod(max(0.0, seconds), HOUR_S)
    minutes, rest = divmod(rest, MINUTE_S)
    return f"{int(hours)}:{int(minutes):02d}:{rest:05.2f}" if hours else f"{int(minutes)}:{rest:05.2f}"


def size(count_bytes: float) -> str:
    """`812 B`, `3.4 MB`, `1.2 TB`; decimal, as disks are sold."""
    value = float(count_bytes)
    for unit in ("B", "kB", "MB", "GB"):
        if value < STEP:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"
        value /= STEP
    return f"{value:.1f} TB"


def ago(moment: datetime, now: datetime | None = None) -> str:
    """`just now`, `5 min ago`, `3 h ago`, else the date."""
    passed = ((now or datetime.now(UTC)) - moment).total_seconds()
    if passed < MINUTE_S:
        return "just now"
    if passed < HOUR_S:
        return f"{int(passed // MINUTE_S)} min ago"
    if passed < DAY_S:
        return f"{int(passed // HOUR_S)} h ago"
    return f"{moment.astimezone():%-d %b %Y}"
