"""Shows the contents of a colleague's bundle before it is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.components.feedback import show_error
from app.markdown_text import plain
from app.text import plural
from engine.errors import HandpickedError
from engine.export.bundle import is_bundle, peek_bundle
from engine.files.typed_path import typed_paths
from engine.preference.kinds import counted_by
from storage.labels import LabelCounts

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from app.services import Services
    from engine.export.manifest import Manifest

__all__ = ["bundle_box", "bundles_among"]


def bundles_among(paths: Iterable[str]) -> list[Path]:
    """The paths that are bundles: folders with a manifest, or zip files of one."""
    return [path for path in typed_paths(paths)[0] if is_bundle(path)]


def bundle_box(services: Services, path: Path, *, key: str) -> None:
    """Show what a bundle holds."""
    try:
        found = peek_bundle(path)
    except HandpickedError as error:
        show_error(error)
        return
    manifest = found.manifest
    here = services.workspace.videos.by_sha256({clip.video_sha256 for clip in manifest.clips})
    own = sum(clip.video_sha256 in here for clip in manifest.clips)
    with st.container(border=True, gap="small", key=key):
        st.markdown(f":material/inventory_2: **{plain(path.name)}** is a bundle of {contents(manifest)}")
        if manifest.synthetic_clips:
            st.badge(f"{plural(manifest.synthetic_clips, 'synthetic clip')}", icon=":material/movie_edit:")
        notes = [
            f"{plural(own, 'clip')} of videos that are here already: no file is taken in for those." if own else "",
            "It is unpacked into the workspace first." if found.packed else "",
            f"{plural(len(manifest.failed), 'clip')} could not be cut by the colleague." if manifest.failed else "",
            "Its clips come in as they were cut; the choices about clips do not touch them.",
        ]
        st.caption(" ".join(filter(None, notes)))
        for problem in found.problems:
            st.caption(f":material/warning: {plain(problem)}")


def contents(manifest: Manifest) -> str:
    """`12 clips of 4 videos, with features, labels (300 simulated labels among them); exported 2026-11-01.`"""
    files = manifest.files
    brought = []
    if any(name.startswith("data/features_") for name in files):
        brought.append("features")
    if "data/embedding.parquet" in files:
        brought.append(f"embeddings by {plain(manifest.embedding_model or 'an unnamed model')}")
    if "data/scores.parquet" in files and manifest.model:
        brought.append(f"scores by “{plain(manifest.model.name)}”")
    if "data/labels.parquet" in files:
        counts = LabelCounts(simulated=manifest.simulated_labels, model=manifest.model_labels)
        others = " and ".join(counted_by(counts.of(kind), kind) for kind in counts.kinds)
        brought.append(f"labels ({others} among them)" if others else "labels")
    videos = len({clip.video_sha256 for clip in manifest.clips})
    head = f"{plural(len(manifest.clips), 'clip')} of {plural(videos, 'video')}"
    carried = f", with {', '.join(brought)}" if brought else ""
    return f"{head}{carried}; exported {plain(manifest.created_at[:10])}."
