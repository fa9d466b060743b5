"""Reads a video file's properties by opening it and decoding its first frame, or explains why that failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import av
import av.error

from engine.errors import FormatError, VideoError
from engine.files.place import place_of
from engine.video.clock import FrameClock, is_bare
from engine.video.container import (
    ENCRYPTED,
    UNREADABLE_PACKET,
    looks_like_container,
    open_container,
    read_error,
    refuse_unreadable,
    undecodable,
    video_stream,
)
from engine.video.convert import clockwise_deg, upright_size
from engine.video.length import length_of
from engine.video.types import VideoInfo, implausible

if TYPE_CHECKING:
    from engine.files.place import AnyPlace, FilePlace

__all__ = ["VIDEO_SUFFIXES", "looks_like_video", "probe"]

VIDEO_SUFFIXES = frozenset(
    f".{suffix}"
    for suffix in (
        *("mp4", "m4v", "mov", "qt", "mkv", "webm", "avi", "mts", "m2ts", "mpg", "mpeg", "vob"),
        *("wmv", "asf", "flv", "f4v", "ogv", "3gp", "3g2", "mxf", "dv", "360", "nut", "y4m", "ivf", "obu"),
        *("h264", "264", "h265", "265", "hevc", "m1v", "m2v", "mjpeg", "mjpg"),
    )
)

_BROWSER_CODECS = {"h264", "vp8", "vp9", "libvpx", "libvpx-vp9", "av1", "libdav1d"}
_CODEC_NAMES = {"libdav1d": "av1", "libvpx": "vp8", "libvpx-vp9": "vp9"}
_BROWSER_CONTAINERS = {"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm"}
_FIRST_PACKETS = 512
_INDEX_SAMPLE = 240
_BEYOND_S = 0.1
"""How far frames may lie past the container's stated length: a player reaches them without a seek."""
_LOST_S = 0.25


def probe(path: AnyPlace) -> VideoInfo:
    """The properties of a video file, checked by decoding its first frame.

    Raises `VideoError` where the file is missing, unreadable, not a regular file, empty, not a video, cut short,
    sound only, encrypted or in an unknown codec, or has no frame that decodes.
    """
    place = place_of(path)
    size_bytes = refuse_unreadable(place)
    with open_container(place) as container:
        stream = video_stream(place, container)
        clock = FrameClock(place, container, stream)
        # Before decoding: the demuxer adds to its index as it reads.
        variable = _variable_frame_rate(stream)
        _refuse_cut_short(place, stream, size_bytes)
        first = _first_frame(place, container, stream)
        frame = first.frame
        start = clock.frame_time(frame) or 0 if clock.is_stamped else 0
        # Before the length: finding the end may seek, and this reads the first frame's facts.
        facts = _facts(place, container, stream, frame)
        released = None if clock.is_stamped or is_bare(container) else frame.dts
        length = length_of(place, container, stream, clock, start, released, first.lost_packets)
        fps = length.rate_hz or float(clock.rate)
        start_s = float(start * stream.time_base) + length.late_s
        facts["browser_playable"] &= _seeks_right(container, start_s, length.duration_s)
        damage = "; ".join(filter(None, [_lost_beginning(container, stream, clock, start, first), length.damage]))
        info = VideoInfo(
            duration_s=length.duration_s if length.duration_s > 0 else 1 / fps,
            start_s=start_s,
            fps=fps,
            frame_count=length.frame_count or stream.frames or None,
            variable_frame_rate=variable,
            size_bytes=size_bytes,
            damage=damage,
            **facts,
        )
    reason = implausible(info)
    if reason:
        raise VideoError(
            place, f"can't be right: {reason}.", remedy="Copy or download it again; its header is damaged."
        )
    return info


@dataclass(frozen=True, slots=True)
class _First:
    """The first frame of a file, and what precedes it."""

    frame: Any
    packet_time: int | None
    """Presentation time of the file's very first packet, in ticks."""
    lost_packets: int
    """Packets before the first key frame: nothing can be decoded from them."""


def _lost_beginning(container: Any, stream: Any, clock: FrameClock, start: int, first: _First) -> str:
    """A sentence for a file whose first packets can't be decoded; empty where the first can."""
    if not clock.is_stamped:
        lost_s = first.lost_packets * clock.frame_ticks * clock.tick_s
    else:
        # FFmpeg reports a start of 0 for every AVI.
        begin = first.packet_time if container.format.name == "avi" else stream.start_time
        lost_s = (start - begin) * clock.tick_s if begin is not None else 0.0
    return f"its first {lost_s:,.2f} s can't be decoded" if lost_s > _LOST_S else ""


def _facts(place: FilePlace, container: Any, stream: Any, frame: Any) -> dict[str, Any]:
    """Properties of the video stream from the header and the first frame."""
    rotation_deg = clockwise_deg(frame)
    width, height = upright_size(frame.width, frame.height, stream.sample_aspect_ratio, rotation_deg)
    return {
        "width": width,
        "height": height,
        "codec": _CODEC_NAMES.get(stream.codec_context.name, stream.codec_context.name),
        "pix_fmt": frame.format.name,
        "rotation_deg": rotation_deg,
        "container": _container_name(place, container),
        "has_audio": bool(container.streams.audio),
        "browser_playable": _plays_in_browser(place, container, stream, frame),
        "has_telemetry": _has_telemetry(container),
        "created_at": _created_at(container, stream),
    }


