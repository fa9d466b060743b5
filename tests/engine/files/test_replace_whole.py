"""A file is the old one or the new one, whole, whoever else writes it and whenever the writer is killed."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from engine.files.replace_whole import copy_whole, remove_leftovers, replace_whole, temporary_beside, write_whole

if TYPE_CHECKING:
    from pathlib import Path

SIZE_BYTES = 400_000
WRITE_FOR_EVER = """
import sys; from pathlib import Path; from engine.files.replace_whole import write_whole
letter, path = sys.argv[1], Path(sys.argv[2])
print("begun", flush=True)
for _ in range(int(sys.argv[3])):
    write_whole(path, letter * 400_000)
"""


def writer(letter: str, path: Path, times: int) -> subprocess.Popen[str]:
    """A process that writes the file so many times, and has begun to."""
    command = [sys.executable, "-c", WRITE_FOR_EVER, letter, str(path), str(times)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    process.stdout.readline()
    return process


def is_whole(text: str) -> bool:
    """Whether one writer wrote all of it."""
    return len(text) == SIZE_BYTES and len(set(text)) == 1


def test_writers_in_threads_and_processes_never_mix(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    write_whole(path, "z" * SIZE_BYTES)
    errors: list[BaseException] = []

    def write(letter: str) -> None:
        try:
            for _ in range(30):
                write_whole(path, letter * SIZE_BYTES, durable=False)
        except BaseException as error:
            errors.append(error)

    processes = [writer(letter, path, 30) for letter in "ab"]
    threads = [threading.Thread(target=write, args=(letter,)) for letter in "cdef"]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads) or any(process.poll() is None for process in processes):
        assert is_whole(path.read_text(encoding="utf-8"))
    assert errors == []
    assert [process.wait(30) for process in processes] == [0, 0]
    assert [file.name for file in tmp_path.iterdir()] == ["file.txt"]


def test_a_killed_writer_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    write_whole(path, "z" * SIZE_BYTES)
    for pause_ms in (0, 3, 7, 13, 29):
        process = writer("a", path, 1_000_000)
        time.sleep(pause_ms / 1000)
        process.send_signal(signal.SIGKILL)
        process.wait(30)
        assert is_whole(path.read_text(encoding="utf-8"))
    remove_leftovers(path)
    assert [file.name for file in tmp_path.iterdir()] == ["file.txt"]


def test_an_error_midway_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_text("old")

    def write_half() -> None:
        with replace_whole(path) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_is_not_hidden_by_a_clean_up_that_fails(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()

    def fail() -> None:
        with replace_whole(folder / "file") as temporary:
            temporary.mkdir()  # can't be unlinked
            raise ValueError("the cause")

    with pytest.raises(ValueError, match="the cause"):
        fail()


def test_nothing_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), replace_whole(tmp_path / "file"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_file_keeps_its_mode_and_a_copy_its_times(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("old")
    path.chmod(0o600)
    write_whole(path, "new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    os.utime(path, (1, 1))
    copy_whole(path, tmp_path / "copy")
    assert (tmp_path / "copy").stat().st_mtime == 1


def test_a_name_of_any_length_has_a_temporary_one(tmp_path: Path) -> None:
    for name in ("x" * 255, "ü" * 127, "a", "\udcff" * 50):
        write_whole(tmp_path / name, "content")
        assert (tmp_path / name).read_text() == "content"
        assert temporary_beside(tmp_path / name) != temporary_beside(tmp_path / name)


def test_only_leftovers_of_the_file_are_removed(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    temporary_beside(path).write_text("left")
    others = [".a.txt.part", ".a.txt.notes.part", ".b.txt." + "0" * 32 + ".part", "a.txt.part"]
    for name in others:
        (tmp_path / name).write_text("somebody's")
    remove_leftovers(path)
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(others)


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    heard: list[str] = []
    reader = threading.Thread(target=lambda: heard.append(pipe.read_text()))
    reader.start()
    write_whole(pipe, "content")
    reader.join(30)
    assert heard == ["content"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
