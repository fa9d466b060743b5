"""Still pictures of clips: a thumbnail for walls, and a sprite of small tiles for scrubbing under the pointer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.errors import VideoError
from engine.files.replace_whole import write_whole
from engine.video.reader import read
from engine.video.types import ClipEnd, ClipRequest, FrameRequest, ReadStats, Sample, Sprite

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from engine.files.place import AnyPlace
    from engine.video.types import CancelCheck, Image
    from engine.video.windows import Window

__all__ = ["ClipStills", "Stills", "make_sprite", "make_thumbnail", "make_thumbnails", "write_jpeg"]

_JPEG_QUALITY = 82
_THUMBNAIL_PX = 240
_TILE_PX = 120


@dataclass(frozen=True, slots=True)
class ClipStills:
    """Which pictures of one clip to write, and where. Either path may be `None`."""

    key: Hashable
    window: Window
    thumbnail_path: Path | None = None
    sprite_path: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stills:
    """What was written for one clip. `error` says why nothing could be, and is otherwise empty."""

    key: Hashable
    thumbnail_path: Path | None
    sprite_path: Path | None
    sprite: Sprite | None
    error: str = ""


def make_thumbnails(
    path: AnyPlace,
    clips: Sequence[ClipStills],
    *,
    tiles: int = 12,
    columns: int = 4,
    thumbnail_px: int = _THUMBNAIL_PX,
    tile_px: int = _TILE_PX,
    stats: ReadStats | None = None,
    cancelled: CancelCheck | None = None,
    threads: int = 0,
) -> Iterator[Stills]:
    """Thumbnails (the frame halfway) and sprites (`tiles` evenly spaced frames) of many clips in one pass over a video.

    Yields each clip's as soon as they are written; a window without frames is no error but a `Stills` that says so.
    Damage in frames that no picture shows may go unnoticed. Raises `VideoError` where the video can't be read or a
    picture can't be written.
    """
    wanted = {clip.key: clip for clip in clips}
    requests = {clip.key: _requests(clip, tiles, thumbnail_px, tile_px) for clip in clips}
    reading = [ClipRequest(key, wanted[key].window, asked) for key, asked in requests.items() if asked]
    collected: dict[Hashable, dict[FrameRequest, list[Image]]] = {}
    for event in read(path, reading, stats=stats, cancelled=cancelled, threads=threads, leave_out="unwanted"):
        if isinstance(event, Sample):
            collected.setdefault(event.key, {}).setdefault(event.request, []).append(event.image)
        if not isinstance(event, ClipEnd):
            continue
        clip = wanted[event.key]
        images = collected.pop(event.key, {})
        if not event.samples:
            yield Stills(
                key=clip.key, thumbnail_path=None, sprite_path=None, sprite=None, error="no frame lies in this window"
            )
            continue
        if clip.thumbnail_path is not None:
            write_jpeg(clip.thumbnail_path, images[_halfway(clip, thumbnail_px)][-1])
        sprite = None
        if clip.sprite_path is not None:
            sprite = _write_sprite(clip.sprite_path, images[_spread(clip, tiles, tile_px)], tiles, columns)
        yield Stills(key=clip.key, thumbnail_path=clip.thumbnail_path, sprite_path=clip.sprite_path, sprite=sprite)


def make_thumbnail(
    path: AnyPlace, t_s: float, out_path: str | Path, *, short_side_px: int = _THUMBNAIL_PX, threads: int = 0
) -> float:
    """Writes the first frame shown at or after `t_s` as a JPEG, and returns its time in seconds.

    A time at or past the end gives the first frame of the video instead. Raises `VideoError` where the video can't be
    read or the picture can't be written.
    """
    from engine.video.decoder import PyAVSource

    for at_s in (max(0.0, t_s), 0.0):
        source = PyAVSource(path, ReadStats(), threads=threads, leave_out="unwanted")
        try:
            picture = source.frame_at_or_after(at_s)
            if picture is not None:
                write_jpeg(Path(out_path), picture.image(short_side_px, "rgb"))
                return picture.t_s
        finally:
            source.close()
    raise VideoError(path, "has no frame to show.", remedy="Copy or download it again.")


def make_sprite(
    path: AnyPlace,
    window: Window,
    out_path: str | Path,
    columns: int = 4,
    *,
    n: int = 12,
    tile_px: int = _TILE_PX,
) -> Sprite:
    """Writes `n` evenly spaced frames of the window as one JPEG grid, and returns its layout.

    Raises `VideoError` where no frame lies in the window.
    """
    clip = ClipStills(None, window, sprite_path=Path(out_path))
    for stills in make_thumbnails(path, [clip], tiles=n, columns=columns, tile_px=tile_px):
        if stills.sprite is not None:
            return stills.sprite
    raise VideoError(
        path, f"has no frame between {window.start_s:g} s and {window.end_s:g} s.", remedy="Choose another window."
    )


def write_jpeg(path: Path, image: Image) -> None:
    """Writes `(height, width, 3) uint8` RGB or `(height, width) uint8` grey under a temporary name, then renames it."""
    import cv2

    pixels = np.ascontiguousarray(image)
    bgr = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1]
    try:
        write_whole(path, encoded.tobytes(), durable=False)  # there are thousands, and they are quick to make again
    except OSError as error:
        raise VideoError(
            path, f"can't be written ({error.strerror or error}).", remedy="Check the free space and permissions there."
        ) from error


def _requests(clip: ClipStills, tiles: int, thumbnail_px: int, tile_px: int) -> tuple[FrameRequest, ...]:
    halfway = (_halfway(clip, thumbnail_px),) if clip.thumbnail_path is not None else ()
    spread = (_spread(clip, tiles, tile_px),) if clip.sprite_path is not None else ()
    return halfway + spread


def _halfway(clip: ClipStills, thumbnail_px: int) -> FrameRequest:
    # Two, because the second is the one wanted; the first replaces it where the clip is too short.
    return FrameRequest(2 / clip.window.duration_s, thumbnail_px)


def _spread(clip: ClipStills, tiles: int, tile_px: int) -> FrameRequest:
    return FrameRequest(tiles / clip.window.duration_s, tile_px)


def _write_sprite(path: Path, images: list[Image], tiles: int, columns: int) -> Sprite:
    """Writes one grid. A clip with fewer frames than tiles repeats its last: every sprite has the same layout."""
    height, width = images[0].shape[:2]
    sprite = Sprite(tiles, min(columns, tiles), width, height)
    grid = np.zeros((sprite.rows * height, sprite.columns * width, 3), np.uint8)
    for tile in range(tiles):
        row, column = divmod(tile, sprite.columns)
        image = images[min(tile, len(images) - 1)]
        grid[row * height : (row + 1) * height, column * width : (column + 1) * width] = image
    write_jpeg(path, grid)
    return sprite
