"""Kind `map`: every clip's place in a two-dimensional picture of the embeddings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq

from engine.likeness.projection import project
from engine.runtime.step import Step
from engine.steps.find_near_duplicates import INPUT

if TYPE_CHECKING:
    from engine.runtime.spec import Item
    from engine.runtime.step import StepContext

__all__ = ["MapEmbeddings"]


class MapEmbeddings(Step):
    """Settings: `method`, `model`, and `inputs`, the folder of `embedded.parquet`: `clip_id`, `vector`."""

    def process(self, item: Item, context: StepContext) -> None:
        """Put one row a clip into the table `clip_map`."""
        table = pq.read_table(Path(self.settings["inputs"]) / INPUT)
        flat = table.column("vector").combine_chunks().flatten().to_numpy(zero_copy_only=False)
        vectors = np.asarray(flat, np.float32).reshape(table.num_rows, -1)
        where = project(vectors, self.settings["method"], on_progress=context.progress)
        context.output.add_rows(
            "clip_map",
            [
                {"clip_id": clip_id, "x": float(x), "y": float(y), "method": item.key, "model": self.settings["model"]}
                for clip_id, (x, y) in zip(table.column("clip_id").to_pylist(), where, strict=True)
            ],
        )
