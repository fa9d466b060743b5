"""Tars are listed by their headers alone, and whatever is wrong with one is named."""

from __future__ import annotations

import gzip
import io
import tarfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import FormatError
from engine.files.place import FilePlace
from engine.files.tar_headers import tar_members
from tests.hostile import NAMES, mutated
from tests.tars import member_place, write_tar

if TYPE_CHECKING:
    from pathlib import Path

    from engine.files.place import TarMember


def listed(content: bytes) -> tuple[list[TarMember], list[str]]:
    """The members, and what is said of the others."""
    said: list[str] = []
    return list(tar_members(io.BytesIO(content), len(content), said.append)), said


def tar_of(*infos: tuple[tarfile.TarInfo, bytes], kind: int = tarfile.GNU_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=kind) as tar:
        for info, content in infos:
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def info(name: str, kind: bytes = tarfile.REGTYPE, **more: object) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type = kind
    for key, value in more.items():
        setattr(made, key, value)
    return made


@pytest.mark.parametrize("kind", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@given(data=st.data())
def test_members_are_those_of_the_standard_library(
    kind: int, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Names of any length and script, contents of any size, in each format: read to the byte."""
    longest = 90 if kind == tarfile.USTAR_FORMAT else 300
    letters = st.characters(categories=["L", "N"], max_codepoint=0x7F if kind == tarfile.USTAR_FORMAT else None)
    names = data.draw(st.lists(st.text(letters, min_size=1, max_size=longest), unique=True, max_size=5))
    members = [(name, data.draw(st.binary(max_size=1500))) for name in names]
    path = tmp_path_factory.getbasetemp() / f"{kind}.tar"
    write_tar(path, [*members, ("last", b"x")], kind=kind)
    found, said = listed(path.read_bytes())
    assert said == []
    assert [one.name for one in found] == [*names, "last"]
    for member, (_, content) in zip(found, members, strict=False):
        with FilePlace(path, member).open() as file:
            assert file.read() == content
        assert member_place(path, member.name).member == member


def test_ten_thousand_members_are_listed_by_their_headers(tmp_path: Path) -> None:
    """A gigabyte of contents: two blocks a member are read, a header and nothing of what follows."""
    path, size = tmp_path / "a.tar", 100_000
    with path.open("wb") as out:
        for number in range(10_000):
            header = info(f"factory_001/{number:06d}.mp4", size=size).tobuf(tarfile.USTAR_FORMAT)
            out.write(header)
            out.seek(-(-size // 512) * 512, 1)
        out.write(b"\0" * 1024)
    with Counting(path) as file:
        found = list(tar_members(file, path.stat().st_size, pytest.fail))
        assert len(found) == 10_000
        assert path.stat().st_size > 1_000_000_000
        assert file.read_bytes <= 512 * 10_001


class Counting(io.FileIO):
    """A file that counts what is read of it."""

    read_bytes = 0

    def read(self, count: int | None = -1, /) -> bytes:
        content = super().read(count)
        self.read_bytes += len(content)
        return content


def test_what_is_no_plain_file_is_named_and_left_out() -> None:
    found, said = listed(
        tar_of(
            (info("folder", tarfile.DIRTYPE), b""),
            (info("a.mp4"), b"a"),
            (info("link.mp4", tarfile.SYMTYPE, linkname="/etc/passwd"), b""),
            (info("hard.mp4", tarfile.LNKTYPE, linkname="a.mp4"), b""),
            (info("null.mp4", tarfile.CHRTYPE, devmajor=1, devminor=3), b""),
            (info("pipe.mp4", tarfile.FIFOTYPE), b""),
            (info("empty.mp4"), b""),
            (info("odd.mp4", b"Q"), b"q"),
            (info("b.mp4"), b"b"),
        )
    )
    assert [one.name for one in found] == ["a.mp4", "empty.mp4", "b.mp4"]
    for name, why in {
        "link.mp4": "is a link",
        "hard.mp4": "is a hard link",
        "null.mp4": "is a device",
        "pipe.mp4": "is a named pipe",
        "odd.mp4": "of a kind that is not known",
    }.items():
        assert [one for one in said if name in one and why in one], name
    assert len(said) == 5


def test_files_with_holes_are_named_and_what_follows_is_read() -> None:
    old = bytearray(tar_of((info("holes.mp4", tarfile.GNUTYPE_SPARSE), b"h" * 600), (info("after.mp4"), b"after")))
    old[482] = 1  # another block with holes follows
    block = bytes(old[:512])
    summed = block[:148] + b" " * 8 + block[156:]
    old[148:156] = f"{sum(summed):06o}\0 ".encode()
    content = bytes(old[:512]) + bytes(512) + bytes(old[512:])
    found, said = listed(content)
    assert [one.name for one in found] == ["after.mp4"]
    assert "stored with holes" in said[0]
    pax = info("holes.mp4", pax_headers={"GNU.sparse.major": "1", "GNU.sparse.minor": "0"})
    found, said = listed(tar_of((pax, b"x"), (info("after.mp4"), b"y"), kind=tarfile.PAX_FORMAT))
    assert ([one.name for one in found], len(said)) == (["after.mp4"], 1)


@pytest.mark.parametrize(
    "name", [*NAMES, "/abs.mp4", "a/../b.mp4", "..\\b.mp4", "nl\n.mp4", "\x1b[31m.mp4", "\udcff.mp4"]
)
@pytest.mark.parametrize("kind", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_names_that_lead_elsewhere_are_left_out(name: str, kind: int) -> None:
    found, said = listed(tar_of((info(name), b"hostile"), (info("good.mp4"), b"good"), kind=kind))
    assert found[-1].name == "good.mp4"
    for member in found:
        assert not member.name.startswith("/")
        assert ".." not in member.name.split("/")
        assert "\n" not in member.name
    assert len(found) + len(said) == 2


def test_a_tar_that_is_cut_short_gives_what_is_whole() -> None:
    whole = tar_of((info("a.mp4"), b"a" * 600), (info("b.mp4"), b"b" * 600), (info("c.mp4"), b"c" * 600))
    for end, names, words in (
        (3 * 1536 + 512, "abc", None),
        (3 * 1536, "abc", "without the mark"),
        (3 * 1536 - 600, "ab", "'c.mp4' would end"),
        (2 * 1536 + 100, "ab", "cut short at byte"),
        (2 * 1536, "ab", "without the mark"),
    ):
        found, said = listed(whole[:end])
        assert [one.name for one in found] == [f"{name}.mp4" for name in names], end
        assert (words is None and not said) or (words and words in said[0]), (end, said)


def test_a_damaged_header_ends_the_list_with_a_reason() -> None:
    content = bytearray(tar_of((info("a.mp4"), b"a"), (info("b.mp4"), b"b"), (info("c.mp4"), b"c")))
    content[1024 + 20] ^= 0xFF
    found, said = listed(bytes(content))
    assert [one.name for one in found] == ["a.mp4"]
    assert said == ["it is damaged at byte 1,024, where a header should be: what follows is left out"]


def test_absurd_sizes_are_refused() -> None:
    """Octal and binary sizes beyond the file, and a negative one."""
    for size in (8**11 - 1, 1 << 60):
        header = info("a.mp4", size=size).tobuf(tarfile.GNU_FORMAT)
        assert "cut short" in listed(header + bytes(2048))[1][0]
    header = info("a.mp4", size=-512).tobuf(tarfile.GNU_FORMAT)
    assert listed(header + bytes(2048))[1]
    pax = info("a.mp4", pax_headers={"size": "9" * 19})
    found, said = listed(tar_of((pax, b"x"), kind=tarfile.PAX_FORMAT))
    assert (found, len(said)) == ([], 1)


def test_long_headers_of_headers_take_no_memory() -> None:
    """A name of a gigabyte would be read whole by the standard library."""
    name = info("././@LongLink", tarfile.GNUTYPE_LONGNAME)
    found, said = listed(tar_of((name, b"x" * 200_000), (info("a.mp4"), b"a"), (info("b.mp4"), b"b")))
    assert [one.name for one in found] == ["b.mp4"]
    assert len(said) == 1


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b"hello", "no tar"),
        (b"\0" * 1024, "empty tar"),
        (gzip.compress(tar_of((info("a.mp4"), b"a")), mtime=0), "compressed (gzip)"),
        (b"BZh9" + b"x" * 600, "compressed (bzip2)"),
        (b"\x28\xb5\x2f\xfd" + b"x" * 600, "compressed (zstd)"),
        (b"\xfd7zXZ\0" + b"x" * 600, "compressed (xz)"),
        (b"PK\3\4" + b"x" * 600, "compressed (zip)"),
        (b"\0\0\0\x18ftypmp42" + b"x" * 600, "no tar"),
    ],
)
def test_what_is_no_tar_is_refused_with_a_reason(content: bytes, why: str) -> None:
    with pytest.raises(FormatError) as refused:
        listed(content)
    assert why in str(refused.value)


def test_mutated_tars_end_in_a_list_or_in_our_own_error() -> None:
    whole = tar_of(
        (info("x" * 300 + ".mp4"), b"a" * 700),
        (info("b.mp4", pax_headers={"comment": "é" * 50}), b"b"),
        (info("c.json"), b"{}"),
    )
    for seed in range(400):
        content = mutated(whole, seed)
        try:
            found, _ = listed(content)
        except FormatError:
            continue
        assert all(one.end <= len(content) for one in found)
