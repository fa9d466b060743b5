"""Imports a bundle's features, embeddings, labels and scores, under the ids that its clips have here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import ValidationError

from app.workflows.extracting import settings_of, stale_clips
from app.workflows.model_report import checked_report
from app.workflows.sharing.bundle_tables import (
    MOST_LABELS,
    measured_table,
    sound_scores,
    sound_vectors,
    table_of_bundle,
)
from engine.errors import ExportError, FormatError, HandpickedError
from engine.export.bundle import read_bundle
from engine.features.registry import get
from engine.files.problems import shortened_sentences
from engine.preference.kinds import other_kind
from storage.clips import clip_id
from storage.labels import Label
from storage.rewards import FROM_BUNDLE, RewardModel
from storage.sharing import LabelEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from engine.export.bundle import Bundle
    from engine.export.manifest import BundleModel
    from engine.preference.kinds import LabelKind
    from storage import Workspace
    from storage.labels import LabelCounts

__all__ = ["BundleReport", "clip_names", "clips_here", "left_out_annotators", "take_data"]

FEATURES = "data/features_"
ELSEWHERE = "Measured elsewhere"
"""Start of the note on features that were measured elsewhere."""
NO_SERIES = "a bundle brought numbers without the series over time that charts, activity clips and validation need"
NO_VECTOR = "a bundle brought numbers without the vectors that search and likeness need"


@dataclass(frozen=True, kw_only=True)
class BundleReport:
    """The data imported with a bundle's clips."""

    clips: int
    labels: int
    labels_by: LabelCounts
    """Of the labels that were added, how many are of each kind."""
    scores: int
    problems: tuple[str, ...] = ()
    """Data left out, and why."""
    notes: tuple[str, ...] = ()
    """Features measured elsewhere, and which of them are measured again here."""


def clip_names(workspace: Workspace, bundle: Bundle) -> dict[str, str]:
    """Clip id in the bundle → clip id here, of the clips that are here."""
    manifest = bundle.manifest
    sources = workspace.videos.by_sha256({clip.video_sha256 for clip in manifest.clips})
    cuts = workspace.videos.by_sha256({clip.sha256 for clip in manifest.clips})
    lengths = {video.video_id: video.duration_s for video in workspace.videos.find(ids=cuts.values())}
    names = {}
    for clip in manifest.clips:
        if clip.video_sha256 in sources:
            names[clip.clip_id] = clip_id(sources[clip.video_sha256], clip.start_s, clip.end_s)
        elif clip.sha256 in cuts:
            video_id = cuts[clip.sha256]
            names[clip.clip_id] = clip_id(video_id, 0.0, lengths[video_id])
    present = workspace.clips.ids()
    return {theirs: ours for theirs, ours in names.items() if ours in present}


def clips_here(workspace: Workspace, folder: Path) -> int:
    """How many of a bundle's clips are here; 0 where its folder can't be read, which its job has reported."""
    try:
        return len(clip_names(workspace, read_bundle(folder)))
    except ExportError:
        return 0


def take_data(workspace: Workspace, bundle: Bundle, names: Mapping[str, str]) -> BundleReport:
    """Import features, embeddings, labels and scores of the clips in `names`, once. A file that is damaged or not
    valid is left out alone: the report names it."""
    taking = _BundleIntake(workspace, bundle, names)
    taking.part("data/embedding.parquet", taking.vectors)  # first: the features need the vectors
    for name in bundle.manifest.files:
        if name.startswith(FEATURES):
            taking.part(name, taking.features)
    before = workspace.labels.counts()
    labels = taking.part("data/labels.parquet", taking.labels)
    scores = taking.part("data/scores.parquet", taking.scores)
    notes = tuple(taking.notes())
    return BundleReport(
        clips=len(names),
        labels=labels,
        labels_by=workspace.labels.counts().since(before),
        scores=scores,
        problems=shortened_sentences(taking.problems),
        notes=notes,
    )


