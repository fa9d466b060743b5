"""Kind `export_set`: put a data set together in some format, in a hidden folder beside its place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.contracts.formats import AssembleSettings, SetRow
from engine.errors import ExportError
from engine.export.formats.made import read_clips
from engine.export.formats.registry import exporter_with
from engine.files.whole_folder import files_in, is_free, remove_folder, write_out
from engine.runtime.spec import ItemPayload
from engine.runtime.step import Step

if TYPE_CHECKING:
    from engine.runtime.spec import Item
    from engine.runtime.step import StepContext

__all__ = ["AssembleSet"]


class AssembleSet(Step[AssembleSettings, ItemPayload]):
    """Assembles the one data set of its job. The app gives the folder its name once it is whole."""

    def prepare(self) -> None:
        """Load the format."""
        self.exporter = exporter_with(self.settings.format, self.settings.options)

    def process(self, _item: Item[ItemPayload], context: StepContext) -> None:
        """Have the format write everything into the hidden folder; nothing is left of it after an error.

        Raises `ExportError`.
        """
        target, hidden = Path(self.settings.target), Path(self.settings.hidden)
        if not is_free(target):
            raise ExportError(f"{target} is there already", remedy="Repeat the export into another folder.")
        clips = read_clips(self.inputs, Path(self.settings.parts))
        remove_folder(hidden)  # of a worker that was killed
        try:
            hidden.mkdir(parents=True)
            self.exporter.assemble(clips, hidden, context)
            context.progress(0.99, "writing out to the disk")
            files = list(files_in(hidden))
            if not files:
                raise ExportError(
                    f"the format {self.exporter.name!r} wrote nothing", remedy="Its package has to be mended."
                )
            write_out(hidden)
        except OSError as error:
            remove_folder(hidden)
            raise ExportError(
                f"{target} can't be written: {error.strerror or error}",
                remedy="Check the folder and the room on its disk, then resume the job.",
            ) from error
        except BaseException:
            remove_folder(hidden)
            raise
        size_bytes = sum(path.stat().st_size for path in files)
        row = SetRow(clips=clips.table.num_rows, size_bytes=size_bytes, inode=hidden.stat().st_ino)
        context.output.add(SetRow, [row])
