"""Shows what was measured about a clip: in groups, each number with its name, unit, and percentile among all clips."""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from app.components.clips.motion_chart import motion_chart
from app.components.feedback import remark
from app.markdown_text import plain
from app.reports.number_words import number_words
from engine.features.composite import COMPOSITE
from engine.features.registry import all_columns, get

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from app.services import Services

__all__ = ["Measured", "clip_features", "measured_groups"]

CSS = Path(__file__).with_name("features.css")


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One number of a clip as people read it."""

    title: str
    value: str
    hint: str
    """The tooltip: meaning and column."""
    share: float | None
    """The share of all clips that have less of it; None where the number is not compared."""


def clip_features(services: Services, clip_id: str) -> None:
    """Draw a clip's numbers; what could not be measured stands with its reason."""
    features = services.workspace.features
    values = features.of_clip(clip_id)
    for failure in features.failures(clip_id):
        remark(f"{plain(failure.extractor)}: {plain(failure.error)}", ":material/error:")
    if not any(value is not None for value in values.values()):
        st.caption("This clip was not measured yet: extract features from the Overview.")
        return
    groups = measured_groups(values, features.percentiles_of([clip_id])[clip_id])
    st.html(CSS)
    st.html(f"<div class='numbers'>{''.join(group(title, rows) for title, rows in groups.items())}</div>")
    for said in features.notes_of_clip(clip_id):
        st.caption(f"{plain(said.extractor)} (version {said.version}): {plain(said.note)}")
    cards: dict[str, list[str]] = {}
    for extractor, card in features.cards_of_clip(clip_id).items():
        cards.setdefault(card, []).append(get(extractor).title)
    for card, extractors in cards.items():
        st.caption(f"Measured on {plain(card)}: {plain(', '.join(extractors))}.")
    motion_chart(services, clip_id)


def measured_groups(
    values: Mapping[str, float | None], shares: Mapping[str, float | None]
) -> dict[str, list[Measured]]:
    """The numbers that a clip has, by group, in the order of the extractors."""
    groups: dict[str, list[Measured]] = {}
    described = [(c.name, get(c.extractor).title, c.column) for c in all_columns()]
    described.append((f"composite_{COMPOSITE.name}", "Composite", COMPOSITE))
    for name, extractor, column in described:
        value = values.get(name)
        if value is None:
            continue
        words = number_words(name)
        unit = words.unit or column.unit
        groups.setdefault(words.group or extractor, []).append(
            Measured(
                title=words.title,
                value=f"{number(value)} {unit}".strip(),
                hint=f"{words.meaning or column.description} ({name})",
                share=shares.get(name),
            )
        )
    return groups


def number(value: float) -> str:
    """A number with as many digits as tell clips apart."""
    size = abs(value)
    if size >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.2f}" if size >= 0.1 else f"{value:.2g}"


def group(title: str, rows: Iterable[Measured]) -> str:
    """One group as HTML."""
    lines = "".join(line(row) for row in rows)
    return f"<section><h4>{html.escape(title)}</h4><dl>{lines}</dl></section>"


def line(row: Measured) -> str:
    """One number as HTML, with a bar for its percentile."""
    bar = ""
    if row.share is not None:
        percent = round(100 * row.share)
        said = f"higher than {percent} % of the clips"
        bar = f"<span class='bar' role='img' aria-label='{said}' title='{said}'><i style='width:{percent}%'></i></span>"
    title, value, hint = (html.escape(text, quote=True) for text in (row.title, row.value, row.hint))
    return f"<div title='{hint}'><dt>{title}</dt><dd>{value}{bar}</dd></div>"
