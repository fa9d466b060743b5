"""Lists the members of a tar by its headers alone: contents are passed over, never read.

The header blocks are parsed by the standard library; this module goes from one to the next, because `tarfile` takes a
damaged header for the end of the tar, and reads headers of any stated size into memory.
"""

from __future__ import annotations

import re
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from engine.errors import FormatError
from engine.files.characters import NOT_IN_A_LINE
from engine.files.place import BLOCK_BYTES, MAX_NAME, TarMember, header_mark
from engine.files.values import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

__all__ = ["MOST_MEMBERS", "compression", "tar_members"]

MOST_MEMBERS: Final = 1_000_000
_MOST_HEADER_BYTES: Final = 1 << 16
"""Longest header of another header: names and a few times take some hundred bytes."""
_COMPRESSED = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\3\4": "zip",
}
_LINKS = {tarfile.LNKTYPE: "a hard link", tarfile.SYMTYPE: "a link"}
_DEVICES = {tarfile.CHRTYPE: "a device", tarfile.BLKTYPE: "a device", tarfile.FIFOTYPE: "a named pipe"}
_NO_CONTENT = {*_LINKS, *_DEVICES, tarfile.DIRTYPE}
_FILES = {tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE}
_OF_THE_NEXT = {tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME}
_PASSED_OVER = {tarfile.XGLTYPE, tarfile.GNUTYPE_LONGLINK}
"""Headers of other headers: those that say something of the next member, and those that say nothing that is used."""
_IS_EXTENDED, _GOES_ON = 482, 504
"""Where old GNU headers of files with holes say that another block with holes follows."""
_RECORD = re.compile(rb"([1-9][0-9]{0,5}) ([^=]{1,200})=")


@dataclass
class _Ahead:
    """What extended headers said of the member that follows them."""

    name: str | None = None
    size_bytes: int | None = None
    is_sparse: bool = False

    def size_of(self, header: tarfile.TarInfo) -> int:
        return header.size if self.size_bytes is None else self.size_bytes

    def look(self, kind: bytes, content: bytes, size: int) -> None:
        """Take up an extended header; one that is too long gives the next member an unusable name."""
        if size > _MOST_HEADER_BYTES:
            self.name = ".."
        elif kind == tarfile.GNUTYPE_LONGNAME:
            self.name = content.partition(b"\0")[0].decode("utf-8", "surrogateescape")
        else:
            for key, value in _records(content):
                if key == b"path":
                    self.name = value.decode("utf-8", "surrogateescape")
                elif key == b"size" and value.isdigit() and len(value) < 20:
                    self.size_bytes = int(value)
                elif key.startswith(b"GNU.sparse."):
                    self.is_sparse = True


def compression(head: bytes) -> str | None:
    """The compression that a file with these first bytes is in, or None."""
    return next((name for magic, name in _COMPRESSED.items() if head.startswith(magic)), None)


