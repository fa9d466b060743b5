"""Kind `near_duplicates`: groups of clips that show nearly the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.contracts.likeness import NearDuplicateRow, NearDuplicateSearchRow, NearDuplicateSettings
from engine.likeness.near_duplicates import near_duplicates
from engine.runtime.spec import ItemPayload
from engine.runtime.step import Step
from engine.steps.embedded_clips import read_embedded

if TYPE_CHECKING:
    from engine.runtime.spec import Item
    from engine.runtime.step import StepContext

__all__ = ["FindNearDuplicates"]

READ = 0.1
"""The share of the work that reading the vectors takes, about."""


class FindNearDuplicates(Step[NearDuplicateSettings, ItemPayload]):
    """Groups all clips that have an embedding, in one item."""

    def process(self, item: Item[ItemPayload], context: StepContext) -> None:
        """Make one row for each clip that is in a group of two or more, and one about the search."""
        found = read_embedded(self.inputs, lambda share: context.progress(READ * share, "reading the vectors"))
        clips = found.clips
        if clips.num_rows == 0:
            return
        settings = self.settings
        groups = near_duplicates(
            found.vectors,
            clips.column("video_id").to_pylist(),
            clips.column("start_s").to_numpy(),
            clips.column("end_s").to_numpy(),
            found.best_first(),
            min_similarity=settings.min_similarity,
            min_overlap=settings.min_overlap,
            on_progress=lambda share: context.progress(READ + (1 - READ) * share, "comparing clips"),
        )
        together = np.flatnonzero(groups.several())
        clip_ids = clips.column("clip_id").take(together).to_pylist()
        context.output.add(
            NearDuplicateRow,
            [
                NearDuplicateRow(clip_id, int(groups.group[row]), float(groups.similarity[row]), settings.model)
                for clip_id, row in zip(clip_ids, together, strict=True)
            ],
        )
        search = NearDuplicateSearchRow(
            model=settings.model,
            min_similarity=settings.min_similarity,
            min_overlap=settings.min_overlap,
            clips=clips.num_rows,
            checked=groups.checked,
            missed=groups.missed,
        )
        context.output.add(NearDuplicateSearchRow, [search])
