"""Kind `near_duplicates`: groups of clips that show nearly the same."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq

from engine.likeness.near_duplicates import near_duplicates
from engine.runtime.step import Step

if TYPE_CHECKING:
    from engine.runtime.spec import Item
    from engine.runtime.step import StepContext

__all__ = ["INPUT", "FindNearDuplicates"]


INPUT = "embedded.parquet"
"""In the folder of inputs: the clips that have an embedding."""


class FindNearDuplicates(Step):
    """Settings: `min_similarity`, `min_overlap`, `model`, and `inputs`, the folder of `embedded.parquet`: `clip_id`,
    `video_id`, `start_s`, `end_s`, `worth` (higher leads a group), `vector`."""

    def process(self, item: Item, context: StepContext) -> None:
        """Put the clips that are in a group of two or more into the table `near_duplicate`."""
        table = pq.read_table(Path(self.settings["inputs"]) / INPUT)
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
            min_similarity=self.settings["min_similarity"],
            min_overlap=self.settings["min_overlap"],
            on_progress=lambda share: context.progress(share, "comparing clips"),
        )
        clip_ids = table.column("clip_id").to_pylist()
        context.output.add_rows(
            "near_duplicate",
            [
                {
                    "clip_id": clip_ids[row],
                    "group_id": int(groups.group[row]),
                    "similarity": float(groups.similarity[row]),
                    "model": self.settings["model"],
                }
                for row in np.flatnonzero(groups.several())
            ],
        )
