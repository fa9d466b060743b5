"""What to say of an error that ended an item or a job, whatever kind of error it is."""

from __future__ import annotations

import errno

from engine.errors import EngineError

__all__ = ["in_plain_words", "is_disk_trouble"]

MAX_CHARACTERS = 1_000_000
"""A library may quote a whole file in its error."""


def in_plain_words(error: BaseException) -> str:
    """A sentence about `error`. Never empty, and never an error itself: `str()` of somebody's exception may raise."""
    if isinstance(error, EngineError):
        return text_of(error) or f"It failed for a reason that was not given ({type(error).__name__})."
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror} ({error.filename})" if error.filename else str(error.strerror)
    if isinstance(error, MemoryError):
        return "It needs more memory than there is."
    said = text_of(error)
    return f"Unexpected {type(error).__name__}{': ' if said else ''}{said}. The job's log has the details."


def text_of(error: BaseException) -> str:
    """`str(error)`, also where that raises."""
    try:
        return str(error)[:MAX_CHARACTERS]
    except BaseException:  # its own idea of a text may raise anything
        return "an error that can't be put into words"


def is_disk_trouble(error: BaseException | None) -> bool:
    """Whether `error` is about the disk that results go to (full, over quota, read-only) rather than about an item."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
