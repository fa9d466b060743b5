"""Clips with their reward and gain: one to watch, and walls of those where the two disagree."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

import streamlit as st

from app.components.feedback import plain
from app.media import media_url, playable_url

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.services import Services

__all__ = ["disagreements", "wall", "watch"]

CARD_PX = 170
SHOWN = 8


def watch(services: Services, row: dict[str, Any]) -> None:
    """Play the window of one clip, and say its numbers."""
    found = list(services.workspace.videos.find(ids=[row["video_id"]]))
    url = playable_url(services.workspace, found[0]) if found else None
    if url is None:
        st.info("A browser can't play this video yet.", icon=":material/hourglass_empty:")
    else:
        # A media fragment plays the window itself; the page needs no script for it.
        source = html.escape(f"{url}#t={row['start_s']:.3f},{row['end_s']:.3f}", quote=True)
        st.html(
            f'<video src="{source}" controls autoplay muted playsinline style="width:100%;border-radius:6px"></video>'
        )
    st.caption(f"{plain(row['clip_id'])}  \n{_numbers(row)}")


def disagreements(rows: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """`(liked but not useful, useful but not liked)`: where the ranks of reward and gain lie farthest apart."""
    known = [row for row in rows if row["reward"] is not None]
    by_reward = {row["clip_id"]: i for i, row in enumerate(sorted(known, key=lambda row: row["reward"]))}
    by_gain = {row["clip_id"]: i for i, row in enumerate(sorted(known, key=lambda row: row["gain"]))}
    ordered = sorted(known, key=lambda row: by_gain[row["clip_id"]] - by_reward[row["clip_id"]])
    # A clip without hands changes nothing: it gains exactly 0, which is no news however little people like it.
    return ordered[:SHOWN], [row for row in ordered[::-1] if row["gain"] > 0][:SHOWN]


def wall(rows: Sequence[dict[str, Any]], key: str) -> str | None:
    """Thumbnails of clips; returns the one whose button was pressed."""
    chosen = None
    with st.grid(min_column_width=CARD_PX, gap="small"):
        for row in rows:
            with st.container(border=True, gap="xsmall"):
                if row["thumbnail"]:
                    st.image(media_url(row["thumbnail"]), width="stretch")
                st.caption(_numbers(row))
                if st.button("Watch", key=f"{key}-{row['clip_id']}", icon=":material/play_arrow:", width="stretch"):
                    chosen = row["clip_id"]
    return chosen


def _numbers(row: dict[str, Any]) -> str:
    """Reward in standard deviations, gain in thousandths of the loss's unit."""
    reward = "no reward" if row["reward"] is None else f"reward {row['reward']:+.2f}"
    spread = "" if row["gain_std"] is None else f" ± {1e3 * row['gain_std']:.2f}"
    return f"{reward} · ΔM {1e3 * row['gain']:+.2f}{spread} ‰"
