"""The form that starts a sitting: annotator, number of pairs, and clips to choose from."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

import streamlit as st

from app.components.feedback import show_error
from app.components.number_field import NumberFields
from app.components.press import pressed
from app.components.states.empty import leads_to
from app.markdown_text import plain
from app.text import ago, duration, plural
from app.workflows.labelling import start_sitting, steered
from engine.errors import HandpickedError
from engine.preference.settings import LabellingSettings

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from app.services import Services
    from app.workflows.labelling import Playable
    from storage.sittings import Sitting, SittingProgress

__all__ = ["AMONG", "sitting_start", "start_button"]

AMONG = "label_among"
"""Session key: ids of clips that another page sent here to label."""
COOKIE = "handpicked_annotator"
MINUTE_S = 60
EVERY, SENT, CONDITION = "All clips", "Sent from the Library", "Those that meet a condition"


def sitting_start(services: Services, playable: Playable, head: DeltaGenerator) -> None:
    """Ask who labels what; start a sitting by the button in the page's `head`, or continue the last one."""
    settings = services.workspace.settings.load(LabellingSettings)
    summary(services)
    form, told = st.columns([0.55, 0.45], gap="large")
    with told:
        st.subheader(plain(settings.question))
        st.markdown("\n".join(f"- {plain(line)}" for line in settings.guidelines))
        st.markdown("`←` `→` choose · `↑` tie · `↓` skip · `Z` undo · `?` all keys")
        st.caption("The question and the guidelines are on the Settings page.")
    with form:
        annotator = who(services)
        fields = NumberFields()
        target = fields.ask(
            "Pairs in this sitting", 1, 5000, settings.target, whole=True, key="label-target", width=220
        )
        clip_ids, name = which(services)
        st.caption(standing(playable))
        if not steered(services.workspace):
            st.caption("Pairs are random until features are extracted: then the most informative ones are asked.")
        last = services.workspace.sittings.latest(annotator) if annotator else None
        if last:
            go_on(services, last)
    with head:
        go = start_button(fields.problem or ("" if annotator else "Say who labels first."))
    if go:
        begin(services, annotator, int(target), clip_ids, name)


def start_button(why_not: str) -> bool:
    """The page's primary action; whether it was pressed."""
    return pressed("Start", key="label-start", type="primary", icon=":material/play_arrow:", why_not=why_not)


def who(services: Services) -> str:
    """The annotator's name: remembered in the browser, or typed."""
    names = services.workspace.sittings.annotators()
    cookie = st.context.cookies.get(COOKIE)
    remembered = st.session_state.get("label-annotator-last") or (unquote(cookie) if isinstance(cookie, str) else None)
    if remembered and remembered not in names:
        names = [remembered, *names]
    chosen = st.selectbox(
        "Who labels",
        names,
        index=names.index(remembered) if remembered else None,
        accept_new_options=True,
        placeholder="Your name",
        key="label-annotator",
        help="Answers of different people are kept apart. Nobody is shown what others answered.",
    )
    return (chosen or "").strip()


def which(services: Services) -> tuple[list[str] | None, str | None]:
    """The clips that the sitting is limited to, and a name for them; None for all."""
    sent = st.session_state.get(AMONG)
    options = [EVERY, *([SENT] if sent else []), CONDITION]
    chosen = st.segmented_control(
        "Which clips", options, default=SENT if sent else EVERY, required=True, key=f"label-which-{len(sent or ())}"
    )
    if sent and chosen == SENT:
        return list(sent), f"{plural(len(sent), 'clip')} from the Library"
    if chosen == CONDITION:
        where = st.text_input(
            "Condition",
            placeholder="hands_any_share > 0.5 AND sharpness_blurred_share < 0.3",
            key="label-where",
            help="SQL over the columns of `clip`, `video` and `clip_features`.",
        )
        return condition(services, where)
    return None, None


def condition(services: Services, where: str) -> tuple[list[str] | None, str | None]:
    """The clips that match a typed condition; shows how many they are."""
    if not where.strip():
        return [], None
    try:
        found = sorted(services.workspace.clips.matching(where))
    except HandpickedError as error:
        show_error(error)
        return [], None
    st.caption(f"{plural(len(found), 'clip')} meet it.")
    return found, f"{plural(len(found), 'clip')} where {where.strip()}"


def standing(playable: Playable) -> str:
    """Show how many clips can be played, and why others can't yet."""
    parts = [f"{plural(playable.clips, 'clip')} can be shown"]
    if playable.lacking_preview:
        parts.append(f"{plural(playable.lacking_preview, 'video')} left out until a preview is made (see Jobs)")
    if playable.missing_files:
        parts.append(f"{plural(playable.missing_files, 'video')} left out: the file is not there")
    return " · ".join(parts) + "."


def begin(services: Services, annotator: str, target: int, clip_ids: list[str] | None, name: str | None) -> None:
    """Start a sitting and open it."""
    try:
        sitting = start_sitting(services.workspace, annotator, target, clip_ids, name)
    except HandpickedError as error:
        show_error(error)
        return
    st.session_state.pop(AMONG, None)
    open_sitting(sitting)


def go_on(services: Services, last: Sitting) -> None:
    """Offer to continue a sitting that has not reached its target."""
    done = services.workspace.sittings.progress(last.sitting_id).answers
    if done < last.target:
        text = f"Go on: {done} of {last.target}, begun {ago(last.created_at)}"
        if pressed(text, key="label-go-on", icon=":material/resume:", help=plain(last.name) if last.name else None):
            open_sitting(last)


def open_sitting(sitting: Sitting) -> None:
    """Open a sitting, with its id in the address, so that a reload finds it."""
    st.session_state["label-annotator-last"] = sitting.annotator
    st.query_params["sitting"] = sitting.sitting_id
    st.rerun()


def summary(services: Services) -> None:
    """What was done in the sitting that was just left, and what may come next."""
    ended = st.session_state.pop("label-ended", None)
    if not ended:
        return
    done = services.workspace.sittings.progress(ended)
    if not done.answers:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="medium"):
        seconds = done.spent_ms / 1000
        whole = round(seconds) if seconds < MINUTE_S else MINUTE_S * round(seconds / MINUTE_S)
        spent = f" in {duration(whole)}" if whole else ""
        st.markdown(f"**{done.answers:,} labelled{spent}**", width="content")
        st.caption(" · ".join(habits(done)), width="stretch")
        leads_to("train.py", "Train now")


def habits(done: SittingProgress) -> list[str]:
    """A sitting's pace, ties and skips, in words."""
    pace = [f"{60_000 / done.median_response_ms:.1f} a minute"] if done.median_response_ms else []
    return [*pace, plural(done.ties, "tie"), plural(done.skips, "skip"), "all of it is stored"]
