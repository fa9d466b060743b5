"""meta/info.json of a LeRobot data set: its version, its cameras, and where its files are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from string import Formatter
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from engine.errors import FormatError, SourceError
from engine.files.names import path_problem
from engine.files.read_json import parse_model, read_within
from engine.files.values import BadValueError, clean_name, shown

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["DataSet", "chosen_camera", "is_data_set", "read_info", "video_file"]

INFO = "meta/info.json"
_MAX_BYTES = 8 << 20
_MAX_FEATURES = 2000
_PREFERRED = ("ego", "wrist", "head", "top")
"""Beginnings of the words by which a camera is chosen, the most wanted first."""
_SPEC = re.compile(r"(0\d{1,2})?d?")
_CONVERT = (
    "Convert it with LeRobot's own scripts, to v2.1 and then with lerobot.datasets.v30.convert_dataset_v21_to_v30."
)

ShortText = Annotated[str, Field(max_length=500)]


class _Feature(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    dtype: ShortText
    info: dict[str, object] | None = None

    @property
    def is_depth(self) -> bool:
        """Whether its pictures are distances."""
        return any((self.info or {}).get(key) is True for key in ("video.is_depth_map", "is_depth_map"))


class _Info(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    codebase_version: ShortText
    fps: Annotated[float, Field(gt=0, le=10_000, allow_inf_nan=False)] | None = None
    chunks_size: Annotated[int, Field(ge=1, le=1_000_000_000)] = 1000
    video_path: ShortText | None = None
    features: Annotated[dict[ShortText, _Feature], Field(max_length=_MAX_FEATURES)]


@dataclass(frozen=True, kw_only=True)
class DataSet:
    """One data set: its folder and what is said of all its episodes."""

    root: Path
    packed: bool
    """Whether a file holds many episodes (v3), or one (v2)."""
    fps: float | None
    chunks_size: int
    """Episodes of a chunk, where a file holds one."""
    video_path: str
    """The pattern of the paths of its video files."""
    cameras: tuple[str, ...]
    """Keys of its video streams, pictures before depth maps."""
    depth_maps: frozenset[str]
    """Those whose pictures are distances."""

    @property
    def name(self) -> str:
        """What people call it."""
        return self.root.name


def is_data_set(folder: Path) -> bool:
    """Whether a folder is a LeRobot data set. Reads one small file."""
    try:
        found = read_within(folder / INFO, _MAX_BYTES)
    except FormatError:
        return False
    return b'"codebase_version"' in found and b'"features"' in found


def read_info(root: Path) -> DataSet:
    """What meta/info.json says. Raises `SourceError` for a version or a layout that can't be read."""
    file = root / INFO
    try:
        info = parse_model(read_within(file, _MAX_BYTES), _Info)
    except FormatError as error:
        raise SourceError(
            f"{str(file)!r} can't be read: {error}.", remedy="Copy or download the data set again, whole."
        ) from error
    version = re.fullmatch(r"v?(\d{1,3})\.\d{1,3}", info.codebase_version)
    if version is None or version[1] not in ("2", "3"):
        raise SourceError(
            f"{str(root)!r} is a LeRobot data set of version {shown(info.codebase_version)}; v2 and v3 are read.",
            remedy=_CONVERT,
        )
    videos = {key: feature for key, feature in info.features.items() if feature.dtype == "video"}
    if not videos or not info.video_path:
        raise SourceError(
            f"{str(root)!r} has no videos: its features are {', '.join(map(shown, [*info.features][:20])) or 'none'}.",
            remedy="Record or convert it with videos; single images and states alone are not read.",
        )
    for key in videos:
        try:
            clean_name(key, "camera's name")
        except BadValueError as error:
            raise SourceError(f"{str(file)!r} can't be used: {error}.", remedy="Rename the camera.") from error
    return DataSet(
        root=root,
        packed=version[1] == "3",
        fps=info.fps,
        chunks_size=info.chunks_size,
        video_path=info.video_path,
        cameras=tuple(sorted(videos, key=lambda key: videos[key].is_depth)),
        depth_maps=frozenset(key for key in videos if videos[key].is_depth),
    )


def chosen_camera(data_set: DataSet, wanted: str) -> str:
    """The camera `wanted`, by its key or the key's last part; by default the first whose name says ego, wrist, head or
    top, else the first. Raises `SourceError` for one that there is not."""
    if not wanted:
        for word in _PREFERRED:
            for key in (key for key in data_set.cameras if key not in data_set.depth_maps):
                if any(part.startswith(word) for part in re.split(r"[^a-z]+", key.lower())):
                    return key
        return data_set.cameras[0]
    same = [key for key in data_set.cameras if key == wanted]
    alike = [key for key in data_set.cameras if key.rpartition(".")[2] == wanted]
    if len(same or alike) == 1:
        return (same or alike)[0]
    raise SourceError(
        f"{str(data_set.root)!r} has no camera {shown(wanted)}.", remedy=f"It has {', '.join(data_set.cameras)}."
    )


def video_file(data_set: DataSet, camera: str, **numbers: int) -> str:
    """The path of a video file below the data set, with `/`. Raises `BadValueError` where the pattern is none, or leads
    out of the folder."""
    text = ""
    known = {"video_key": camera, **numbers}
    try:
        parts = list(Formatter().parse(data_set.video_path))
    except ValueError as error:
        raise BadValueError(f"the pattern video_path {shown(data_set.video_path)} is none ({error})") from error
    for literal, name, spec, conversion in parts:
        text += literal
        if name is None:
            continue
        # Python's format would also look up attributes and make texts of any width.
        if name not in known or conversion or not _SPEC.fullmatch(spec or ""):
            raise BadValueError(
                f"the pattern video_path {shown(data_set.video_path)} has an unknown part {shown(name)}"
            )
        value = known[name]
        text += value if isinstance(value, str) else format(value, spec or "")
    if problem := path_problem(text):
        raise BadValueError(f"its file {shown(text)} can't be used: {problem}")
    return text
