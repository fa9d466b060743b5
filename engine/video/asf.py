"""Reads the duration in the header of an ASF or WMV file, which FFmpeg does not report for a truncated file."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.files.place import FilePlace

__all__ = ["asf_length_s"]

_FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_HEADER_BYTES = 64 << 10
_PLAY_DURATION = struct.Struct("<16x8x16x8x8x8xQ8xQI")
"""Fields read from the File Properties object: play duration in 100 ns, preroll in ms, and flags."""
_IS_BROADCAST = 1


def asf_length_s(place: FilePlace) -> float:
    """Duration in seconds from the header's file properties; 0 where it has none or was written while recording."""
    with place.open() as file:
        head = file.read(_HEADER_BYTES)
    at = head.find(_FILE_PROPERTIES)
    if at < 0 or len(head) < at + _PLAY_DURATION.size:
        return 0.0
    duration, preroll_ms, flags = _PLAY_DURATION.unpack_from(head, at)
    return 0.0 if flags & _IS_BROADCAST else max(0.0, duration / 1e7 - preroll_ms / 1e3)
