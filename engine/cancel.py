"""How work is told to stop: raised where a person's cancel takes effect, and no failure."""

from __future__ import annotations

__all__ = ["Cancelled"]


class Cancelled(Exception):  # noqa: N818 - not an error: a person asked for it
    """The work was asked to stop and did. Nothing half-made is left behind."""
