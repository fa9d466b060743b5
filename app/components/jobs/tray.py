"""The job tray in the sidebar: what runs and waits, and what has finished since one looked, on every page."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from app.components.browser.messages import uninterrupted
from app.components.jobs.news import finished, fresh, gather, looked
from app.components.states.empty import leads_to
from app.components.states.looks import STATE_LOOKS
from app.components.states.waiting import titles_ahead
from app.markdown_text import plain
from app.navigation import page_entry
from app.reports.job_words import progress_words, result_page
from storage.jobs import ACTIVE

if TYPE_CHECKING:
    from app.components.jobs.news import News
    from app.components.states.looks import StateLook
    from app.services import Services
    from storage.jobs import Job

__all__ = ["job_news", "job_tray"]

JOBS_PAGE = page_entry("jobs.py")
LOOK = Path(__file__).with_name("jobs.css")
BUSY_S, IDLE_S = 1, 5
"""How often the tray looks, in seconds, while a job is active, and while none is: another tab may start one."""
MOST_WAITING = 3
"""So many queued jobs are named; the others are counted."""


def job_tray(services: Services) -> None:
    """Show active and finished jobs, and redraw the page when one ends: it may be what the page waits for."""
    st.html(LOOK)
    active = frozenset(job.job_id for job in services.workspace.jobs.find(states=ACTIVE))
    gather(services)
    if st.session_state.get("page") == JOBS_PAGE.url_path:
        looked(services)
    st.fragment(_tray, run_every=BUSY_S if active else IDLE_S)(services, active)


def _tray(services: Services, active: frozenset[int]) -> None:
    jobs = services.workspace.jobs.find(states=ACTIVE)
    begun_elsewhere = bool(jobs) and not active
    if gather(services) or begun_elsewhere or active - {job.job_id for job in jobs}:
        st.rerun(scope="app")
    news = finished(services)
    if not jobs and not news:
        return
    running = [job for job in reversed(jobs) if job.state != "queued"]
    waiting = [job for job in reversed(jobs) if job.state == "queued"]
    with st.container(border=True, gap="small", key="job-tray"):
        for job in running:
            _running(services, job)
        for job in waiting[:MOST_WAITING]:
            words = progress_words(job, None, titles_ahead(services, job))
            st.caption(f"{STATE_LOOKS['queued'].icon} **{plain(job.title)}**  \n{plain(words)}")
        if len(waiting) > MOST_WAITING:
            st.caption(f"{len(waiting) - MOST_WAITING:,} more queued")
        if news:
            _finished(services, news)
        leads_to(JOBS_PAGE.file, "All jobs")


def _running(services: Services, job: Job) -> None:
    live = services.supervisor.live(job)
    with st.container(gap="xxsmall", key=f"job-tray-{job.job_id}"):
        st.markdown(f"**{plain(job.title)}**")
        st.progress(live.fraction if live else 0.0)
        st.caption("  \n".join(map(plain, progress_words(job, live).split(" · "))))


def _finished(services: Services, news: list[News]) -> None:
    with st.container(horizontal=True, vertical_alignment="top", gap="xsmall", key="job-tray-finished"):
        st.caption("Finished since you looked", width="stretch")
        st.button(
            "", icon=":material/close:", type="tertiary", key="job-tray-clear",
            help="Clear what has finished", on_click=uninterrupted(looked), args=(services,),
        )  # fmt: skip
    for each in news:
        where = "jobs.py" if each.ending.went_wrong else result_page(each.job.kind)
        leads_to(where, plain(each.job.title), icon=_look(each).icon, about=each.ending.text)


def _look(news: News) -> StateLook:
    return STATE_LOOKS["failed" if news.ending.went_wrong else "done"]


def job_news(services: Services) -> None:
    """A message, over the corner of the page, about every job that ended just now: its result, and where that is."""
    news = fresh(services)
    if not news or st.session_state.get("page") == JOBS_PAGE.url_path:
        return
    with st.container(key="job-news-box", gap="small"):
        for each in news:
            _message(services, each)


def _message(services: Services, news: News) -> None:
    job, wrong = news.job, news.ending.went_wrong
    where = "jobs.py" if wrong else result_page(job.kind)
    with st.container(border=True, gap="xsmall", key=f"job-news-{job.job_id}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"{_look(news).mark} **{plain(job.title)}**", width="stretch")
            st.button(
                "", icon=":material/close:", type="tertiary", key=f"job-news-close-{job.job_id}",
                help="Close this message", on_click=uninterrupted(looked), args=(services, job.job_id),
            )  # fmt: skip
        st.caption(plain(news.ending.text))
        st.html(f'<div role="status" class="job-news-spoken">{escape(f"{job.title}: {news.ending.text}")}</div>')
        leads_to(where, f"Open {page_entry(where).title}")
