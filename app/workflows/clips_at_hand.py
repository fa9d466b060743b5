"""Which clips labelling reads features of: the pool that pairs come from, the labelled clips, and a sample beside them.

Reading all features of a million clips takes minutes and gigabytes, and a choice compares some hundred clips. The order
of the pool is that of a hash, so its first clips are a random sample of all: they hold every clip that a pair is chosen
from, and features are standardised over them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.workflows.reward_data import clip_table
from engine.preference.pool import first_of_pool

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from engine.tables.types import ClipTable
    from storage import Workspace

__all__ = ["MOST_READ", "clips_around", "pool_head"]

MOST_READ = 5_000
"""Up to so many clips, features of all are read. Of more, those of the first so many of the pool and of the labelled
ones: a mean over 5,000 is known to a seventieth of the standard deviation."""


def pool_head(
    workspace: Workspace, count: int, *, videos: Collection[str] | None = None, among: Iterable[str] | None = None
) -> list[str]:
    """The first `count` clips in the order of the pool: of all, or of these videos and `among` these clips."""
    return first_of_pool(workspace.clips.id_batches(videos, among), count)


def clips_around(workspace: Workspace, labelled: Iterable[str], head: Iterable[str] | None = None) -> ClipTable:
    """Clips with their features, for statistics and choices about the `labelled` ones: every clip of a small workspace;
    else the labelled clips and the `head` of the pool."""
    if workspace.clips.count() <= MOST_READ:
        return clip_table(workspace)
    sample = pool_head(workspace, MOST_READ) if head is None else head
    return clip_table(workspace, among={*sample, *labelled})
