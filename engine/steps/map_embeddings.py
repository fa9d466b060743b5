"""Kind `map`: the clips' places in a two-dimensional picture of the embeddings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.contracts.likeness import ClipMapRow, MapSettings
from engine.likeness.projection import UMAP_STAGES, project
from engine.runtime.spec import ItemPayload
from engine.runtime.stages import stage_at
from engine.runtime.step import Step
from engine.steps.embedded_clips import read_embedded

if TYPE_CHECKING:
    from engine.runtime.spec import Item
    from engine.runtime.step import StepContext

__all__ = ["MapEmbeddings"]


class MapEmbeddings(Step[MapSettings, ItemPayload]):
    """Places the clips that the app wrote down, in one item that is named after the method."""

    def process(self, item: Item[ItemPayload], context: StepContext) -> None:
        """Make one row a clip."""
        found = read_embedded(self.inputs)
        vectors = found.vectors
        if not len(vectors):
            return
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
                for clip_id, (x, y) in zip(found.clips.column("clip_id").to_pylist(), where, strict=True)
            ],
        )
