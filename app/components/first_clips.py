"""A row of the workspace's own footage for its Overview: the best clips by a reward that can be used, or the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.components.clips.wall import clip_wall
from app.components.reward.verdict_strip import verdict_badge
from app.components.states.empty import leads_to
from app.reports.verdicts import reward_verdict
from storage.library.view import ClipView

if TYPE_CHECKING:
    from app.services import Services

__all__ = ["first_clips"]

SHOWN = 10
"""Two rows on a wide window, and the same in the wall's own columns on a small one."""


def first_clips(services: Services) -> None:
    """Draw the clips and the way to all of them; nothing where there are none."""
    library = services.workspace.library
    model = services.workspace.rewards.current()
    judged = reward_verdict(model.report) if model is not None else None
    ranked = judged is not None and judged.standing != "bad"
    rows = library.rows(library.ids(ClipView(sort="reward" if ranked else ""), limit=SHOWN))
    ranked = ranked and any(row.reward is not None for row in rows)
    if not rows:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader("Best clips by the reward" if ranked else "Clips", width="content")
        if judged is not None and ranked:
            verdict_badge(judged)
        st.space("stretch")
        leads_to("library.py", "All clips")
    clip_wall(services, rows, badge="reward" if ranked else "", key="overview-clips")
