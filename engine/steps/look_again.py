"""Kind `look_again`: when the file's own clock shows the first picture, for videos that an earlier version imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.runtime.step import Step
from engine.video.probe import probe

if TYPE_CHECKING:
    from engine.runtime.spec import Item
    from engine.runtime.step import StepContext

__all__ = ["LookAgain"]


class LookAgain(Step):
    """Items: `path`, `video_id`, `played` (whether a browser was given the file itself), `fps`."""

    def process(self, item: Item, context: StepContext) -> None:
        """Put one row into the table `start`. Raises `VideoError` for a file that can't be read any more."""
        info = probe(item.payload["path"])
        late = abs(info.start_s) > 0.5 / max(1.0, item.payload["fps"])
        if item.payload["played"] and late:
            context.warn(
                f"{item.key}: a player shows the first picture at {info.start_s:.3f} s. Before this version it played "
                f"each clip that much too early: marks and labels made on it by then were about other pictures."
            )
        context.output.add_rows(
            "start",
            [
                {
                    "video_id": item.payload["video_id"],
                    "first_frame_s": info.start_s,
                    "browser_playable": info.browser_playable,
                }
            ],
        )
