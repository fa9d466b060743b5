"""Finds and shows groups of near-duplicate clips, and tags all but the best of each as drop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.components.clips.wall import clip_wall
from app.components.states.empty import empty_state, leads_to
from app.components.states.waiting import making_words
from app.markdown_text import code
from app.text import plural
from app.workflows.likeness import MIN_OVERLAP, MIN_SIMILARITY, keep_best_of_each, near_duplicates_job
from storage.jobs import ACTIVE

if TYPE_CHECKING:
    from app.services import Services
    from storage.library.view import ClipView
    from storage.likeness import GroupSearch

__all__ = ["duplicates"]

GROUPS_A_PAGE = 8
MOST_SHOWN = 12


def duplicates(services: Services, view: ClipView) -> None:
    """Draw the groups, with buttons to find them and to keep the best of each."""
    workspace = services.workspace
    if workspace.features.embedding_model() is None:
        with empty_state(
            ":material/filter_none:", "Nothing to compare yet", "Near-duplicates are found by the clips' embeddings."
        ):
            leads_to("overview.py", "Extract features", icon=":material/straighten:")
        return
    groups, others = workspace.likeness.group_counts(view)
    find(services, expanded=not groups)
    if not groups:
        st.caption("No groups in this view. Find them anew after an extraction, or allow less likeness.")
        return
    by = workspace.likeness.model_of_groups() or ""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{plural(groups, 'group')}**, by the embedding of {code(by)}. "
            f"Best first: by reward, else by composite score. {compared_words(workspace.likeness.group_search())}"
        )
        if st.button(f"Keep the best of each, drop {others:,}", type="primary", icon=":material/filter_1:"):
            done = keep_best_of_each(workspace, view)
            st.toast(f"{plural(done, 'clip')} tagged drop. Undo takes it back.", icon=":material/check:")
            st.rerun()
    pages = -(-groups // GROUPS_A_PAGE)
    page = st.pagination(pages, key="duplicates-page") if pages > 1 else 1
    for group in workspace.likeness.groups(view, limit=GROUPS_A_PAGE, offset=GROUPS_A_PAGE * ((page or 1) - 1)):
        more = f", the first {MOST_SHOWN} shown" if group.clips > MOST_SHOWN else ""
        st.caption(f"{plural(group.clips, 'clip')}{more}")
        rows = workspace.library.rows(group.clip_ids[:MOST_SHOWN])
        clip_wall(services, rows, badge="", key=f"group-{group.group_id}", here=True)


def compared_words(search: GroupSearch | None) -> str:
    """What is to be known of how the groups were found; empty where every clip was compared with every leader."""
    if search is None or not search.checked:
        return ""
    return (
        f"Of {search.clips:,} clips each was compared with the groups that lie near it. Of {search.checked:,} clips "
        f"compared with all groups as a check, {search.missed:,} belong to a better one."
    )


def find(services: Services, *, expanded: bool) -> None:
    """Start the job that finds groups."""
    running = services.workspace.jobs.find(states=ACTIVE, kind="near_duplicates")
    with st.expander("Find near-duplicates", icon=":material/search:", expanded=expanded):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            similarity = st.slider(
                "Alike from", 0.8, 1.0, MIN_SIMILARITY, 0.005, format="%.3f", key="duplicates-similarity",
                help="Cosine of the two embeddings; 1 is the very same picture.",
            )  # fmt: skip
            overlap = st.slider(
                "Same moment from", 0.1, 1.0, MIN_OVERLAP, 0.05, format="%.2f", key="duplicates-overlap",
                help="Windows of one video that share this much of what they cover together are the same moment.",
            )  # fmt: skip
        if st.button("Find", type="primary", disabled=bool(running), key="duplicates-find"):
            job = near_duplicates_job(services.workspace, min_similarity=similarity, min_overlap=overlap)
            services.supervisor.submit(job.title, job.spec)
            st.rerun()
        if running:
            st.caption(
                f"The comparison {making_words(services, running)}. The groups show when it is done; see the tray."
            )
