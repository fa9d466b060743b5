"""Walking folders with everything in them that a real disk, or an unkind person, has."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from engine.sources import list_files
from engine.sources.video_files import Folder, FolderOptions


def touch(path: Path, content: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def names(paths: tuple[Path, ...], root: Path) -> list[str]:
    return [str(path.relative_to(root)) for path in paths]


def test_files_come_in_a_fixed_order_whatever_their_names(tmp_path: Path) -> None:
    odd = ["b.mp4", "a/z.dat", "a/no suffix", "c d/e'f\".AVI", "new\nline.mov", "émoji 🎬.mkv"]
    for name in odd:
        touch(tmp_path / name)
    listing = list_files([tmp_path])
    assert names(listing.files, tmp_path) == [
        "a/no suffix",
        "a/z.dat",
        "b.mp4",
        "c d/e'f\".AVI",
        "new\nline.mov",
        "émoji 🎬.mkv",
    ]
    assert listing.problems == ()
    assert list_files([tmp_path]) == listing


def test_hidden_files_and_companions_are_passed_over_unless_named(tmp_path: Path) -> None:
    for name in [
        "GX010001.MP4",
        "GX010001.THM",
        "GX010001.LRV",
        "notes.txt",
        "._GX010001.MP4",
        ".hidden.mp4",
        ".git/a.mp4",
    ]:
        touch(tmp_path / name)
    listing = list_files([tmp_path])
    assert names(listing.files, tmp_path) == ["GX010001.MP4"]
    assert listing.companions_count == 3
    assert names(list_files([tmp_path / "notes.txt"]).files, tmp_path) == ["notes.txt"]


def test_folder_loops_end(tmp_path: Path) -> None:
    touch(tmp_path / "a" / "v.mp4")
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "self").symlink_to(tmp_path / "self")
    listing = list_files([tmp_path])
    assert names(listing.files, tmp_path) == ["a/v.mp4"]
    assert ["already read" in problem.reason for problem in listing.problems] == [True, False]
    assert "leads nowhere" in listing.problems[1].reason


def test_links_are_followed_and_the_same_file_is_taken_once(tmp_path: Path) -> None:
    real = touch(tmp_path / "real" / "v.mp4")
    inside = tmp_path / "in"
    inside.mkdir()
    (inside / "folder").symlink_to(real.parent)
    (inside / "v-link.mp4").symlink_to(real)
    (inside / "gone.mp4").symlink_to(tmp_path / "nothing")
    listing = list_files([inside])
    assert names(listing.files, inside) == ["folder/v.mp4"]
    assert ["leads nowhere" in p.reason or "the same file as" in p.reason for p in listing.problems] == [True, True]
    assert list_files([inside], follow_links=False).files == ()


def test_paths_given_twice_are_taken_once_without_a_word(tmp_path: Path) -> None:
    path = touch(tmp_path / "v.mp4")
    listing = list_files([path, tmp_path, str(path), tmp_path])
    assert (listing.files, listing.problems) == ((path,), ())


def test_what_is_no_plain_file_is_never_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("socket.mp4")
        listing = list_files([tmp_path, "/dev/null"])
    assert listing.files == ()
    assert [problem.reason.split(",")[0] for problem in listing.problems] == [
        "it is a FIFO",
        "it is a socket",
        "it is a device",
    ]


def test_names_that_are_not_utf8_are_to_be_renamed(tmp_path: Path) -> None:
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.mp4")).write_text("x")
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/d\xff")).mkdir()
    except OSError:
        pytest.skip("this file system refuses names that are not UTF-8")
    touch(tmp_path / "v.mp4")
    listing = list_files([tmp_path])
    assert names(listing.files, tmp_path) == ["v.mp4"]
    assert [problem.path.rpartition("/")[2] for problem in listing.problems] == [r"caf\xe9.mp4", r"d\xff"]
    assert all("rename it" in str(problem) for problem in listing.problems)
    "".join(map(str, listing.problems)).encode("utf-8")


def test_missing_paths_and_unreadable_folders_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path / "locked" / "v.mp4")
    touch(tmp_path / "open" / "v.mp4")
    scan = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("locked"):  # rights do not hold for root, as whom tests may run
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    listing = list_files([tmp_path / "none", tmp_path])
    assert names(listing.files, tmp_path) == ["open/v.mp4"]
    assert ["no such file" in listing.problems[0].reason, "Permission denied" in listing.problems[1].reason] == [
        True,
        True,
    ]


def test_a_deep_tree_is_walked(tmp_path: Path) -> None:
    folder = tmp_path
    for _ in range(300):
        folder = folder / "d"
    folder.mkdir(parents=True)
    touch(folder / "v.mp4")
    assert len(list_files([tmp_path]).files) == 1


def test_what_another_source_reads_is_named(tmp_path: Path) -> None:
    """A mixed folder: nothing in it is passed over without a word."""
    touch(tmp_path / "a.mp4")
    touch(tmp_path / "shards" / "000.tar")
    touch(tmp_path / "shards" / "001.tar")
    touch(tmp_path / "set" / "meta" / "info.json", '{"codebase_version": "v3.0", "features": {}}')
    touch(tmp_path / "other" / "meta" / "info.json", "{}")
    tars, sets = Folder(FolderOptions()).listing([tmp_path]).notes
    assert tars.startswith(f"2 tars, such as {tmp_path / 'shards' / '000.tar'} were not looked into")
    assert sets.startswith(f"{tmp_path / 'set'} is a LeRobot data set")
    assert Folder(FolderOptions()).listing([tmp_path / "a.mp4"]).notes == ()
