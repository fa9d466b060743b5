"""What one rule of an audit found: how many, what it means, which ones, and the way to its clips."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.components.clips.library_address import library_link
from app.components.clips.wall import clips_wall
from app.components.states.empty import leads_to
from app.markdown_text import code, plain, with_commands
from app.reports.audit_words import GROUPING_TITLES, SEVERITY_WORDS, WHOLE, count_words, percent, unknown_words

if TYPE_CHECKING:
    from app.components.states.looks import BadgeColour
    from app.services import Services
    from engine.audit.report import Finding
    from engine.audit.rule import Severity

__all__ = ["finding_box"]

LOOKS: dict[Severity, tuple[BadgeColour, str]] = {
    "error": ("red", ":material/error:"),
    "warning": ("orange", ":material/warning:"),
    "note": ("blue", ":material/info:"),
}
MOST_SHOWN = 6
"""The most clips that a finding shows."""
MOST_LINKED = 8
"""The most videos that a finding links to."""


def finding_box(services: Services, finding: Finding, *, named: int, groups: int) -> None:
    """Draw a finding; `named` and `groups` are the most things and groups that are listed."""
    colour, icon = LOOKS[finding.severity]
    with st.container(border=True, gap="small", key=f"audit-{finding.rule}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{plain(finding.title)}**", width="content")
            st.badge(SEVERITY_WORDS[finding.severity][0], icon=icon, color=colour)
            st.caption(code(finding.rule), width="stretch")
            st.markdown(f"**{count_words(finding)}**", width="content")
        limit = f" Line: {plain(finding.limit)}." if finding.limit else ""
        st.markdown(f"{plain(finding.meaning)}{limit}")
        st.caption(f"What to do: {with_commands(finding.remedy)}")
        if finding.unknown:
            st.caption(with_commands(unknown_words(finding)))
        if finding.subject == "clip":
            shown = {hit.id: hit.detail for hit in finding.hits[:MOST_SHOWN]}
            clips_wall(services, shown, key=f"audit-wall-{finding.rule}")
            # Read when it is pressed: of a million clips, putting each into words takes seconds.
            link = f"audit-show-{finding.rule}"
            library_link(len(finding.hits), lambda: [hit.id for hit in finding.hits], key=link)
        elif finding.subject == "video":
            _videos(finding)
        if finding.subject not in WHOLE:
            with st.expander("Which ones"):
                _hits(finding, named)
                _rates(finding, groups)


def _videos(finding: Finding) -> None:
    """Links to the videos themselves, as far as they are in the workspace."""
    with st.container(horizontal=True, gap="small"):
        for hit in finding.hits[:MOST_LINKED]:
            if hit.path and finding.rule != "video-not-here":
                leads_to("videos.py", plain(hit.id), about=plain(hit.path), video=hit.id)


def _hits(finding: Finding, named: int) -> None:
    shown = finding.hits[:named]
    rows = [{"which": hit.id or hit.path, "found": hit.detail, "file": hit.path} for hit in shown]
    st.dataframe(rows, hide_index=True, key=f"audit-hits-{finding.rule}")
    if finding.count > len(shown):
        st.caption(f"And {finding.count - len(shown):,} more: the page as a file, or `handpicked audit --json`.")


def _rates(finding: Finding, groups: int) -> None:
    for grouping, title in GROUPING_TITLES.items():
        mine = [rate for rate in finding.groups if rate.grouping == grouping]
        if any(rate.count for rate in mine):
            rows = [
                {title: rate.group, "rate": percent(rate.rate), "found": rate.count, "checked": rate.checked}
                for rate in mine[:groups]
            ]
            st.dataframe(rows, hide_index=True, key=f"audit-{grouping}-{finding.rule}")
