"""Rules of a LeRobot data set's videos: what lets any reader find a frame by its time, and by its number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import VideoError
from engine.export.formats.lerobot import layout
from engine.export.formats.lerobot.layout import CAMERA
from engine.files.place import place_of
from engine.files.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine.arrays import Flags, Floats, Rows
    from engine.export.formats.lerobot.declared import Declared
    from engine.export.formats.lerobot.ledger import Episodes
    from engine.files.problems import Problems

__all__ = ["check_videos"]

_GOP = 10
_MOST_FRAMES = 100_000_000


@dataclass(frozen=True, kw_only=True)
class _Packets:
    """The packets of a file, `(n,)` each, in the order in which they are decoded."""

    frame: Floats
    """When each is shown, in frames of the data set's rate."""
    decoded: Floats
    is_key: Flags
    size_bytes: Rows


def check_videos(folder: Path, declared: Declared, episodes: Episodes, problems: Problems) -> int:
    """Report what is wrong with the videos; returns how many files there are."""
    files = int(episodes.video_file.max()) + 1 if len(episodes) else 0
    room = 0.0
    for number in range(files):
        chunk, file = layout.place(number)
        path = layout.VIDEO_PATH.format(video_key=CAMERA, chunk_index=chunk, file_index=file)
        here = np.flatnonzero(episodes.video_file == number)
        if not (folder / path).is_file():
            problems.add(Problem(path, None, "it is missing"))
            continue
        try:
            packets, wrong = _read(folder / path, declared)
        except VideoError as error:
            problems.add(Problem(path, None, error.reason))
            continue
        size_bytes = (folder / path).stat().st_size
        wrong += list(_time_problems(packets, episodes, here, declared))
        if size_bytes > declared.video_bytes and len(here) > 1:
            wrong.append(f"it is larger than {declared.video_bytes / layout.MEGABYTE:,.0f} MB")
        first_bytes = int(packets.size_bytes[: int(episodes.length[here[0]])].sum()) if len(here) else 0
        if number and 2 * first_bytes < room:
            wrong.append("its first clip would have gone into the file before: readers that stream need few files")
        room = declared.video_bytes - size_bytes
        for reason in wrong:
            problems.add(Problem(path, None, reason))
    return files


def _read(path: Path, declared: Declared) -> tuple[_Packets, list[str]]:
    """The packets of a file, and what is wrong with its streams. Raises `VideoError`."""
    from engine.video.container import demux, open_container, video_stream

    shown: list[float] = []
    decoded: list[float] = []
    keys: list[bool] = []
    sizes: list[int] = []
    place = place_of(path)
    with open_container(place) as container:
        stream = video_stream(place, container)
        wrong = list(_stream_problems(container, stream, declared))
        per_tick = float(stream.time_base) * declared.fps
        for packet in demux(place, container, stream):
            if not packet.size:
                continue
            if packet.pts is None or packet.dts is None or len(shown) >= _MOST_FRAMES:
                raise VideoError(path, "has frames without a time, or far too many")
            shown.append(packet.pts * per_tick)
            decoded.append(packet.dts * per_tick)
            keys.append(packet.is_keyframe)
            sizes.append(packet.size)
    packets = _Packets(
        frame=np.array(shown),
        decoded=np.array(decoded),
        is_key=np.array(keys, bool),
        size_bytes=np.array(sizes, np.intp),
    )
    return packets, wrong


def _stream_problems(container: Any, stream: Any, declared: Declared) -> Iterator[str]:
    codec = stream.codec_context
    if (codec.name, codec.pix_fmt) != ("h264", "yuv420p"):
        yield f"it must be H.264 in yuv420p, and is {codec.name} in {codec.pix_fmt}"
    if (codec.width, codec.height) != (declared.width, declared.height):
        yield f"its pictures are {codec.width} × {codec.height}, where {declared.width} × {declared.height} is stated"
    if len(container.streams) != 1:
        yield "it must have one stream: a video without sound"
    if stream.average_rate != declared.fps:
        rate = "no" if stream.average_rate is None else f"{float(stream.average_rate):.6g}"
        yield f"its average rate is {rate}, not {declared.fps}: torchcodec finds frames by it"


def _time_problems(packets: _Packets, episodes: Episodes, here: Rows, declared: Declared) -> Iterator[str]:
    n = len(packets.frame)
    frames = int(episodes.length[here].sum())
    if n != frames:
        yield f"it has {n:,} frames, where its episodes have {frames:,}"
        return
    if (packets.decoded != packets.frame).any():
        yield "it has B-frames, or frames that are decoded at another time than shown"
        return
    late_s = np.abs(packets.frame - np.arange(n)) / declared.fps
    if (late_s > 1e-5).any():
        place = int(late_s.argmax())
        yield f"frame {place:,} is off its time by {late_s[place]:.6f} s: every frame must be at its number / rate"
    keys = np.flatnonzero(packets.is_key)
    begins = np.rint(episodes.from_s[here] * declared.fps).astype(np.intp)
    if not np.isin(begins, keys).all():
        yield "an episode does not begin with a key frame"
    if len(keys) == 0 or np.diff(np.append(keys, n)).max() > _GOP:
        yield f"its key frames are more than {_GOP} frames apart: readers that seek would be slow"
