"""Kind `sample`: render one sample video, with the truth about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.contracts.sources import SamplePayload, SampleSettings, SampleTruthRow
from engine.runtime.step import Step
from engine.sample.render import render_video
from engine.sample.script import sample_scripts

if TYPE_CHECKING:
    from engine.runtime.spec import Item
    from engine.runtime.step import StepContext

__all__ = ["RenderSample"]


class RenderSample(Step[SampleSettings, SamplePayload]):
    """Renders one video of a set an item."""

    def process(self, item: Item[SamplePayload], context: StepContext) -> None:
        """Put `<name>.mp4`, `<name>.json` and one row an episode into the shard."""
        index = item.payload.index
        script = sample_scripts(index + 1, self.settings.seed, **self.settings.shape.model_dump())[index]
        truth = render_video(
            script,
            context.output.file(f"{script.name}.mp4"),
            context.output.file(f"{script.name}.json"),
            progress=lambda done, total: context.progress(done / total),
        )
        context.output.add(
            SampleTruthRow,
            [
                SampleTruthRow(
                    video_name=script.name,
                    start_s=clip.start_s,
                    end_s=clip.end_s,
                    kind=clip.kind,
                    quality=clip.quality,
                    useful=clip.usefulness,
                    task=clip.action.task,
                )
                for clip in truth.clips
            ],
        )
