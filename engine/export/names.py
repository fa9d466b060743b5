"""Makes file names safe for any file system."""

from __future__ import annotations

import re
import unicodedata

from engine.files.names import RESERVED

__all__ = ["clip_file_name", "safe_name"]

_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f\s]+')
"""Characters that Windows refuses in a name (a superset of other systems'), and white space, which breaks scripts."""
_MAX_NAME_BYTES = 120


def safe_name(text: str, *, max_bytes: int = _MAX_NAME_BYTES) -> str:
    """`text` as one component of a path on any file system: never empty, hidden, reserved or too long.

    Two texts may give the same name: callers that need unique names add a number.
    """
    spaced = _FORBIDDEN.sub("_", unicodedata.normalize("NFC", text))
    name = "".join(c for c in spaced if not unicodedata.category(c).startswith("C")).strip("._- ")
    name = name.encode()[:max_bytes].decode(errors="ignore").rstrip("._- ")
    if RESERVED.fullmatch(name):
        name = f"_{name}"
    return name or "clip"


def clip_file_name(rank: int, video: str, start_s: float, end_s: float, *, digits: int = 4) -> str:
    """The name of a cut clip: `0007_P01_11_12500-15000.mp4`, its rank, its video, its window in milliseconds."""
    times = f"{round(start_s * 1000)}-{round(end_s * 1000)}"
    return f"{rank:0{digits}d}_{safe_name(video, max_bytes=80)}_{times}.mp4"
