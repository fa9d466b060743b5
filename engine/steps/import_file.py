"""Kinds `import` and `receive`: look at one file, fingerprint it, and say what video it is. It is never changed."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, TypeVar

from engine.clipping import clip_shortfall, plan_stride, plan_whole
from engine.contracts.files import (
    FilePayload,
    ImportSettings,
    PlannedClipRow,
    ReceivedFilePayload,
    ReceiveSettings,
    VideoRow,
)
from engine.files.digest import sha256_of_file
from engine.files.place import place_of
from engine.runtime.spec import StepSettings
from engine.runtime.step import SkipItem, Step
from engine.steps.file_facts import file_facts
from engine.video.probe import looks_like_video, probe

if TYPE_CHECKING:
    from engine.runtime.spec import Item
    from engine.runtime.step import StepContext

__all__ = ["ImportFile", "ReceiveFile"]


S = TypeVar("S", bound=StepSettings)
P = TypeVar("P", bound=FilePayload)


class _LookAtFile(Step[S, P]):
    """Looks at one file an item."""

    def process(self, item: Item[P], context: StepContext) -> None:
        """Make one row of what the file is. Raises `VideoError` for a video that can't be used."""
        place = place_of(item.payload.path)
        if not item.payload.named and not looks_like_video(place):
            raise SkipItem("not a video")
        info = probe(place)
        if info.damage:
            context.warn(f"{info.damage}.")
        size_bytes = info.size_bytes
        digest = sha256_of_file(place, progress=lambda done: context.progress(done / max(1, size_bytes)))
        row = VideoRow(
            item=item.key,
            path=place.address,
            name=item.payload.name or place.stem,
            sha256=digest,
            size_bytes=size_bytes,
            **vars(file_facts(info)),
            codec=info.codec,
            pix_fmt=info.pix_fmt,
            container=info.container,
            rotation_deg=info.rotation_deg,
            has_audio=info.has_audio,
            has_telemetry=info.has_telemetry,
            recorded_at=info.created_at.astimezone(UTC).isoformat() if info.created_at else None,
            few_clips=self._plan(item.key, info.duration_s, context),
            group=item.payload.group,
            chapter=item.payload.chapter,
            source=item.payload.source,
        )
        context.output.add(VideoRow, [row])

    def _plan(self, key: str, duration_s: float, context: StepContext) -> str:
        """Make rows of clips that need nothing but the video's length; returns why there are none, or too few."""
        return ""


class ReceiveFile(_LookAtFile[ReceiveSettings, ReceivedFilePayload]):
    """Looks at one file an item; which clips it has comes with it."""


class ImportFile(_LookAtFile[ImportSettings, FilePayload]):
    """Looks at one file an item, and plans the clips that its length alone decides: however many there are, the app
    only takes them in."""

    def _plan(self, key: str, duration_s: float, context: StepContext) -> str:
        """Make one row a clip that needs nothing but the video's length.

        Returns why there are none, or not as many as its length would give; empty where that is not so.
        """
        method, limits = self.settings.clips, self.settings.clipping
        if method not in ("stride", "whole", "activity"):
            return ""
        if method == "stride":
            planned = plan_stride(
                duration_s,
                limits.length_s,
                limits.stride_s,
                min_s=limits.min_s,
                keep_tail=limits.keep_tail,
                most=limits.max_clips_per_video,
            )
        else:
            # Activity is found in what was measured: the whole video is, first.
            planned = plan_whole(duration_s)
        rows = [PlannedClipRow(key, clip.start_s, clip.end_s, clip.origin) for clip in planned.clips]
        if rows:
            context.output.add(PlannedClipRow, rows)
        return clip_shortfall([planned], limits.max_clips_per_video)
