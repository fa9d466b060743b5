"""Chooses one kind of labels (people's, a model's judgement, simulated ones), and says it beside annotators' names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.components.feedback import remark
from app.text import named

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.preference.kinds import LabelKind

__all__ = ["WHO", "about_kind", "choose_kind", "with_kind"]

WHO: dict[LabelKind, str] = {
    "people": "People",
    "model": "A model’s judgement",
    "simulated": "Simulated annotators",
}
"""Kind → who gave the labels, as a choice."""
ABOUT: dict[LabelKind, str] = {
    "simulated": (
        "These answers were given by simulated annotators: from the hidden quality of sample clips, or from the "
        "composite score where the name says so. They are never counted together with people’s."
    ),
    "model": (
        "These answers are a model’s judgement: a model that looked at the clips, not people. They are never counted "
        "together with people’s."
    ),
}
MARKS: dict[LabelKind, str] = {"simulated": "simulated", "model": "a model’s judgement"}


def choose_kind(
    kinds: Sequence[LabelKind], counts: Mapping[LabelKind, int] | None = None, *, key: str, label: str = "Labels by"
) -> LabelKind:
    """Choose one of `kinds`, by default the first; nothing is drawn for one alone. `counts`: labels of each."""
    if len(kinds) < 2:
        return kinds[0]
    titles = {kind: WHO[kind] if counts is None else f"{WHO[kind]} ({counts[kind]:,})" for kind in kinds}
    return st.segmented_control(label, list(kinds), format_func=named(titles), default=kinds[0], required=True, key=key)


def about_kind(kind: LabelKind) -> None:
    """Say what labels are that people did not give."""
    if kind in ABOUT:
        remark(ABOUT[kind], ":material/smart_toy:")


def with_kind(annotator: str, kind: LabelKind) -> str:
    """An annotator's name, with the kind where it is not a person's."""
    return f"{annotator} ({MARKS[kind]})" if kind in MARKS else annotator
