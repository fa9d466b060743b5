"""Adds up the sizes stated in the page headers of a Parquet file, by which the reader allocates memory.

Every page begins with a header in Thrift's compact protocol (`PageHeader` of the Parquet format). The footer's sizes
may be small and correct while one page header states two gigabytes, which the reader then allocates at once.
"""

from __future__ import annotations

import mmap
from typing import TYPE_CHECKING, Any

from engine.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from pyarrow.parquet import ColumnChunkMetaData, FileMetaData

__all__ = ["check_pages"]

_MOST_PAGES = 100_000
_MOST_DEPTH = 8

# Fields of PageHeader, and the one field that its inner headers share.
UNPACKED_BYTES, PACKED_BYTES, DATA, DICTIONARY, DATA_V2 = 2, 3, 5, 7, 8
_NUM_VALUES = 1
_LENGTH_BYTES = 4
"""Size of the length before each text of a dictionary."""

# Kinds of values in the compact protocol.
STOP, TRUE, FALSE, BYTE, DOUBLE, BINARY, LIST, SET, MAP, STRUCT, UUID = 0, 1, 2, 3, 7, 8, 9, 10, 11, 12, 13
_FIXED_BYTES = {TRUE: 0, FALSE: 0, BYTE: 1, DOUBLE: 8, UUID: 16}


def check_pages(path: Path, about: FileMetaData, most_bytes: int, read: Collection[int]) -> None:
    """Raise `FormatError` where the pages of the columns in `read` (numbers of leaves, in the file's order) are
    invalid, or take more than `most_bytes` unpacked."""
    unpacked_bytes = pages = 0
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        for group in range(about.num_row_groups):
            for place in read:
                for size_bytes in _sizes(data, about.row_group(group).column(place)):
                    unpacked_bytes += size_bytes
                    pages += 1
                    if unpacked_bytes > most_bytes or pages > _MOST_PAGES:
                        raise FormatError(f"its pages would take more than {most_bytes / 1e6:,.0f} MB of memory")


def _sizes(data: mmap.mmap, chunk: ColumnChunkMetaData) -> list[int]:
    """The unpacked size of each page of a column in a group of rows, in bytes."""
    at = chunk.data_page_offset
    if chunk.has_dictionary_page and 0 < (chunk.dictionary_page_offset or 0) < at:
        at = chunk.dictionary_page_offset
    sizes: list[int] = []
    left = chunk.num_values
    while left > 0:
        header = _Thrift(data, at)
        page = header.struct()
        at = header.at
        unpacked, packed = page.get(UNPACKED_BYTES), page.get(PACKED_BYTES)
        if not isinstance(unpacked, int) or not isinstance(packed, int) or min(unpacked, packed) < 0:
            raise FormatError(f"a page of its column {chunk.path_in_schema!r} has no size")
        at += packed
        if at > len(data):
            raise FormatError(f"a page of its column {chunk.path_in_schema!r} ends beyond the file")
        sizes.append(unpacked)
        if len(sizes) > _MOST_PAGES:
            raise FormatError(f"its column {chunk.path_in_schema!r} has more than {_MOST_PAGES:,} pages")
        left -= _values(page, chunk, left, unpacked)
    return sizes


def _values(page: dict[int, Any], chunk: ColumnChunkMetaData, left: int, unpacked: int) -> int:
    """Number of the column's values in a page; 0 for a dictionary. Raises `FormatError` for an impossible number."""
    inner = page.get(DATA) or page.get(DATA_V2)
    dictionary = page.get(DICTIONARY)
    found = (inner or dictionary or {}).get(_NUM_VALUES, 0)
    least_bytes = _LENGTH_BYTES if chunk.physical_type == "BYTE_ARRAY" else 1
    most = left if inner else unpacked // least_bytes
    if not isinstance(found, int) or not 0 <= found <= most:
        raise FormatError(f"a page of its column {chunk.path_in_schema!r} claims {found:,} values, which it can't hold")
    return found if inner else 0


class _Thrift:
    """Reads Thrift's compact protocol from an offset on; texts and lists are skipped."""

    def __init__(self, data: mmap.mmap, at: int) -> None:
        self._data = data
        self.at = at

    def struct(self, depth: int = 0) -> dict[int, Any]:
        """Field → number, or fields of an inner struct. Raises `FormatError`."""
        if depth > _MOST_DEPTH:
            raise FormatError("a header of a page is nested too deep")
        fields: dict[int, Any] = {}
        number = 0
        while (first := self._byte()) & 0x0F != STOP:
            number = number + (first >> 4) if first >> 4 else self._number()
            fields[number] = self._value(first & 0x0F, depth)
        return fields

    def _value(self, kind: int, depth: int) -> Any:
        if kind in _FIXED_BYTES:
            return self._skip(_FIXED_BYTES[kind])
        if kind == BINARY:
            return self._skip(self._unsigned())
        if kind == STRUCT:
            return self.struct(depth + 1)
        if kind in (LIST, SET, MAP):
            # A page header has none; a later version of the format might.
            raise FormatError("a header of a page holds a list")
        if kind > UUID:
            raise FormatError("a header of a page is damaged")
        return self._number()

    def _byte(self) -> int:
        if not 0 <= self.at < len(self._data):
            raise FormatError("a page begins beyond the file")
        self.at += 1
        return self._data[self.at - 1]

    def _skip(self, count: int) -> None:
        self.at += count

    def _unsigned(self) -> int:
        value = 0
        for shift in range(0, 70, 7):
            byte = self._byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        raise FormatError("a header of a page is damaged")

    def _number(self) -> int:
        value = self._unsigned()
        return (value >> 1) ^ -(value & 1)
