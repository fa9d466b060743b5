"""The official command, played by a script that says and does what the real one does."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

import pytest

from engine.download.ego4d import download
from engine.errors import DownloadError

if TYPE_CHECKING:
    from pathlib import Path

    from engine.download import Progress

UIDS = ["3c0dffd0-e38e-4643-bc48-d513943dc20b", "e18a43a4-1e7b-4478-bc7f-16cb55a8ac16"]

COMMAND = """#!{python}
import argparse, pathlib, sys, time
parser = argparse.ArgumentParser()
for flag in ("--output_directory", "--video_uid_file", "--version", "--aws_profile_name"):
    parser.add_argument(flag)
parser.add_argument("--datasets", nargs="+")
parser.add_argument("-y", "--yes", action="store_true")
options = parser.parse_args()
assert options.yes and options.datasets == ["full_scale"]
uids = pathlib.Path(options.video_uid_file).read_text().split()
folder = pathlib.Path(options.output_directory) / (options.version or "v2") / "full_scale"
folder.mkdir(parents=True, exist_ok=True)
{body}
"""

DELIVER = """
sys.stderr.write("100%|###| 2/2 [00:00<00:00, 9.0object/s]\\n")
print(f"Datasets to download: {options.datasets}", flush=True)
for i, uid in enumerate(uids, 1):
    (folder / f"{uid}.mp4").write_bytes(b"video")
    sys.stderr.write(f"\\r {100 * i // len(uids):3d}%|###   | 1.00M/2.00M [00:01<00:01]")
"""


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a test writes its `ego4d`; nothing else is on the PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder / "ego4d"


def install(command: Path, body: str) -> None:
    command.write_text(COMMAND.format(python=sys.executable, body=body))
    command.chmod(0o755)


def test_videos_are_delivered_with_progress(command: Path, tmp_path: Path) -> None:
    install(command, DELIVER)
    progress: list[Progress] = []
    lines: list[str] = []
    report = download(UIDS, tmp_path / "out", on_progress=progress.append, on_line=lines.append)
    assert [(done.name, done.size_bytes) for done in report.finished] == [(uid, 5) for uid in UIDS]
    assert report.finished[0].path == tmp_path / "out" / "v2" / "full_scale" / f"{UIDS[0]}.mp4"
    assert [p.fraction for p in progress] == [0.5, 1.0]
    assert lines == ["Datasets to download: ['full_scale']"]
    assert all(done.already_there for done in download(UIDS, tmp_path / "out").finished)


def test_what_was_not_delivered_is_named(command: Path, tmp_path: Path) -> None:
    install(command, "(folder / f'{uids[0]}.mp4').write_bytes(b'video')\nprint('ERROR: 1 files failed download')")
    report = download(UIDS, tmp_path / "out", version="v2_1", profile="ego4d")
    assert [done.name for done in report.finished] == UIDS[:1]
    assert "v2_1" in str(report.finished[0].path)
    assert [failed.name for failed in report.failed] == UIDS[1:]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("sys.exit('botocore.exceptions.NoCredentialsError: Unable to locate credentials')", "Sign the licence"),
        ("print('An error occurred (403) when calling HeadObject: Forbidden'); sys.exit(1)", "was refused"),
        ("print('ABORT: All S3 Objects Invalid')", "ABORT: All S3 Objects Invalid"),
        ("sys.exit(3)", "exit code 3"),
    ],
)
def test_a_run_that_fails_gives_the_commands_own_reason(command: Path, tmp_path: Path, body: str, reason: str) -> None:
    install(command, body)
    with pytest.raises(DownloadError, match=r"`ego4d` command") as caught:
        download(UIDS, tmp_path / "out")
    assert reason in str(caught.value)


@pytest.mark.usefixtures("command")
def test_without_the_command_it_says_what_to_install_and_obtain(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"not installed. Install it with `pip install ego4d`. Sign the licence"):
        download(UIDS, tmp_path)


def test_cancelling_stops_the_command_and_its_children(command: Path, tmp_path: Path) -> None:
    install(
        command,
        "import subprocess\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "(folder / f'{uids[0]}.mp4').write_bytes(b'vid')\n"
        "print(child.pid, flush=True)\ntime.sleep(60)",
    )
    pids: list[str] = []
    cancelled = threading.Event()

    def take(line: str) -> None:
        pids.append(line)
        cancelled.set()

    report = download(UIDS, tmp_path / "out", on_line=take, is_cancelled=cancelled.is_set)
    assert (report.cancelled, report.finished, report.failed) == (True, (), ())
    assert not is_running(int(pids[0]))


def is_running(pid: int) -> bool:
    import psutil

    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


@pytest.mark.usefixtures("command")
@pytest.mark.parametrize("uid", ["--help", "a b", "../../x", "short", "x" * 90])
def test_ids_that_can_be_none_are_refused(tmp_path: Path, uid: str) -> None:
    with pytest.raises(DownloadError, match="not an Ego4D video_uid"):
        download([uid], tmp_path)
    assert download([], tmp_path).finished == ()
