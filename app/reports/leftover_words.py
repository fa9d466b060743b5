"""Describes the files that finished jobs left on disk, in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.text import plural, size

if TYPE_CHECKING:
    from app.workflows.jobs.leftovers import Leftovers

__all__ = ["leftover_words"]


def leftover_words(found: Leftovers) -> str:
    """`Specifications and logs of 3 finished jobs take 1.2 MB`; `… are left` where the size was not asked for."""
    notes = f" and {plural(found.notes, 'note')} of pulls and pushes" if found.notes else ""
    amount = "are left" if found.size_bytes is None else f"take {size(found.size_bytes)}"
    return f"Specifications and logs of {plural(found.jobs, 'finished job')}{notes} {amount}"
