"""Kind `map`: every clip's place in a two-dimensional picture of the embeddings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq

from engine.contracts.likeness import EMBEDDED_FILE, ClipMapRow, MapSettings
from engine.likeness.projection import UMAP_STAGES, project
from engine.runtime.spec import ItemPayload
from engine.runtime.stages import stage_at
from engine.runtime.step import Step

if TYPE_CHECKING:
    from engine.runtime.spec import Item
    from engine.runtime.step import StepContext

__all__ = ["MapEmbeddings"]


class MapEmbeddings(Step[MapSettings, ItemPayload]):
    """Places all clips that have an embedding, in one item that is named after the method."""

    def process(self, item: Item[ItemPayload], context: StepContext) -> None:
        """Make one row a clip."""
        table = pq.read_table(self.inputs / EMBEDDED_FILE)
        flat = table.column("vector").combine_chunks().flatten().to_numpy(zero_copy_only=False)
        vectors = np.asarray(flat, np.float32).reshape(table.num_rows, -1)
        if self.settings.method == "umap":
            context.plan(*UMAP_STAGES)
            where = project(
                vectors,
                "umap",
                on_progress=lambda share, note: context.progress(share, note, stage=stage_at(UMAP_STAGES, share)),
            )
        else:
            where = project(vectors, self.settings.method)
        model = self.settings.model
        context.output.add(
            ClipMapRow,
            [
                ClipMapRow(clip_id=clip_id, x=float(x), y=float(y), method=item.key, model=model)
                for clip_id, (x, y) in zip(table.column("clip_id").to_pylist(), where, strict=True)
            ],
        )
