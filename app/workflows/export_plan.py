"""Plans exports: which clips come out by the choices made, in what order, and why others are left out."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from app.workflows.export_words import kept_by_tag_words
from app.workflows.extracting import composite_weights
from engine.errors import ExportError
from engine.export.selection import Candidates, KeptByTag, Selection, select
from engine.files.digest import digest_of_values

if TYPE_CHECKING:
    from engine.export.selection import Vectors
    from engine.export.settings import ExportSettings
    from engine.preference.kinds import LabelKind
    from storage import Workspace

__all__ = ["NO_MODEL", "ExportPlan", "left_out", "plan_export"]

NO_MODEL = "There is no reward model yet: ranked by the composite score."
LEARNED_FROM: dict[LabelKind | None, str] = {
    "simulated": "The model learned from simulated labels: this ranking says nothing about what people prefer.",
    "model": "The model learned from labels by a model's judgement: this ranking is not what people prefer.",
    None: "It is not known whose labels the model learned from: it came without a report that can be read.",
}
"""Whose labels a ranking rests on → what to know of it."""


@dataclass(frozen=True, kw_only=True)
class ExportPlan:
    """A planned export: the list it would write, and what is left out."""

    settings: ExportSettings
    """The requested settings, with the model's id filled in."""
    table: pa.Table
    """The list: one row a clip, best first, with provenance."""
    selection: Selection | None
    """Why other clips are left out; None for the repetition of a stored list."""
    outside: int
    """Clips left out by the filter."""
    dropped: int
    """Clips left out because they are tagged `drop`."""
    notes: tuple[str, ...] = ()
    kept_note: str = ""
    """What the tag `keep` brings in, in words; one of the notes."""

    @property
    def kept_by_tag(self) -> list[tuple[str, KeptByTag]]:
        """The clips that only their tag `keep` brings in, with their ids."""
        if self.selection is None:
            return []
        clip_ids = dict(zip(self.selection.rows, self.table.column("clip_id").to_pylist(), strict=True))
        return [(clip_ids[kept.row], kept) for kept in self.selection.kept_by_tag]

    @property
    def clips(self) -> int:
        rows: int = self.table.num_rows
        return rows

    @property
    def seconds(self) -> float:
        return float(pc.sum(self.table.column("duration_s")).as_py() or 0.0)

    @property
    def videos(self) -> int:
        return len(self.table.column("video_id").unique())

    @property
    def synthetic(self) -> int:
        """How many clips are from rendered sample videos."""
        return int(pc.sum(pc.equal(self.table.column("source"), "sample")).as_py() or 0)


def plan_export(workspace: Workspace, settings: ExportSettings) -> ExportPlan:
    """Plan an export: the clips that `settings` select from the workspace as it is now.

    Without a model, the composite score ranks, and a note says so. Raises `ExportError` where nothing can be ranked,
    `QueryError` for a wrong condition, `StorageError` for an unknown model.
    """
    settings, notes = resolved(workspace, settings)
    table = workspace.exports.candidates(settings.ranked_by, settings.model_id)
    ranked = table.num_rows
    allowed = wanted(workspace, settings)
    if allowed is not None:
        table = table.filter(pc.is_in(table.column("clip_id"), value_set=pa.array(list(allowed), pa.string())))
    ids = table.column("clip_id").combine_chunks()
    videos = pc.dictionary_encode(table.column("video_id").combine_chunks())
    candidates = Candidates(
        clip_ids=ids,
        videos=videos.indices.to_numpy().astype(np.intp),
        scores=table.column("score").to_numpy().astype(np.float64),
        kept=table.column("kept").to_numpy().astype(bool),
        vectors=vectors_of(workspace, ids) if settings.diversity is not None else None,
    )
    if settings.diversity is not None and candidates.vectors is None:
        notes = (*notes, "There are no embeddings yet: near-duplicates can't be found.")
    chosen = select(candidates, settings)
    if chosen.without_vector:
        notes = (*notes, f"{chosen.without_vector} of the clips have no embedding and were compared with nothing.")
    kept_note = kept_by_tag_words(chosen.kept_by_tag, len(chosen.rows))
    picked = ids.take(pa.array(chosen.rows, pa.int64())).to_pylist()
    listing = workspace.exports.listing(picked, settings.ranked_by, settings.model_id)
    listing = with_provenance(workspace, listing, settings)
    return ExportPlan(
        settings=settings,
        table=listing,
        selection=chosen,
        outside=ranked - len(ids),
        dropped=workspace.exports.dropped(),
        notes=(*notes, kept_note) if kept_note else notes,
        kept_note=kept_note,
    )


