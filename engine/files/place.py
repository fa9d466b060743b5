"""Where a file lies: on its own, or inside a tar that is read where it is, without unpacking it.

A place has one text form, its address, which the store and the jobs keep. That of a file of its own is its path. That
of a member of a tar is

    tar:1536+1048576+9f3a2b1c:/data/shard-000000.tar//factory_001/000123.mp4

with the offset of the member's content, its size in bytes, the CRC-32 of its header, the tar's path and the member's
name. It can't be taken for a path: stored paths are absolute, so none begins with `tar:`; and no normalised path holds
`//`, so an address that was treated as a path on its way is refused instead of naming another file.

The header stands just before the content. It is compared each time that the member is opened, so that a tar which was
written anew, with other members at other offsets, gives an error and never another member's bytes.
"""

from __future__ import annotations

import errno
import io
import os
import re
import stat
import zlib
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from engine.errors import FormatError, VideoError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["BLOCK_BYTES", "AnyPlace", "FilePlace", "TarMember", "header_mark", "missing_of", "place_of"]

BLOCK_BYTES: Final = 512
"""Headers and contents of a tar begin at multiples of this."""
_SCHEME: Final = "tar:"
_ADDRESS = re.compile(r"tar:([1-9][0-9]{0,15})\+(0|[1-9][0-9]{0,15})\+([0-9a-f]{8}):(.+?)//(.+)", re.DOTALL)
_MOST_BYTES: Final = 1 << 53
MAX_NAME: Final = 1000
"""Longest name of a member, in characters: a path that a file system can hold is not longer."""
_BUFFER_BYTES: Final = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class TarMember:
    """One file inside a tar. Raises `FormatError` for numbers and names that no member can have."""

    name: str
    offset: int
    """Where its content begins, in bytes from the start of the tar."""
    size_bytes: int
    mark: str
    """CRC-32 of its header, in hexadecimal: another member at this offset has another."""

    def __post_init__(self) -> None:
        if not BLOCK_BYTES <= self.offset <= _MOST_BYTES or self.offset % BLOCK_BYTES:
            raise FormatError("a member of a tar can't begin at that offset")
        if not 0 <= self.size_bytes <= _MOST_BYTES - self.offset:
            raise FormatError("a member of a tar can't have that size")
        if not 0 < len(self.name) <= MAX_NAME or "\0" in self.name:
            raise FormatError("a member of a tar can't have that name")

    @property
    def end(self) -> int:
        """Where its content ends, in bytes from the start of the tar."""
        return self.offset + self.size_bytes


@dataclass(frozen=True, slots=True)
class FilePlace:
    """Where a file lies. `str()` is what people read; `address` is what is stored."""

    file: Path
    """The file on disk: itself, or the tar that it is in."""
    member: TarMember | None = None

    @classmethod
    def parse(cls, address: str) -> FilePlace:
        """The place at an address. Raises `FormatError` for the address of a member that is not a valid one."""
        if not address.startswith(_SCHEME):
            return cls(Path(address))
        found = _ADDRESS.fullmatch(address)
        if found is None or not _is_normal(found[4]):
            raise FormatError(f"{address[:200]!r} is no address of a member of a tar")
        offset, size_bytes, mark, file, name = found.groups()
        return cls(Path(file), TarMember(name=name, offset=int(offset), size_bytes=int(size_bytes), mark=mark))

    @property
    def address(self) -> str:
        """The text form. Raises `FormatError` for a member of a tar whose path is not absolute and normalised."""
        if self.member is None:
            return str(self.file)
        if not _is_normal(str(self.file)):
            raise FormatError(f"{str(self.file)!r} is no absolute path without detours")
        one = self.member
        return f"{_SCHEME}{one.offset}+{one.size_bytes}+{one.mark}:{self.file}//{one.name}"

    def __str__(self) -> str:
        return str(self.file) if self.member is None else f"{self.file} › {self.member.name}"

    @property
    def title(self) -> str:
        """The file's name for people, with its tar's: `shard-000000.tar › 000123.mp4`."""
        return self.name if self.member is None else f"{self.file.name} › {self.name}"

    @property
    def name(self) -> str:
        """The file's own name, as in `000123.mp4`."""
        return self._own.name

    @property
    def stem(self) -> str:
        """The file's own name without its suffix."""
        return self._own.stem

    @property
    def suffix(self) -> str:
        """The end of the file's own name, as in `.mp4`; empty where it has none."""
        return self._own.suffix

    @property
    def _own(self) -> PurePosixPath | Path:
        return self.file if self.member is None else PurePosixPath(self.member.name)

    @property
    def size_bytes(self) -> int:
        """The file's size. Raises `OSError` where a file of its own can't be looked at."""
        return self.file.stat().st_size if self.member is None else self.member.size_bytes

    def moved_to(self, file: Path) -> FilePlace:
        """The same member in the tar at `file`; `file` itself for a file of its own."""
        return replace(self, file=file)

    def exists(self) -> bool:
        """Whether the file is there; of a member, whether its tar is there and holds it where it did."""
        if self.member is None:
            return self.file.exists()
        try:
            self.open().close()
        except (OSError, VideoError):
            return False
        return True

    def is_file(self) -> bool:
        """Whether the file is there, and is a regular one."""
        return self.file.is_file() if self.member is None else self.exists()

    def is_changed(self) -> bool:
        """Whether the tar is there but no longer holds the member where it did."""
        return self.member is not None and self.file.is_file() and not self.exists()

    def samefile(self, other: Path) -> bool:
        """Whether `other` is the file on disk that this reads, so that writing there would destroy it."""
        return self.file.exists() and other.exists() and self.file.samefile(other)

    def open(self) -> io.BufferedReader:
        """The file's bytes for reading and seeking, and no others of its tar.

        Raises `OSError` where the file can't be read, `VideoError` where the tar holds something else by now.
        """
        if self.member is None:
            return self.file.open("rb")
        tar = _opened(self.file)
        try:
            self.check(tar)
        except BaseException:
            tar.close()
            raise
        return io.BufferedReader(_Slice(tar, self.member), _BUFFER_BYTES)

    def check(self, tar: io.FileIO) -> None:
        """Raises `VideoError` where the open tar no longer holds the whole member where it did."""
        if (member := self.member) is None:
            return
        tar.seek(member.offset - BLOCK_BYTES)
        if header_mark(tar.read(BLOCK_BYTES)) != member.mark:
            raise VideoError(
                self,
                "is not where it was: its tar was written anew since it was imported.",
                remedy="Import the tar again, or put the old one back.",
            )
        size_bytes = os.fstat(tar.fileno()).st_size
        if size_bytes < member.end:
            raise VideoError(
                self,
                f"is cut short: its tar ends after {size_bytes:,} bytes, the member after {member.end:,}.",
                remedy="Copy or download the tar again.",
            )


