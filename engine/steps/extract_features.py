"""Kind `extract`: the features of a video's clips, by all the extractors that want them, in one pass."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.contracts.extract import (
    EMBEDDING_TABLE,
    ClipDamageRow,
    ExtractPayload,
    ExtractSettings,
    FailureRow,
    ResourceSettings,
    features_table,
)
from engine.errors import EngineError, JobError
from engine.features.base import Clip
from engine.features.device import (
    card_count,
    card_of_part,
    choose_device,
    hold_device,
    takes_device_frames,
)
from engine.features.embedding import EmbeddingSettings
from engine.features.encoders.clip_files import find_clip
from engine.features.extract import extract_video
from engine.features.registry import get
from engine.features.resources import Resources
from engine.runtime.reasons import in_plain_words
from engine.runtime.step import Step
from engine.steps.damage import note_damage
from engine.system_libraries import with_remedy
from engine.video.types import ReadStats
from engine.video.windows import Window
from engine.weights import HAND_LANDMARKER, find_weights

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from engine.features.base import ClipResult, Extractor
    from engine.features.extract import ClipFeatures
    from engine.runtime.spec import Item
    from engine.runtime.step import StepContext

__all__ = ["ExtractFeatures"]


class ExtractFeatures(Step[ExtractSettings, ExtractPayload]):
    """Measures the clips of one video an item.

    Tables: one row a clip and extractor, embeddings, the extractors' track tables, and what could not be measured.
    """

    @classmethod
    def models(cls, settings: ExtractSettings) -> dict[str, str]:
        """The hand landmarker and the embedding: a node without CLIP's weights would embed with another network."""
        folders = tuple(map(Path, settings.resources.weights_folders))
        found: dict[str, str] = {}
        if "hands" in settings.extractors:
            found[HAND_LANDMARKER.title] = "here" if find_weights(HAND_LANDMARKER, folders) else "not here"
        if "embedding" in settings.extractors:
            asked = EmbeddingSettings.model_validate(settings.extractors["embedding"])
            place = find_clip(asked.model, asked.pretrained, asked.weights_file, folders)
            found[f"CLIP {asked.model}/{asked.pretrained}"] = "here" if place else "not here"
        return found

    def prepare(self) -> None:
        """Load the models. An extractor that can't be had fails on its own, unless nothing else is left."""
        import cv2

        # The pipeline's threads fill the worker's cores already
        cv2.setNumThreads(1)
        resources = _resources(self.settings.resources, self.threads)
        self._resources = replace(resources, device=card_of_part(resources.device, self.part_number), say=self.say)
        hold_device(self._resources)
        self._preparing = threading.Lock()
        self._may_warn = True
        self._ready: dict[str, Extractor[Any]] = {}
        self._unready: dict[str, str] = {}
        for name in self.settings.extractors:
            self._prepare(name)
        if self._unready and not self._ready:
            raise EngineError(" ".join(dict.fromkeys(self._unready.values())))
        if takes_device_frames(self._resources) and all(one.for_several_videos for one in self._ready.values()):
            self.items_at_once = self._resources.streams

    def process(self, item: Item[ExtractPayload], context: StepContext) -> None:
        """Put the rows of every clip into the shard; what failed becomes a row of its own."""
        names = item.payload.extractors
        with self._preparing:
            for name in names:
                if name not in self._ready and name not in self._unready:
                    self._prepare(name)
        extractors = [self._ready[name] for name in names if name in self._ready]
        clips = self._clips(item, names, context)
        for name in names:
            if name in self._unready:
                context.warn(f"{name}: {self._unready[name]}")
                _add_failures(context, item, [clip.key for clip in clips], name, self._unready[name])
        self._warn_of_unusable_card(context)
        stats = ReadStats()
        found = extract_video(
            item.payload.path,
            clips,
            extractors,
            stats=stats,
            cancelled=context.is_cancelled,
            progress=context.progress,
        )
        for features in found:
            self._add(features, item, context)
            if features.damaged:
                context.output.add(ClipDamageRow, [ClipDamageRow(str(features.key))])
                context.warn(f"{features.key}: part of the clip is damaged; its features are of what could be shown.")
        note_damage(context, item.payload.video_id, stats)
        if stats.frames_decoded and not stats.frames_decoded_by_card and self._has_card_decoder(extractors):
            context.warn("The graphics card does not decode videos of this kind: the CPU decoded it.")

    def _has_card_decoder(self, extractors: Sequence[Extractor[Any]]) -> bool:
        """Whether a card was to decode: frames go to it, and its decoder works."""
        if not any(extractor.asks_for_device_frames for extractor in extractors):
            return False
        from engine.video.card import why_no_card_decoder

        return not why_no_card_decoder(choose_device(self._resources))

    def _warn_of_unusable_card(self, context: StepContext) -> None:
        """Say once that the CPU does a card's work: all of it, alone, or decoding."""
        with self._preparing:
            warn, self._may_warn = self._may_warn and card_count() > 0, False
        if not warn:
            return
        if takes_device_frames(self._resources):
            from engine.video.card import why_no_card_decoder

            device = choose_device(self._resources)
            if device.startswith("cuda") and (why := why_no_card_decoder(device)):
                context.warn(f"The CPU decodes the videos. {why}")
        elif self._resources.device == "auto":
            context.warn(
                "torch can't use this machine's graphics card, so one process measures on the CPU. `handpicked doctor` "
                "says why; with compute.device cpu in jobs.yaml, all cores are used."
            )

    def _clips(self, item: Item[ExtractPayload], names: Iterable[str], context: StepContext) -> list[Clip]:
        """The clips of an item whose windows can be ones; each other one fails alone, by all extractors."""
        clips = []
        for clip in item.payload.clips:
            try:
                clips.append(Clip(clip.clip_id, Window(clip.start_s, clip.end_s)))
            except ValueError as error:
                reason = f"The clip can't be measured: {error}."
                context.warn(f"{clip.clip_id}: {reason}")
                for name in names:
                    _add_failures(context, item, [clip.clip_id], name, reason)
        return clips

    def _prepare(self, name: str) -> None:
        try:
            extractor = _make(name, self.settings.extractors.get(name, {}), self._resources)
            extractor.prepare()
        except JobError:
            raise
        except Exception as error:  # a library that can't be loaded, say: the other extractors need it not
            self._unready[name] = with_remedy(in_plain_words(error))
        else:
            self._ready[name] = extractor

    def _add(self, features: ClipFeatures, item: Item[ExtractPayload], context: StepContext) -> None:
        for name, result in features.results.items():
            extractor = self._ready[name]
            who = {
                "clip_id": features.key,
                "extractor_version": extractor.version,
                "settings_hash": extractor.settings_hash(),
            }
            row = {
                **who,
                **result.values,
                "damaged": features.damaged,
                "note": result.note,
                "measured_on": extractor.measured_on,
            }
            context.output.add_rows(features_table(name), [row])
            _add_vector_and_track(context, extractor, who, result)
        for name, reason in features.failures.items():
            context.warn(f"{features.key}: {name}: {reason}")
            _add_failures(context, item, [features.key], name, reason)


