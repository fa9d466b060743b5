"""What an audit could not check, what is fine, and the footage in numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.markdown_text import plain, with_commands
from app.reports.audit_words import number_value, unknown_reasons
from app.reports.number_words import axis_title

if TYPE_CHECKING:
    from engine.audit.report import AuditReport

__all__ = ["clear_rules", "footage_table", "unknown_rules"]


def unknown_rules(report: AuditReport) -> None:
    """The rules that could not be checked, and why."""
    reasons = unknown_reasons(report)
    if reasons:
        st.subheader("Not checked, or not all of it")
        for titles, why in reasons:
            st.markdown(f"**{plain(titles)}**: {with_commands(why)}")


def clear_rules(report: AuditReport) -> None:
    """The rules that found nothing."""
    clear = [finding for finding in report.findings if finding.standing == "clear"]
    if clear:
        with st.expander(f"Checked and fine ({len(clear)})"):
            for finding in clear:
                limit = f": {plain(finding.limit)}" if finding.limit else ""
                st.markdown(f":green[:material/check:] {plain(finding.title)}{limit}")


def footage_table(report: AuditReport) -> None:
    """Mean and spread of the numbers that findings rest on."""
    if not report.numbers:
        return
    st.subheader("The footage in numbers")
    rows = [
        {
            "number": axis_title(number.column),
            "mean over time": number_value(number, number.mean),
            "lowest tenth": number_value(number, number.p10),
            "median": number_value(number, number.median),
            "highest tenth": number_value(number, number.p90),
            "clips": number.clips,
            "unknown": number.unknown,
        }
        for number in report.numbers
    ]
    st.dataframe(rows, hide_index=True, key="audit-numbers")
