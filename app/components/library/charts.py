"""Distributions and scatter plots of a view, where a selection becomes a filter, and the effect of thresholds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go
import streamlit as st

from app.components.browser.messages import uninterrupted
from app.components.chart import chart
from app.components.chart_theme import styled
from app.components.clips.library_address import current_view, names_of, pick, set_view
from app.markdown_text import plain
from app.reports.number_words import axis_title, number_title
from app.text import duration, plural
from storage.library.view import Range

if TYPE_CHECKING:
    from app.services import Services
    from storage.library.view import ClipView

__all__ = ["charts"]

MOST_POINTS = 5000
"""The most points drawn in a scatter plot; a selection covers only these."""
BINS = 48
HEIGHT_PX = 320


def charts(services: Services, view: ClipView) -> None:
    """Draw the distribution of a number, a scatter plot of two, and the effect of a threshold."""
    names = services.workspace.library.choices()
    left, right = st.columns(2, gap="medium")
    with left:
        distribution(services, view, names)
    with right:
        scatter(services, view, names)
    threshold(services, view, names)
    funnel(services, view)


def distribution(services: Services, view: ClipView, names: list[str]) -> None:
    """One number's histogram; dragging over a part of it sets a range filter."""
    st.subheader("Distribution")
    column = st.selectbox(
        "Number",
        names,
        index=first_of(names, view.sort, "composite_score"),
        format_func=number_title,
        key="chart-number",
    )
    found = services.workspace.library.histogram(column, view, BINS)
    if not found.counts:
        st.caption(f"No clip of this view has a value for {plain(number_title(column))}.")
        return
    middles = [(low + high) / 2 for low, high in zip(found.edges, found.edges[1:], strict=False)]
    figure = go.Figure(go.Bar(x=middles, y=found.counts, hovertemplate="%{x:.4g}: %{y} clips<extra></extra>"))
    styled(
        figure, height_px=HEIGHT_PX, bargap=0.06, dragmode="select", selectdirection="h",
        xaxis_title=axis_title(column), yaxis_title="Clips",
    )  # fmt: skip
    title = f"how many clips have which {number_title(column)}"
    stretch = chart(figure, key=f"distribution-{column}", title=title, select=["box"]).stretch
    if stretch is not None:
        wanted = Range(column, *stretch)
        st.button(
            f"Filter by {plain(wanted.titled(number_title(column)))}",
            icon=":material/filter_alt:",
            key="chart-range",
            on_click=uninterrupted(lambda: set_view(current_view().with_range(wanted))),
        )
    else:
        st.caption("Drag over a stretch to filter by it.")


def scatter(services: Services, view: ClipView, names: list[str]) -> None:
    """Scatter plot of two numbers; clips inside a lasso become the view."""
    st.subheader("Two numbers")
    with st.container(horizontal=True):
        x = st.selectbox(
            "Across", names, index=first_of(names, "motion_camera_speed_mean"), format_func=number_title, key="chart-x"
        )
        y = st.selectbox(
            "Up", names, index=first_of(names, "reward", "composite_score"), format_func=number_title, key="chart-y"
        )
    columns = list(dict.fromkeys([x, y]))
    points = services.workspace.library.points(view, columns, limit=MOST_POINTS)
    ids = points.column("clip_id").to_pylist()
    figure = go.Figure(
        go.Scattergl(
            x=points.column(x).to_numpy(zero_copy_only=False),
            y=points.column(y).to_numpy(zero_copy_only=False),
            mode="markers",
            marker={"size": 6, "opacity": 0.55},
            customdata=ids,
            text=points.column("video").to_pylist(),
            hovertemplate="%{text}<br>%{x:.4g}, %{y:.4g}<extra></extra>",
        )
    )
    styled(figure, height_px=HEIGHT_PX, dragmode="lasso", xaxis_title=axis_title(x), yaxis_title=axis_title(y))
    title = f"{number_title(y)} of each clip by its {number_title(x)}"
    chosen = chart(figure, key=f"scatter-{x}-{y}", title=title, select=["lasso", "box"])
    picked = [ids[row] for row in chosen.rows]
    if picked:
        st.button(
            f"Show only these {plural(len(picked), 'clip')}",
            icon=":material/filter_alt:",
            key="chart-lasso",
            on_click=uninterrupted(pick),
            args=(services, picked, f"{number_title(x)} against {number_title(y)}"),
        )
    elif len(ids) == MOST_POINTS:
        st.caption(f"{MOST_POINTS:,} clips of the view, chosen evenly. Draw around some to see only them.")
    else:
        st.caption("Draw around some clips to see only them.")


def threshold(services: Services, view: ClipView, names: list[str]) -> None:
    """Show how many clips and hours would pass a threshold."""
    st.subheader("What would a threshold leave?")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        column = st.selectbox(
            "Keep clips by",
            names,
            index=first_of(names, "reward", "composite_score"),
            format_func=number_title,
            key="what-if-number",
            width=280,
        )
        found = services.workspace.library.histogram(column, view)
        if not found.counts or found.edges[0] == found.edges[-1]:
            st.caption(f"No clip of this view has a value for {plain(number_title(column))}, or all have the same.")
            return
        low, high = found.edges[0], found.edges[-1]
        side = st.segmented_control(
            "Keep those", ["at least", "at most"], default="at least", required=True, key="what-if-side"
        )
        bound = st.slider(
            "this much", low, high, (low + high) / 2, step=(high - low) / 200, key=f"what-if-{column}", format="%.3g"
        )
    wanted = Range(column, bound, None) if side == "at least" else Range(column, None, bound)
    before, after = services.workspace.library.extent(view), services.workspace.library.extent(view.with_range(wanted))
    share = 100 * after.clips / before.clips if before.clips else 0
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{plural(after.clips, 'clip')}**, {duration(after.duration_s)}: {share:.0f} % of the view. "
            f"{plural(before.clips - after.clips, 'clip')} fall, {duration(before.duration_s - after.duration_s)}."
        )
        st.button(
            "Filter by it",
            icon=":material/filter_alt:",
            key="what-if-apply",
            on_click=uninterrupted(lambda: set_view(current_view().with_range(wanted))),
        )


def funnel(services: Services, view: ClipView) -> None:
    """Funnel of the view: how many clips each filter removes."""
    steps = services.workspace.library.funnel(view, names_of(services, view))
    if len(steps) < 2:
        return
    st.subheader("Why the others are left out")
    st.dataframe(
        [
            {
                "filter": step.title,
                "clips left": step.clips,
                "length left": duration(step.duration_s),
                "share left": 100 * step.clips / max(1, steps[0].clips),
                "kept out by it alone": step.only_this if n else None,
            }
            for n, step in enumerate(steps)
        ],
        hide_index=True,
        key="library-funnel",
        column_config={
            "share left": st.column_config.ProgressColumn("share left", format="%.0f %%", min_value=0, max_value=100),
            "kept out by it alone": st.column_config.NumberColumn(help="Clips that every other filter would let in."),
        },
    )


def first_of(names: list[str], *wanted: str) -> int:
    """The index of the first wanted name that exists, else 0."""
    return next((names.index(name) for name in wanted if name in names), 0)
