"""Writes a validation as one self-contained HTML page, readable without the app and without network."""

from __future__ import annotations

import html
from dataclasses import asdict
from typing import TYPE_CHECKING

from app.reports import validation_charts as charts
from app.reports.success_chart import success_chart
from app.reports.success_words import (
    SUCCESS_TITLE,
    correlation_lines,
    success_about,
    success_conditions,
    success_lines,
    success_sentence,
)
from app.reports.validation_words import (
    FIRST_EDITION,
    UNSUPPORTED,
    WORDS,
    behind_words,
    believed,
    circularity,
    labels_behind,
    numbers,
    subset_check_words,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.reports.validation_words import NumberRow
    from engine.validation.success_report import SuccessReport
    from storage.validation import ClipGain, SuccessRun, ValidationRun

__all__ = ["report_html"]

_STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c1f24}"
    "td,th{padding:.2rem .8rem;text-align:left;font-variant-numeric:tabular-nums}"
)


def report_html(run: ValidationRun, clips: Sequence[ClipGain], success: SuccessRun | None = None) -> str:
    """The whole report, charts included; with success where it was counted."""
    report = run.report
    parts = [f"<h1>{html.escape(report.verdict.sentence)}</h1>"]
    if report.verdict.caveat:
        parts.append(f"<p>{html.escape(report.verdict.caveat)}</p>")
    if circularity(report.own_gains):
        parts.append(f"<p><strong>{html.escape(circularity(report.own_gains))}</strong></p>")
    about = (
        f"run {run.run_id} · model {run.model_id or 'as the settings are'}, {labels_behind(report.labels)} · "
        f"seed {run.seed} · data {run.fingerprint}"
    )
    parts.append(f"<p>{html.escape(about)}</p>")
    if report.first_edition:
        parts.append(f"<p><strong>{html.escape(FIRST_EDITION)}</strong></p>")
    if behind_words(report):
        parts.append(f"<p>{html.escape(behind_words(report))}</p>")
    parts.append(_table(believed(report)))
    if not report.supported:
        why = f"{UNSUPPORTED} {report.lacking or ''}".strip()
        parts.append(
            f"<p>{html.escape(why)}</p><details><summary>What was measured all the same</summary>"
            + _table(numbers(report))
        )
    figures = {
        "scatter": charts.scatter([clip for clip in clips if clip.reward is not None]),
        "controls": charts.forest(report.controls, report.rho),
        "keep": charts.keep_curve(report.keep),
        "groups": charts.bins_chart(report.groups.bins),
        "bases": charts.base_curve(report.base_curve, run.base_share),
    }
    if report.lds is not None:
        figures["lds"] = charts.lds_chart(report.lds)
    for number, (name, figure) in enumerate(figures.items()):
        title, meaning = WORDS[name]
        if name == "lds":
            meaning = f"{meaning} {subset_check_words(report.lds)}".strip()
        drawn = figure.to_html(full_html=False, include_plotlyjs=number == 0)
        parts.append(f"<h2>{html.escape(title)}</h2><p>{html.escape(meaning)}</p>{drawn}")
    if not report.supported:
        parts.append("</details>")
    if success is not None:
        parts.append(_success(success.report))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Validation {html.escape(run.run_id)}'
        f"</title><style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>"
    )


def _success(report: SuccessReport) -> str:
    """The section about success: its sentence, table and chart."""
    heads = ("trained on", "clips", "policies", "grasp", "placed", "approach", "placed, minus random")
    words = "".join(
        f"<p>{html.escape(text)}</p>"
        for text in (success_sentence(report), success_about(report), success_conditions(report))
    )
    table = _plain_table(heads, [tuple(asdict(line).values()) for line in success_lines(report)])
    more = _plain_table(("ρ of", "with grasp", "with placed", "with approach"), correlation_lines(report))
    drawn = success_chart(report).to_html(full_html=False, include_plotlyjs=False)
    return f"<h2>{html.escape(SUCCESS_TITLE)}</h2>{words}{drawn}{table}{more}"


def _plain_table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    if not rows:
        return ""
    top = "".join(f"<th>{html.escape(head)}</th>" for head in heads)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{top}</tr>{body}</table>"


def _table(rows: Sequence[NumberRow]) -> str:
    body = "".join(
        f"<tr><th>{html.escape(row.number)}</th><td>{html.escape(row.value)}</td>"
        f"<td>{html.escape(row.interval)}</td><td>{html.escape(row.meaning)}</td></tr>"
        for row in rows
    )
    return f"<table>{body}</table>"
