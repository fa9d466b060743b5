"""Downloads files over HTTP: several at once, resumed after a stop, retried, and verified.

A file grows as `NAME.part`, with `NAME.part.json` beside it for the version that the server was sending; it gets its
name only when it is complete and its checksum, if known, is right.
"""

from __future__ import annotations

import errno
import random
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import httpx

from engine.download.part import Part
from engine.download.progress import Meter
from engine.download.types import DownloadReport, FailedTransfer, FinishedTransfer, Progress, Transfer
from engine.errors import DownloadError
from engine.files.digest import md5_of_file

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["RetryPolicy", "download_all", "target_path"]

_WAIT_STEP_S = 0.05
_CHECK_DISK_EVERY_BYTES = 16 << 20
RESERVE_BYTES = 256 << 20
"""Disk space kept free while a file of unknown length is downloaded: it may never end."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When to give up on a file. Attempts that made progress do not count against `attempts`.

    The wait before attempt n + 1 is drawn uniformly from the upper half of first_wait_s · 2ⁿ, at most longest_wait_s,
    or is what the server asks for.
    """

    attempts: int = 6
    first_wait_s: float = 1.0
    longest_wait_s: float = 60.0
    timeout_s: float = 30.0

    def wait_s(self, failures: int, requested_s: float | None) -> float:
        if requested_s is not None:
            return min(requested_s, self.longest_wait_s)
        full_s = min(self.first_wait_s * 2.0 ** min(failures - 1, 16), self.longest_wait_s)
        return full_s * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, no secret


class _CancelledError(Exception):
    """The caller cancelled the transfer."""


class _TryAgainError(Exception):
    """This attempt failed, but another may succeed."""

    def __init__(self, reason: str, *, after_s: float | None = None) -> None:
        self.after_s = after_s
        super().__init__(reason)


