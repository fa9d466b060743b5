"""Shows clips with their reward and gain: one to watch, and walls of those where the two disagree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.components.clips.player import play
from app.components.clips.wall import clips_wall
from app.markdown_text import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.services import Services
    from storage.validation import ClipGain

__all__ = ["disagreements", "wall", "watch"]

SHOWN = 8


def watch(services: Services, clip: ClipGain) -> None:
    """Play the window of one clip, with its numbers."""
    play(services, clip.clip_id)
    st.caption(f"{plain(clip.clip_id)}  \n{_numbers(clip)}")


def disagreements(clips: Sequence[ClipGain]) -> tuple[list[ClipGain], list[ClipGain]]:
    """`(liked but not useful, useful but not liked)`: where the ranks of reward and gain lie farthest apart."""
    known = [clip for clip in clips if clip.reward is not None]
    by_reward = {clip.clip_id: i for i, clip in enumerate(sorted(known, key=lambda clip: clip.reward or 0.0))}
    by_gain = {clip.clip_id: i for i, clip in enumerate(sorted(known, key=lambda clip: clip.gain))}
    ordered = sorted(known, key=lambda clip: by_gain[clip.clip_id] - by_reward[clip.clip_id])
    # A clip without hands gains exactly 0 by definition, so it is no disagreement.
    return ordered[:SHOWN], [clip for clip in ordered[::-1] if clip.gain > 0][:SHOWN]


def wall(services: Services, clips: Sequence[ClipGain], key: str) -> None:
    """Draw a wall of clips with their reward and gain."""
    clips_wall(services, {clip.clip_id: _numbers(clip) for clip in clips}, key=key)


def _numbers(clip: ClipGain) -> str:
    """Reward in standard deviations, gain in thousandths of the loss's unit."""
    reward = "no reward" if clip.reward is None else f"reward {clip.reward:+.2f}"
    spread = "" if clip.gain_std is None else f" ± {1e3 * clip.gain_std:.2f}"
    return f"{reward} · ΔM {1e3 * clip.gain:+.2f}{spread} ‰"
