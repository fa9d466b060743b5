"""Kind `unpack`: unpack the zip file of a bundle into its folder, whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.contracts.sources import UnpackedRow, UnpackPayload, UnpackSettings
from engine.export.bundle import unpack_bundle
from engine.runtime.step import Step

if TYPE_CHECKING:
    from engine.runtime.spec import Item
    from engine.runtime.step import StepContext

__all__ = ["UnpackBundle"]


class UnpackBundle(Step[UnpackSettings, UnpackPayload]):
    """Unpacks one zip file an item."""

    def process(self, item: Item[UnpackPayload], context: StepContext) -> None:
        """Unpack, and make one row. Raises `ExportError`; what failed leaves nothing."""

        def tell(done: int, of: int) -> None:
            context.progress(done / max(1, of), f"{done / 1e6:,.0f} of {of / 1e6:,.0f} MB")

        unpack_bundle(Path(item.payload.path), Path(item.payload.folder), tell)
        context.output.add(UnpackedRow, [UnpackedRow(item.key, item.payload.folder)])