def download_all(
    transfers: Sequence[Transfer],
    folder: Path,
    *,
    workers: int = 4,
    policy: RetryPolicy | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> DownloadReport:
    """Fetch `transfers` into `folder`, `workers` at once. A file that fails does not stop the others.

    `on_progress` is called from worker threads, one at a time, a few times a second. When `is_cancelled` turns true the
    transfers stop and their parts stay for the next time. Files that are there already (with the right MD5, if known)
    are not fetched again. Raises DownloadError, and stops them all, when the folder can't be written or the disk is
    full, or when a target would lie outside `folder`.
    """
    targets = [target_path(folder, transfer.relative_path) for transfer in transfers]
    if len(set(targets)) < len(targets):
        raise DownloadError("Two of the files to fetch have the same name, and one would replace the other.")
    job = _Job(policy or RetryPolicy(), Meter(len(transfers), on_progress), is_cancelled)
    with job.open_client(workers) as client, ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
        job.client = client
        try:
            outcomes = list(pool.map(job.run, transfers, targets))
        finally:
            job.stop()  # after an interrupt the pool would wait for every file
    if job.fatal is not None:
        raise job.fatal
    job.meter.finish()
    return DownloadReport(
        tuple(outcome for outcome in outcomes if isinstance(outcome, FinishedTransfer)),
        tuple(outcome for outcome in outcomes if isinstance(outcome, FailedTransfer)),
        cancelled=any(outcome is None for outcome in outcomes),
    )


def target_path(folder: Path, relative_path: str) -> Path:
    """The path that a file is saved at. Raises DownloadError when it is not inside `folder`, with links resolved."""
    relative = PurePosixPath(relative_path)
    root = folder.resolve()
    path = root.joinpath(*relative.parts)
    outside = relative.is_absolute() or ".." in relative.parts or not relative.parts or "\\" in relative_path
    if outside or not path.resolve().is_relative_to(root):
        raise DownloadError(f"{relative_path!r} would be written outside {str(folder)!r}, so it was refused.")
    return path


class _Job:
    """State shared by the transfers of one call."""

    client: httpx.Client

    def __init__(self, policy: RetryPolicy, meter: Meter, is_cancelled: Callable[[], bool]) -> None:
        self.policy = policy
        self.meter = meter
        self.is_cancelled = is_cancelled
        self.fatal: DownloadError | None = None
        self._stopped = threading.Event()

    def open_client(self, workers: int) -> httpx.Client:
        return httpx.Client(
            follow_redirects=True,
            timeout=self.policy.timeout_s,
            # With compression in transit, byte ranges would not be those of the file.
            headers={"Accept-Encoding": "identity", "User-Agent": "handpicked"},
            limits=httpx.Limits(max_connections=max(1, workers)),
        )

    def stop(self) -> None:
        self._stopped.set()

    def check(self) -> None:
        """Raise _CancelledError when this transfer should stop."""
        if self._stopped.is_set() or self.is_cancelled():
            self._stopped.set()
            raise _CancelledError

    def run(self, transfer: Transfer, target: Path) -> FinishedTransfer | FailedTransfer | None:
        """Run one transfer; None when it was cancelled."""
        try:
            self.check()
            outcome = self._finish_or_fetch(transfer, target)
        except _CancelledError:
            return None
        except DownloadError as error:
            self.meter.drop(transfer.name)
            return FailedTransfer(transfer.name, str(error))
        except OSError as error:
            self.fatal = self.fatal or _disk_error(target, error)
            self._stopped.set()
            return None
        self.meter.complete(transfer.name, outcome.size_bytes)
        return outcome

    def _finish_or_fetch(self, transfer: Transfer, target: Path) -> FinishedTransfer:
        if target.is_file() and (transfer.md5 is None or md5_of_file(target, lambda _: self.check()) == transfer.md5):
            return _finished(transfer, target, already_there=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        part = Part(target)
        for last_time in (False, True):
            self._fetch(transfer, part)
            found = md5_of_file(part.path, lambda _: self.check()) if transfer.md5 else None
            if found == transfer.md5:
                break
            part.discard()
            if last_time:
                raise DownloadError(
                    f"What {transfer.url} sends has MD5 {found}, and the list says {transfer.md5}; it was not kept.",
                    remedy="Check that the list belongs to these files.",
                )
        part.publish()
        return _finished(transfer, target, already_there=False)

    def _fetch(self, transfer: Transfer, part: Part) -> None:
        """Download the part to its full length, with as many attempts as the policy allows."""
        failures, furthest = 0, part.size_bytes
        while True:
            try:
                self._attempt(transfer, part)
            except httpx.UnsupportedProtocol as error:
                raise DownloadError(f"{transfer.url!r} is no http:// or https:// address.") from error
            except (_TryAgainError, httpx.TransportError) as error:
                if part.size_bytes > furthest:
                    failures, furthest = 0, part.size_bytes
                failures += 1
                if failures >= self.policy.attempts:
                    raise DownloadError(
                        f"{transfer.url} did not come in {failures} attempts: {_describe(error)}.",
                        remedy="What has come is kept: start again to go on from there.",
                    ) from error
                self._wait(self.policy.wait_s(failures, getattr(error, "after_s", None)))
            except (httpx.InvalidURL, httpx.HTTPError) as error:
                raise DownloadError(f"{transfer.url!r} can't be fetched: {error}.") from error
            else:
                return

    def _attempt(self, transfer: Transfer, part: Part) -> None:
        self.check()
        headers = part.resume_headers(transfer.url)
        with self.client.stream("GET", transfer.url, headers=headers) as response:
            if response.status_code == 416 and headers:
                if part.is_all_of(response.headers.get("Content-Range", "")):
                    return
                part.discard()
                raise _TryAgainError("the server no longer has the part that was asked for", after_s=0)
            _check_status(transfer, response)
            resumed = response.status_code == 206
            if resumed and not part.continues_with(response.headers):
                part.discard()
                raise _TryAgainError("the file changed on the server", after_s=0)
            total_bytes = part.begin(transfer.url, response.headers, resumed=resumed)
            self._receive(transfer.name, response, part, total_bytes)
        if total_bytes is not None and part.size_bytes != total_bytes:
            if part.size_bytes > total_bytes:
                part.discard()
            raise _TryAgainError(f"{part.size_bytes} of {total_bytes} bytes came")

    def _receive(self, name: str, response: httpx.Response, part: Part, total_bytes: int | None) -> None:
        done = part.size_bytes
        if total_bytes is not None and total_bytes - done > shutil.disk_usage(part.path.parent).free:
            raise OSError(errno.ENOSPC, "no space left")
        self.meter.begin(name, done, total_bytes)
        looked = done
        with part.open() as file:
            for chunk in response.iter_raw():
                self.check()
                if total_bytes is not None and done + len(chunk) > total_bytes:
                    break  # bytes past the stated length are not part of the file
                if done - looked >= _CHECK_DISK_EVERY_BYTES and total_bytes is None:
                    looked = done
                    _leave_room(part.path.parent)
                file.write(chunk)
                done += len(chunk)
                self.meter.advance(name, done)
            else:
                return
        part.discard()
        raise DownloadError(
            f"{response.url} goes on sending past the {total_bytes:,} bytes that it promised; nothing of it was kept.",
            remedy="Check the address; a server that does this may be broken or hostile.",
        )

    def _wait(self, wait_s: float) -> None:
        end = time.monotonic() + wait_s
        while (left_s := end - time.monotonic()) > 0:
            self.check()
            time.sleep(min(_WAIT_STEP_S, left_s))


def _leave_room(folder: Path) -> None:
    """Raise OSError (no space left) where a file of unknown length has nearly filled the disk."""
    if shutil.disk_usage(folder).free < RESERVE_BYTES:
        raise OSError(errno.ENOSPC, "no space left")


def _finished(transfer: Transfer, path: Path, *, already_there: bool) -> FinishedTransfer:
    checked = transfer.md5 is not None
    return FinishedTransfer(
        name=transfer.name, path=path, size_bytes=path.stat().st_size, md5_checked=checked, already_there=already_there
    )


def _check_status(transfer: Transfer, response: httpx.Response) -> None:
    """Return if the body can be used; else raise an error that is final or allows another try."""
    code = response.status_code
    if code in (200, 206):
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise DownloadError(f"{transfer.url} comes compressed in transit, so its length can't be known.")
        return
    if code in (408, 425, 429) or code >= 500:
        raise _TryAgainError(f"the server answered {code} {response.reason_phrase}", after_s=_retry_after_s(response))
    remedy = {
        404: "The server has no such file: check the id, or the base URL.",
        401: "The server wants credentials.",
        403: "The server refuses to give it.",
    }.get(code, "")
    raise DownloadError(f"{transfer.url} answered {code} {response.reason_phrase}.", remedy=remedy)


def _retry_after_s(response: httpx.Response) -> float | None:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else None


def _describe(error: Exception) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "the server stopped sending"
    return str(error) or type(error).__name__


def _disk_error(target: Path, error: OSError) -> DownloadError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DownloadError(
            f"The disk is full: {str(target)!r} could not be written.",
            remedy="Free some space and start again: what has come is kept.",
        )
    return DownloadError(f"{str(target)!r} could not be written: {error.strerror or error}.")
