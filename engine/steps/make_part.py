"""Kind `export_parts`: make what one clip contributes to a data set in some format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.contracts.formats import PartPayload, PartRow, PartsSettings
from engine.export.formats.made import part_name
from engine.export.formats.registry import exporter_with
from engine.files.whole_folder import files_in
from engine.runtime.step import Step

if TYPE_CHECKING:
    from engine.runtime.spec import Item
    from engine.runtime.step import StepContext

__all__ = ["MakePart"]


class MakePart(Step[PartsSettings, PartPayload]):
    """Makes one clip an item. Its files travel in the shard, so that the work may lie on another machine."""

    def prepare(self) -> None:
        """Load the format."""
        self.exporter = exporter_with(self.settings.format, self.settings.options)

    def process(self, item: Item[PartPayload], context: StepContext) -> None:
        """Have the format write the clip's files, and announce each. Raises `VideoError`."""
        clip = item.payload.clip
        name = part_name(clip.rank)
        folder = context.output.folder / "files" / name
        folder.mkdir(parents=True)
        self.exporter.make_part(clip, folder, context)
        for path in files_in(folder):
            context.output.file(f"{name}/{path.relative_to(folder).as_posix()}")
        context.output.add(PartRow, [PartRow(folder=name)])
