"""Kind `near_duplicates`: groups of clips that show nearly the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq

from engine.contracts.likeness import EMBEDDED_FILE, NearDuplicateRow, NearDuplicateSettings
from engine.likeness.near_duplicates import near_duplicates
from engine.runtime.spec import ItemPayload
from engine.runtime.step import Step

if TYPE_CHECKING:
    from engine.runtime.spec import Item
from engine.runtime.step import StepContext

__all__ = ["FindNearDuplicates"]


class FindNearDuplicates(Step[NearDuplicateSettings, ItemPayload]):
    """Groups all clips that have an embedding, in one item."""

    def process(self, item: Item[ItemPayload], context: StepContext) -> None:
        """Make one row for each clip that is in a group of two or more."""
        table = pq.read_table(self.inputs / EMBEDDED_FILE)
        if table.num_rows == 0:
            return
        flat = table.column("vector").combine_chunks().flatten().to_numpy(zero_copy_only=False)
        worth = table.column("worth").to_numpy(zero_copy_only=False)
        groups = near_duplicates(
            np.asarray(flat, np.float32).reshape(table.num_rows, -1),
            table.column("video_id").to_pylist(),
            table.column("start_s").to_numpy(),
            table.column("end_s").to_numpy(),
            np.argsort(-np.nan_to_num(worth, nan=-np.inf), kind="stable"),
            min_similarity=self.settings.min_similarity,
            min_overlap=self.settings.min_overlap,
            on_progress=lambda share: context.progress(share, "comparing clips"),
        )
        clip_ids = table.column("clip_id").to_pylist()
        model = self.settings.model
        context.output.add(
            NearDuplicateRow,
            [
                NearDuplicateRow(clip_ids[row], int(groups.group[row]), float(groups.similarity[row]), model)
                for row in np.flatnonzero(groups.several())
            ],
        )
