"""Kind `pictures`: a video's poster, and the thumbnail and hover-scrub sprite of each of its clips, in one pass."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from engine.runtime.step import Step
from engine.steps.damage import note_damage
from engine.video.thumbnail import ClipStills, make_thumbnail, make_thumbnails
from engine.video.types import ReadStats
from engine.video.windows import Window

if TYPE_CHECKING:
    from engine.runtime.spec import Item
    from engine.runtime.step import StepContext

__all__ = ["MakePictures"]

POSTER_AT = 0.25
"""Where in a video its poster is taken: the very first frame is often a lens cap or a hand on the button."""


class MakePictures(Step):
    """Items: `path`, `video_id`, `duration_s`, `poster` (whether to make one), `clips` (id and window of each)."""

    def process(self, item: Item, context: StepContext) -> None:
        """Put files and their `media` rows into the shard; a clip without a frame is a warning."""
        path, video_id = item.payload["path"], item.payload["video_id"]
        thumbnail_px = int(self.settings["thumbnail_short_side_px"])
        rows = []
        if item.payload["poster"]:
            name = f"videos/{video_id}.jpg"
            make_thumbnail(
                path, item.payload["duration_s"] * POSTER_AT, context.output.file(name), short_side_px=thumbnail_px
            )
            rows.append({"subject_id": video_id, "kind": "poster", "file": name, "details": "{}"})
        wanted = []
        for clip in item.payload["clips"]:
            stem = f"clips/{video_id}/{clip['clip_id']}"
            wanted.append(
                ClipStills(
                    clip["clip_id"],
                    Window(clip["start_s"], clip["end_s"]),
                    context.output.file(f"{stem}.jpg"),
                    context.output.file(f"{stem}.sprite.jpg"),
                )
            )
        stats = ReadStats()
        written = make_thumbnails(
            path, wanted, tiles=int(self.settings["sprite_frames"]), thumbnail_px=thumbnail_px, stats=stats
        )
        unseen = {clip.key: clip for clip in wanted}
        for done, stills in enumerate(written, start=1):
            context.progress(done / len(wanted))
            del unseen[stills.key]
            stem = f"clips/{video_id}/{stills.key}"
            if stills.error:
                context.warn(f"{stills.key}: {stills.error}")
            if stills.thumbnail_path is None:
                context.output.forget(f"{stem}.jpg")
            else:
                rows.append({"subject_id": stills.key, "kind": "thumbnail", "file": f"{stem}.jpg", "details": "{}"})
            if stills.sprite_path is None or stills.sprite is None:
                context.output.forget(f"{stem}.sprite.jpg")
            else:
                rows.append(
                    {
                        "subject_id": stills.key,
                        "kind": "sprite",
                        "file": f"{stem}.sprite.jpg",
                        "details": json.dumps(asdict(stills.sprite)),
                    }
                )
        for key in unseen:
            context.warn(f"{key}: the video ended before it")
            context.output.forget(f"clips/{video_id}/{key}.jpg")
            context.output.forget(f"clips/{video_id}/{key}.sprite.jpg")
        context.output.add_rows("media", rows)
        note_damage(context, video_id, stats)
