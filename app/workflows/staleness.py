"""Why numbers are to be measured again, and who rests on numbers that are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.workflows.extracting import resources_of, settings_of, table_of
from engine.features.registry import extractor_names, get
from engine.features.settings import enabled_extractors, extractor_settings

if TYPE_CHECKING:
    from collections.abc import Collection

    from storage import Workspace
    from storage.rewards import RewardModel

__all__ = ["StaleNumbers", "model_warning", "stale_numbers", "stale_warnings"]

OTHER_SETTINGS = "Its settings or its model file are others now than when they were measured."


@dataclass(frozen=True, kw_only=True)
class StaleNumbers:
    """Clips that hold an extractor's numbers as an earlier version, or other settings, gave them."""

    extractor: str
    title: str
    enabled: bool
    """Whether an extraction measures them again unless it is told which extractors to use."""
    clips: int
    measured: int
    why: str
    """One sentence."""

    @property
    def warning(self) -> str:
        """For whoever rests on the numbers: what is mixed, why, and the way out."""
        return (
            f"{self.title}: {self.clips:,} of {self.measured:,} measured clips hold numbers of an earlier version or "
            f"of other settings, and they are used as they are. {self.why} "
            f"`handpicked extract --only {self.extractor}` measures them again."
        )


def stale_numbers(workspace: Workspace) -> list[StaleNumbers]:
    """What is to be measured again although there are numbers, in the order in which a person meets the extractors."""
    settings = settings_of(workspace)
    enabled = enabled_extractors(settings)
    have = {table.extractor for table in workspace.features.tables()}
    found = []
    for name in extractor_names():
        if name not in have:
            continue
        extractor = get(name)(extractor_settings(settings, name), resources_of(workspace))
        now = (extractor.version, extractor.settings_hash())
        held = workspace.features.held(table_of(name))
        stale = [entry for entry in held if (entry.version, entry.settings_hash) != now]
        if stale:
            oldest = min(entry.version for entry in stale)
            found.append(
                StaleNumbers(
                    extractor=name,
                    title=extractor.title,
                    enabled=name in enabled,
                    clips=sum(entry.clips for entry in stale),
                    measured=sum(entry.clips for entry in held),
                    why=extractor.why_again(oldest) or OTHER_SETTINGS,
                )
            )
    return [*found, *doubted_numbers(workspace, enabled)]


def doubted_numbers(workspace: Workspace, enabled: Collection[str]) -> list[StaleNumbers]:
    """What is to be measured again on some files only, because an earlier version read those files wrongly."""
    measured = workspace.features.measured()
    return [
        StaleNumbers(
            extractor=doubted.extractor,
            title=get(doubted.extractor).title,
            enabled=doubted.extractor in enabled,
            clips=doubted.clips,
            measured=measured[doubted.extractor],
            why=f"{doubted.reason[0].upper()}{doubted.reason[1:]}.",
        )
        for doubted in workspace.features.doubts()
    ]


def stale_warnings(workspace: Workspace) -> list[str]:
    """What a composite score, a reward or a validation should say of the numbers that it is made from."""
    return [stale.warning for stale in stale_numbers(workspace)]


def model_warning(workspace: Workspace, model: RewardModel) -> str:
    """Whether a reward learned from numbers that were measured otherwise than those which it scores; else empty.

    A model that does not say which versions it learned from is older than all that give a reason to measure again.
    """
    learned: dict[str, int] = model.metrics.get("feature_versions", {})
    held = workspace.features.oldest_versions()
    names = [name for name in extractor_names() if name in held and (not learned or name in learned)]
    whys = {name: get(name).why_again(learned.get(name, 0), held[name]) for name in names}
    reasons = [f"{get(name).title}: {why}" for name, why in whys.items() if why]
    if not reasons:
        return ""
    return (
        f"“{model.name}” learned from numbers of an earlier version. {' '.join(reasons)} Train again on the new ones."
    )
