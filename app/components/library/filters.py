"""The Library's filter panel, and a chip for each filter that is set."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from app.components.clips.library_address import current_view, names_of, set_view
from app.components.feedback import code, plain
from app.text import named
from storage.library.view import FLAGS, ClipView, Range, filters_of

if TYPE_CHECKING:
    from app.services import Services
    from storage.library.rows import Histogram

__all__ = ["chips", "filter_panel"]

BAR_HEIGHT_PX = 44


def filter_panel(services: Services, view: ClipView) -> None:
    """Draw all filters; those that are set show as chips too."""
    active = len(filters_of(view))
    with st.popover(f"Filters ({active})" if active else "Filters", icon=":material/filter_list:", width="content"):
        numbers(services, view)
        st.divider()
        choices(services, view)
        yes_or_no(view)


def numbers(services: Services, view: ClipView) -> None:
    """Ranges: a histogram of all clips with a slider under it."""
    library = services.workspace.library
    names = library.choices()
    chosen = [wanted.column for wanted in view.ranges]
    added = st.selectbox(
        "Filter by a number",
        [name for name in names if name not in chosen],
        index=None,
        placeholder="reward, hands_any_share, …",
        key="library-add-range",
    )
    for column in [*chosen, *([added] if added else [])]:
        if column not in names:
            st.caption(f"{code(column)} is not measured in this workspace.")
            continue
        one_range(library.histogram(column), view)


def one_range(histogram: Histogram, view: ClipView) -> None:
    """One number's histogram and slider."""
    column = histogram.column
    if not histogram.counts or histogram.edges[0] == histogram.edges[-1]:
        st.caption(f"{code(column)}: no clip has it, or all have the same value.")
        return
    low, high = histogram.edges[0], histogram.edges[-1]
    have = next((wanted for wanted in view.ranges if wanted.column == column), Range(column))
    inside = (
        min(high, max(low, have.low if have.low is not None else low)),
        max(low, min(high, have.high if have.high is not None else high)),
    )
    st.html(bars(histogram, inside))
    key = f"library-range-{column}"
    st.session_state[key] = inside
    st.slider(
        column, low, high, step=(high - low) / 200, key=key, on_change=moved, args=(histogram, key), format="%.3g"
    )


def moved(histogram: Histogram, key: str) -> None:
    """Set the range of a moved slider. A side at the end of its scale is open: later clips may lie beyond it."""
    low, high = st.session_state[key]
    first, last = histogram.edges[0], histogram.edges[-1]
    slack = (last - first) / 400
    wanted = Range(histogram.column, None if low <= first + slack else low, None if high >= last - slack else high)
    set_view(current_view().with_range(wanted))


def bars(histogram: Histogram, inside: tuple[float, float]) -> str:
    """A histogram as a small SVG; bars outside the range are pale."""
    top = max(histogram.counts) or 1
    shapes = []
    for n, count in enumerate(histogram.counts):
        middle = (histogram.edges[n] + histogram.edges[n + 1]) / 2
        opacity = 0.7 if inside[0] <= middle <= inside[1] else 0.2
        shapes.append(
            f'<div style="flex:1;height:{BAR_HEIGHT_PX * count / top:.1f}px;background:currentColor;'
            f'opacity:{opacity};border-radius:1px 1px 0 0"></div>'
        )
    box = f"display:flex;gap:1px;align-items:flex-end;height:{BAR_HEIGHT_PX}px;padding:0 7px"
    return f'<div style="{box}" aria-hidden="true">{"".join(shapes)}</div>'


def choices(services: Services, view: ClipView) -> None:
    """Sources, origins, videos and tags."""
    facets = services.workspace.library.facets()
    several("Source", "sources", view, facets.sources)
    several("Origin", "origins", view, facets.origins)
    titles = {video_id: name for video_id, (name, _) in facets.videos.items()}
    several("Video", "videos", view, {v: clips for v, (_, clips) in facets.videos.items()}, titles)
    tags = dict(facets.tags)
    several("With all of these tags", "tags", view, tags)
    several("Without these tags", "without_tags", view, tags)


def several(
    label: str, field: str, view: ClipView, counts: dict[str, int], titles: dict[str, str] | None = None
) -> None:
    """A list of values to choose from, each with its number of clips."""
    have = getattr(view, field)
    options = list(dict.fromkeys([*counts, *have]))
    if not options:
        return
    key = f"library-{field}"
    st.session_state[key] = list(have)
    st.multiselect(
        label,
        options,
        format_func=lambda value: f"{(titles or {}).get(value, value)} ({counts.get(value, 0):,})",
        key=key,
        on_change=keep_choice,
        args=(field, key),
    )


def keep_choice(field: str, key: str) -> None:
    """Have the view keep to what was chosen."""
    chosen: dict[str, Any] = {field: tuple(st.session_state[key])}
    set_view(replace(current_view(), **chosen))


def yes_or_no(view: ClipView) -> None:
    """Draw the yes-or-no filters: labelled, has an embedding, has a hand track, failed."""
    have = dict(view.flags)
    left, right = st.columns(2)
    for n, (name, (yes, no)) in enumerate(FLAGS.items()):
        words: dict[bool | None, str] = {None: "Either", True: yes, False: no}
        key = f"library-flag-{name}"
        st.session_state[key] = have.get(name)
        (left, right)[n % 2].selectbox(
            name.replace("_", " ").capitalize(),
            list(words),
            format_func=named(words),
            key=key,
            on_change=lambda name=name, key=key: set_view(current_view().with_flag(name, st.session_state[key])),
        )


def chips(services: Services, view: ClipView) -> None:
    """A button for each filter that is set, which removes it."""
    parts = filters_of(view, names=names_of(services, view))
    likeness = like_what(services, view)
    if not parts and not likeness:
        return
    with st.container(horizontal=True, gap="xsmall"):
        if likeness:
            st.button(
                plain(likeness),
                icon=":material/close:",
                key="chip-likeness",
                on_click=lambda: set_view(replace(current_view(), similar_to="", search="")),
            )
        for n, part in enumerate(parts):
            st.button(
                plain(part.title),
                icon=":material/close:",
                key=f"chip-{n}-{part.field}",
                help="Remove this filter",
                on_click=lambda part=part: set_view(part.remove(current_view())),
            )
        if len(parts) > 1:
            st.button("Clear all", type="tertiary", key="chips-clear", on_click=clear)


def clear() -> None:
    """Remove all filters; the order and the search stay."""
    view = current_view()
    set_view(ClipView(similar_to=view.similar_to, search=view.search, sort=view.sort, descending=view.descending))


def like_what(services: Services, view: ClipView) -> str:
    """The view's likeness search in words."""
    if view.similar_to:
        return f"like {view.similar_to}"
    if view.search:
        found = services.workspace.library.search(view.search)
        return f"{found.kind}: {found.title}" if found else "a search that is gone"
    return ""