def _make(name: str, settings: Mapping[str, Any], resources: Resources) -> Extractor[Any]:
    extractor = get(name)
    return extractor(extractor.settings_model.model_validate(settings), resources)


def _resources(asked: ResourceSettings, threads: int) -> Resources:
    """The resources that the job asks for, with the worker's share of the cores where it asks for no threads."""
    given = asked.model_dump(exclude={"weights_folders"})
    if threads:
        given.setdefault("threads", threads)
    return Resources(weights_folders=tuple(map(Path, asked.weights_folders)), **given)


def _add_vector_and_track(
    context: StepContext, extractor: Extractor[Any], who: dict[str, Any], result: ClipResult
) -> None:
    if result.vector is not None:
        row = {**who, "model": result.model, "vector": np.asarray(result.vector, np.float32)}
        context.output.add_rows(EMBEDDING_TABLE, [row])
    if result.track is not None and extractor.track_table:
        arrays = {name: _storable(array) for name, array in result.track.items()}
        context.output.add_rows(extractor.track_table, [{**who, **arrays}])


def _storable(array: NDArray[Any]) -> Any:
    """One flat list; what is no number becomes null."""
    flat = np.asarray(array).ravel()
    if flat.dtype.kind == "f" and not np.all(np.isfinite(flat)):
        return [float(value) if np.isfinite(value) else None for value in flat]
    return flat


def _add_failures(context: StepContext, item: Item[ExtractPayload], keys: list[Any], name: str, reason: str) -> None:
    rows = [FailureRow(item=item.key, clip_id=str(key), extractor=name, error=reason) for key in keys]
    context.output.add(FailureRow, rows)
