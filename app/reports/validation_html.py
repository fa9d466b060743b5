"""A validation as one HTML page that opens anywhere, without the app and without network."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from app.reports import validation_charts as charts
from app.reports.validation_words import UNSUPPORTED, WORDS, believed, circularity, foretelling, headline, numbers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from storage.validation import ValidationRun

__all__ = ["report_html"]

_STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c1f24}"
    "td,th{padding:.2rem .8rem;text-align:left;font-variant-numeric:tabular-nums}"
)


def report_html(run: ValidationRun, rows: Sequence[dict[str, Any]]) -> str:
    """The whole report, charts included."""
    results = run.results
    parts = [f"<h1>{html.escape(headline(results))}</h1>"]
    if results["verdict"]["caveat"]:
        parts.append(f"<p>{html.escape(results['verdict']['caveat'])}</p>")
    if circularity(results):
        parts.append(f"<p><strong>{html.escape(circularity(results))}</strong></p>")
    about = (
        f"run {run.run_id} · model {run.model_id or 'as the settings are'} · seed {run.seed} · data {run.fingerprint}"
    )
    parts.append(f"<p>{html.escape(about)}</p>")
    parts.append(_table(believed(results)))
    if not results["supported"]:
        parts.append(
            f"<p>{html.escape(UNSUPPORTED)}</p><details><summary>What was measured all the same</summary>"
            + _table(numbers(results))
        )
    figures = {
        "scatter": charts.scatter([row for row in rows if row["reward"] is not None]),
        "controls": charts.forest(results["controls"], results["rho"]),
        "keep": charts.keep_curve(results["keep"]),
        "groups": charts.bins_chart(results["groups"]["bins"]),
        "bases": charts.base_curve(results["base_curve"], run.settings["validation"]["pools"]["base_share"]),
    }
    if results["lds"]:
        figures["lds"] = charts.lds_chart(results["lds"])
    for number, (name, figure) in enumerate(figures.items()):
        title, meaning = WORDS[name]
        if name == "lds":
            meaning = f"{meaning} {foretelling(results['lds'])}".strip()
        drawn = figure.to_html(full_html=False, include_plotlyjs=number == 0)
        parts.append(f"<h2>{html.escape(title)}</h2><p>{html.escape(meaning)}</p>{drawn}")
    if not results["supported"]:
        parts.append("</details>")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Validation {html.escape(run.run_id)}'
        f"</title><style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>"
    )


def _table(rows: Sequence[dict[str, str]]) -> str:
    body = "".join(
        f"<tr><th>{html.escape(row['number'])}</th><td>{html.escape(row['value'])}</td>"
        f"<td>{html.escape(row['interval'])}</td><td>{html.escape(row['meaning'])}</td></tr>"
        for row in rows
    )
    return f"<table>{body}</table>"
