"""Reads lists of MD5 checksums, to verify downloads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from engine.errors import DownloadError, SourceError
from engine.files.read_csv import as_utf8, read_bytes
from engine.files.values import shown

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_checksums"]

_MAX_LIST_BYTES = 64 << 20

_MD5SUM = re.compile(r"([0-9a-fA-F]{32})[ \t]+\*?(.+)")
_BSD = re.compile(r"MD5 ?\((.+)\) ?= ?([0-9a-fA-F]{32})")
_EPIC = re.compile(r"([0-9a-fA-F]{32}),([^,]+),\w+")


def read_checksums(path: str | Path) -> dict[str, str]:
    """Read a checksum list: file path (as listed, without a leading `./`) → MD5 in lower case.

    Reads what `md5sum` and BSD's `md5` print, and the `md5,file_remote_path,version` CSV of the official EPIC-KITCHENS
    scripts. Raises DownloadError when the list can't be read or has a line in another format.
    """
    try:
        text = as_utf8(path, read_bytes(path, _MAX_LIST_BYTES)).decode("utf-8-sig", errors="surrogateescape")
    except SourceError as error:
        raise DownloadError(error.message, remedy=error.remedy) from error
    checksums = {}
    for number, line in enumerate(text.splitlines(), start=1):
        entry = line.strip()
        if not entry or entry.startswith("#") or entry == "md5,file_remote_path,version":
            continue
        found = _parse(entry)
        if found is None:
            raise DownloadError(
                f"{str(path)!r}, line {number}: this is no MD5 checksum: {shown(entry)}.",
                remedy="A line is the 32 digits, two spaces and the file, as md5sum prints them.",
            )
        name, md5 = found
        checksums[name.removeprefix("./")] = md5.lower()
    return checksums


def _parse(text: str) -> tuple[str, str] | None:
    bsd = _BSD.fullmatch(text)
    if bsd:
        return bsd[1], bsd[2]
    found = _EPIC.fullmatch(text) or _MD5SUM.fullmatch(text)
    return (found[2], found[1]) if found else None
