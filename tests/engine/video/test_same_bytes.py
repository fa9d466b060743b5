"""The same window of the same video is cut to the same bytes, however many cores and threads there are."""

from __future__ import annotations

import os
import subprocess
import sys
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from engine.video import leave_out
from engine.video.cut import cut
from engine.video.decoder import PyAVSource
from engine.video.windows import Window
from tests.synthetic_video import write_video

if TYPE_CHECKING:
    from pathlib import Path

AFTER_A_SEEK = Window(1.6, 2.4)
SIZE = (176, 144)
"""High enough that x264 would take more threads where there are more cores."""
IN_A_PROCESS = """
import os, sys
source, out, cores = sys.argv[1:]
if cores:
    os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[: int(cores)]))
from engine.video.cut import cut
from engine.video.windows import Window
cut(source, Window(1.6, 2.4), out, max_short_side_px=100)
"""


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """75 frames at 25 a second, with a key frame every half second."""
    path = tmp_path_factory.mktemp("video") / "a.mp4"
    write_video(path, 75, fps=25, size=SIZE)
    return path


def checksum(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def cut_checksum(video: Path, out: Path, **how: Any) -> str:
    cut(video, AFTER_A_SEEK, out, **how)
    return checksum(out)


def test_neither_seeking_nor_the_decoders_threads_change_a_byte(
    video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = cut_checksum(video, tmp_path / "usual.mp4")
    monkeypatch.setattr(leave_out, "THREADS_PAY_PX", 0)
    opened = PyAVSource.__init__
    for threads in (1, 2, 5):
        for seek in (True, False):

            def other(self: PyAVSource, *args: Any, threads: int = threads, seek: bool = seek) -> None:
                opened(self, *args, threads=threads, seek=seek)

            monkeypatch.setattr(PyAVSource, "__init__", other)
            assert cut_checksum(video, tmp_path / "other.mp4") == usual


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="processes can't be bound to cores here")
def test_the_number_of_cores_changes_no_byte(video: Path, tmp_path: Path) -> None:
    made = {checksum(_in_a_process(video, tmp_path / f"{cores}.mp4", cores)) for cores in ("1", "2", "")}
    assert made == {cut_checksum(video, tmp_path / "here.mp4", max_short_side_px=100)}


def _in_a_process(video: Path, out: Path, cores: str) -> Path:
    subprocess.run([sys.executable, "-c", IN_A_PROCESS, str(video), str(out), cores], check=True)
    return out
