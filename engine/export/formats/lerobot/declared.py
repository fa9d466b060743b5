"""What a data set says of itself in meta/info.json, read within limits and held against the format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.errors import FormatError
from engine.export.formats.lerobot import layout
from engine.export.formats.lerobot.layout import CAMERA
from engine.files.problems import Problem
from engine.files.read_json import read_json

if TYPE_CHECKING:
    from pathlib import Path

    from engine.export.formats.lerobot.options import ActionMode
    from engine.files.problems import Problems

__all__ = ["Declared", "read_info"]

_MODES: tuple[ActionMode, ...] = ("none", "hands", "pseudo")
_COUNTS = (
    *("fps", "total_episodes", "total_frames", "total_tasks"),
    *("data_files_size_in_mb", "video_files_size_in_mb"),
)
_HIGHEST_COUNT = 2**40


@dataclass(frozen=True, kw_only=True)
class Declared:
    """What meta/info.json states, as far as it can be used."""

    actions: ActionMode
    fps: int
    width: int
    height: int
    episodes: int
    frames: int
    tasks: int
    data_bytes: int
    video_bytes: int


def read_info(folder: Path, problems: Problems) -> Declared | None:
    """Read meta/info.json and report what is wrong with it; None where nothing else can be checked by it."""

    def report(reason: str) -> None:
        problems.add(Problem(layout.INFO_FILE, None, reason))

    try:
        info = read_json(folder / layout.INFO_FILE, max_bytes=16 << 20)
    except FormatError as error:
        report(error.message)
        return None
    if not isinstance(info, dict) or not isinstance(info.get("features"), dict):
        report("it is no object with features")
        return None
    counts = {name: info.get(name) for name in _COUNTS}
    for name, value in counts.items():
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < _HIGHEST_COUNT:
            report(f"{name} must be a whole number above 0, and is {_short(value)}")
            return None
    expected = {
        "codebase_version": layout.VERSION,
        "chunks_size": layout.CHUNK_FILES,
        "data_path": layout.DATA_PATH,
        "video_path": layout.VIDEO_PATH,
        "splits": {"train": f"0:{info['total_episodes']}"},
    }
    for name, value in expected.items():
        if info.get(name) != value:
            report(f"{name} must be {_short(value)}, and is {_short(info.get(name))}")
    if not isinstance(info.get("robot_type"), str):
        report("robot_type must be a text")
    actions = _check_features(info["features"], info["fps"], report)
    size = _size_of(info["features"].get(CAMERA))
    if actions is None or size is None:
        return None
    return Declared(
        actions=actions,
        fps=info["fps"],
        width=size[0],
        height=size[1],
        episodes=info["total_episodes"],
        frames=info["total_frames"],
        tasks=info["total_tasks"],
        data_bytes=info["data_files_size_in_mb"] * layout.MEGABYTE,
        video_bytes=info["video_files_size_in_mb"] * layout.MEGABYTE,
    )


def _size_of(camera: Any) -> tuple[int, int] | None:
    shape = camera.get("shape") if isinstance(camera, dict) else None
    if not isinstance(shape, list) or len(shape) != 3:
        return None
    height, width = shape[:2]
    usable = all(type(side) is int and 0 < side <= 16_384 for side in (height, width))
    return (width, height) if usable else None


def _check_features(features: dict[str, Any], fps: int, report: Any) -> ActionMode | None:
    """Report features that are missing, unknown or stated otherwise; the mode of actions that they are of."""
    size = _size_of(features.get(CAMERA))
    if size is None:
        report(f"the feature {CAMERA} must have the shape [height, width, 3]")
        return None
    by_mode = {mode: set(layout.hand_features(mode)) for mode in _MODES}
    there = {key for key in features if any(key in keys for keys in by_mode.values())}
    mode = next((mode for mode in _MODES if by_mode[mode] == there), None)
    if mode is None:
        report(f"the features {', '.join(sorted(there))} are those of no mode of actions: some of them are missing")
        return None
    expected = layout.info_features(mode, fps=fps, width=size[0], height=size[1])
    for key in sorted(expected.keys() - features.keys()):
        report(f"the feature {key} is missing")
    for key, stated in features.items():
        if key not in expected:
            report(f"the feature {_short(key)} is unknown: {_reads_as(key)}")
        elif stated != expected[key]:
            report(f"the feature {key} must be {_short(expected[key])}, and is {_short(stated)}")
    return mode if expected.keys() <= features.keys() else None


def _reads_as(key: str) -> str:
    for start, role in (("observation", "a part of a policy's state"), ("action", "a part of its action")):
        if key.startswith(start):
            return f"a policy would take it for {role}"
    return "no table or video belongs to it"


def _short(value: object) -> str:
    text = repr(value).encode(errors="backslashreplace").decode()
    return text if len(text) <= 300 else f"{text[:300]}…"
