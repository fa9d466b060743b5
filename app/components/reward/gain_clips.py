"""Clips with their reward and gain: one to watch, and walls of those where the two disagree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from app.components.clips.player import play
from app.components.clips.wall import clips_wall
from app.components.feedback import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.services import Services

__all__ = ["disagreements", "wall", "watch"]

SHOWN = 8


def watch(services: Services, row: dict[str, Any]) -> None:
    """Play the window of one clip, and say its numbers."""
    play(services, row["clip_id"])
    st.caption(f"{plain(row['clip_id'])}  \n{_numbers(row)}")


def disagreements(rows: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """`(liked but not useful, useful but not liked)`: where the ranks of reward and gain lie farthest apart."""
    known = [row for row in rows if row["reward"] is not None]
    by_reward = {row["clip_id"]: i for i, row in enumerate(sorted(known, key=lambda row: row["reward"]))}
    by_gain = {row["clip_id"]: i for i, row in enumerate(sorted(known, key=lambda row: row["gain"]))}
    ordered = sorted(known, key=lambda row: by_gain[row["clip_id"]] - by_reward[row["clip_id"]])
    # A clip without hands changes nothing: it gains exactly 0, which is no news however little people like it.
    return ordered[:SHOWN], [row for row in ordered[::-1] if row["gain"] > 0][:SHOWN]


def wall(services: Services, rows: Sequence[dict[str, Any]], key: str) -> None:
    """Clips with their reward and gain."""
    clips_wall(services, {row["clip_id"]: _numbers(row) for row in rows}, key=key)


def _numbers(row: dict[str, Any]) -> str:
    """Reward in standard deviations, gain in thousandths of the loss's unit."""
    reward = "no reward" if row["reward"] is None else f"reward {row['reward']:+.2f}"
    spread = "" if row["gain_std"] is None else f" ± {1e3 * row['gain_std']:.2f}"
    return f"{reward} · ΔM {1e3 * row['gain']:+.2f}{spread} ‰"
