"""Types of sample videos: person, scene, episodes, image degradations, and the truth about each frame.

Lengths in the scene are metres. The table plane is z = 0, x to the wearer's right, y away from the wearer, z up;
the origin is the middle of the table's near edge.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field, fields
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

from engine.sample.work import Outcome, Work

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "CLEAN",
    "KINDS",
    "Degradation",
    "Episode",
    "Frame",
    "FrameTruth",
    "HandTruth",
    "Kind",
    "Outcome",
    "Person",
    "Scene",
    "SleeveStyle",
    "SurfaceKind",
    "VideoScript",
]

Kind = Literal["purposeful", "idle", "out_of_view", "fumbling", "looking_away"]
SurfaceKind = Literal["wood", "stone", "mat", "cloth", "laminate"]
SleeveStyle = Literal["plain", "striped", "knit"]
KINDS: tuple[Kind, ...] = ("purposeful", "idle", "out_of_view", "fumbling", "looking_away")


@dataclass(frozen=True, kw_only=True)
class Degradation:
    """Image degradations of one episode, independent of each other; the defaults mean none."""

    defocus_px: float = 0.0
    """Standard deviation of the blur, in pixels of a 640 px wide frame (scaled with the width)."""
    shutter_share: float = 0.0
    """Exposure time as a share of the frame interval, which gives motion blur."""
    exposure_ev: float = 0.0
    """Exposure in stops: −2 is a quarter of the light, +2 four times."""
    flicker_ev: float = 0.0
    """Amplitude of the flicker in stops."""
    shake_px: float = 0.0
    """Standard deviation of the shake at the frame's centre, in pixels of a 640 px wide frame."""
    dropped_share: float = 0.0
    """Share of single frames that repeat the one before."""
    frozen_share: float = 0.0
    """Share of the episode for which one frame is frozen."""
    compression: float = 0.0
    """0 leaves the frame alone; 1 is the coarsest quantisation of its 8 × 8 DCT blocks."""

    def __post_init__(self) -> None:
        for name in ("defocus_px", "flicker_ev", "shake_px"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is {getattr(self, name)}, but can't be negative.")
        for name in ("shutter_share", "dropped_share", "frozen_share", "compression"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is {getattr(self, name)}, but must lie between 0 and 1.")

    def as_dict(self) -> dict[str, float]:
        """The degradations by name, rounded to 3 decimals."""
        return {f.name: round(float(getattr(self, f.name)), 3) for f in fields(self)}


CLEAN = Degradation()


@dataclass(frozen=True)
class Episode:
    """One episode of behaviour: the content of one clip."""

    kind: Kind
    duration_s: float = 3.0
    degradation: Degradation = CLEAN
    outcome: Outcome = "none"
    """For a purposeful episode: the work is done, the object is carried about and put back, or no grasp holds."""
    _: KW_ONLY
    work: Work = field(default_factory=Work)
    """What a purposeful episode is meant to do."""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"{self.kind!r} is no kind of episode. Kinds are {', '.join(KINDS)}.")
        if self.duration_s <= 0:
            raise ValueError(f"An episode lasts more than 0 s, not {self.duration_s}.")


@dataclass(frozen=True, kw_only=True)
class Person:
    """Traits of the wearer of the camera. Colours are RGB in [0, 1]."""

    skin: tuple[float, float, float] = (0.83, 0.62, 0.50)
    sleeve: tuple[float, float, float] = (0.25, 0.33, 0.45)
    sleeve_style: SleeveStyle = "plain"
    sleeve_start: float = 0.45
    """Where the sleeve begins between wrist (0) and elbow (1, a forearm behind it); above 1 the arm is bare."""
    palm_length_m: float = 0.092
    girth: float = 1.0
    """Thickness of fingers and arms, relative to the mean."""
    pace: float = 1.0
    """Speed of the person's work: 1 takes the usual time for a distance, 2 half of it, and rests longer."""
    right_handed: bool = True
    tremor_m: float = 0.0
    sway: float = 1.0
    head_height_m: float = 0.50


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Traits of the place: the surface, the objects on it, and the light."""

    surface: SurfaceKind = "wood"
    hue: float = 0.5
    """Selects the colour of the surface within its kind, in [0, 1]."""
    n_objects: int = 6
    """Objects on the table, the cloth not counted."""
    spread: float = 1.0
    """How far apart they lie, to the side and away from the wearer, relative to the usual."""
    cloth: bool = False
    """Whether a cloth for wiping lies at the near edge."""
    light_azimuth_deg: float = 120.0
    light_elevation_deg: float = 55.0
    warmth: float = 0.0
    """Colour of the light: −1 bluish, 0 neutral, 1 warm."""


@dataclass(frozen=True, kw_only=True)
class VideoScript:
    """The complete description of a video; the same script gives the same video."""

    name: str
    seed: int
    index: int
    """Place of the video in its set. Every random draw depends on `seed`, `index` and its purpose alone."""
    episodes: tuple[Episode, ...]
    person: Person = field(default_factory=Person)
    scene: Scene = field(default_factory=Scene)
    width: int = 640
    height: int = 360
    fps: int = 24
    crf: int = 23
    """Quality of the H.264 encoder; more is coarser."""

    def __post_init__(self) -> None:
        if not self.episodes:
            raise ValueError(f"Video {self.name!r} has no episodes; give it at least one.")
        if self.width % 2 or self.height % 2 or min(self.width, self.height) < 64:
            raise ValueError(f"Frames are even-sized and at least 64 px, not {self.width} × {self.height}.")

    @property
    def duration_s(self) -> float:
        """Length of the video, in seconds."""
        return sum(e.duration_s for e in self.episodes)

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return round(self.duration_s * self.fps)

    def windows(self) -> list[tuple[float, float]]:
        """The half-open window `[start_s, end_s)` of each episode."""
        edges = [0.0]
        for e in self.episodes:
            edges.append(edges[-1] + e.duration_s)
        return list(pairwise(edges))


@dataclass(frozen=True, kw_only=True)
class HandTruth:
    """One hand in one frame. `landmarks_px` is (21, 2), in MediaPipe's order; pixels, x to the right, y down."""

    side: Literal["left", "right"]
    landmarks_px: NDArray[Any]
    palm_px: tuple[float, float]
    wrist_px: tuple[float, float]
    in_view_share: float
    """Share of the landmarks inside the frame."""

    @property
    def fully_in_view(self) -> bool:
        """Whether every landmark lies inside the frame."""
        return self.in_view_share >= 1.0


@dataclass(frozen=True, kw_only=True)
class FrameTruth:
    """Truth about one frame. For a repeated frame it describes the picture that is shown."""

    index: int
    time_s: float
    episode: int
    kind: Kind
    shown: int
    """The frame whose picture is shown: less than `index` in a dropped or frozen frame."""
    frozen: bool
    blur_px: float
    """Standard deviation of the defocus, in pixels of this frame."""
    motion_blur_px: float
    """Distance that the table's centre moves across the frame while the shutter is open, in pixels."""
    exposure_gain: float
    """Factor on linear light, flicker included."""
    homography: NDArray[Any]
    """(3, 3): from this frame's pixels to the table plane in metres (the reference), its last element 1."""
    hands: tuple[HandTruth, HandTruth]
    """Left, right."""


@dataclass(frozen=True)
class Frame:
    """One rendered frame: (height, width, 3) uint8 RGB, and its truth."""

    image: NDArray[Any]
    truth: FrameTruth
