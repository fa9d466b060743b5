"""Reviews past labels: filter by annotator, clip or disagreement, watch a pair again, change an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.components.browser.messages import uninterrupted
from app.components.label.answered_pair import ANSWER_WORDS, answer_again, to_labelling, watch_answered
from app.components.label.kind_choice import choose_kind, with_kind
from app.components.states.empty import empty_state
from app.markdown_text import plain
from app.media import media_url
from app.text import ago, plural
from storage.label_review import LabelFilter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.services import Services
    from engine.preference.answers import Answer
    from engine.preference.kinds import LabelKind
    from storage.label_review import Annotator, ReviewedLabel

__all__ = ["label_review"]

PAGE_SIZE = 25
ANYBODY, ANY = "Anybody", "Any"
DIFFER = "≠ differ"
STRATEGIES = {
    "information": "most informative",
    "random": "at random",
    "repeat": "asked again",
    "near_tie": "nearly a tie",
}
"""How a pair was chosen, in words; others show as they are."""


def label_review(services: Services) -> None:
    """A filtered list of labels, and the chosen one with its clips."""
    review = services.workspace.label_review
    everybody = review.annotators()
    if not everybody:
        with empty_state(":material/fact_check:", "No labels yet", "What was answered shows here, to watch again."):
            to_labelling()
        return
    wanted = label_filter(everybody)
    found = review.count(wanted)
    if not found:
        with empty_state(":material/search_off:", "No label is like that", "Ask for less: anybody, any answer."):
            st.button("Show all labels", on_click=uninterrupted(show_all), args=(wanted.kind,))
        return
    watched = st.container()
    pages = -(-found // PAGE_SIZE)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption(plural(found, "label"), width="content")
        page = st.pagination(pages, key="review-page") if pages > 1 else 1
    rows = review.page(wanted, limit=PAGE_SIZE, offset=(min(page or 1, pages) - 1) * PAGE_SIZE)
    chosen = label_table(rows)
    with watched:
        # Before a row is chosen it is the first one, so that nothing moves when one is.
        label_view(services, chosen or rows[0])


def label_filter(everybody: Sequence[Annotator]) -> LabelFilter:
    """The filter's widgets. Labels of different kinds are never in one list."""
    kinds = list(dict.fromkeys(who.kind for who in everybody))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = choose_kind(kinds, key="review-kind")
        names = [who.name for who in everybody if who.kind == kind]
        annotator = st.selectbox("Annotator", [ANYBODY, *names], key=f"review-annotator-{kind}", width=220)
        answer = st.selectbox(
            "Answer", [ANY, *ANSWER_WORDS], format_func=lambda a: ANSWER_WORDS.get(a, a), key="review-answer", width=140
        )
        disputed = st.toggle(
            "Disagreements only",
            key="review-disputed",
            help="Pairs that were answered differently: by two people, or twice by one.",
        )
    return LabelFilter(None if annotator == ANYBODY else annotator, kind, None if answer == ANY else answer, disputed)


def show_all(kind: LabelKind) -> None:
    """Take all filters back."""
    st.session_state[f"review-annotator-{kind}"] = ANYBODY
    st.session_state["review-answer"] = ANY
    st.session_state["review-disputed"] = False


def label_table(rows: Sequence[ReviewedLabel]) -> ReviewedLabel | None:
    """A page of labels as a table; returns the selected one."""
    table = [
        {
            "left": media_url(row.left_thumbnail) if row.left_thumbnail else None,
            "right": media_url(row.right_thumbnail) if row.right_thumbnail else None,
            "answer": ANSWER_WORDS[row.answer],
            "disagreement": DIFFER if row.disputed else "",
            "annotator": with_kind(row.annotator, row.kind),
            "took": None if row.response_ms is None else row.response_ms / 1000,
            "pair chosen by": STRATEGIES.get(row.strategy, row.strategy.replace("_", " ")),
            "when": ago(row.created_at),
        }
        for row in rows
    ]
    chosen = st.dataframe(
        table,
        hide_index=True,
        row_height=56,
        on_select="rerun",
        selection_mode="single-row",
        key="review-table",
        column_config={
            "left": st.column_config.ImageColumn("Left", width="small"),
            "right": st.column_config.ImageColumn("Right", width="small"),
            "answer": st.column_config.TextColumn("Answer", width="small"),
            "disagreement": st.column_config.TextColumn(
                "Other answers", help="Whether this pair was answered differently: by another person, or another time."
            ),
            "annotator": st.column_config.TextColumn("Annotator"),
            "took": st.column_config.NumberColumn("Took", format="%.1f s", width="small"),
            "pair chosen by": st.column_config.TextColumn("Pair chosen", help="Why this pair was asked."),
            "when": st.column_config.TextColumn("When"),
        },
    ).selection.rows
    return rows[chosen[0]] if chosen and chosen[0] < len(rows) else None


def label_view(services: Services, label: ReviewedLabel) -> None:
    """One label: its clips as they were shown, and other labels about them."""
    with st.container(border=True):
        key = f"watch-{label.label_id}-{label.answer}"
        watch_answered(services, label.left_clip_id, label.right_clip_id, label.answer, key=key)
        if label.kind == "people":
            answer_again(services, label)
        others(services, label)


def others(services: Services, label: ReviewedLabel) -> None:
    """Other labels of the same two clips, with sides as in this label, and this label's earlier answers."""
    review = services.workspace.label_review
    lines = []
    for row in review.of_pair(label.left_clip_id, label.right_clip_id):
        if row.label_id == label.label_id or row.kind != label.kind:
            continue
        turned = row.left_clip_id != label.left_clip_id
        answer = swapped(row.answer) if turned else row.answer
        sides = ", sides swapped then" if turned else ""
        lines.append(f"{plain(row.annotator)}: **{ANSWER_WORDS[answer].lower()}** ({ago(row.created_at)}{sides})")
    if lines:
        st.markdown("Also about this pair: " + " · ".join(lines))
    history = review.history(label.label_id)
    if len(history) > 1:
        said = " → ".join(
            "taken back" if row.answer == "undone" else ANSWER_WORDS[row.answer].lower() for row in history
        )
        st.caption(f"History: {said}")


def swapped(answer: Answer) -> Answer:
    """The same answer about the two clips with their sides swapped."""
    if answer == "left":
        return "right"
    return "left" if answer == "right" else answer
