"""Kind `import`: look at one file, fingerprint it, and say what video it is. Nothing is written to it."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

from engine.clipping import ClippingSettings, clip_shortfall, plan_stride, plan_whole
from engine.files.digest import sha256_of_file
from engine.runtime.step import SkipItem, Step
from engine.steps.file_facts import file_facts
from engine.video.probe import looks_like_video, probe

if TYPE_CHECKING:
    from engine.runtime.spec import Item
    from engine.runtime.step import StepContext

__all__ = ["ImportFile"]


class ImportFile(Step):
    """Items: `path`, and `named` where a person named the very file, so that "not a video" is news to them.

    Settings: `clips` and `clipping`, how the video becomes clips; what its length alone decides is planned here, so
    that however many there are, the app only takes them in.
    """

    def process(self, item: Item, context: StepContext) -> None:
        """Put one row into the table `video` and one a clip into `clip`.

        Raises `VideoError` for a video that can't be used.
        """
        path = Path(item.payload["path"])
        if not item.payload.get("named") and not looks_like_video(path):
            msg = "not a video"
            raise SkipItem(msg)
        info = probe(path)
        if info.damage:
            context.warn(f"{info.damage}.")
        size_bytes = path.stat().st_size
        digest = sha256_of_file(path, progress=lambda done: context.progress(done / max(1, size_bytes)))
        context.output.add_rows(
            "video",
            [
                {
                    "item": item.key,
                    "path": str(path),
                    "name": path.stem,
                    "sha256": digest,
                    "size_bytes": size_bytes,
                    **file_facts(info),
                    "codec": info.codec,
                    "pix_fmt": info.pix_fmt,
                    "container": info.container,
                    "rotation_deg": info.rotation_deg,
                    "has_audio": info.has_audio,
                    "has_telemetry": info.has_telemetry,
                    "recorded_at": info.created_at.astimezone(UTC).isoformat() if info.created_at else None,
                    "few_clips": self._plan(item, info.duration_s, context),
                }
            ],
        )

    def _plan(self, item: Item, duration_s: float, context: StepContext) -> str:
        """Put the clips that need nothing but the video's length into the table `clip`.

        Returns why there are none, or not as many as its length would give; empty where that is not so.
        """
        method = self.settings.get("clips")
        if method not in ("stride", "whole", "activity"):
            return ""
        limits = ClippingSettings.model_validate(self.settings["clipping"])
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
        rows = [{"item": item.key, "start_s": c.start_s, "end_s": c.end_s, "origin": c.origin} for c in planned.clips]
        if rows:
            context.output.add_rows("clip", rows)
        return clip_shortfall([planned], limits.max_clips_per_video)
