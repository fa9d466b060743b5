"""Downloads Ego4D videos with the official `ego4d` command (github.com/facebookresearch/Ego4d, ego4d/cli).

Ego4D lies in private buckets that need AWS credentials sent to licensees; only the command reads them.
"""

from __future__ import annotations

import os
import queue
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections import deque
from pathlib import Path
from typing import IO, TYPE_CHECKING

from engine.download.types import DownloadReport, FailedTransfer, FinishedTransfer, Progress
from engine.errors import DownloadError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = ["build_command", "download", "find_command"]

_DATASET = "full_scale"
_STOP_WAIT_S = 5.0

_UID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{7,79}", re.ASCII)
_PERCENT = re.compile(r"(?:^|\s)(\d{1,3})%\|")
_CREDENTIALS = re.compile(
    r"credential|aws profile|accessdenied|access denied|forbidden|invalidaccesskey|expiredtoken|\b403\b", re.IGNORECASE
)
_SIGN_UP = (
    "Sign the licence at ego4ddataset.com, wait for the AWS credentials that come by e-mail (about two days) and "
    "store them with `aws configure`."
)


def find_command() -> str:
    """The path of the `ego4d` command. Raises DownloadError, with what to install and obtain, when it is missing."""
    found = shutil.which("ego4d")
    if found is None:
        raise DownloadError(
            "Ego4D is downloaded by its own command, `ego4d`, which is not installed.",
            remedy=f"Install it with `pip install ego4d`. {_SIGN_UP}",
        )
    return found


def build_command(command: str, uid_file: Path, folder: Path, *, version: str = "", profile: str = "") -> list[str]:
    """The arguments that fetch the videos listed in `uid_file` into `folder`, without asking questions."""
    arguments = [command, "--output_directory", str(folder), "--datasets", _DATASET]
    arguments += ["--video_uid_file", str(uid_file), "--yes"]
    if version:
        arguments += ["--version", version]
    if profile:
        arguments += ["--aws_profile_name", profile]
    return arguments


