"""Finds features that should be measured again, and why, and the rewards and scores that depend on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.workflows.extracting import resources_of, settings_of, table_of
from engine.features.registry import extractor_names, get
from engine.features.settings import enabled_extractors, extractor_settings
from storage.errors import StorageError

if TYPE_CHECKING:
    from storage import Workspace
    from storage.rewards import RewardModel

__all__ = ["StaleNumbers", "model_warning", "split_warnings", "stale_numbers", "stale_warnings"]

SOURCES_SINCE = 3
"""The version of training reports that keeps recordings and groups together (`REPORT_VERSION`)."""

OTHER_SETTINGS = "Its settings or its model file are others now than when they were measured."


@dataclass(frozen=True, kw_only=True)
class StaleNumbers:
    """Clips with features of an extractor's earlier version or other settings."""

    extractor: str
    title: str
    enabled: bool
    """Whether an extraction measures them again by default."""
    clips: int
    measured: int
    why: str
    """A sentence for each reason."""

    @property
    def warning(self) -> str:
        """A warning for results that use the numbers: what is mixed, why, and the remedy."""
        return (
            f"{self.title}: {self.clips:,} of {self.measured:,} measured clips hold numbers of an earlier version or "
            f"of other settings, and they are used as they are. {self.why} "
            f"`handpicked extract --only {self.extractor}` measures them again."
        )


def stale_numbers(workspace: Workspace) -> list[StaleNumbers]:
    """Features to be measured again, one entry for each extractor, in display order.

    Numbers of an extractor that is not installed any more can't be measured again, and are not listed.
    """
    settings = settings_of(workspace)
    enabled = enabled_extractors(settings)
    have = {table.extractor for table in workspace.features.tables()}
    doubts: dict[str, list[str]] = {}
    for doubted in workspace.features.doubts():
        doubts.setdefault(doubted.extractor, []).append(f"{doubted.reason[0].upper()}{doubted.reason[1:]}.")
    found = []
    for name in extractor_names():
        if name not in have:
            continue
        extractor = get(name)(extractor_settings(settings, name), resources_of(workspace))
        now = (extractor.version, extractor.settings_hash())
        held = workspace.features.held(table_of(name))
        others = [entry.version for entry in held if (entry.version, entry.settings_hash) != now]
        whys = [extractor.why_again(min(others)) or OTHER_SETTINGS] if others else []
        whys += doubts.get(name, [])
        if whys:
            found.append(
                StaleNumbers(
                    extractor=name,
                    title=extractor.title,
                    enabled=name in enabled,
                    clips=sum(entry.clips for entry in held if not entry.is_of(*now)),
                    measured=sum(entry.clips for entry in held),
                    why=" ".join(whys),
                )
            )
    return found


def stale_warnings(workspace: Workspace) -> list[str]:
    """Warnings about the features that a composite score, a reward or a validation is computed from."""
    return [stale.warning for stale in stale_numbers(workspace)]


def model_warning(workspace: Workspace, model: RewardModel) -> str:
    """A warning where a reward was trained on features measured otherwise than those that it scores; else empty."""
    learned = learned_versions(model)
    if learned is None:
        return ""
    held = workspace.features.oldest_versions()
    names = [name for name in extractor_names() if name in held and (not learned or name in learned)]
    whys = {name: get(name).why_again(learned.get(name, 0), held[name]) for name in names}
    reasons = [f"{get(name).title}: {why}" for name, why in whys.items() if why]
    if not reasons:
        return ""
    return (
        f"“{model.name}” learned from numbers of an earlier version. {' '.join(reasons)} Train again on the new ones."
    )


def split_warnings(workspace: Workspace, model: RewardModel | None) -> list[str]:
    """Warnings about results that were judged with clips of one source on both sides of splits: by a version that took
    each file for a source, or before it was known what belongs together."""
    found = []
    report = model.report if model is not None else None
    by_file = report is not None and report.judged is not None and report.report_version < SOURCES_SINCE
    if model is not None and by_file and workspace.videos.share_recordings():
        found.append(
            f"“{model.name}” was judged with each file as a source: clips of one recording or group stood on both "
            "sides of its splits, so its accuracy may be stated too high. Train again."
        )
    try:
        run = workspace.validation.latest()
    except StorageError:
        return found  # the page of validations says so
    if run is not None:
        clips = [clip.clip_id for clip in workspace.validation.gains(run.run_id)]
        sources = len(set(workspace.clips.spans(clips).column("source").to_pylist()))
        if len(clips) == run.report.clips and sources < run.report.sources:
            found.append(
                f"The last validation took its clips for those of {run.report.sources:,} sources; they are of "
                f"{sources:,}. Footage of one source stood on both sides of its splits. Validate again."
            )
    return found


def learned_versions(model: RewardModel) -> dict[str, int] | None:
    """Extractor → the version of the features that a model was trained on; None where that is unknown.

    A model trained here whose report has no versions is older than every version with a reason to measure again:
    an empty mapping. For a model from elsewhere without them, or without a report, the result is None.
    """
    if model.report is None:
        return None
    if model.report.feature_versions is not None:
        return model.report.feature_versions
    return None if model.came_from_elsewhere else {}