AnyPlace = str | Path | FilePlace
"""What names a file to be read: an address, the path of a file of its own, or a place."""


def place_of(given: AnyPlace) -> FilePlace:
    """The place that is meant. Raises `FormatError` for text that is no valid address."""
    if isinstance(given, FilePlace):
        return given
    return FilePlace.parse(given) if isinstance(given, str) else FilePlace(given)


def missing_of(addresses: Iterable[str]) -> set[str]:
    """Those of these files that are gone, or that their tar no longer holds where it did; each tar is opened once."""
    missing: set[str] = set()
    by_tar: dict[Path, list[tuple[str, FilePlace]]] = {}
    for address in addresses:
        place = FilePlace.parse(address)
        if place.member is not None:
            by_tar.setdefault(place.file, []).append((address, place))
        elif not place.exists():
            missing.add(address)
    for tar, members in by_tar.items():
        missing |= _missing_in(tar, members)
    return missing


def _missing_in(tar: Path, members: list[tuple[str, FilePlace]]) -> set[str]:
    gone = set()
    try:
        with _opened(tar) as file:
            for address, place in members:
                try:
                    place.check(file)
                except (OSError, VideoError):
                    gone.add(address)
    except OSError:
        return {address for address, _ in members}
    return gone


def _opened(tar: Path) -> io.FileIO:
    """A tar, open for reading. Raises `OSError` for what is no regular file: a pipe would block."""
    if not stat.S_ISREG(tar.stat().st_mode):
        raise OSError(errno.EINVAL, "it is no regular file")
    return tar.open("rb", buffering=0)


def header_mark(header: bytes) -> str:
    """The CRC-32 of a member's header block, as addresses have it."""
    return f"{zlib.crc32(header):08x}"


def _is_normal(path: str) -> bool:
    """Whether a file's path is absolute and as short as it can be written, so that it holds no `//`."""
    whole = Path(path)
    return whole.is_absolute() and bool(whole.name) and os.path.normpath(path) == path and not path.startswith("//")


class _Slice(io.RawIOBase):
    """The bytes of one member; reading ends where the member ends."""

    def __init__(self, tar: io.FileIO, member: TarMember) -> None:
        self._tar, self._member = tar, member
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._member.size_bytes}[whence]
        if base + offset < 0:
            raise OSError(22, "Invalid argument")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        wanted = memoryview(buffer).cast("B")
        self._tar.seek(self._member.offset + self._at)
        count = self._tar.readinto(wanted[: max(0, self._member.size_bytes - self._at)]) or 0
        self._at += count
        return count

    def close(self) -> None:
        self._tar.close()
        super().close()
