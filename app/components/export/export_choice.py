"""The form for a new export: choices at the left, a preview of the list at the right, and the button that writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pandas as pd
import streamlit as st

from app.components.browser.messages import uninterrupted
from app.components.export.writing import writing
from app.components.feedback import remark
from app.components.number_field import NumberFields, show_problem
from app.components.reward.verdict_strip import verdict_badge
from app.markdown_text import plain, with_commands
from app.media import media_url
from app.reports.verdicts import reward_verdict
from app.text import duration, named, plural, timecode
from app.workflows.export_plan import NO_MODEL, left_out, plan_export
from app.workflows.extracting import composite_weights
from engine.errors import HandpickedError
from engine.export.settings import ExportSettings

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from app.services import Services
    from app.workflows.export_plan import ExportPlan
    from storage import Workspace
    from storage.exports import RankedBy

__all__ = ["export_choice"]

PLAN = "export-plan"
MOST_KEPT = 50_000
"""Clips of a list that is kept while the page is redrawn: a million take a gigabyte."""

PREVIEW_ROWS = 200
AMONG = "export_clip_ids"
"""Session key: clips that the Library handed over for export."""
PREVIEW_PX, ROW_PX = 330, 35
TITLES: dict[RankedBy, str] = {"reward": "Reward", "robot": "Robot reward", "composite": "Composite score"}


def export_choice(services: Services, action: DeltaGenerator, answers: DeltaGenerator) -> None:
    """Draw the form: its button in `action`, and what comes of it in `answers`."""
    workspace = services.workspace
    left, right = st.columns([1, 2], gap="medium")
    with left.container(border=True, key="export-choices"):
        settings, fields = choices(workspace)
        plan = None if fields.problem else planned(workspace, settings)
    with right:
        if plan is None:
            remark("The list shows again when the choices at the left can be used.", ":material/edit:")
        else:
            figures(plan)
        writing(services, plan, action, answers)
        if plan is not None and plan.clips:
            preview(workspace, plan)


def planned(workspace: Workspace, settings: ExportSettings) -> ExportPlan | None:
    """The export that the choices make; where they make none, why not, right below them.

    It is kept until a choice changes or something is written: ranking all clips takes longer than drawing the page.
    """
    state = (workspace.root, workspace.database.changes, settings, composite_weights(workspace))
    known = st.session_state.get(PLAN)
    if known is not None and known[0] == state:
        return cast("ExportPlan", known[1])
    try:
        plan = plan_export(workspace, settings)
    except HandpickedError as error:
        show_problem(f"{error.message[:1].upper()}{error.message[1:]}.")
        st.caption(with_commands(error.remedy))
        return None
    st.session_state[PLAN] = (state, plan) if plan.clips <= MOST_KEPT else None
    return plan


def choices(workspace: Workspace) -> tuple[ExportSettings, NumberFields]:
    """The widgets that choose clips, order and form, and what is wrong with their numbers."""
    fields = NumberFields()
    among = from_library()
    model = workspace.rewards.current()
    ways: list[RankedBy] = ["composite"]
    if model is not None:
        ways = ["reward", "composite"]
        if workspace.exports.has_robot_scores(model.model_id):
            ways.insert(1, "robot")
    ranked_by = st.selectbox("Rank by", ways, format_func=named(TITLES), key="export-by")
    if model is None:
        st.caption("There is no reward model yet; the composite score is the hand-weighted baseline.")
    elif ranked_by != "composite":
        st.caption(f"By the model “{plain(model.name)}”.")
        verdict_badge(reward_verdict(model.report))
    pair = st.columns(2, gap="small", vertical_alignment="top")
    top = fields.ask_or_none(
        "At most", 1, None, 100, whole=True, placeholder="all", key="export-top", help=HELP["top"], place=pair[0]
    )
    threshold = fields.ask_or_none(
        "Lowest score", None, None, key="export-threshold", help=HELP["threshold"], place=pair[1]
    )
    pair = st.columns(2, gap="small", vertical_alignment="top")
    per_video = fields.ask_or_none(
        "Per video", 1, None, whole=True, key="export-quota", help=HELP["per_video"], place=pair[0]
    )
    alike = fields.ask_or_none("Likeness", 0.01, 1.0, key="export-diversity", help=HELP["diversity"], place=pair[1])
    tags = workspace.exports.tags()
    picked = st.multiselect("Only tagged", list(tags), format_func=lambda t: f"{t} ({tags[t]:,})", key="export-tags")
    where = st.text_input("Filter", key="export-where", placeholder="hands_any_share > 0.8", help=HELP["where"])
    settings = ExportSettings(
        ranked_by=ranked_by,
        top=None if top is None else int(top),
        threshold=threshold,
        per_video=None if per_video is None else int(per_video),
        diversity=alike,
        tags=tuple(picked),
        where=where.strip() or None,
        clip_ids=tuple(among) if among else None,
    )
    return settings, fields


def from_library() -> list[str]:
    """The clips that the Library handed over, until the person dismisses them."""
    among: list[str] = st.session_state.get(AMONG, [])
    if among:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f":material/filter_alt: Only {plural(len(among), 'clip')} from the Library")
            st.button(
                "All clips", icon=":material/close:", type="tertiary", key="export-among",
                on_click=uninterrupted(lambda: st.session_state.pop(AMONG, None)),
            )  # fmt: skip
    return among


HELP = {
    "top": "The best so many. Clips tagged `keep` come first and count; clips tagged `drop` never come out.",
    "threshold": "Clips with a lower score do not come out.",
    "per_video": "At most so many clips of one video.",
    "diversity": "Thins near-duplicates: no two clips come out whose embeddings have a cosine similarity above this. "
    "0.95 is a fair start.",
    "where": "A condition in SQL over the columns of clip, video and clip_features.",
}


def figures(plan: ExportPlan) -> None:
    """What comes out: counts, length, scores; what is left out and why, and what comes out only for its tag."""
    scores = plan.table.column("score").to_pylist()
    known = [score for score in scores if score is not None]
    span = f" · scores {min(known):.2f} to {max(known):.2f}" if known else ""
    st.markdown(f"**{plural(plan.clips, 'clip')}** · {duration(plan.seconds)} · {plural(plan.videos, 'video')}{span}")
    if plan.kept_note:
        st.markdown(f":material/bookmark: {plain(plan.kept_note)}")
    said = [f"Left out: {left_out(plan)}." if left_out(plan) else "Nothing is left out."]
    if plan.synthetic:
        said.append(f"{plural(plan.synthetic, 'clip')} of rendered sample videos: synthetic.")
    # The form at the left already shows that there is no model.
    said += [note for note in plan.notes if note not in (NO_MODEL, plan.kept_note)]
    st.caption(" ".join(map(plain, said)))
    if not plan.clips:
        remark("No clip comes out: loosen the choices at the left.", ":material/filter_alt_off:")


def preview(workspace: Workspace, plan: ExportPlan) -> None:
    """The first rows of the list."""
    st.dataframe(
        table_of(workspace, plan),
        hide_index=True,
        height=min(PREVIEW_PX, ROW_PX * (plan.clips + 1) + 4),
        key="export-preview",
        column_config={
            "picture": st.column_config.ImageColumn("", width="small"),
            "score": st.column_config.NumberColumn(format="%.3f"),
            "±": st.column_config.NumberColumn(format="%.3f", help="Standard deviation over the ensemble"),
        },
    )
    if plan.clips > PREVIEW_ROWS:
        st.caption(f"The first {PREVIEW_ROWS} of {plan.clips:,}.")


def table_of(workspace: Workspace, plan: ExportPlan) -> pd.DataFrame:
    """The first rows of the list, formatted for reading."""
    rows = plan.table.slice(0, PREVIEW_ROWS).to_pylist()
    pictures = workspace.exports.thumbnails([row["clip_id"] for row in rows])
    shown: list[dict[str, Any]] = [
        {
            "rank": row["rank"],
            "picture": media_url(pictures[row["clip_id"]]) if row["clip_id"] in pictures else None,
            "video": row["video"],
            "from": timecode(row["start_s"]),
            "length": duration(row["duration_s"]),
            "narration": row["narration"] or "",
            "score": row["score"],
            "±": row["reward_std"],
            "tags": row["tags"] or "",
        }
        for row in rows
    ]
    frame = pd.DataFrame(shown)
    return frame.drop(
        columns=[
            name
            for name in ("±", "tags", "narration")
            if not frame[name].astype(bool).any() or frame[name].isna().all()
        ]
    )
