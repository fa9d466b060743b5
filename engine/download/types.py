"""Types of a download: requests, progress and report. Plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["DownloadReport", "FailedTransfer", "FinishedTransfer", "Progress", "Transfer"]


@dataclass(frozen=True, slots=True)
class Transfer:
    """One file to fetch: from `url` to `relative_path` (with `/`) under the target folder, with its MD5 if known."""

    name: str
    url: str
    relative_path: str
    md5: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Progress of all transfers together. `bytes_total` is None until the length of every started file is known.

    `bytes_total` covers the files started so far; `fraction` is set where a tool reports only that.
    """

    files_done: int
    files_total: int
    bytes_done: int
    bytes_total: int | None
    rate_bytes_s: float
    name: str = ""
    fraction: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedTransfer:
    """A file that is complete at `path`. `already_there`: it was before; `md5_checked`: its MD5 was verified."""

    name: str
    path: Path
    size_bytes: int
    md5_checked: bool
    already_there: bool


@dataclass(frozen=True, slots=True)
class FailedTransfer:
    """A file that could not be downloaded, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class DownloadReport:
    """Results of some transfers, in the order requested. When `cancelled`, those in neither list were not finished."""

    finished: tuple[FinishedTransfer, ...]
    failed: tuple[FailedTransfer, ...]
    cancelled: bool = False
