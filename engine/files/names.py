"""Validates names and texts from outside before they are used in a path or a table.

The types are for Pydantic models of data from outside; `name_problem` and `path_problem` check plain strings. Code that
joins such a name to a folder still uses `storage/paths.py`, which checks the result.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

from engine.files.characters import has_lone_surrogate
from engine.files.values import clean_text, one_line

__all__ = [
    "RESERVED",
    "ClockTime",
    "Finite",
    "Line",
    "Name",
    "RelativePath",
    "Sha256",
    "Text",
    "fold",
    "name_problem",
    "path_problem",
]

RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""Names of devices on Windows, with any suffix."""
_MAX_PART_BYTES = 200
"""A file system allows 255, and suffixes such as `.part` are added."""
_MAX_PATH_BYTES = 700
_MAX_PARTS = 12
_MAX_LINE_CHARS = 300
"""Longer than a name: a clip's id is a video's name and a window."""
_MAX_TEXT_CHARS = 20_000

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
_NOT_IN_PARTS = re.compile(r'[<>"|?*]')
OUTSIDE = "it would lie outside its folder"


def name_problem(name: str) -> str | None:
    """Why `name` can't be an id that is used as a file or folder name; None where it can."""
    if not _NAME.fullmatch(name) or name.endswith(".") or RESERVED.fullmatch(name):
        return "it can't be a name on disk: letters, digits, `_`, `-` and `.` only, 96 at most"
    return None


def path_problem(path: str) -> str | None:
    """Why `path` (with `/` as separator) can't be a file below one of our folders on every system; else None.

    Refused are paths that leave the folder (absolute, `..`, a drive, a share), and names that some system treats
    specially: devices, trailing dots and blanks, control characters, wildcards, names that are too long.
    """
    parts = path.split("/")
    if not path or "\\" in path or ":" in path or path.startswith("/") or {"..", "."} & set(parts):
        return OUTSIDE
    if has_lone_surrogate(path):
        return "its name has half of a surrogate pair"
    too_long = len(path.encode()) > _MAX_PATH_BYTES or any(len(p.encode()) > _MAX_PART_BYTES for p in parts)
    if too_long or len(parts) > _MAX_PARTS:
        return "its name is too long"
    if any(_odd(part) for part in parts):
        return "its name is none that every system takes"
    return None


def fold(path: str) -> str:
    """Normal form of a path, equal for paths that are one file on a disk that ignores case or composes letters."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", path).casefold())


def _odd(part: str) -> bool:
    control = any(unicodedata.category(c) in ("Cc", "Cs") for c in part)
    return not part or control or part[-1] in ". " or bool(_NOT_IN_PARTS.search(part) or RESERVED.fullmatch(part))


def _plain(name: str) -> str:
    if problem := name_problem(name):
        raise ValueError(problem)
    return name


def _inside(path: str) -> str:
    if problem := path_problem(path):
        raise ValueError(problem)
    return path


Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 in lower-case hexadecimal digits."""
Name = Annotated[str, AfterValidator(_plain)]
"""An id that is used as the name of a file or folder."""
RelativePath = Annotated[str, AfterValidator(_inside)]
"""A relative path below one of our folders."""
Line = Annotated[str, StringConstraints(max_length=_MAX_LINE_CHARS), AfterValidator(one_line)]
"""A display name, on one line."""
Text = Annotated[str, StringConstraints(max_length=_MAX_TEXT_CHARS), AfterValidator(clean_text)]
"""A note or description, of one or more lines."""
ClockTime = Annotated[AwareDatetime, Field(ge=datetime(1970, 1, 1, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC))]
"""A plausible time with its zone. Times in the calendar's first and last years can't be converted between zones."""
Finite = Annotated[float, Field(allow_inf_nan=False)]
"""A number that is neither infinite nor NaN."""
