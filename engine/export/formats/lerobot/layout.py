"""Names of files and features of a LeRobot v3.0 data set, by the mode of actions; what stands in meta/info.json.

A key that begins with `observation` becomes a policy's state, one that begins with `action` its action. So numbers that
no policy should see are called `handpicked.…`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.export.formats.lerobot.options import ActionMode

__all__ = [
    "ACTION",
    "ACTION_VALID",
    "CAMERA",
    "CHUNK_FILES",
    "DATA_PATH",
    "EPISODES_PATH",
    "HANDPICKED_FILE",
    "INFO_FILE",
    "KEYPOINTS",
    "MEGABYTE",
    "PRESENCE",
    "REWARD",
    "REWARD_KNOWN",
    "REWARD_STD",
    "STATE",
    "STATS_FILE",
    "TASKS_FILE",
    "VERSION",
    "VIDEO_PATH",
    "WEIGHTS_FILE",
    "Feature",
    "data_schema",
    "episode_schema",
    "features_of",
    "hand_features",
    "info_features",
    "numbered_file",
    "place",
]

VERSION = "v3.0"
CAMERA = "observation.images.ego"
CHUNK_FILES = 1000
MEGABYTE = 1_000_000
INFO_FILE, STATS_FILE, TASKS_FILE = "meta/info.json", "meta/stats.json", "meta/tasks.parquet"
HANDPICKED_FILE, WEIGHTS_FILE = "meta/handpicked.parquet", "sample_weights.parquet"
DATA_PATH = "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
EPISODES_PATH = "meta/episodes/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
VIDEO_PATH = "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4"
_NUMBERED = re.compile(
    r"(?P<kind>data|meta/episodes|videos/observation\.images\.ego)/"
    r"chunk-(?P<chunk>[0-9]{3,6})/file-(?P<file>[0-9]{3})(?P<end>\.parquet|\.mp4)"
)

KEYPOINTS, PRESENCE = "observation.hands.kp2d", "observation.hands.presence"
STATE, ACTION = "observation.state", "action"
ACTION_VALID = "handpicked.action_is_valid"
REWARD, REWARD_STD, REWARD_KNOWN = "handpicked.reward", "handpicked.reward_std", "handpicked.reward_known"
_SIDES = ("left", "right")
_STATE_NAMES = tuple(f"{side}_{name}" for side in _SIDES for name in ("x", "y", "palm_length", "grip"))


@dataclass(frozen=True, kw_only=True)
class Feature:
    """A column of the frames' table: its type, its width, and what its numbers are called."""

    dtype: str
    width: int = 1
    names: tuple[str, ...] | None = None

    @property
    def arrow(self) -> pa.DataType:
        """Its type in Parquet."""
        kind = {"float32": pa.float32(), "int64": pa.int64()}[self.dtype]
        return kind if self.width == 1 else pa.list_(kind, self.width)


_WHOLE = Feature(dtype="int64")
_NUMBER = Feature(dtype="float32")
_HANDS = {
    KEYPOINTS: Feature(
        dtype="float32",
        width=126,
        names=tuple(f"{side}_{mark}_{what}" for side in _SIDES for mark in range(21) for what in ("u", "v", "score")),
    ),
    PRESENCE: Feature(dtype="float32", width=2, names=_SIDES),
}
_PSEUDO = {
    STATE: Feature(dtype="float32", width=8, names=_STATE_NAMES),
    ACTION: Feature(dtype="float32", width=8, names=_STATE_NAMES),
    ACTION_VALID: Feature(dtype="float32", width=2, names=_SIDES),
}


def hand_features(actions: ActionMode) -> dict[str, Feature]:
    """The features that the mode of actions adds."""
    return {"none": {}, "hands": _HANDS, "pseudo": _PSEUDO}[actions]


def features_of(actions: ActionMode) -> dict[str, Feature]:
    """All features that are columns of the frames' table, in order."""
    return {
        **hand_features(actions),
        REWARD: _NUMBER,
        REWARD_STD: _NUMBER,
        REWARD_KNOWN: _NUMBER,
        "timestamp": _NUMBER,
        "frame_index": _WHOLE,
        "episode_index": _WHOLE,
        "index": _WHOLE,
        "task_index": _WHOLE,
    }


def info_features(actions: ActionMode, *, fps: int, width: int, height: int) -> Mapping[str, object]:
    """The features as meta/info.json lists them, the camera first."""
    video = {
        "video.height": height,
        "video.width": width,
        "video.codec": "h264",
        "video.pix_fmt": "yuv420p",
        "video.fps": fps,
        "video.channels": 3,
        "video.is_depth_map": False,
        "has_audio": False,
    }
    found: dict[str, object] = {
        CAMERA: {
            "dtype": "video",
            "shape": [height, width, 3],
            "names": ["height", "width", "channels"],
            "info": video,
        }
    }
    for key, feature in features_of(actions).items():
        names = list(feature.names) if feature.names else None
        found[key] = {"dtype": feature.dtype, "shape": [feature.width], "names": names}
    return found


def data_schema(actions: ActionMode) -> pa.Schema:
    """Of the frames' table: vectors as lists of fixed size."""
    return pa.schema([(key, feature.arrow) for key, feature in features_of(actions).items()])


def episode_schema(actions: ActionMode) -> pa.Schema:
    """Of the episodes' table, with the ten statistics of each feature."""
    whole, text, real = pa.int64(), pa.string(), pa.float64()
    columns: list[tuple[str, Any]] = [
        ("episode_index", whole),
        ("tasks", pa.list_(text)),
        ("length", whole),
        ("data/chunk_index", whole),
        ("data/file_index", whole),
        ("dataset_from_index", whole),
        ("dataset_to_index", whole),
        (f"videos/{CAMERA}/chunk_index", whole),
        (f"videos/{CAMERA}/file_index", whole),
        (f"videos/{CAMERA}/from_timestamp", real),
        (f"videos/{CAMERA}/to_timestamp", real),
        ("meta/episodes/chunk_index", whole),
        ("meta/episodes/file_index", whole),
    ]
    from engine.export.formats.lerobot.statistics import STATISTICS

    for key in (*features_of(actions), CAMERA):
        numbers = pa.list_(pa.list_(pa.list_(real))) if key == CAMERA else pa.list_(real)
        columns += [(f"stats/{key}/{name}", pa.list_(whole) if name == "count" else numbers) for name in STATISTICS]
    return pa.schema(columns)


def place(number: int) -> tuple[int, int]:
    """`(chunk, file)` of the file with this number, from 0: a chunk is a folder of a thousand files."""
    return divmod(number, CHUNK_FILES)


def numbered_file(path: str) -> tuple[int, int] | None:
    """`(chunk, file)` of a table's or video's path below the folder; None for any other."""
    found = _NUMBERED.fullmatch(path)
    if found is None or (found["end"] == ".mp4") != found["kind"].startswith("videos"):
        return None
    return int(found["chunk"]), int(found["file"])
