"""The plain data of `engine.video`: a file's properties, requests to the reader, and its results.

Importing this module loads neither PyAV nor OpenCV.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from datetime import datetime

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from engine.video.windows import Window

    Image = NDArray[np.uint8]
    Progress = Callable[[float], None]
    CancelCheck = Callable[[], bool]

__all__ = [
    "HEADER_DISAGREES",
    "PICTURES_CHANGE_SIZE",
    "ClipEnd",
    "ClipRequest",
    "Color",
    "DeviceSample",
    "FrameRequest",
    "ReadStats",
    "Sample",
    "SizeChange",
    "Sprite",
    "VideoInfo",
    "implausible",
]

Color = Literal["rgb", "gray"]

HEADER_DISAGREES = "its header speaks of"
"""How the damage of a file that is shorter than its header states begins."""
PICTURES_CHANGE_SIZE = "its video's pictures change their size"
"""In every warning that says so."""

_LONGEST_VIDEO_S = 7 * 24 * 3600
_RATES_HZ = (0.01, 1000.0)
_LONGEST_SIDE_PX = 16_384
_MOST_PIXELS = 128 << 20
"""Limits of a plausible video: a week of footage, a time lapse to a high-speed camera, twice the sides of 8K."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoInfo:
    """Properties of a video file. Times are in seconds, sizes in upright square pixels.

    `rotation_deg` is the clockwise rotation that makes the stored picture upright; `width` and `height` are after it.
    `start_s` is the file's own time of the first frame shown; every other time in Handpicked counts from that frame.
    """

    duration_s: float
    start_s: float
    fps: float
    width: int
    height: int
    codec: str
    pix_fmt: str
    rotation_deg: int
    container: str
    has_audio: bool
    browser_playable: bool
    frame_count: int | None = None
    """By the container; `None` where it has no count."""
    variable_frame_rate: bool | None = None
    """`None` where it is unknown without reading the whole file."""
    has_telemetry: bool = False
    """A GoPro `gpmd` track (gyroscope, accelerometer, GPS) is present."""
    created_at: datetime | None = None
    size_bytes: int = 0
    damage: str = ""
    """Damage in a file that can still be used, in words; empty where none is known."""

    @property
    def short_side_px(self) -> int:
        """The smaller of width and height."""
        return min(self.width, self.height)


def implausible(info: VideoInfo) -> str:
    """Which property is out of all bounds (length, rate or size), in words; empty where all are plausible."""
    if not 0 < info.duration_s <= _LONGEST_VIDEO_S:
        return f"it would last {info.duration_s:,.2f} s"
    if not _RATES_HZ[0] <= info.fps <= _RATES_HZ[1]:
        return f"it would show {info.fps:,g} frames a second"
    sides = (info.width, info.height)
    if min(sides) < 1 or max(sides) > _LONGEST_SIDE_PX or info.width * info.height > _MOST_PIXELS:
        return f"its pictures would be {info.width:,} × {info.height:,} pixels"
    return ""


@dataclass(frozen=True, slots=True)
class FrameRequest:
    """Which frames of a clip a consumer wants, at what rate, size and colour.

    Sampling instants are `start_s + k / rate_hz`. At each, the first frame shown at or after the instant is given,
    if it lies in the window and was not given already. `rate_hz=None` asks for every frame.
    `short_side_px=None` keeps the source's size; a smaller source is never enlarged. `on_device` asks for tensors on
    the reader's device instead of arrays: `DeviceSample` instead of `Sample`.
    """

    rate_hz: float | None = None
    short_side_px: int | None = None
    color: Color = "rgb"
    on_device: bool = False

    def __post_init__(self) -> None:
        if self.rate_hz is not None and not (math.isfinite(self.rate_hz) and self.rate_hz > 0):
            raise ValueError(f"rate_hz must be positive, or None for every frame; got {self.rate_hz}")
        if self.short_side_px is not None and self.short_side_px < 1:
            raise ValueError(f"short_side_px must be at least 1, or None; got {self.short_side_px}")
        if self.color not in ("rgb", "gray"):
            raise ValueError(f"color must be 'rgb' or 'gray', got {self.color!r}")


