"""The one open workspace of this process, and its supervisor: what every page works with."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from app.workflows.jobs.supervisor import Supervisor
from app.workflows.looking_again import look_again_jobs
from app.workflows.pictures import picture_jobs
from storage import Workspace
from storage.jobs import ACTIVE

__all__ = ["Services", "close_services", "open_services"]


@dataclass(frozen=True)
class Services:
    """The open workspace and its supervisor, as a page uses them."""

    workspace: Workspace
    supervisor: Supervisor

    def make_pictures(self) -> None:
        """Start the jobs that make missing pictures, unless one is queued or running."""
        if not any(job.kind in ("pictures", "previews") for job in self.workspace.jobs.find(states=ACTIVE)):
            for job in picture_jobs(self.workspace):
                self.supervisor.submit(job.title, job.spec)

    def look_again(self) -> None:
        """Start the job that re-reads facts of videos imported by earlier versions, unless it is queued or running."""
        if not self.workspace.jobs.find(states=ACTIVE, kind="look_again"):
            for job in look_again_jobs(self.workspace):
                self.supervisor.submit(job.title, job.spec)


_lock = threading.Lock()
_open: Services | None = None


def open_services() -> Services:
    """The open workspace, opened now if need be (`$HANDPICKED_WORKSPACE`, else `./workspace`).

    Raises what `Workspace` raises where it can't be opened; the next call tries again.
    """
    global _open  # noqa: PLW0603 - one workspace a process, as DuckDB has it
    with _lock:
        if _open is None:
            workspace = Workspace()
            _open = Services(workspace, Supervisor(workspace))
            _open.look_again()
        return _open


def close_services() -> None:
    """Stop jobs cleanly (they can be resumed) and close the workspace."""
    global _open  # noqa: PLW0603
    with _lock:
        if _open is not None:
            _open.supervisor.close()
            _open.workspace.close()
            _open = None
