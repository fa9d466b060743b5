"""Writes an audit as one self-contained HTML page, for screen and paper, readable without the app and any network."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import TYPE_CHECKING

from app.reports.audit_words import (
    GROUPING_TITLES,
    SEVERITY_WORDS,
    WHOLE,
    about_lines,
    answer_words,
    by_weight,
    count_words,
    headline,
    number_value,
    percent,
    unknown_reasons,
    unknown_words,
)
from app.reports.number_words import axis_title, number_words
from app.text import plural
from engine.audit.rule import FAMILIES, SEVERITIES
from engine.audit.settings import AuditSettings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from engine.audit.fail_on import Judgement
    from engine.audit.numbers import FootageNumber
    from engine.audit.outcome import GroupRate
    from engine.audit.report import AuditReport, Finding
    from engine.audit.settings import ReportLimits
    from engine.settings_model import SettingsModel

__all__ = ["MOST_PICTURES", "audit_html"]

_STYLE = Path(__file__).with_name("audit.css")
MOST_PICTURES = 6
"""Clips that are shown by a picture under each finding."""
_MARKS = {"error": "✕", "warning": "!", "note": "i"}
"""A shape for each severity, beside its colour and its word."""


def audit_html(
    report: AuditReport, answers: tuple[Judgement, ...] = (), pictures: Mapping[str, str] | None = None
) -> str:
    """The whole page. Every text of the data is escaped, and nothing is fetched from anywhere.

    `pictures`: clip → its picture as a `data:` address, of clips that have one.
    """
    limits = AuditSettings.model_validate(report.settings).report
    found = by_weight(report)
    body = [
        _head(report),
        _answers(answers),
        *(
            _family(title, [one for one in found if one.family == family], limits, pictures or {})
            for family, title in FAMILIES.items()
        ),
        _unknown(report),
        _clear(report),
        _numbers(report.numbers, limits.groups),
        _lines(report),
        _foot(report),
    ]
    title = f"Audit of {report.about.path}"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{_text(title)}</title><style>{_STYLE.read_text(encoding='utf-8')}</style></head>"
        f"<body><main>{''.join(body)}</main></body></html>"
    )


def _head(report: AuditReport) -> str:
    counts = report.counts()
    unknown = sum(finding.standing == "unknown" for finding in report.findings)
    clear = sum(finding.standing == "clear" for finding in report.findings)
    tiles: list[tuple[str, int, str]] = [
        (severity, counts[severity], SEVERITY_WORDS[severity][counts[severity] != 1]) for severity in SEVERITIES
    ]
    tiles += [("unknown", unknown, "not checked"), ("clear", clear, "fine")]
    drawn = "".join(
        f'<li class="{name}{"" if count else " none"}"><b>{count:,}</b><span>{_text(words)}</span></li>'
        for name, count, words in tiles
    )
    about = "".join(f"<p>{_text(line)}</p>" for line in about_lines(report.about))
    return (
        f'<header><p class="kind">Audit · {_text(report.about.kind)}</p><h1>{_text(report.about.path)}</h1>'
        f'<p class="headline">{_text(headline(report))}</p><ul class="tiles">{drawn}</ul>'
        f'<div class="about">{about}</div></header>'
    )


def _foot(report: AuditReport) -> str:
    about = report.about
    made = f"Handpicked {about.app_version} · {about.made_at} · format {report.format} {report.version}"
    return f"<footer>{_text(made)}</footer>"


def _answers(answers: tuple[Judgement, ...]) -> str:
    if not answers:
        return ""
    wrong = answer_words(answers)
    failed = any(answer.answer == "failed" for answer in answers)
    standing = "failed" if failed else "open" if wrong else "passed"
    words = {"failed": "The build fails", "open": "Open: not everything could be checked", "passed": "The build passes"}
    lines = "".join(f"<li>{_text(line)}</li>" for line in wrong)
    return (
        f'<section class="build {standing}"><h2>{words[standing]}</h2>{f"<ul>{lines}</ul>" if lines else ""}</section>'
    )


def _family(title: str, found: Sequence[Finding], limits: ReportLimits, pictures: Mapping[str, str]) -> str:
    if not found:
        return ""
    drawn = "".join(_finding(one, limits.named, limits.groups, pictures) for one in found)
    return f"<section><h2>{_text(title)}</h2>{drawn}</section>"


def _finding(finding: Finding, named: int, groups: int, pictures: Mapping[str, str]) -> str:
    severity = SEVERITY_WORDS[finding.severity][0]
    mark = f'<span class="mark" aria-hidden="true">{_MARKS[finding.severity]}</span>'
    head = (
        f'<div class="line">{mark}<h3>{_text(finding.title)}</h3><span class="severity">{severity}</span>'
        f"<code>{_text(finding.rule)}</code><span class='count'>{_text(count_words(finding))}</span></div>"
    )
    bar = _bar(finding.rate) if finding.rate is not None and finding.subject not in WHOLE else ""
    limit = f' <span class="limit">Line: {_text(finding.limit)}.</span>' if finding.limit else ""
    unknown = f'<p class="quiet">{_with_commands(unknown_words(finding))}</p>' if finding.unknown else ""
    return (
        f'<article class="{finding.severity}" id="{_text(finding.rule)}">{head}{bar}'
        f"<p>{_text(finding.meaning)}{limit}</p><p><b>What to do.</b> {_with_commands(finding.remedy)}</p>{unknown}"
        f"{_shots(finding, pictures)}{_hits(finding, named)}{_groups(finding.groups, groups)}</article>"
    )


def _shots(finding: Finding, pictures: Mapping[str, str]) -> str:
    """Pictures of the first clips."""
    if finding.subject != "clip":
        return ""
    shown = [hit for hit in finding.hits if hit.id in pictures][:MOST_PICTURES]
    drawn = "".join(
        f'<figure><img src="{_text(pictures[hit.id])}" alt=""><figcaption title="{_text(hit.id)}">{_text(hit.detail)}'
        "</figcaption></figure>"
        for hit in shown
    )
    return f'<div class="shots">{drawn}</div>' if drawn else ""


def _hits(finding: Finding, named: int) -> str:
    shown = finding.hits[:named]
    if not shown or finding.subject in WHOLE:
        return ""
    rows = "".join(f"<tr><td>{_place(hit.id, hit.path)}</td><td>{_text(hit.detail)}</td></tr>" for hit in shown)
    more = finding.count - len(shown)
    rest = f'<p class="quiet">And {more:,} more: the JSON names them all.</p>' if more > 0 else ""
    label = f"The first {len(shown):,}" if more > 0 else f"All {len(shown):,}" if len(shown) > 1 else "Which one"
    return f"<details><summary>{label}</summary><table><tbody>{rows}</tbody></table>{rest}</details>"


def _place(name: str, path: str) -> str:
    """An id, with the file's name in full as its tooltip where it says more."""
    shown = name or path
    return f'<span title="{_text(path)}">{_text(shown)}</span>' if path and path != shown else _text(shown)


