"""audit.yaml: where each rule of an audit draws its line.

The lines follow from what the features mean (docs/features.md), not from a collection of footage: a clip counts as
blurred, idle or frozen where that holds for more than half of it; light is judged in stops from middle grey.
"""

from __future__ import annotations

from pydantic import Field

from engine.settings_model import SettingsModel

__all__ = ["AuditSettings", "DuplicateLimits", "FootageLimits", "PreferenceLimits", "ReportLimits", "TimeLimits"]


class FootageLimits(SettingsModel):
    """When a clip's picture counts as unfit: hands, light, blur, idle time, shakiness."""

    hands_share: float = Field(
        default=0.1,
        ge=0,
        le=1,
        title="Hands in view, at least",
        description="A clip with a hand in a smaller share of its frames has none in view. A tenth, for a detector "
        "errs in single frames, and nothing is handled in so short a time.",
    )
    dark_luma: float = Field(
        default=40,
        ge=0,
        le=255,
        title="Too dark below",
        description="Mean luma, 0 to 255. 40 is three stops below middle grey (118): an eighth of its light.",
    )
    bright_luma: float = Field(
        default=215,
        ge=0,
        le=255,
        title="Too bright above",
        description="Mean luma, 0 to 255. 215 is two stops above middle grey (118): half a stop below white.",
    )
    clipped_share: float = Field(
        default=0.5,
        ge=0,
        le=1,
        title="Pixels without detail, at most",
        description="A clip with a larger share of pixels crushed to black, or blown out, is too dark, or too bright.",
    )
    blurred_share: float = Field(
        default=0.5,
        ge=0,
        le=1,
        title="Blurred frames, at most",
        description="A clip with a larger share of blurred frames is blurred. What a blurred frame is: features.yaml, "
        "sharpness.",
    )
    idle_share: float = Field(
        default=0.5,
        ge=0,
        le=1,
        title="Idle time, at most",
        description="A clip is idle where nothing moves for a larger share of it, neither the camera nor a thing.",
    )
    frozen_share: float = Field(
        default=0.5,
        ge=0,
        le=1,
        title="Frozen time, at most",
        description="A clip hangs where its picture does not change at all for a larger share of it.",
    )
    shaky_speed: float = Field(
        default=1.0,
        ge=0,
        le=100,
        title="Camera speed, at most (diagonals/s)",
        description="A clip is shaky where the fastest twentieth of the camera's motion is faster. At one diagonal a "
        "second, 1/60 s of exposure smears the picture by a sixtieth of its diagonal: 12 px of 640 × 360.",
    )
    followed_share: float = Field(
        default=0.5,
        ge=0,
        le=1,
        title="Camera motion known, at least",
        description="Where the camera could be followed for a smaller share of a clip, its motion is unclear.",
    )


class TimeLimits(SettingsModel):
    """When the times of annotation rows and of files count as wrong."""

    beyond_end_s: float = Field(
        default=1.0,
        ge=0,
        le=60,
        title="Beyond the end, at most (s)",
        description="How far a row may run past its video: less is rounding, or sound that outlasts the pictures.",
    )
    listed_length_s: float = Field(
        default=1.0,
        ge=0,
        le=3600,
        title="Length off its list, at most (s)",
        description="How far a video's length may lie from what the data set's own list of videos states.",
    )
    same_window_s: float = Field(
        default=0.05,
        ge=0,
        le=5,
        title="Same window within (s)",
        description="Two rows of one video whose starts and ends differ by no more, and which say the same, are "
        "one row twice.",
    )
    overlap_share: float = Field(
        default=0.5,
        ge=0,
        le=1,
        title="Overlap, at most",
        description="Two windows of one video overlap where they share more of the shorter one. Over half of it would "
        "be trained on twice.",
    )


class DuplicateLimits(SettingsModel):
    """When two clips count as nearly the same."""

    similarity: float = Field(
        default=0.97,
        ge=0.5,
        le=1,
        title="Alike from",
        description="Cosine of two clips' embeddings from which an audit calls one a near-duplicate, where it looks "
        "for them itself. The Library's own search may have used another.",
    )


class PreferenceLimits(SettingsModel):
    """When a reward's opinion of a clip counts as none."""

    uncertain: float = Field(
        default=1.0,
        ge=0,
        le=100,
        title="Uncertainty, at most (spreads)",
        description="A clip is not placed where the ensemble's disagreement about it is larger than so many standard "
        "deviations of all clips' rewards: it may then stand anywhere among them.",
    )


class ReportLimits(SettingsModel):
    """How much of what was found the page shows. The JSON has everything."""

    named: int = Field(
        default=20, ge=1, le=1000, title="Named", description="Clips or files that the page names under each finding."
    )
    groups: int = Field(
        default=12, ge=1, le=1000, title="Groups", description="Folders or participants that the page lists."
    )


class AuditSettings(SettingsModel):
    """Where an audit draws its lines. None was fitted to footage: each follows from what its number means."""

    footage: FootageLimits = Field(default_factory=FootageLimits, title="Footage")
    times: TimeLimits = Field(default_factory=TimeLimits, title="Times")
    duplicates: DuplicateLimits = Field(default_factory=DuplicateLimits, title="Duplicates")
    preference: PreferenceLimits = Field(default_factory=PreferenceLimits, title="Preference")
    report: ReportLimits = Field(default_factory=ReportLimits, title="Report")
