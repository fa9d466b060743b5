"""Family `duplicates`: files of the same content, clips that look alike, clips that share most of their time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.audit.outcome import Hit, Outcome, clip_outcome
from engine.audit.windows import overlaps

if TYPE_CHECKING:
    from engine.audit.facts import AuditFacts
    from engine.audit.settings import AuditSettings

__all__ = ["near_duplicate", "overlapping_clips", "same_content"]


def same_content(facts: AuditFacts, _settings: AuditSettings) -> Outcome:
    """Files with the very bytes of another one."""
    hits = tuple(Hit(same.path, same.path, same.reason) for same in facts.same)
    return Outcome(hits=hits, checked=max(facts.files, len(hits)), applies=facts.files > 0 or bool(hits))


def near_duplicate(facts: AuditFacts, _settings: AuditSettings) -> Outcome:
    """Clips that look like a better one of their group."""
    twins = facts.texts("near_duplicate_of")
    found = np.array([twin is not None for twin in twins], bool)
    spread = np.isfinite(facts.numbers("embedding_spread"))
    known = found | (spread if not facts.likeness else np.zeros(len(spread), bool))
    why = facts.likeness or facts.why_missing("embedding")
    return clip_outcome(facts, found, known, why, lambda row: f"nearly the same as {twins[row]}")


def overlapping_clips(facts: AuditFacts, settings: AuditSettings) -> Outcome:
    """Clips that share most of their time with another one of their video."""
    ids = facts.texts("clip_id")
    again = overlaps(
        [str(video) for video in facts.texts("video_id")],
        facts.numbers("start_s").tolist(),
        facts.numbers("end_s").tolist(),
        settings.times.overlap_share,
    )
    found = np.zeros(len(ids), bool)
    found[list(again)] = True

    def detail(row: int) -> str:
        other, share = again[row]
        return f"shares {share:.0%} of its time with {ids[other]}"

    return clip_outcome(facts, found, np.ones(len(ids), bool), "", detail)
