"""The exception of cancelled work, which is not a failure."""

from __future__ import annotations

__all__ = ["Cancelled"]


class Cancelled(Exception):  # noqa: N818 - not an error: a person asked for it
    """The work stopped on request. No partial files are left behind."""