def _groups(groups: tuple[GroupRate, ...], most: int) -> str:
    parts = []
    for grouping, title in GROUPING_TITLES.items():
        mine = [rate for rate in groups if rate.grouping == grouping]
        if not any(rate.count for rate in mine):
            continue
        rows = "".join(
            f"<tr><th scope='row'>{_text(rate.group)}</th><td class='wide'>{_bar(rate.rate)}</td>"
            f"<td class='number'>{percent(rate.rate)}</td>"
            f"<td class='number'>{rate.count:,} of {rate.checked:,}</td></tr>"
            for rate in mine[:most]
        )
        rest = f'<p class="quiet">And {len(mine) - most:,} more.</p>' if len(mine) > most else ""
        parts.append(
            f"<details><summary>By {title.lower()}</summary><table><tbody>{rows}</tbody></table>{rest}</details>"
        )
    return "".join(parts)


def _unknown(report: AuditReport) -> str:
    about = "Nothing was found in what could be checked; of the rest nothing is said, and no number was made up."
    return _plain("Not checked, or not all of it", [(*row, "") for row in unknown_reasons(report)], about)


def _clear(report: AuditReport) -> str:
    rows = [
        (finding.title, f"`{finding.rule}`", _clear_words(finding))
        for finding in report.findings
        if finding.standing == "clear"
    ]
    return _plain("Checked and fine", rows, "")