class _BundleIntake:
    """The import of one bundle's data."""

    def __init__(self, workspace: Workspace, bundle: Bundle, names: Mapping[str, str]) -> None:
        self._workspace, self._bundle, self._names = workspace, bundle, names
        self._most = bundle.manifest.most_rows
        self.problems: list[str] = []
        self._measured: dict[str, pa.Table] = {}
        """Extractor → the features that were imported."""

    def part(self, name: str, take: Callable[[str], int]) -> int:
        """Import one file, all or nothing; returns how many rows are new."""
        if name not in self._bundle.manifest.files:
            return 0
        try:
            taken: int = self._workspace.database.transact(lambda: take(name))
        except FormatError as error:
            self.problems.append(f"{name} is left out: {error}.")
        except HandpickedError as error:
            self.problems.append(f"{name} is left out: {error}")
        else:
            return taken
        return 0

    def features(self, name: str) -> int:
        """Import features that this workspace lacks; its own measurements stay."""
        extractor = name.removeprefix(FEATURES).removesuffix(".parquet")
        found = measured_table(self._bundle, name, self._most, extractor, self.problems)
        if found is None:
            return 0
        table, rows = found
        rows = renamed(rows, self._names)
        if not rows.num_rows:
            return 0
        self._workspace.features.ensure([table])
        known = self._workspace.exports.features_of(table.table, rows.column("clip_id").to_pylist())
        rows = without(rows, set(known["clip_id"].to_pylist()))
        rows = rows.set_column(rows.schema.get_field_index("note"), "note", self._noted(rows.column("note")))
        self._workspace.features.add(table, rows)
        self._doubt_what_is_not_whole(extractor, rows.column("clip_id").to_pylist())
        self._measured[extractor] = rows
        return int(rows.num_rows)

    def _noted(self, notes: pa.ChunkedArray) -> pa.Array:
        """The notes on features, prefixed by where they were measured."""
        came = f"{ELSEWHERE}: they came with a bundle of Handpicked {self._bundle.manifest.app_version[:40]}."
        return pa.array(
            [note if note.startswith(ELSEWHERE) else f"{came} {note}".strip() for note in notes.to_pylist()],
            pa.string(),
        )

    def _doubt_what_is_not_whole(self, extractor: str, clip_ids: list[str]) -> None:
        """Mark features that came without their series or vector to be measured again: they are incomplete."""
        features = self._workspace.features
        kind = get(extractor)
        if kind.has_vector:
            vectors = features.vectors()
            whole, reason = set(vectors.clip_ids) if vectors is not None else set(), NO_VECTOR
        elif kind.track_table:
            whole, reason = features.tracked(kind.track_table), NO_SERIES
        else:
            return
        features.doubt_clips(extractor, [clip_id for clip_id in clip_ids if clip_id not in whole], reason)

    def notes(self) -> list[str]:
        """Sentences on what was measured elsewhere, and how much of it is measured again here."""
        notes = []
        for extractor, rows in self._measured.items():
            ids = rows.column("clip_id").to_pylist()
            again = len(stale_clips(self._workspace, settings_of(self._workspace), extractor) & set(ids))
            versions = ", ".join(map(str, sorted(set(rows.column("extractor_version").to_pylist()))))
            came = f"the numbers of {len(ids):,} clips were measured elsewhere (version {versions})"
            then = f"{again:,} of them count as not measured here, and the next extraction measures them"
            notes.append(f"{get(extractor).title}: {came}; {then}.")
        return notes

    def vectors(self, name: str) -> int:
        """Import missing embeddings, if this workspace has the same model's or none: two models are never mixed."""
        rows = renamed(sound_vectors(self._bundle, name, self._most, self.problems), self._names)
        ours = self._workspace.features.vectors()
        if ours is not None:
            rows = without(rows.filter(pc.equal(rows.column("model"), ours.model)), set(ours.clip_ids))
        if rows.num_rows:
            self._workspace.features.add_vectors(rows)
        return int(rows.num_rows)

    def labels(self, name: str) -> int:
        """Import the labels of known clips, with their annotators; each keeps its kind. An annotator of another kind
        here is left out with all labels."""
        table = table_of_bundle(self._bundle, name, MOST_LABELS, "labels")
        made, odd = [], 0
        for row in table.to_pylist():
            try:
                said = LabelEntry.model_validate(row).model_dump()
            except ValidationError:
                odd += 1
                continue
            left, right = self._names.get(said["left_clip_id"]), self._names.get(said["right_clip_id"])
            if left is not None and right is not None and said["answer"] != "undone":
                made.append(Label(**{**said, "left_clip_id": left, "right_clip_id": right}))
        if odd:
            self.problems.append(f"{name}: {odd:,} rows are no labels and are left out.")
        refused = self._workspace.labels.of_another_kind((label.annotator, label.kind) for label in made)
        self.problems += left_out_annotators(name, refused)
        return self._workspace.labels.add(label for label in made if (label.annotator, label.kind) not in refused)

    def scores(self, name: str) -> int:
        """Import the scores of the bundle's ranking model. It becomes the current model only where there was none.

        A model that was trained or imported here scores its clips itself: others' scores are not mixed in.
        """
        model = self._bundle.manifest.model
        if model is None:
            return 0
        rows = renamed(sound_scores(self._bundle, name, self._most, self.problems), self._names)
        rewards = self._workspace.rewards
        known = rewards.get(model.model_id)
        if known is not None and (known.model_id != model.model_id or FROM_BUNDLE not in known.settings):
            return 0
        if known is None:
            self._add_model(model)
        rows = without(rows, set(rewards.scores(model.model_id).column("clip_id").to_pylist()))
        if rows.num_rows:
            ids = pa.array([model.model_id] * rows.num_rows, pa.string())
            rewards.add_scores(rows.append_column("model_id", ids))
        return int(rows.num_rows)

    def _add_model(self, model: BundleModel) -> None:
        before = self._workspace.rewards.current()
        report, notes = checked_report(model.metrics)
        self.problems += [f"The model's report was left out: {note}" for note in notes]
        self._workspace.rewards.add(
            RewardModel(
                model_id=model.model_id,
                name=f"{model.name} (from a bundle)",
                created_at=model.created_at.astimezone(UTC),
                seed=model.seed,
                settings={**model.settings, FROM_BUNDLE: self._bundle.manifest.export_id},
                report=report,
            )
        )
        if before is not None:
            self._workspace.rewards.make_current(before.model_id)


def left_out_annotators(name: str, refused: Mapping[tuple[str, LabelKind], LabelKind]) -> list[str]:
    """A sentence on each annotator of a file whose labels are left out, for they are of another kind here."""
    return [f"{name}: {other_kind(who, here, kind)}; these are left out." for (who, kind), here in refused.items()]


def renamed(table: pa.Table, names: Mapping[str, str], column: str = "clip_id") -> pa.Table:
    """The rows of known clips, under their ids here; of two about one clip, the first."""
    known = table.filter(pc.is_in(table.column(column), pa.array(list(names), pa.string())))
    ours = [names[theirs] for theirs in known.column(column).to_pylist()]
    first = {name: place for place, name in reversed(list(enumerate(ours)))}
    made = known.set_column(known.schema.get_field_index(column), column, pa.array(ours, pa.string()))
    return made.take(pa.array(sorted(first.values()), pa.int64()))


def without(rows: pa.Table, have: set[str]) -> pa.Table:
    """The rows of clips that are not in `have`."""
    return rows.filter(pc.invert(pc.is_in(rows.column("clip_id"), pa.array(list(have), pa.string()))))