def tar_members(file: BinaryIO, size_bytes: int, report: Callable[[str], None]) -> Iterator[TarMember]:
    """The regular files in an open tar of `size_bytes`, in order; everything else is passed over.

    `report` gets a sentence's end for each member that can't be used (links, devices, files with holes, names that
    lead elsewhere), and where the tar is damaged or cut short: what comes before is listed. Raises `FormatError` for
    what is no tar, `OSError` where it can't be read.
    """
    at, ahead = 0, _Ahead()
    for _ in range(MOST_MEMBERS):
        block = _read(file, at, BLOCK_BYTES)
        header = _parsed(block, at, report)
        if header is None:
            return
        begin = at + BLOCK_BYTES
        if header.type == tarfile.GNUTYPE_SPARSE:
            begin, ahead.is_sparse = _after_holes(file, block, begin), True
        size = 0 if header.type in _NO_CONTENT else ahead.size_of(header)
        if size < 0 or begin + size > size_bytes:
            name = shown(ahead.name or header.name)
            report(f"it is cut short: {name} would end at byte {begin + size:,}, the tar ends at {size_bytes:,}")
            return
        at = begin + -(-size // BLOCK_BYTES) * BLOCK_BYTES
        if header.type in _OF_THE_NEXT:
            ahead.look(header.type, _read(file, begin, min(size, _MOST_HEADER_BYTES)), size)
        elif header.type not in _PASSED_OVER:
            member = _member(header, ahead, begin, size, header_mark(block), report)
            if member is not None:
                yield member
            ahead = _Ahead()
    report(f"it has more than {MOST_MEMBERS:,} members: the others are left out")


def _member(
    header: tarfile.TarInfo, ahead: _Ahead, begin: int, size: int, mark: str, report: Callable[[str], None]
) -> TarMember | None:
    """A regular file; None, with a report, for what can't be used, and without for a folder."""
    name = ahead.name or header.name
    refused = _refused(name, header.type, is_sparse=ahead.is_sparse)
    if refused:
        report(f"{shown(name)} {refused}: it is left out")
    if refused or header.type not in _FILES:
        return None
    return TarMember(name=_tidy(name), offset=begin, size_bytes=size, mark=mark)


def _read(file: BinaryIO, at: int, count: int) -> bytes:
    file.seek(at)
    return file.read(count)


def _parsed(block: bytes, at: int, report: Callable[[str], None]) -> tarfile.TarInfo | None:
    """A header; None at the tar's end, with a report where that is none. Raises `FormatError` for what is no tar."""
    if len(block) == BLOCK_BYTES and not block.strip(b"\0"):
        if not at:
            raise FormatError("it is an empty tar")
        return None
    if not block and at:
        report("it ends without the mark that ends a tar: it may have been cut short")
        return None
    try:
        return tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError, OverflowError) as error:
        if at:
            what = "cut short" if len(block) < BLOCK_BYTES else "damaged"
            report(f"it is {what} at byte {at:,}, where a header should be: what follows is left out")
            return None
        packed = compression(block)
        if packed:
            raise FormatError(f"it is compressed ({packed}), so its members can't be read in place") from error
        raise FormatError("it is no tar" if block else "it is empty (zero bytes)") from error


def _after_holes(file: BinaryIO, header: bytes, begin: int) -> int:
    """Where the content of a file with holes begins: after the blocks that list them."""
    goes_on = header[_IS_EXTENDED]
    while goes_on:
        block = _read(file, begin, BLOCK_BYTES)
        begin += BLOCK_BYTES
        goes_on = block[_GOES_ON] if len(block) == BLOCK_BYTES else 0
    return begin


def _records(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Key and value of each record of a PAX header: `30 mtime=1795792757.123456789\\n`."""
    at = 0
    while found := _RECORD.match(content, at):
        end = at + int(found[1])
        if content[end - 1 : end] != b"\n" or end < found.end():
            return
        yield found[2], content[found.end() : end - 1]
        at = end


def _refused(name: str, kind: bytes, *, is_sparse: bool) -> str:
    """Why a member can't be used, as the end of a sentence; empty where it can, or is a folder."""
    if kind in _LINKS or kind in _DEVICES:
        return f"is {_LINKS.get(kind) or _DEVICES[kind]}, not a file"
    if kind == tarfile.DIRTYPE:
        return ""
    if is_sparse:
        return "is stored with holes, so it can't be read in place"
    if kind not in _FILES:
        return "is of a kind that is not known"
    if len(name) > MAX_NAME or not _tidy(name):
        return "has no usable name"
    if NOT_IN_A_LINE.search(name):
        return "has a name that holds control characters or is not UTF-8"
    if name.startswith("/") or "\\" in name or ".." in name.split("/"):
        return "has a name that leads out of the tar"
    return ""


def _tidy(name: str) -> str:
    """A name without `./` and double slashes, which some writers put into it."""
    return "/".join(part for part in name.split("/") if part not in ("", "."))