def download(
    video_uids: Iterable[str],
    folder: Path,
    *,
    version: str = "",
    profile: str = "",
    on_progress: Callable[[Progress], None] = lambda _: None,
    on_line: Callable[[str], None] = lambda _: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> DownloadReport:
    """Fetch videos into `folder` and report which are there afterwards.

    `version` and `profile` are the command's own options (empty: its defaults). `on_line` gets each line that it
    prints, `on_progress` the state of its progress bar. Raises DownloadError for an invalid id, a missing command, or
    one that fails as a whole.
    """
    uids = list(dict.fromkeys(uid.strip() for uid in video_uids))
    for uid in uids:
        if not _UID.fullmatch(uid):
            raise DownloadError(f"{uid[:60]!r} is not an Ego4D video_uid.", remedy="They are in ego4d.json.")
    if not uids:
        return DownloadReport((), ())
    command = find_command()
    folder.mkdir(parents=True, exist_ok=True)
    before = set(_delivered(folder))
    with tempfile.TemporaryDirectory() as scratch:
        uid_file = Path(scratch) / "video_uids.txt"
        uid_file.write_text("\n".join(uids) + "\n", encoding="utf-8")
        arguments = build_command(command, uid_file, folder, version=version, profile=profile)
        run = _Run(arguments, len(uids), on_progress, on_line, is_cancelled)
        cancelled = run.wait()
    report = _report(uids, folder, before, cancelled=cancelled)
    if not cancelled and (run.code != 0 or (run.complaint and not report.finished)):
        raise _failure(run)
    return report


class _Run:
    """One run of the command: passes on its output lines and keeps the last ones for an error message."""

    def __init__(
        self,
        arguments: Sequence[str],
        files_total: int,
        on_progress: Callable[[Progress], None],
        on_line: Callable[[str], None],
        is_cancelled: Callable[[], bool],
    ) -> None:
        self.arguments = arguments
        self.files_total = files_total
        self.on_progress = on_progress
        self.on_line = on_line
        self.is_cancelled = is_cancelled
        self.last_lines: deque[str] = deque(maxlen=12)
        self.complaint = ""
        self.code: int | None = None

    def wait(self) -> bool:
        """Run to the end; True when it was cancelled."""
        try:
            process = subprocess.Popen(
                self.arguments,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # so that its child processes can be stopped with it
            )
        except OSError as error:
            raise DownloadError(f"The `ego4d` command can't be started: {error.strerror}.") from error
        output = process.stdout
        if output is None:  # pragma: no cover - stdout=PIPE gives one
            raise DownloadError("The `ego4d` command gave no output to read.")
        lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        reader = threading.Thread(target=_read_into, args=(output, lines), daemon=True)
        reader.start()
        try:
            return self._follow(lines, process)
        finally:
            _stop(process)
            reader.join(timeout=_STOP_WAIT_S)
            self.code = process.returncode

    def _follow(self, lines: queue.SimpleQueue[str | None], process: subprocess.Popen[bytes]) -> bool:
        while not self.is_cancelled():
            try:
                line = lines.get(timeout=0.1)
            except queue.Empty:
                continue
            if line is None:
                process.wait()
                return False
            self._take(line)
        return True

    def _take(self, line: str) -> None:
        percent = _PERCENT.search(line)
        if percent and "object" in line:
            return  # the bucket is being listed; nothing is transferred yet
        if percent:
            fraction = min(int(percent[1]), 100) / 100
            self.on_progress(
                Progress(
                    files_done=0,
                    files_total=self.files_total,
                    bytes_done=0,
                    bytes_total=None,
                    rate_bytes_s=0.0,
                    name=line[:200],
                    fraction=fraction,
                )
            )
            return
        self.last_lines.append(line)
        if line.startswith(("ABORT", "ERROR")) or "ERROR:" in line:
            self.complaint = self.complaint or line
        self.on_line(line)


def _read_into(output: IO[bytes], lines: queue.SimpleQueue[str | None]) -> None:
    try:
        for line in _split(output):
            lines.put(line)
    finally:
        lines.put(None)


def _split(output: IO[bytes]) -> Iterator[str]:
    """Yields lines as they arrive; a progress bar's lines end with a carriage return."""
    rest = b""
    while chunk := os.read(output.fileno(), 65536):
        *whole, rest = re.split(rb"[\r\n]+", rest + chunk)
        yield from (line.decode("utf-8", errors="replace").strip() for line in whole if line.strip())
    if rest.strip():
        yield rest.decode("utf-8", errors="replace").strip()


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Terminate the command and its child processes, then kill what is left."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + _STOP_WAIT_S
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)


def _report(uids: list[str], folder: Path, before: set[str], *, cancelled: bool) -> DownloadReport:
    finished, failed = [], []
    delivered = _delivered(folder)
    for uid in uids:
        path = delivered.get(uid)
        if path is not None and not (cancelled and uid not in before):
            size_bytes = path.stat().st_size
            finished.append(
                FinishedTransfer(
                    name=uid, path=path, size_bytes=size_bytes, md5_checked=False, already_there=uid in before
                )
            )
        elif not cancelled:
            failed.append(FailedTransfer(uid, "the ego4d command did not deliver it; its messages say why"))
    return DownloadReport(tuple(finished), tuple(failed), cancelled)


def _delivered(folder: Path) -> dict[str, Path]:
    """Downloaded videos by uid: the command puts them at `VERSION/full_scale/UID.mp4`."""
    return {path.stem: path for path in sorted(folder.glob(f"*/{_DATASET}/*.mp4")) if path.is_file()}


def _failure(run: _Run) -> DownloadError:
    reason = run.complaint or (run.last_lines[-1] if run.last_lines else "it printed nothing")
    if any(_CREDENTIALS.search(line) for line in run.last_lines):
        return DownloadError(f"The `ego4d` command was refused: {reason[:300]}", remedy=_SIGN_UP)
    return DownloadError(f"The `ego4d` command failed (exit code {run.code}): {reason[:300]}")