def _clear_words(finding: Finding) -> str:
    return (finding.limit and f"None: {finding.limit}.") or "None."


def _plain(title: str, rows: Sequence[tuple[str, str, str]], about: str) -> str:
    if not rows:
        return ""
    body = "".join(
        f"<tr><th scope='row'>{_text(name)}</th><td>{_with_commands(middle)}</td>"
        f"{f'<td>{_text(last)}</td>' if last else ''}</tr>"
        for name, middle, last in rows
    )
    said = f"<p class='quiet'>{_text(about)}</p>" if about else ""
    return f"<section class='plain'><h2>{_text(title)}</h2>{said}<table><tbody>{body}</tbody></table></section>"


def _numbers(numbers: Iterable[FootageNumber], most: int) -> str:
    rows, parts = [], []
    for number in numbers:
        words = number_words(number.column)
        values = (number.mean, number.p10, number.median, number.p90)
        cells = "".join(f"<td class='number'>{_text(number_value(number, value))}</td>" for value in values)
        rows.append(
            f"<tr><th scope='row' title='{_text(words.meaning)}'>{_text(axis_title(number.column))}</th>{cells}"
            f"<td class='number'>{number.clips:,}</td><td class='number'>{number.unknown:,}</td></tr>"
        )
        parts.append(_means(number, words.title, most))
    if not rows:
        return ""
    head = "".join(
        f"<th scope='col' class='number'>{name}</th>"
        for name in ("mean over time", "lowest tenth", "median", "highest tenth", "clips", "unknown")
    )
    return (
        "<section><h2>The footage in numbers</h2><table class='numbers'><thead><tr><td></td>"
        f"{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>{''.join(parts)}</section>"
    )


def _means(number: FootageNumber, title: str, most: int) -> str:
    parts = []
    for grouping, words in GROUPING_TITLES.items():
        mine = [mean for mean in number.groups if mean.grouping == grouping]
        if not mine:
            continue
        top = max(abs(mean.mean) for mean in mine) or 1.0
        rows = "".join(
            f"<tr><th scope='row'>{_text(mean.group)}</th><td class='wide'>{_bar(abs(mean.mean) / top)}</td>"
            f"<td class='number'>{_text(number_value(number, mean.mean))}</td>"
            f"<td class='number'>{plural(mean.clips, 'clip')}</td></tr>"
            for mean in mine[:most]
        )
        rest = f"<p class='quiet'>The lowest {most:,} of {len(mine):,}.</p>" if len(mine) > most else ""
        parts.append(
            f"<details><summary>{_text(title)} by {words.lower()}</summary><table><tbody>{rows}</tbody></table>{rest}"
            "</details>"
        )
    return "".join(parts)


def _lines(report: AuditReport) -> str:
    """Every line that was drawn, with its reason."""
    settings = AuditSettings.model_validate(report.settings)
    rows = "".join(_setting_rows(settings))
    return (
        "<section class='plain'><details><summary>The lines, and why they are where they are</summary>"
        "<p class='quiet'>None was fitted to footage. A workspace has its own in settings/audit.yaml; "
        "<code>--settings</code> takes others.</p>"
        f"<table><tbody>{rows}</tbody></table></details></section>"
    )


def _setting_rows(settings: SettingsModel) -> Iterable[str]:
    for section, info in type(settings).model_fields.items():
        inner: SettingsModel = getattr(settings, section)
        for name, field in type(inner).model_fields.items():
            yield (
                f"<tr><th scope='row'>{_text(info.title or section)}: {_text(field.title or name)}</th>"
                f"<td class='number'>{_text(getattr(inner, name))}</td><td>{_text(field.description or '')}</td></tr>"
            )


def _with_commands(sentence: str) -> str:
    """One of our own sentences: what stands between backticks is code; all is escaped."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", _text(sentence))


def _bar(rate: float) -> str:
    if not rate:
        return '<span class="bar" aria-hidden="true"></span>'
    return f'<span class="bar" aria-hidden="true"><i style="width:{100 * min(1.0, max(0.0, rate)):.2f}%"></i></span>'


def _text(value: object) -> str:
    return html.escape(str(value), quote=True)
