"""Kind `pictures`: a video's poster, and the thumbnail and hover-scrub sprite of each of its clips, in one pass."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from engine.contracts.pictures import MediaJobSettings, MediaRow, PicturesPayload
from engine.runtime.step import Step
from engine.steps.damage import note_damage
from engine.video.thumbnail import ClipStills, Stills, make_thumbnail, make_thumbnails
from engine.video.types import ReadStats
from engine.video.windows import Window

if TYPE_CHECKING:
    from engine.contracts.clips import ClipWindow
    from engine.runtime.spec import Item
    from engine.runtime.step import StepContext

__all__ = ["MakePictures"]

POSTER_AT = 0.25
"""Where in a video its poster is taken: the very first frame is often a lens cap or a hand on the button."""


class MakePictures(Step[MediaJobSettings, PicturesPayload]):
    """Makes the pictures of one video and its clips an item."""

    def process(self, item: Item[PicturesPayload], context: StepContext) -> None:
        """Put files and their rows into the shard; a clip without a frame is a warning."""
        asked, stats = item.payload, ReadStats()
        rows = self._poster(asked, context) if asked.poster else []
        wanted = [_stills_of(asked.video_id, clip, context) for clip in asked.clips]
        written = make_thumbnails(
            asked.path,
            wanted,
            tiles=self.settings.sprite_frames,
            thumbnail_px=self.settings.thumbnail_short_side_px,
            stats=stats,
            cancelled=context.is_cancelled,
            threads=self.threads,
        )
        unseen = {clip.key: clip for clip in wanted}
        for done, stills in enumerate(written, start=1):
            context.progress(done / len(wanted))
            del unseen[stills.key]
            rows += _rows_of(stills, f"clips/{asked.video_id}/{stills.key}", context)
        for key in unseen:
            context.warn(f"{key}: the video ended before it")
            context.output.forget(f"clips/{asked.video_id}/{key}.jpg")
            context.output.forget(f"clips/{asked.video_id}/{key}.sprite.jpg")
        context.output.add(MediaRow, rows)
        note_damage(context, asked.video_id, stats)

    def _poster(self, asked: PicturesPayload, context: StepContext) -> list[MediaRow]:
        name, at_s = f"videos/{asked.video_id}.jpg", asked.duration_s * POSTER_AT
        make_thumbnail(
            asked.path,
            at_s,
            context.output.file(name),
            short_side_px=self.settings.thumbnail_short_side_px,
            threads=self.threads,
        )
        return [MediaRow(asked.video_id, "poster", name)]


def _stills_of(video_id: str, clip: ClipWindow, context: StepContext) -> ClipStills:
    """The pictures that a clip is to get, and the files that they go to."""
    stem = f"clips/{video_id}/{clip.clip_id}"
    thumbnail, sprite = context.output.file(f"{stem}.jpg"), context.output.file(f"{stem}.sprite.jpg")
    return ClipStills(clip.clip_id, Window(clip.start_s, clip.end_s), thumbnail, sprite)


def _rows_of(stills: Stills, stem: str, context: StepContext) -> list[MediaRow]:
    """One row for each picture that was made of a clip; the files of the others are not waited for."""
    key, rows = str(stills.key), []
    if stills.error:
        context.warn(f"{key}: {stills.error}")
    if stills.thumbnail_path is None:
        context.output.forget(f"{stem}.jpg")
    else:
        rows.append(MediaRow(key, "thumbnail", f"{stem}.jpg"))
    if stills.sprite_path is None or stills.sprite is None:
        context.output.forget(f"{stem}.sprite.jpg")
    else:
        rows.append(MediaRow(key, "sprite", f"{stem}.sprite.jpg", json.dumps(asdict(stills.sprite))))
    return rows
