"""Names and texts that come with others' data: the one gate that they pass before they meet a path or a table.

The types are for Pydantic models of what comes from outside; `name_problem` and `path_problem` say the same of plain
strings. Whoever joins such a name to a folder still asks the workspace (`storage/paths.py`), which looks at the result.
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
"""Devices on Windows, whatever stands behind the dot."""
MAX_PART_BYTES = 200
"""A file system takes 255, and `.part` and the like come on top."""
MAX_PATH_BYTES = 700
MAX_PARTS = 12
MAX_LINE_CHARS = 300
"""A clip's id is a video's name and a window, so a line is longer than a name."""
MAX_TEXT_CHARS = 20_000

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
_NOT_IN_PARTS = re.compile(r'[<>"|?*]')
OUTSIDE = "it would lie outside its folder"


def name_problem(name: str) -> str | None:
    """Why `name` can't be an id that becomes a file's or a folder's name; None where it can."""
    if not _NAME.fullmatch(name) or name.endswith(".") or RESERVED.fullmatch(name):
        return "it can't be a name on disk: letters, digits, `_`, `-` and `.` only, 96 at most"
    return None


def path_problem(path: str) -> str | None:
    """Why `path`, with `/` between its parts, can't be a file below a folder of ours on every system; else None.

    Refused are paths that leave the folder (absolute, `..`, a drive, a share), and names that a system takes for
    something else: devices, trailing dots and blanks, control characters, wildcards, names that are too long.
    """
    parts = path.split("/")
    if not path or "\\" in path or ":" in path or path.startswith("/") or {"..", "."} & set(parts):
        return OUTSIDE
    if has_lone_surrogate(path):
        return "its name has half of a surrogate pair"
    too_long = len(path.encode()) > MAX_PATH_BYTES or any(len(p.encode()) > MAX_PART_BYTES for p in parts)
    if too_long or len(parts) > MAX_PARTS:
        return "its name is too long"
    if any(_odd(part) for part in parts):
        return "its name is none that every system takes"
    return None


def fold(path: str) -> str:
    """The form in which two paths are the same file on a disk that ignores case or composes letters."""
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
"""A SHA-256 in small hexadecimal digits, and nothing before or behind it."""
Name = Annotated[str, AfterValidator(_plain)]
"""An id that becomes the name of a file or folder."""
RelativePath = Annotated[str, AfterValidator(_inside)]
"""A path below a folder of ours."""
Line = Annotated[str, StringConstraints(max_length=MAX_LINE_CHARS), AfterValidator(one_line)]
"""What people call something, on one line."""
Text = Annotated[str, StringConstraints(max_length=MAX_TEXT_CHARS), AfterValidator(clean_text)]
"""What people say of something."""
ClockTime = Annotated[AwareDatetime, Field(ge=datetime(1970, 1, 1, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC))]
"""What a clock may have said, with its time zone. The calendar's first and last years can't be moved between zones."""
Finite = Annotated[float, Field(allow_inf_nan=False)]
"""A number that is neither infinite nor NaN."""
