"""Jobs that ended while a person was on some page: each is news once in a session, and kept until it was looked at."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import streamlit as st

from app.reports.job_words import ending
from storage.jobs import ENDED

if TYPE_CHECKING:
    from app.reports.job_words import Ending
    from app.services import Services
    from storage.jobs import Job

__all__ = ["News", "finished", "fresh", "gather", "looked"]

KEY = "job-news"
FRESH_S = 12.0
"""How long a message about an ended job stays on the page."""
LOOKED_BACK = 60
"""So many of the latest jobs are held against what is known."""
MOST_KEPT = 8


@dataclass(frozen=True)
class News:
    """One job that ended since its person last looked."""

    job: Job
    ending: Ending
    seen_s: float
    """When this session first showed it, on the monotonic clock."""


@dataclass
class _Desk:
    """What one session knows: until when it has read, and what it has not looked at yet."""

    read_until: datetime
    known: set[tuple[int, datetime]] = field(default_factory=set)
    kept: list[News] = field(default_factory=list)


_lock = threading.Lock()
_last_seen: dict[str, datetime] = {}
"""Workspace → when a session of this process last read its news: the next session goes on from there."""


def _desk(services: Services) -> _Desk:
    root = str(services.workspace.root)
    if KEY not in st.session_state:
        with _lock:
            st.session_state[KEY] = _Desk(_last_seen.get(root, datetime.now(UTC)))
    with _lock:
        _last_seen[root] = datetime.now(UTC)
    desk: _Desk = st.session_state[KEY]
    return desk


def gather(services: Services) -> bool:
    """Take in the jobs that have ended since this session last asked; returns whether one of them is news."""
    desk, found = _desk(services), False
    for job in reversed(services.workspace.jobs.find(states=ENDED, limit=LOOKED_BACK)):
        if job.ended_at is None or job.ended_at < desk.read_until or (job.job_id, job.ended_at) in desk.known:
            continue
        desk.known.add((job.job_id, job.ended_at))
        failures = services.workspace.jobs.failures(job.job_id, 1) if job.failed else []
        said = ending(job, failures)
        if said is not None:
            kept = [news for news in desk.kept if news.job.job_id != job.job_id]  # it was resumed
            desk.kept = [*kept, News(job, said, time.monotonic())][-MOST_KEPT:]
            found = True
    return found


def finished(services: Services) -> list[News]:
    """What has ended since the person looked, the latest first."""
    return _desk(services).kept[::-1]


def fresh(services: Services) -> list[News]:
    """What has ended just now."""
    return [news for news in _desk(services).kept if time.monotonic() - news.seen_s < FRESH_S]


def looked(services: Services, job_id: int | None = None) -> None:
    """The person has looked at one of them, or at all."""
    desk = _desk(services)
    desk.kept = [] if job_id is None else [news for news in desk.kept if news.job.job_id != job_id]
