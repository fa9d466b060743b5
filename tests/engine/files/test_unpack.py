"""A zip file from a stranger is unpacked whole, or refused in words with nothing left behind."""

from __future__ import annotations

import shutil
import stat
import struct
import zipfile
from typing import TYPE_CHECKING

import pytest

from engine.cancel import Cancelled
from engine.errors import FormatError
from engine.files import unpack as module
from engine.files.unpack import check_members, open_zip, unpack
from tests.hostile import limited

if TYPE_CHECKING:
    from pathlib import Path


def taken_apart(path: Path, out: Path) -> None:
    with open_zip(path) as packed:
        check_members(packed, path.stat().st_size)
        unpack(packed, "", out)


def refusal(path: Path) -> str:
    """Why a zip file is refused; nothing may be left of it."""
    out = path.parent / "out"
    with pytest.raises(FormatError) as caught:
        taken_apart(path, out)
    assert not out.exists()
    assert not list(path.parent.glob(".*.part"))
    return str(caught.value)


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    """A sound zip file of two files."""
    path = tmp_path / "sound.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("top/a.txt", "a" * 1000)
        made.writestr("top/b/c.txt", "c")
    return path


def written(path: Path, *names: str, content: bytes = b"x") -> Path:
    with zipfile.ZipFile(path, "w") as made:
        for name in names:
            made.writestr(name, content)
    return path


def test_a_sound_file_is_unpacked(packed: Path, tmp_path: Path) -> None:
    taken_apart(packed, tmp_path / "out")
    assert (tmp_path / "out/top/a.txt").read_text() == "a" * 1000
    assert (tmp_path / "out/top/b/c.txt").read_text() == "c"


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x", "C:/x", "con", "a/nul.txt", "x" * 300, "a\nb", "a./b"])
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    assert "can't be unpacked" in refusal(written(tmp_path / "evil.zip", "fine.txt", name))


def test_names_that_are_one_file_are_refused(tmp_path: Path) -> None:
    assert "twice" in refusal(written(tmp_path / "case.zip", "a/B.txt", "A/b.txt"))
    assert "twice" in refusal(written(tmp_path / "form.zip", "\u00fc.txt", "u\u0308.txt"))
    assert "a file and a folder" in refusal(written(tmp_path / "both.zip", "a", "a/b"))


def test_links_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "link.zip"
    with zipfile.ZipFile(path, "w") as made:
        info = zipfile.ZipInfo("link")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        made.writestr(info, "/etc/passwd")
    assert "is a link" in refusal(path)


def test_encrypted_and_unknown_methods_are_refused_in_words(packed: Path) -> None:
    content = bytearray(packed.read_bytes())
    central = content.index(b"PK\x01\x02")
    for offset, value, reason in ((8, 1, "encrypted"), (10, 99, "method 99")):
        changed = bytearray(content)
        struct.pack_into("<H", changed, central + offset, value)
        packed.write_bytes(changed)
        assert reason in refusal(packed)


def test_members_that_share_bytes_are_refused(packed: Path) -> None:
    content = bytearray(packed.read_bytes())
    second = content.index(b"PK\x01\x02", content.index(b"PK\x01\x02") + 1)
    struct.pack_into("<I", content, second + 42, 0)  # its header is the first one's
    packed.write_bytes(content)
    assert "overlaps" in refusal(packed)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made, made.open("zeros", "w") as opened:
        for _ in range(200):
            opened.write(bytes(1 << 20))
    assert "would unpack to 210 MB" in refusal(path)


def test_a_list_of_millions_of_members_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "members.zip"
    directory = 300 << 20
    with path.open("wb") as file:
        file.truncate(directory)
        file.seek(directory)
        file.write(struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 65535, 65535, directory, 0, 0))
    said = limited(
        "from engine.files.unpack import open_zip",
        "with open_zip(Path(sys.argv[1])): print('opened')",
        path,
        megabytes=200,
    )
    assert "refused: its list of members is larger than 134 MB" in said


def test_where_there_is_no_room_nothing_is_written(packed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(packed)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=module.RESERVE_BYTES + 500))
    assert "MB free on that disk" in refusal(packed)


def test_a_disk_that_fills_midway_is_left_as_it_was(packed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "_write", full)
    assert refusal(packed) == "No space left on device"


def test_a_damaged_member_leaves_nothing_of_the_others(packed: Path) -> None:
    content = packed.read_bytes()
    packed.write_bytes(content.replace(b"top/b/c.txtc", b"top/b/c.txtd", 1).replace(content[40:44], b"\xff" * 4, 1))
    assert "sound zip" in refusal(packed)


def test_a_cancel_leaves_nothing(packed: Path, tmp_path: Path) -> None:
    def stop(_done: int, _of: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled), open_zip(packed) as opened:
        unpack(opened, "", tmp_path / "out", stop)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sound.zip"]


def test_two_who_unpack_the_same_file_are_not_in_each_others_way(packed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    others = 0

    def as_well(_done: int, _of: int) -> None:
        nonlocal others
        if not others:
            others += 1
            with open_zip(packed) as again:
                unpack(again, "", out)

    with open_zip(packed) as opened:
        unpack(opened, "", out, as_well)
    assert others == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "sound.zip"]
    with open_zip(packed) as opened:
        assert module.is_unpacked(opened, "", out)
