"""The worker processes that run beside a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["workers_of"]


def workers_of(folder: Path) -> list[psutil.Process]:
    """The worker processes of the jobs in `folder`."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        line = process.info["cmdline"] or []
        if "engine.worker" in line and any(part.startswith(str(folder)) for part in line):
            found.append(process)
    return found
