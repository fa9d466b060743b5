"""Puts two to four clips side by side: they play in step, with their numbers below, those first that differ most."""

from __future__ import annotations

import html
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from app.components.browser.messages import hold_trigger, take_trigger, uninterrupted
from app.components.browser.script import component_script
from app.components.clips.actions import acknowledged, finish_actions, take_actions
from app.components.clips.features import Measured, measured_groups
from app.components.clips.library_address import open_clip
from app.components.library.leave import page_was_asked_for_again
from app.components.library.loupe.loupe import seen_clips
from app.components.states.empty import empty_state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.services import Services
    from storage.library.rows import LibraryRow

__all__ = ["compare_clips", "differences", "tallest_shape"]

HERE = Path(__file__).parent
MOST = 4
KEY = "compare"
_component = st.components.v2.component(
    "compare_clips",
    html="<div class='compare'></div>\n",
    css=(HERE / "loupe" / "loupe.css").read_text(encoding="utf-8") + (HERE / "compare.css").read_text(encoding="utf-8"),
    js=component_script(HERE / "compare.js"),
)


def compare_clips(services: Services, clip_ids: Sequence[str]) -> None:
    """Draw the page; it says so where fewer than two of the clips are still there."""
    st.html(HERE / "clip_page.css")
    rows = services.workspace.library.rows(list(dict.fromkeys(clip_ids))[:MOST])
    with st.container(key="compare-page", gap="small"):
        if len(rows) < 2:
            with empty_state(
                ":material/compare:",
                "Nothing to compare",
                "To compare clips, two of them must still be in the workspace.",
            ):
                st.button("Library", icon=":material/arrow_back:", on_click=uninterrupted(leave))
            return
        data = {
            "clips": [asdict(clip) for clip in seen_clips(services, rows, "reward")],
            "shape": tallest_shape(rows),
            "tags": services.workspace.library.tag_names(),
            "acknowledged": acknowledged(),
        }
        _component(
            data=data,
            key=KEY,
            on_log_change=uninterrupted(lambda: take_actions(services, KEY)),
            on_left_change=uninterrupted(leave),
            on_open_change=hold_trigger(KEY, "open"),
        )
        finish_actions(services, KEY)
        if opened := take_trigger(KEY, "open"):
            leave()
            open_clip(str(opened))
            st.rerun()
        if page_was_asked_for_again(key="compare-left"):
            leave()
            st.rerun()
    features = services.workspace.features
    ids = [row.clip_id for row in rows]
    shares = features.percentiles_of(ids)
    measured = [measured_groups(features.of_clip(clip_id), shares[clip_id]) for clip_id in ids]
    lines = differences(measured)
    if lines:
        st.subheader("Measured, the greatest differences first")
        st.html(HERE.parent / "clips" / "features.css")
        st.html(table([row.narration or row.video_name for row in rows], lines))
    else:
        st.caption("These clips were not measured yet: extract features from the Overview.")


def leave() -> None:
    """Back to the Library's view."""
    st.query_params.pop("compare", None)


def tallest_shape(rows: Sequence[LibraryRow]) -> float:
    """The width over the height of the clip that is the tallest for its width: what the seats of all are made for."""
    return min((row.width / row.height for row in rows if row.width and row.height), default=16 / 9)


def differences(measured: Sequence[dict[str, list[Measured]]]) -> list[tuple[str, list[Measured | None]]]:
    """Each number of several clips, by its title, those first whose percentiles lie furthest apart."""
    found: dict[tuple[str, str], list[Measured | None]] = {}
    for n, groups in enumerate(measured):
        for group, rows in groups.items():
            for row in rows:
                found.setdefault((group, row.title), [None] * len(measured))[n] = row

    def spread(cells: list[Measured | None]) -> float:
        shares = [cell.share for cell in cells if cell is not None and cell.share is not None]
        return max(shares) - min(shares) if len(shares) > 1 else -1.0

    ordered = sorted(found.items(), key=lambda item: -spread(item[1]))
    return [(title, cells) for (_, title), cells in ordered]


def table(names: Sequence[str], lines: Sequence[tuple[str, list[Measured | None]]]) -> str:
    """The numbers as HTML, a column a clip."""
    heads = "".join(f"<th scope='col'>{n + 1} · {html.escape(name)}</th>" for n, name in enumerate(names))
    body = "".join(
        f"<tr title='{html.escape(next((c.hint for c in cells if c), ''), quote=True)}'>"
        f"<th scope='row'>{html.escape(title)}</th>{''.join(map(cell, cells))}</tr>"
        for title, cells in lines
    )
    return f"<table class='compared'><thead><tr><th></th>{heads}</tr></thead><tbody>{body}</tbody></table>"


def cell(row: Measured | None) -> str:
    """One number; its bar is its percentile among all clips."""
    if row is None:
        return "<td>–</td>"
    bar = "" if row.share is None else f"<i style='width:{round(100 * row.share)}%'></i>"
    return f"<td>{html.escape(row.value)}<span class='bar' aria-hidden='true'>{bar}</span></td>"
