"""Makes LeRobot data sets of generated videos, without a workspace: what its jobs do, in this process."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pyarrow as pa

from engine.export.formats.base import ClipToExport, ExportFacts
from engine.export.formats.lerobot import Lerobot
from engine.export.formats.lerobot.options import LerobotOptions
from tests.synthetic_video import write_video

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

FACTS = ExportFacts(
    export_id="20261127-150000-abcd",
    created_at="2026-11-27T15:00:00+00:00",
    app_version="0.2.0",
    chosen=("by reward", "top 3"),
    ranked_by="reward",
    model_name="mine",
    seed=7,
    settings_hash="0123456789abcdef",
    threshold=None,
    labels_by="simulated",
    notes=(),
    synthetic=1,
    sources={"epic": 2, "sample": 1},
)


@dataclass
class Said:
    """A context that remembers what it was told."""

    cancel: bool = False
    fractions: list[float] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def progress(self, fraction: float, note: str = "") -> None:
        self.fractions.append(fraction)

    def is_cancelled(self) -> bool:
        return self.cancel

    def warn(self, text: str, /) -> None:
        self.warnings.append(text)


@dataclass
class Made:
    """The clips of an export whose parts lie below `folder`."""

    table: pa.Table
    folder: Path
    facts: ExportFacts = FACTS

    def part(self, clip_id: str) -> Path:
        return self.folder / clip_id

    def embedding(self, clip_id: str) -> Any:
        return None


@dataclass(frozen=True, kw_only=True)
class Footage:
    """A clip of a video that is generated: `how` is what `write_video` takes."""

    name: str
    start_s: float = 0.0
    end_s: float = 2.0
    frames: int = 90
    fps: float = 30
    size: tuple[int, int] = (96, 64)
    narration: str | None = "wash the cup"
    reward: float | None = 0.0
    source: str = "epic"
    how: Mapping[str, Any] = field(default_factory=dict)


def noise(count: int, size: tuple[int, int] = (160, 96)) -> list[Any]:
    """Frames of noise, which no encoder makes small."""
    draw = np.random.default_rng(0)
    images = draw.integers(0, 256, (count, size[1], size[0], 3), dtype=np.uint8)
    return [av.VideoFrame.from_ndarray(image, "rgb24").reformat(format="yuv420p") for image in images]


def clips_of(footage: Sequence[Footage], folder: Path) -> list[ClipToExport]:
    """Generate the videos, and say of each what the app would know."""
    folder.mkdir(parents=True, exist_ok=True)
    clips = []
    for rank, each in enumerate(footage, 1):
        path = folder / f"{each.name}.mp4"
        if not path.exists():
            write_video(path, **{"frames": each.frames, "fps": each.fps, "size": each.size, **each.how})
        clips.append(
            ClipToExport(
                rank=rank,
                clip_id=f"{each.name}@{round(each.start_s * 1000)}-{round(each.end_s * 1000)}",
                path=str(path),
                start_s=each.start_s,
                end_s=each.end_s,
                fps=each.fps,
                width=each.size[0],
                height=each.size[1],
            )
        )
    return clips


def table_of(clips: Sequence[ClipToExport], footage: Sequence[Footage]) -> pa.Table:
    """The ranked list of these clips."""
    rows = [
        {
            "rank": clip.rank,
            "clip_id": clip.clip_id,
            "video": each.name,
            "video_sha256": "ab" * 32,
            "source": each.source,
            "start_s": clip.start_s,
            "end_s": clip.end_s,
            "narration": each.narration,
            "score": each.reward,
            "reward": each.reward,
            "reward_std": None if each.reward is None else 0.25,
            "model_name": "mine",
            "seed": 7,
            "labels_by": "simulated",
            "settings_hash": "0123456789abcdef",
        }
        for clip, each in zip(clips, footage, strict=True)
    ]
    types = {"narration": pa.string(), "score": pa.float64(), "reward": pa.float64(), "reward_std": pa.float64()}
    table = pa.Table.from_pylist(rows)
    for name, kind in types.items():
        table = table.set_column(table.schema.get_field_index(name), name, table.column(name).cast(kind))
    return table


def export(
    footage: Sequence[Footage], folder: Path, options: LerobotOptions | None = None, *, videos: Path | None = None
) -> Path:
    """Generate videos where they are not there yet, make every clip's part, and put the data set together; returns its
    folder."""
    clips = clips_of(footage, videos or folder / "videos")
    settled, _notes = Lerobot.settled(options or LerobotOptions(), clips)
    format_ = Lerobot(settled)
    for clip in clips:
        part = folder / "parts" / clip.clip_id
        part.mkdir(parents=True)
        format_.make_part(clip, part, Said())
    out = folder / "lerobot"
    out.mkdir()
    Lerobot(settled).assemble(Made(table_of(clips, footage), folder / "parts"), out, Said())
    return out
