"""Shards travel as tar files in pieces, and nothing that comes lands outside of its folder."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.cluster.parcels import pack, pieces_of, unpack
from engine.errors import FormatError

if TYPE_CHECKING:
    from pathlib import Path

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="/\\\0"), min_size=1, max_size=12).filter(
    lambda name: name not in (".", "..") and len(name.encode()) < 60
)


@settings(max_examples=40, deadline=None)
@given(
    files=st.dictionaries(st.tuples(NAMES, NAMES), st.binary(max_size=3000), max_size=6),
    size_bytes=st.integers(1, 5000),
)
def test_what_is_sent_arrives(
    tmp_path_factory: pytest.TempPathFactory, files: dict[tuple[str, str], bytes], size_bytes: int
) -> None:
    root = tmp_path_factory.mktemp("parcel")
    (root / "sent").mkdir()
    for (folder, name), content in files.items():
        (root / "sent" / folder).mkdir(exist_ok=True)
        (root / "sent" / folder / name).write_bytes(content)
    pieces = list(pieces_of(root / "sent", root, size_bytes))
    assert all(0 < len(piece) <= size_bytes for piece in pieces)
    pack(root / "sent", root / "whole.tar")
    assert b"".join(pieces) == (root / "whole.tar").read_bytes()
    unpack(root / "whole.tar", root / "arrived")
    arrived = [path for path in (root / "arrived").rglob("*") if path.is_file()]
    assert {path.relative_to(root / "arrived").parts: path.read_bytes() for path in arrived} == files


def test_links_are_not_sent(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "sent").mkdir()
    (tmp_path / "sent" / "link").symlink_to(tmp_path / "secret")
    (tmp_path / "sent" / "folder").symlink_to(tmp_path)
    pack(tmp_path / "sent", tmp_path / "whole.tar")
    with tarfile.open(tmp_path / "whole.tar") as tar:
        assert tar.getnames() == []


def hostile(kind: str) -> bytes:
    """A tar file that wants to write where it should not."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        member = tarfile.TarInfo({"above": "../out", "absolute": "/tmp/out", "deep": "a/../../out"}.get(kind, "a"))
        member.size = 3 if kind not in ("symlink", "hard link", "device", "folder") else 0
        if kind in ("symlink", "hard link"):
            member.type, member.linkname = (tarfile.SYMTYPE if kind == "symlink" else tarfile.LNKTYPE), "../out"
        if kind in ("device", "folder"):
            member.type = tarfile.CHRTYPE if kind == "device" else tarfile.DIRTYPE
        tar.addfile(member, io.BytesIO(b"abc") if member.size else None)
        if kind == "twice":
            tar.addfile(member, io.BytesIO(b"abc"))
    whole = out.getvalue()
    return {"cut off": whole[:513], "noise": b"\xff" * 2048, "nothing": b""}.get(kind, whole)


@pytest.mark.parametrize(
    "kind",
    [
        *("above", "absolute", "deep", "symlink", "hard link", "device", "folder"),
        *("twice", "cut off", "noise", "nothing"),
    ],
)
def test_what_is_no_plain_file_inside_is_refused(tmp_path: Path, kind: str) -> None:
    (tmp_path / "came.tar").write_bytes(hostile(kind))
    with pytest.raises((FormatError, FileExistsError)):
        unpack(tmp_path / "came.tar", tmp_path / "below" / "arrived")
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "below" / "out").exists()
