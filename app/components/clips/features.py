"""Shows one clip's features: what each means, and the clip's percentile among all clips."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.components.clips.motion_chart import motion_chart
from app.components.feedback import plain
from engine.features.composite import COMPOSITE
from engine.features.registry import all_columns, get

if TYPE_CHECKING:
    from app.services import Services

__all__ = ["clip_features"]


def clip_features(services: Services, clip_id: str) -> None:
    """The features of a clip with their units and percentiles, extractor by extractor; failures with their reason."""
    features = services.workspace.features
    values = features.of_clip(clip_id)
    for failure in features.failures(clip_id):
        st.warning(f"{plain(failure.extractor)}: {plain(failure.error)}", icon=":material/warning:")
    if not any(value is not None for value in values.values()):
        st.caption("This clip was not measured yet: extract features from the Overview.")
        return
    shares = features.percentiles_of(clip_id)
    described = [(c.name, get(c.extractor).title, c.column) for c in all_columns()]
    described.append((f"composite_{COMPOSITE.name}", "Composite", COMPOSITE))
    rows = [
        {
            "extractor": title,
            "feature": name,
            "value": values[name],
            "unit": column.unit,
            "percentile": None if (share := shares.get(name)) is None else 100 * share,
            "meaning": column.description,
        }
        for name, title, column in described
        if values.get(name) is not None
    ]
    st.markdown(f"**{plain(clip_id)}** among all measured clips")
    for said in features.notes_of_clip(clip_id):
        st.caption(f"{plain(said.extractor)} (version {said.version}): {plain(said.note)}")
    motion_chart(services, clip_id)
    st.dataframe(
        rows,
        hide_index=True,
        key="clip-features",
        column_config={
            "value": st.column_config.NumberColumn(format="%.4g"),
            "percentile": st.column_config.ProgressColumn("percentile", format="%.0f", min_value=0, max_value=100),
            "meaning": st.column_config.TextColumn(width="large"),
        },
    )
