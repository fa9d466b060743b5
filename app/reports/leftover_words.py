"""What finished jobs left on disk, in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.text import plural, size

if TYPE_CHECKING:
    from app.workflows.leftovers import Leftovers

__all__ = ["leftover_words"]


def leftover_words(found: Leftovers) -> str:
    """`Specifications and logs of 3 finished jobs take 1.2 MB`."""
    notes = f" and {plural(found.notes, 'note')} of pulls and pushes" if found.notes else ""
    return f"Specifications and logs of {plural(found.jobs, 'finished job')}{notes} take {size(found.size_bytes)}"
