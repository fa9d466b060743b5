"""What ffprobe, another program over FFmpeg's libraries, says of a file."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Probed", "ask"]


@dataclass(frozen=True, kw_only=True)
class Probed:
    """A file's first real video track. Sizes are upright and in square pixels."""

    codec: str
    pix_fmt: str
    size: tuple[int, int]
    rotation_deg: int
    """Clockwise, to stand upright."""
    rate_hz: float
    times_s: tuple[float, ...]
    """Of every frame shown, from the first."""
    length_s: float
    """From the first frame shown to the end of the last."""


def ask(path: Path) -> Probed:
    """Decode the whole file with ffprobe."""
    entries = (
        "stream=index,codec_name,pix_fmt,width,height,avg_frame_rate,sample_aspect_ratio:stream_side_data=rotation"
    )
    frames = "frame=best_effort_timestamp_time,duration_time,pkt_duration_time"
    command = ["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", f"{entries}:{frames}"]
    ran = subprocess.run([*command, "-of", "json", str(path)], capture_output=True, text=True, check=True)
    said: dict[str, Any] = json.loads(ran.stdout)
    (stream,) = said["streams"]
    turned = [data["rotation"] for data in stream.get("side_data_list", []) if "rotation" in data]
    rotation_deg = int(-turned[0] % 360) if turned else 0
    shown = [(float(f["best_effort_timestamp_time"]), f) for f in said["frames"] if "best_effort_timestamp_time" in f]
    times_s = sorted(at_s for at_s, _ in shown)
    rate = Fraction(stream["avg_frame_rate"])
    last = max(shown, key=lambda entry: entry[0])[1]
    usual_s = float(1 / rate)
    width, height = int(stream["width"]), int(stream["height"])
    across, down = map(int, stream.get("sample_aspect_ratio", "1:1").split(":"))
    if across > 0 and down > 0:
        width = round(width * across / down)
    return Probed(
        codec=stream["codec_name"],
        pix_fmt=stream["pix_fmt"],
        size=(height, width) if rotation_deg in (90, 270) else (width, height),
        rotation_deg=rotation_deg,
        rate_hz=float(rate),
        times_s=tuple(at_s - times_s[0] for at_s in times_s),
        length_s=times_s[-1] - times_s[0] + float(last.get("duration_time", last.get("pkt_duration_time", usual_s))),
    )
