"""Addresses of files and of members of tars: every name survives, nothing else is taken for one, no byte beyond."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import FormatError, VideoError
from engine.files.digest import sha256_of_file
from engine.files.place import MAX_NAME, FilePlace, TarMember, missing_of, place_of
from tests.tars import member_place, write_tar

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=60)
PARTS = st.lists(TEXT.filter(lambda text: "/" not in text and text not in (".", "..")), min_size=1, max_size=4)
MEMBERS = st.builds(
    TarMember,
    name=TEXT,
    offset=st.integers(1, 1 << 40).map(lambda blocks: blocks * 512),
    size_bytes=st.integers(0, 1 << 45),
    mark=st.text("0123456789abcdef", min_size=8, max_size=8),
)


@given(PARTS, MEMBERS)
def test_every_tar_and_every_name_survive_the_address(parts: list[str], member: TarMember) -> None:
    place = FilePlace(Path("/", *parts), member)
    address = place.address
    assert FilePlace.parse(address) == place
    assert place_of(address) == place_of(place) == place
    assert not os.path.isabs(address), "stored paths of files are absolute: none can be this address"  # noqa: PTH117


@given(PARTS)
def test_every_path_is_its_own_address(parts: list[str]) -> None:
    path = Path("/", *parts)
    assert FilePlace.parse(str(path)) == FilePlace(path) == place_of(path)
    assert FilePlace(path).address == str(FilePlace(path)) == str(path)


@given(PARTS, MEMBERS)
def test_an_address_that_was_treated_as_a_path_is_refused(parts: list[str], member: TarMember) -> None:
    """So that a forgotten `Path(address)` fails, instead of naming another member or another file."""
    spoilt = str(Path(FilePlace(Path("/", *parts), member).address))
    with pytest.raises(FormatError):
        FilePlace.parse(spoilt.replace("//", "/"))


@given(st.text(max_size=80))
def test_what_begins_like_an_address_is_one_or_refused(text: str) -> None:
    try:
        place = FilePlace.parse(f"tar:{text}")
    except FormatError:
        return
    assert place.address == f"tar:{text}"


@pytest.mark.parametrize(
    "address",
    [
        "tar:",
        "tar:/data/a.tar//b.mp4",
        "tar:512+10+00000000:a.tar//b.mp4",
        "tar:512+10+00000000:/data/../a.tar//b.mp4",
        "tar:512+10+00000000:/data/a.tar//",
        "tar:512+10+00000000:///data/a.tar//b",
        "tar:513+10+00000000:/a.tar//b.mp4",
        "tar:0+10+00000000:/a.tar//b.mp4",
        "tar:512+00+00000000:/a.tar//b.mp4",
        "tar:512+9999999999999999+00000000:/a.tar//b.mp4",
        "tar:512+10+0000000g:/a.tar//b.mp4",
        "tar:512+10+00000000:/a.tar//b\0.mp4",
        "tar:512+10+00000000:/a.tar//" + "b" * (MAX_NAME + 1),
        "tar:-512+10+00000000:/a.tar//b.mp4",
        "tar:٥١٢+10+00000000:/a.tar//b.mp4",
    ],
)
def test_invalid_addresses_are_refused_in_a_sentence(address: str) -> None:
    with pytest.raises(FormatError):
        FilePlace.parse(address)


def test_a_member_is_read_like_a_file_of_its_own(tmp_path: Path) -> None:
    content = bytes(range(256)) * 40
    (tmp_path / "own.bin").write_bytes(content)
    tar = tmp_path / "a.tar"
    write_tar(tar, [("x/before.txt", b"secret before"), ("x/own.bin", content), ("after", b"secret after")])
    place, own = member_place(tar, "x/own.bin"), FilePlace(tmp_path / "own.bin")
    assert (place.name, place.stem, place.suffix, place.size_bytes) == ("own.bin", "own", ".bin", len(content))
    assert (place.title, str(place)) == ("a.tar › own.bin", f"{tar} › x/own.bin")
    assert place.exists()
    assert place.is_file()
    assert sha256_of_file(place) == sha256_of_file(place.address) == sha256_of_file(own)
    with place.open() as one, own.open() as other:
        for whence, offset in ((0, 300), (1, 17), (2, -5), (2, 10), (0, 0), (0, len(content))):
            assert one.seek(offset, whence) == other.seek(offset, whence)
            assert one.read(1000) == other.read(1000)
        one.seek(0)
        assert one.read() == content
        with pytest.raises((OSError, ValueError)):
            one.seek(-1)


@given(st.data())
def test_no_read_goes_beyond_the_member(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.getbasetemp()
    content = data.draw(st.binary(min_size=1, max_size=2000))
    tar = folder / "slices.tar"
    write_tar(tar, [("a", b"\xaa" * 700), ("b", content), ("c", b"\xcc" * 700)])
    truth = io.BytesIO(content)
    with member_place(tar, "b").open() as file:
        for offset, count in data.draw(st.lists(st.tuples(st.integers(0, 3000), st.integers(-1, 3000)), max_size=6)):
            file.seek(offset)
            truth.seek(offset)
            assert file.read(count) == truth.read(count)


def test_a_tar_that_was_written_anew_is_noticed(tmp_path: Path) -> None:
    """Other members at the same offset, of the same size: the bytes would pass for the old ones."""
    tar = tmp_path / "a.tar"
    write_tar(tar, [("one.mp4", b"1" * 600), ("two.mp4", b"2" * 600)])
    old = member_place(tar, "two.mp4")
    write_tar(tar, [("one.mp4", b"1" * 600), ("other.mp4", b"3" * 600)])
    assert not old.exists()
    assert old.is_changed()
    with pytest.raises(VideoError, match="written anew"):
        old.open()
    write_tar(tar, [("one.mp4", b"1" * 600), ("two.mp4", b"2" * 600)])
    assert old.exists()


def test_a_tar_that_was_cut_short_is_noticed(tmp_path: Path) -> None:
    tar = tmp_path / "a.tar"
    write_tar(tar, [("one.mp4", b"1" * 6000)])
    place = member_place(tar, "one.mp4")
    os.truncate(tar, 3000)
    with pytest.raises(VideoError, match="cut short: its tar ends after 3,000 bytes"):
        place.open()
    assert place.is_changed()


def test_what_is_no_regular_file_is_not_opened(tmp_path: Path) -> None:
    """A pipe that took a tar's place would block for ever."""
    tar = tmp_path / "a.tar"
    write_tar(tar, [("one.mp4", b"1" * 600)])
    place = member_place(tar, "one.mp4")
    tar.unlink()
    os.mkfifo(tar)
    assert not place.exists()
    assert not place.is_changed()
    with pytest.raises(OSError, match="no regular file"):
        place.open()


def test_missing_files_and_members_are_found_together(tmp_path: Path) -> None:
    tar, gone = tmp_path / "a.tar", tmp_path / "gone.tar"
    for one in (tar, gone):
        write_tar(one, [("one.mp4", b"1"), ("two.mp4", b"2")], kind=tarfile.PAX_FORMAT)
    (tmp_path / "own.mp4").write_bytes(b"own")
    places = [member_place(one, name).address for one in (tar, gone) for name in ("one.mp4", "two.mp4")]
    gone.unlink()
    paths = [str(tmp_path / "own.mp4"), str(tmp_path / "never.mp4")]
    assert missing_of([*places, *paths]) == {*places[2:], paths[1]}
    write_tar(tar, [("one.mp4", b"1"), ("three.mp4", b"2")])
    assert missing_of(places[:2]) == {places[1]}
