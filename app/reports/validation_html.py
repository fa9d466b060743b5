"""Writes a validation as one self-contained HTML page, readable without the app and without network."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from app.reports import validation_charts as charts
from app.reports.validation_words import (
    UNSUPPORTED,
    WORDS,
    believed,
    circularity,
    labels_behind,
    numbers,
    subset_check_words,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.reports.validation_words import NumberRow
    from storage.validation import ClipGain, ValidationRun

__all__ = ["report_html"]

_STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c1f24}"
    "td,th{padding:.2rem .8rem;text-align:left;font-variant-numeric:tabular-nums}"
)


def report_html(run: ValidationRun, clips: Sequence[ClipGain]) -> str:
    """The whole report, charts included."""
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
    parts.append(_table(believed(report)))
    if not report.supported:
        parts.append(
            f"<p>{html.escape(UNSUPPORTED)}</p><details><summary>What was measured all the same</summary>"
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
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Validation {html.escape(run.run_id)}'
        f"</title><style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>"
    )


def _table(rows: Sequence[NumberRow]) -> str:
    body = "".join(
        f"<tr><th>{html.escape(row.number)}</th><td>{html.escape(row.value)}</td>"
        f"<td>{html.escape(row.interval)}</td><td>{html.escape(row.meaning)}</td></tr>"
        for row in rows
    )
    return f"<table>{body}</table>"
