"""Parses and formats times as annotation files write them: `00:05:27.28`, `05:27.28` or plain seconds."""

from __future__ import annotations

import math
import re

from engine.files.values import BadValueError, shown
from engine.video.windows import LATEST_END_S

__all__ = ["NOT_AFTER_START", "BadValueError", "check_window", "format_time", "parse_time_s"]

NOT_AFTER_START = "which is not after its start"
"""In the reason why an empty window is refused."""
_TIME = re.compile(r"(?:(?:(\d{1,4}):)?(\d{1,2}):)?(\d{1,15}(?:\.\d{0,30})?|\.\d{1,30})(e[+-]?\d{1,3})?", re.ASCII)


def parse_time_s(text: str, *, decimal_comma: bool = False) -> float:
    """Seconds from `HH:MM:SS.ss`, `MM:SS.ss` or `SSS.ss`; `decimal_comma` also takes `1,5`.

    Raises BadValueError for anything else: empty, negative, NaN, infinite, over eleven days, minutes or seconds of 60
    and more.
    """
    cell = text.strip()
    if not cell:
        raise BadValueError("a time is missing")
    match = _TIME.fullmatch((cell.replace(",", ".") if decimal_comma else cell).lower())
    if match is None:
        what = "negative" if cell.startswith("-") else "not a time"
        raise BadValueError(f"{shown(cell)} is {what}: times are HH:MM:SS.ss or seconds")
    hours, minutes, seconds, exponent = match.groups()
    if exponent and minutes is not None:
        raise BadValueError(f"{shown(cell)} is not a time: times are HH:MM:SS.ss or seconds")
    value_s = float(seconds + (exponent or ""))
    if minutes is not None:
        if value_s >= 60 or (hours is not None and int(minutes) >= 60):
            raise BadValueError(f"{shown(cell)} is not a time: minutes and seconds go up to 59")
        value_s += 60 * int(minutes) + 3600 * int(hours or 0)
    _check_time(value_s)
    return value_s


def check_window(start_s: float, end_s: float) -> None:
    """Raise BadValueError unless `[start_s, end_s)` is a plausible window of a recording."""
    for value_s in (start_s, end_s):
        _check_time(value_s)
    if end_s <= start_s:
        raise BadValueError(f"it ends at {end_s:g} s, {NOT_AFTER_START} at {start_s:g} s")


def _check_time(value_s: float) -> None:
    if not math.isfinite(value_s):
        raise BadValueError(f"a time is {value_s}: times are finite")
    if value_s < 0:
        raise BadValueError(f"a time is negative ({value_s:g} s)")
    if value_s > LATEST_END_S:
        raise BadValueError(f"a time of {value_s:g} s is over eleven days: times are in seconds")


def format_time(value_s: float) -> str:
    """`HH:MM:SS.mmm`, to the nearest millisecond."""
    total_ms = round(value_s * 1000)
    minutes, ms = divmod(total_ms, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{ms // 1000:02d}.{ms % 1000:03d}"