def resolved(workspace: Workspace, settings: ExportSettings) -> tuple[ExportSettings, tuple[str, ...]]:
    """The settings with the ranking model's id filled in, and notes about that model."""
    if settings.ranked_by == "composite":
        return settings.model_copy(update={"model_id": None}), ()
    model = workspace.rewards.get(settings.model_id) if settings.model_id else workspace.rewards.current()
    if settings.model_id and model is None:
        raise ExportError(
            f"there is no model {settings.model_id!r}",
            remedy="Train one, or leave the model out to rank by the current one.",
        )
    if model is None:
        return settings.model_copy(update={"ranked_by": "composite"}), (NO_MODEL,)
    if settings.ranked_by == "robot" and not workspace.exports.has_robot_scores(model.model_id):
        raise ExportError(
            f"the model {model.name!r} has no robot head", remedy="Rank by reward, or train with measured gains."
        )
    note = LEARNED_FROM.get(model.labels_by)
    return settings.model_copy(update={"model_id": model.model_id}), (note,) if note else ()


def wanted(workspace: Workspace, settings: ExportSettings) -> set[str] | None:
    """The clips that pass the filters, or None where there is no filter."""
    sets = []
    if settings.where:
        sets.append(workspace.clips.matching(settings.where))
    if settings.clip_ids is not None:
        sets.append(set(settings.clip_ids))
    if settings.tags:
        sets.append(workspace.exports.tagged(settings.tags))
    return set.intersection(*sets) if sets else None


def vectors_of(workspace: Workspace, clip_ids: pa.Array) -> Vectors | None:
    """Fetches the vectors of the clips in some rows of `clip_ids`; None where there are no embeddings at all."""
    model = workspace.features.embedding_model()
    if model is None:
        return None
    return lambda rows: workspace.features.vectors_of(model, pa.chunked_array([clip_ids.take(pa.array(rows))]))


def with_provenance(workspace: Workspace, listing: pa.Table, settings: ExportSettings) -> pa.Table:
    """The list with columns for the provenance of its order."""
    model = workspace.rewards.get(settings.model_id) if settings.model_id else None
    gave_scores = model.settings if model else composite_weights(workspace)
    constants = {
        "ranked_by": (settings.ranked_by, pa.string()),
        "threshold": (settings.threshold, pa.float64()),
        "model_id": (model.model_id if model else None, pa.string()),
        "model_name": (model.name if model else None, pa.string()),
        "seed": (model.seed if model else None, pa.int64()),
        "labels_by": (model.labels_by if model else None, pa.string()),
        "settings_hash": (digest_of_values(gave_scores), pa.string()),
        "embedding_model": (workspace.features.embedding_model(), pa.string()),
        "app_version": (version("handpicked"), pa.string()),
    }
    for name, (value, kind) in constants.items():
        listing = listing.append_column(name, pa.repeat(pa.scalar(value, kind), listing.num_rows))
    return listing


def left_out(plan: ExportPlan) -> str:
    """Why clips are left out, in words: `3 tagged drop, 91 beyond the top`."""
    chosen = plan.selection
    if chosen is None:
        return ""
    reasons = {
        "outside the filter": plan.outside,
        "tagged drop": plan.dropped,
        "without a score": chosen.unscored,
        "below the threshold": chosen.below_threshold,
        "too much like a better one": chosen.too_similar,
        "over their video's quota": chosen.over_quota,
        "beyond the top": chosen.beyond_top,
    }
    return ", ".join(f"{count:,} {reason}" for reason, count in reasons.items() if count)
