"""The Audit page: what is wrong with the workspace's videos, annotations and clips, each with the way to its clips."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.components.audit.findings import finding_box
from app.components.audit.tables import clear_rules, footage_table, unknown_rules
from app.components.browser.messages import uninterrupted
from app.components.jobs.run_watch import run_watch
from app.components.page_head import page_head
from app.components.press import pressed
from app.components.states.empty import empty_state, leads_to
from app.components.states.loading import loading
from app.markdown_text import plain
from app.reports.audit_html import audit_html
from app.reports.audit_words import SEVERITY_WORDS, about_lines, by_weight, headline
from app.services import open_services
from app.workflows.auditing import AUDITED, audit_workspace
from app.workflows.extracting import extract_spec, standing
from engine.audit.rule import FAMILIES, SEVERITIES
from engine.audit.settings import AuditSettings
from storage.jobs import ACTIVE

if TYPE_CHECKING:
    from engine.audit.report import AuditReport

KEPT = "audit-report"
"""Session key: the state of the workspace that was audited, and its report."""

services = open_services()
workspace = services.workspace


def audited() -> AuditReport:
    """The report of the workspace as it is; kept until something that it rests on changes."""
    model = workspace.rewards.current()
    state = (
        *(workspace.clips.state(), workspace.features.state(), workspace.videos.count(), workspace.labels.counts()),
        *(model.model_id if model else None, len(workspace.validation.find()), workspace.likeness.group_search()),
        *(workspace.jobs.find(limit=1), workspace.settings.load(AuditSettings)),
    )
    kept = st.session_state.get(KEPT)
    if kept is None or kept[0] != state:
        with loading("Auditing the workspace"):
            kept = (state, audit_workspace(workspace))
        st.session_state[KEPT] = kept
    report: AuditReport = kept[1]
    return report


def measure() -> None:
    """Start measuring what the rules lack."""
    spec = extract_spec(workspace, only=AUDITED)
    if spec.items:
        services.supervisor.submit("Extract features", spec)


def again() -> None:
    """Forget the report: files are looked for anew."""
    st.session_state.pop(KEPT, None)


totals = workspace.videos.totals()
if not totals.videos and not totals.segments_waiting:
    head = page_head("Audit")
    with head:
        pressed("Audit again", key="audit-again", type="primary", why_not="There is nothing to audit yet.")
    with empty_state(
        ":material/troubleshoot:",
        "What is wrong with the data?",
        "Files that do not open, rows beyond the end of their video, dark, blurred and idle clips, clips without "
        "hands, duplicates: found before anybody labels.",
    ):
        leads_to("import_videos.py", "Import videos")
    st.stop()

report = audited()
limits = AuditSettings.model_validate(report.settings).report
head = page_head("Audit")
measuring = bool(workspace.jobs.find(states=ACTIVE, kind="extract"))
lacking = any(row.measured < row.total for row in standing(workspace) if row.extractor in AUDITED)
with head:
    st.download_button(
        "Download the page",
        lambda: audit_html(report),
        "audit.html",
        "text/html",
        icon=":material/download:",
        on_click="ignore",
    )
    if lacking or measuring:
        st.button("Audit again", key="audit-again", icon=":material/refresh:", on_click=uninterrupted(again))
        if pressed(
            "Measure the clips",
            key="audit-measure",
            type="primary",
            icon=":material/straighten:",
            why_not="The clips are being measured." if measuring else "",
        ):
            measure()
            st.rerun()
    else:
        st.button(
            "Audit again", key="audit-again", type="primary", icon=":material/refresh:", on_click=uninterrupted(again)
        )
run_watch(services, "extract")

st.markdown(f"**{plain(headline(report))}**")
counts = report.counts()
unknown = sum(finding.standing == "unknown" for finding in report.findings)
fine = sum(finding.standing == "clear" for finding in report.findings)
with st.container(horizontal=True):
    for severity in SEVERITIES:
        st.metric(SEVERITY_WORDS[severity][1].capitalize(), counts[severity], border=True)
    st.metric("Not checked", unknown, border=True)
    st.metric("Fine", fine, border=True)
for line in about_lines(report.about):
    st.caption(plain(line))

for family, title in FAMILIES.items():
    found = [finding for finding in by_weight(report) if finding.family == family]
    if found:
        st.subheader(title)
        for finding in found:
            finding_box(services, finding, named=limits.named, groups=limits.groups)
unknown_rules(report)
clear_rules(report)
footage_table(report)