def looks_like_video(path: AnyPlace) -> bool:
    """Whether a file in a folder is worth probing. Never raises.

    True by content (a video container with pictures in it, or the start of one), and for anything that calls itself a
    video by its suffix: a broken `holiday.mp4` is to be reported, a `README` is not.
    """
    try:
        place = place_of(path)
    except FormatError:
        return False
    if place.suffix.lower() in VIDEO_SUFFIXES:
        return not place.file.is_dir()
    try:
        with open_container(place) as container:
            return bool(video_stream(place, container))
    except VideoError:
        return _starts_like_video(place)


def _starts_like_video(place: FilePlace) -> bool:
    try:
        refuse_unreadable(place)
        with place.open() as file:
            return looks_like_container(file.read(16))
    except (VideoError, OSError):
        return False


def _first_frame(place: FilePlace, container: Any, stream: Any) -> _First:
    failed = False
    encrypted = False
    first_time: int | None = None
    key: int | None = None
    try:
        for count, packet in enumerate(container.demux(stream)):
            first_time = packet.pts if count == 0 else first_time
            key = count if key is None and packet.is_keyframe else key
            encrypted = encrypted or packet.has_sidedata("encryption_info")
            try:
                for frame in packet.decode():
                    return _First(frame, first_time, key or 0)
            except av.error.InvalidDataError:
                failed = True
            if count > _FIRST_PACKETS:
                break
    except UNREADABLE_PACKET:
        failed = True
    except OSError as error:
        raise read_error(place, error) from error
    except (av.error.FFmpegError, ValueError) as error:
        reason, remedy = undecodable(place)
        raise VideoError(place, reason, remedy=remedy) from error
    if encrypted:
        reason, remedy = ENCRYPTED
    elif failed:
        reason, remedy = "is damaged: no frame of it decodes.", "Copy or download it again."
    else:
        reason, remedy = "holds a video track without a single frame.", "Record or export it again."
    raise VideoError(place, reason, remedy=remedy)


def _refuse_cut_short(place: FilePlace, stream: Any, size_bytes: int) -> None:
    """Raises `VideoError` where the file's index lists frames beyond the file's end."""
    entries = stream.index_entries
    end = max((entry.pos + entry.size for entry in entries), default=0)
    if end > size_bytes:
        raise VideoError(
            place,
            f"is cut short: its index speaks of {end:,} bytes, {size_bytes:,} are there.",
            remedy="Copy or download it again.",
        )


def _variable_frame_rate(stream: Any) -> bool | None:
    """Whether the frame rate varies, by the first entries of an index of every frame; `None` without one."""
    entries = stream.index_entries
    if stream.frames < 3 or len(entries) < stream.frames:
        return None
    times = [entry.timestamp for entry in entries[:_INDEX_SAMPLE]]
    steps = sorted(after - before for before, after in pairwise(times))
    # The second and second-last: one odd step at an end is a cut, not a variable rate.
    trimmed = steps[1:-1] if len(steps) > 3 else steps
    slack = max(1.0, 0.02 * trimmed[len(trimmed) // 2])
    return bool(trimmed[-1] - trimmed[0] > slack)


def _container_name(place: FilePlace, container: Any) -> str:
    name: str = container.format.name
    if name == "matroska,webm":
        return "webm" if place.suffix.lower() == ".webm" else "matroska"
    if name.startswith("mov,"):
        return "mov" if container.metadata.get("major_brand", "").strip() == "qt" else "mp4"
    return name


def _plays_in_browser(place: FilePlace, container: Any, stream: Any, frame: Any) -> bool:
    """Whether Chromium, Firefox and Safari all play it: MP4/MOV or WebM with 8-bit 4:2:0 H.264, VP8, VP9 or AV1."""
    codec = stream.codec_context.name
    if container.format.name not in _BROWSER_CONTAINERS or codec not in _BROWSER_CODECS:
        return False
    if _container_name(place, container) == "matroska":
        return False
    return frame.format.name in {"yuv420p", "yuvj420p"}


def _seeks_right(container: Any, start_s: float, duration_s: float) -> bool:
    """Whether a browser can seek to every frame: it seeks by the file's clock, from 0 to the container's length.

    Tried in Chromium with edit lists, late and negative starts, with sound and without, in MP4, MOV and WebM.
    """
    claimed_s = container.duration / av.time_base if container.duration else float("inf")
    return start_s >= 0 and start_s + duration_s <= claimed_s + _BEYOND_S


def _has_telemetry(container: Any) -> bool:
    return any("GoPro MET" in stream.metadata.get("handler_name", "") for stream in container.streams.data)


def _created_at(container: Any, stream: Any) -> datetime | None:
    text = container.metadata.get("creation_time") or stream.metadata.get("creation_time") or ""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)