@dataclass(frozen=True, slots=True)
class ClipRequest:
    """One clip to read, and the requests for its frames. Equal requests are served once."""

    key: Hashable
    window: Window
    requests: tuple[FrameRequest, ...]

    def __post_init__(self) -> None:
        if not self.requests:
            raise ValueError(f"clip {self.key!r} asks for no frames")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One frame for one request of one clip."""

    key: Hashable
    request: FrameRequest
    index: int
    """How many samples of this request came before."""
    t_s: float
    """When the frame is shown, in seconds from the first frame that the video shows."""
    image: Image
    """`(height, width, 3) uint8` RGB or `(height, width) uint8` luma; read-only, for other consumers may share it."""

    def __repr__(self) -> str:
        shape = "×".join(map(str, self.image.shape))
        return f"Sample({self.key!r}, index={self.index}, t_s={self.t_s:.6f}, image={shape})"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSample:
    """One frame for one request of one clip, where a model runs."""

    key: Hashable
    request: FrameRequest
    index: int
    """How many samples of this request came before."""
    t_s: float
    """When the frame is shown, in seconds from the first frame that the video shows."""
    picture: Tensor
    """`(height, width, 3) uint8` RGB or `(height, width) uint8` luma, on the reader's device. It must not be written
    to: other consumers may share it."""

    def __repr__(self) -> str:
        shape = "×".join(map(str, self.picture.shape))
        return f"DeviceSample({self.key!r}, index={self.index}, t_s={self.t_s:.6f}, picture={shape})"


@dataclass(frozen=True, slots=True)
class ClipEnd:
    """Event: every request of a clip has had its last frame."""

    key: Hashable
    samples: int


@dataclass(frozen=True, slots=True)
class SizeChange:
    """Where a video's frame size changes from that of its first frame; `(width, height)` upright, in square px."""

    t_s: float
    first: tuple[int, int]
    then: tuple[int, int]

    def __str__(self) -> str:
        first, then = (f"{width} × {height}" for width, height in (self.first, self.then))
        return f"from {self.t_s:.2f} s on its pictures are {then} px, not {first} as at first; they are scaled to that."


@dataclass(slots=True, kw_only=True)
class ReadStats:
    """Counts and damage of one read, filled in while it runs."""

    frames_decoded: int = 0
    frames_decoded_by_card: int = 0
    """Frames that the graphics card decoded; the CPU decoded the others."""
    frames_needed: int = 0
    """Distinct frames that were requested."""
    conversions: int = 0
    samples: int = 0
    seeks: int = 0
    decode_errors: int = 0
    """Packets and stretches of the file that could not be read or decoded."""
    concealed_frames: int = 0
    """Frames in which the decoder filled in damaged parts."""
    misplaced_frames: int = 0
    """Frames left out because their times are before their predecessors'."""
    damaged_stretches: list[tuple[float, float]] = field(default_factory=list)
    """Times of the first and last frame of each stretch that could not be decoded as recorded, in seconds."""
    truncated: bool = False
    """The file ended before the end stated by the container."""
    size_change: SizeChange | None = None
    """The first frame whose size is not that of the file's first."""

    @property
    def damaged(self) -> bool:
        """Whether part of the file could not be read or shown as it was recorded."""
        return self.truncated or self.decode_errors > 0 or bool(self.damaged_stretches)

    def damaged_within(self, window: Window) -> bool:
        """Whether a frame of the window could not be decoded as it was recorded."""
        return any(window.start_s <= last_s and first_s < window.end_s for first_s, last_s in self.damaged_stretches)

    def damage(self) -> str:
        """A description of the damage, as the end of a sentence; empty where there was none."""
        found = []
        if self.concealed_frames:
            found.append(
                f"{self.concealed_frames:,} of its frames {_was(self.concealed_frames)} filled in by the decoder"
            )
        if self.decode_errors:
            found.append(f"{self.decode_errors:,} of its packets {_was(self.decode_errors)} not readable")
        if self.misplaced_frames:
            found.append(
                f"{self.misplaced_frames:,} of its frames {_was(self.misplaced_frames)} left out: out of order"
            )
        if self.truncated:
            found.append("it ends before its header says")
        if found and self.damaged_stretches:
            found.append(f"the first at {self.damaged_stretches[0][0]:,.2f} s")
        return "; ".join(found)


def _was(count: int) -> str:
    return "was" if count == 1 else "were"


@dataclass(frozen=True, slots=True)
class Sprite:
    """Layout of a hover-scrub image: `count` tiles, row by row, each `tile_width` × `tile_height` px."""

    count: int
    columns: int
    tile_width: int
    tile_height: int

    @property
    def rows(self) -> int:
        """Rows of tiles."""
        return -(-self.count // self.columns)
