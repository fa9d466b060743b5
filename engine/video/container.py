"""Opens video files safely, and explains in a sentence why one can't be opened.

Only known video containers are accepted, and they may read nothing but the file itself: FFmpeg would otherwise treat a
text file as an animation, follow a playlist to other files or hosts, or block on a pipe for ever.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Any

import av
import av.error

from engine.errors import VideoError
from engine.files.place import place_of
from engine.video.card import card_decoder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from engine.files.place import AnyPlace, FilePlace

__all__ = [
    "ENCRYPTED",
    "UNREADABLE_PACKET",
    "VIDEO_FORMATS",
    "demux",
    "looks_like_container",
    "no_rate_error",
    "open_container",
    "read_error",
    "refuse_unreadable",
    "undecodable",
    "video_stream",
]

VIDEO_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpegtsraw,mpeg,mpegvideo,flv,asf,asf_o,ogg,mxf,nut,ivf,"
    "h264,hevc,av1,obu,m4v,mjpeg,mpjpeg,dv,rm,wtv,gxf,yuv4mpegpipe,vc1,h263,ipmovie"
)

ENCRYPTED = ("is encrypted, so its pictures can't be read.", "Use a copy without copy protection.")

_INDEX_BYTES = 16 << 20
_MAX_DEMUX_ERRORS = 64
UNREADABLE_PACKET = (av.error.InvalidDataError, IndexError)
"""Raised by reading past damage; PyAV raises IndexError for a packet of a stream that the header does not list."""
_STILL_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif", b"avis"}
_KINDS = (
    (stat.S_ISDIR, "is a folder, not a video file.", "Import the folder to take in the videos inside it."),
    (stat.S_ISFIFO, "is a named pipe, not a video file.", "Save the stream to a file first."),
    (stat.S_ISSOCK, "is a socket, not a video file.", "Save the stream to a file first."),
    (stat.S_ISCHR, "is a device, not a video file.", "Record from the device to a file first."),
    (stat.S_ISBLK, "is a device, not a video file.", "Copy the video off the device first."),
)


def refuse_unreadable(place: FilePlace) -> int:
    """Check that the place is a non-empty, readable, regular file or a member of one, and return its size in bytes.

    Opens nothing but regular files, so can't block. Raises `VideoError` otherwise.
    """
    try:
        status = place.file.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        if place.file.is_symlink():
            raise VideoError(
                place, "is a link to a file that is not there.", remedy="Mount or restore the link's target."
            ) from error
        raise VideoError(
            place, "no such file.", remedy="If it has moved, point Handpicked at its new place."
        ) from error
    except OSError as error:
        raise _os_error(place, error) from error
    for is_kind, reason, remedy in _KINDS:
        if is_kind(status.st_mode):
            raise VideoError(place, reason, remedy=remedy)
    if status.st_size == 0 or (place.member is not None and place.size_bytes == 0):
        raise VideoError(place, "is empty (zero bytes).", remedy="Copy or download it again.")
    if not os.access(place.file, os.R_OK):
        raise _os_error(place, PermissionError(13, "Permission denied"))
    if place.member is not None:
        _head(place)  # a tar that no longer holds the member where it did is refused by opening it
    return place.size_bytes


def open_container(path: AnyPlace, device: str = "cpu") -> Any:
    """An open PyAV input container; on `cuda` (or `cuda:1`) its frames are decoded by the card, where it can.

    What fails with the card is tried without it. Raises `VideoError` with the reason where the file is not a readable
    video.
    """
    place = place_of(path)
    refuse_unreadable(place)
    head = _head(place)
    if head[4:8] == b"ftyp" and head[8:12] in _STILL_BRANDS:
        raise VideoError(place, "is a still picture, not a video.", remedy="Leave it out.")
    decoder = card_decoder(device)
    try:
        url, protocols = _url(place)
        return av.open(
            url,
            options={"format_whitelist": VIDEO_FORMATS, "protocol_whitelist": protocols},
            metadata_errors="replace",
            hwaccel=decoder,
        )
    except av.error.InvalidDataError as error:
        raise _not_opened(place, head) from error
    except av.error.FFmpegError as error:
        if decoder is not None:
            return open_container(place)
        if isinstance(error, OSError) and not isinstance(error, av.error.ArgumentError):
            raise _os_error(place, error) from error
        raise _not_opened(place, head) from error


def _url(place: FilePlace) -> tuple[str, str]:
    """How FFmpeg names the file, and the protocols that it may use for it: no others."""
    # With "file:", a name such as `concat:a|b` or `http:…` is a file name and not a protocol.
    file = f"file:{place.file.absolute()}"
    if place.member is None:
        return file, "file"
    return f"subfile,,start,{place.member.offset},end,{place.member.end},,:{file}", "subfile,file"


def video_stream(place: FilePlace, container: Any) -> Any:
    """The stream that holds the pictures: cover art does not count. Raises `VideoError` where there is none."""
    pictured = [s for s in container.streams.video if not _is_cover(s)]
    if pictured:
        usable = [s for s in pictured if s.codec_context is not None]
        if usable:
            return max(usable, key=lambda s: bool(s.disposition & av.stream.Disposition.default))
        reason, remedy = undecodable(place)
        raise VideoError(place, reason, remedy=remedy)
    if container.streams.audio:
        raise VideoError(place, "holds sound only, no pictures.", remedy="Leave it out, or find its video.")
    raise VideoError(place, "holds no video.", remedy="Leave it out, or copy it again from where it came.")


def demux(place: FilePlace, container: Any, *streams: Any, failed: Callable[[], None] = lambda: None) -> Iterator[Any]:
    """Packets of the streams up to the end of the file, skipping damaged stretches, then the empty ones that flush.

    `failed` is called for each stretch that the demuxer could not read. Raises `VideoError` where the file disappears.
    """
    failures = 0
    while failures < _MAX_DEMUX_ERRORS:
        try:
            for packet in container.demux(*streams):
                failures = 0
                yield packet
        except UNREADABLE_PACKET:
            failures += 1
            failed()
        except OSError as error:
            raise read_error(place, error) from error
        else:
            return


def looks_like_container(head: bytes) -> bool:
    """Whether the first bytes of a file are those of a video container, broken or not."""
    if head[4:8] == b"ftyp":
        return head[8:12] not in _STILL_BRANDS and head[8:11] != b"M4A"
    return (
        head[4:8] in {b"moov", b"mdat", b"wide"}
        or head.startswith((b"\x1a\x45\xdf\xa3", b"FLV\x01", b"\x00\x00\x01\xba", b"\x30\x26\xb2\x75"))
        or (head.startswith(b"RIFF") and head[8:12] == b"AVI ")
    )


def read_error(place: FilePlace, error: OSError) -> VideoError:
    """The error to raise when reading an open file fails."""
    if place.is_changed():
        return VideoError(place, "changed while it was being read.", remedy="Import its tar again.")
    if not place.exists():
        return VideoError(place, "vanished while it was being read.", remedy="Bring its disk back, then resume.")
    return _os_error(place, error)


def _head(place: FilePlace) -> bytes:
    try:
        with place.open() as file:
            return file.read(16)
    except OSError as error:
        raise _os_error(place, error) from error


def refuse_changed(place: FilePlace, size_bytes: int) -> None:
    """Raises `VideoError` where a file of `size_bytes` was removed or written to while it was read."""
    if not place.exists():
        raise read_error(place, FileNotFoundError())
    if place.size_bytes != size_bytes:
        raise VideoError(place, "changed while it was being read.", remedy="Wait until it is complete, then try again.")


def no_rate_error(place: FilePlace) -> VideoError:
    """The error to raise for a video without frame times or a frame rate."""
    return VideoError(
        place,
        "is a bare stream of pictures that does not say how many of them make a second.",
        remedy="Put it into a container at its rate: `ffmpeg -framerate 30 -i FILE -c copy FILE.mp4`.",
    )


def _not_opened(place: FilePlace, head: bytes) -> VideoError:
    if head.startswith(b"\xff\xd8\xff") and place.suffix.lower() in {".mjpeg", ".mjpg"}:
        return no_rate_error(place)
    if looks_like_container(head):
        return VideoError(
            place,
            "is cut short or damaged: the part that describes the pictures is missing.",
            remedy="Copy or download it again; a camera may be able to repair its own recording.",
        )
    return VideoError(
        place, "is not a video, whatever its name says.", remedy="Leave it out, or give it its right name."
    )


def _os_error(place: FilePlace, error: OSError) -> VideoError:
    if isinstance(error, PermissionError):
        return VideoError(place, "may not be read by this user (permission denied).", remedy="Change its permissions.")
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return VideoError(place, "no such file.", remedy="If it has moved, point Handpicked at its new place.")
    reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
    return VideoError(place, f"can't be read ({reason}).", remedy="Check the disk that it lies on.")


def _is_cover(stream: Any) -> bool:
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def undecodable(place: FilePlace) -> tuple[str, str]:
    """Reason and remedy for a file in a codec that FFmpeg here can't decode."""
    tag = _picture_tag(place)
    if tag in {"encv", "drmi"}:
        return ENCRYPTED
    name = f" ({tag})" if tag else ""
    return f"is in a video codec that can't be decoded here{name}.", "Convert it to H.264 first."


def _picture_tag(place: FilePlace) -> str:
    """The FourCC of the video codec in an MP4 or QuickTime file, or empty."""
    # Read by hand: PyAV gives no tag for a stream that it has no decoder for.
    with place.open() as file:
        size_bytes = file.seek(0, os.SEEK_END)
        for start in (0, max(0, size_bytes - _INDEX_BYTES)):
            file.seek(start)
            track = file.read(_INDEX_BYTES).partition(b"vmhd")[2]
            entry = track.partition(b"stsd")[2][12:16]
            if len(entry) == 4 and entry.isascii() and entry.decode().isprintable():
                return entry.decode()
    return ""
