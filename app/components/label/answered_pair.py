"""An answered pair: both clips playing in step, with the answer outlined, and the buttons that answer it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.components.browser.messages import uninterrupted
from app.components.label.pair_viewer import median_shape, shown_clip, watch_pair
from app.components.states.empty import leads_to
from app.components.states.failed import failed_state
from app.components.states.refused import refused_state
from app.markdown_text import plain
from app.media import footage_of_clip
from engine.errors import HandpickedError
from engine.preference.answers import ANSWERS

if TYPE_CHECKING:
    from app.services import Services
    from engine.preference.answers import Answer
    from storage.label_review import ReviewedLabel
    from storage.labels import Label

__all__ = ["ANSWER_WORDS", "PART", "answer_again", "to_labelling", "to_review", "watch_answered"]

PART = "label-part"
"""Session key: which part of the Label page is open."""
ANSWER_WORDS: dict[Answer, str] = {answer: answer.capitalize() for answer in ANSWERS}
_REFUSED = "answer-again-refused"


def watch_answered(services: Services, left: str, right: str, answer: str, *, key: str) -> None:
    """Play the two clips beside each other; say so where one can't be played."""
    found = {row.clip_id: row for row in services.workspace.clips.playback([left, right])}
    shown = {clip_id: shown_clip(row, footage) for clip_id, row in found.items() if (footage := footage_of_clip(row))}
    if len(shown) == 2:
        watch_pair(shown[left], shown[right], answer=answer, shape=median_shape(list(found.values())), key=key)
        return
    with failed_state(
        "This pair can't be shown",
        "One of its clips is not in the workspace any more, or its video can't be played yet.",
        key="pair",
    ):
        leads_to("videos.py", "Videos")


def answer_again(services: Services, label: Label | ReviewedLabel) -> None:
    """Store another answer as a new row; the old one stays in the history."""
    if said := st.session_state.pop(_REFUSED, ""):
        refused_state(said)
    with st.container(horizontal=True, vertical_alignment="center"):
        said = ANSWER_WORDS[label.answer].lower()
        st.markdown(f"{plain(label.annotator)} said **{said}**. Change it to", width="content")
        # By callbacks: a choice in a table may begin another run before this one comes to a button's line.
        for answer, word in ANSWER_WORDS.items():
            if answer != label.answer:
                st.button(
                    word,
                    key=f"change-{answer}",
                    on_click=uninterrupted(_change, _changed),
                    args=(services, label.label_id, answer),
                )
        st.button(
            "Take back",
            icon=":material/undo:",
            type="tertiary",
            key="change-undo",
            help="As if it had never been answered.",
            on_click=services.workspace.labels.undo,
            args=(label.label_id,),
        )


def _change(services: Services, label_id: str, answer: Answer) -> Answer | HandpickedError:
    try:
        services.workspace.label_review.change(label_id, answer)
    except HandpickedError as error:
        return error
    return answer


def _changed(came: Answer | HandpickedError) -> None:
    if isinstance(came, HandpickedError):
        st.session_state[_REFUSED] = str(came)
    else:
        st.toast(f"Changed to {ANSWER_WORDS[came].lower()}", icon=":material/check:")


def to_labelling() -> None:
    """The action of a part of the Label page that has nothing to show before the first answers."""
    st.button(
        "Label pairs", icon=":material/compare:", key="to-labelling", on_click=uninterrupted(_open), args=("Label",)
    )


def to_review() -> None:
    """The next step where labels have come in."""
    st.button(
        "Review them", icon=":material/fact_check:", key="to-review", on_click=uninterrupted(_open), args=("Review",)
    )


def _open(part: str) -> None:
    st.session_state[PART] = part
