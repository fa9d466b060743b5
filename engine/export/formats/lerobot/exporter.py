"""The format `lerobot`: clips as episodes of a LeRobot v3.0 data set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import ExportError
from engine.export.formats.base import Exporter
from engine.export.formats.lerobot.options import LerobotOptions, settle

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from engine.export.formats.base import ClipToExport, ExportContext, MadeClips
    from engine.export.formats.lerobot.hand_motion import HandLooks
    from engine.video.constant_rate import Encoding

__all__ = ["Lerobot"]


class Lerobot(Exporter[LerobotOptions]):
    """One episode a clip, in order of rank; one rate, one picture size, one camera."""

    name = "lerobot"
    title = "LeRobot v3.0"
    description = "A data set that LeRobot trains on: one episode a clip, with rewards, and hands if you like."

    def __init__(self, options: LerobotOptions) -> None:
        super().__init__(options)
        self._looks: HandLooks | None = None

    @classmethod
    def settled(cls, options: LerobotOptions, clips: Sequence[ClipToExport]) -> tuple[LerobotOptions, tuple[str, ...]]:
        """Rate and picture size are those of most clips where they are left out; notes say what that changes."""
        return settle(options, clips)

    def make_part(self, clip: ClipToExport, folder: Path, context: ExportContext) -> None:
        """Encode the clip's frames at the common rate and size, and find its hands if they are asked for.

        Raises `VideoError` for the clip's video, and `EngineError` where the landmarker can't be used.
        """
        from engine.export.formats.lerobot.part import make_part

        encoding = self._encoding()
        if self.options.actions != "none" and self._looks is None:
            from engine.export.formats.lerobot.hand_motion import HandLooks

            self._looks = HandLooks(self.options, encoding.fps)
        make_part(clip, folder, context, encoding=encoding, actions=self.options.actions, looks=self._looks)

    def assemble(self, clips: MadeClips, folder: Path, context: ExportContext) -> None:
        """Join the clips' videos, write the tables, and the card. Raises `ExportError`."""
        from engine.export.formats.lerobot.assemble import assemble

        assemble(clips, folder, context, options=self.options, encoding=self._encoding())

    def _encoding(self) -> Encoding:
        from engine.video.constant_rate import Encoding

        options = self.options
        if options.fps is None or options.width is None or options.height is None:
            raise ExportError("the rate and the picture size of this export are not settled", remedy="Export again.")
        return Encoding(fps=options.fps, width=options.width, height=options.height, crf=options.crf)
