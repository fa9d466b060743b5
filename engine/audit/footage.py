"""Family `footage`: what the measured numbers of clips say of hands, light, blur, idle time and the camera's motion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.audit.outcome import clip_outcome
from engine.audit.rule import Rule

if TYPE_CHECKING:
    from engine.arrays import Floats
    from engine.audit.facts import AuditFacts
    from engine.audit.outcome import Outcome
    from engine.audit.settings import AuditSettings

__all__ = ["RULES"]


@dataclass(frozen=True, kw_only=True)
class _Limit:
    """A column, and where it begins to count as wrong."""

    column: str
    words: str
    """With the number at `{}`."""
    below: float | None = None
    above: float | None = None


def no_hands(facts: AuditFacts, settings: AuditSettings) -> Outcome:
    """A hand in too few frames."""
    limit = settings.footage.hands_share
    return _beyond(facts, _Limit(column="hands_any_share", words="a hand in {:.0%} of its frames", below=limit))


def too_dark(facts: AuditFacts, settings: AuditSettings) -> Outcome:
    """Dark on the whole, or mostly black."""
    footage = settings.footage
    return _beyond(
        facts,
        _Limit(column="exposure_luma_mean", words="mean luma {:.0f}", below=footage.dark_luma),
        _Limit(column="exposure_under_share", words="{:.0%} of its pixels are black", above=footage.clipped_share),
    )


def too_bright(facts: AuditFacts, settings: AuditSettings) -> Outcome:
    """Bright on the whole, or mostly white."""
    footage = settings.footage
    return _beyond(
        facts,
        _Limit(column="exposure_luma_mean", words="mean luma {:.0f}", above=footage.bright_luma),
        _Limit(column="exposure_over_share", words="{:.0%} of its pixels are white", above=footage.clipped_share),
    )


def blurred(facts: AuditFacts, settings: AuditSettings) -> Outcome:
    """Blurred in most frames."""
    limit = settings.footage.blurred_share
    return _beyond(
        facts, _Limit(column="sharpness_blurred_share", words="{:.0%} of its frames are blurred", above=limit)
    )


def idle(facts: AuditFacts, settings: AuditSettings) -> Outcome:
    """Nothing moves for most of it."""
    limit = settings.footage.idle_share
    return _beyond(facts, _Limit(column="motion_idle_share", words="nothing moves for {:.0%} of it", above=limit))


def frozen(facts: AuditFacts, settings: AuditSettings) -> Outcome:
    """The picture does not change at all for most of it."""
    limit = settings.footage.frozen_share
    return _beyond(facts, _Limit(column="motion_frozen_share", words="its picture hangs for {:.0%} of it", above=limit))


def shaky(facts: AuditFacts, settings: AuditSettings) -> Outcome:
    """The camera swings or jerks."""
    words = "the camera moves at {:.2f} diagonals/s at its fastest"
    return _beyond(facts, _Limit(column="motion_camera_speed_p95", words=words, above=settings.footage.shaky_speed))


def motion_unclear(facts: AuditFacts, settings: AuditSettings) -> Outcome:
    """The camera could not be followed for most of it."""
    words = "the camera's motion is known for {:.0%} of it"
    return _beyond(facts, _Limit(column="motion_known_share", words=words, below=settings.footage.followed_share))


def _beyond(facts: AuditFacts, *limits: _Limit) -> Outcome:
    """The clips beyond one of the limits. Unknown is a clip that none of them catches, and of which a number is
    missing."""
    values = [facts.numbers(limit.column) for limit in limits]
    beyond = [_excess(limit, value) for limit, value in zip(limits, values, strict=True)]
    caught = [excess > 0 for excess in beyond]
    found = np.logical_or.reduce(caught)
    known = found | np.logical_and.reduce([np.isfinite(value) for value in values])
    rows = np.flatnonzero(found)  # what is kept with the report: numbers of the clips that it names, not of all
    each = zip(limits, values, caught, strict=True)
    told = [(limit, value[rows], is_caught[rows]) for limit, value, is_caught in each]

    def detail(row: int) -> str:
        place = int(np.searchsorted(rows, row))
        return ", ".join(limit.words.format(value[place]) for limit, value, is_caught in told if is_caught[place])

    extractor = limits[0].column.partition("_")[0]
    return clip_outcome(facts, found, known, facts.why_missing(extractor), detail, np.maximum.reduce(beyond))


def _excess(limit: _Limit, value: Floats) -> Floats:
    """How far numbers lie beyond a limit, as a share of it; 0 for those that do not, and for NaN."""
    edge = limit.below if limit.below is not None else limit.above if limit.above is not None else 0.0
    with np.errstate(over="ignore"):  # a limit next to nothing: then it is beyond it by any measure
        far = (edge - value if limit.below is not None else value - edge) / (edge or 1.0)
    return np.where(far > 0, far, 0.0)


RULES: tuple[Rule, ...] = (
    Rule(
        name="no-hands",
        family="footage",
        severity="warning",
        subject="clip",
        title="No hands",
        meaning="No hand is in view for nearly all of the clip, as far as the detector sees; gloves and blur hide "
        "hands from it.",
        remedy="Look at some; drop those in which nothing is handled.",
        check=no_hands,
        limit=lambda settings: f"a hand in under {settings.footage.hands_share:.0%} of frames",
    ),
    Rule(
        name="too-dark",
        family="footage",
        severity="warning",
        subject="clip",
        title="Too dark",
        meaning="The picture is dark on the whole, or mostly black.",
        remedy="Drop it, or have the camera expose longer.",
        check=too_dark,
        limit=lambda settings: (
            f"mean luma under {settings.footage.dark_luma:g} of 255, or over {settings.footage.clipped_share:.0%} black"
        ),
    ),
    Rule(
        name="too-bright",
        family="footage",
        severity="warning",
        subject="clip",
        title="Too bright",
        meaning="The picture is bright on the whole, or mostly blown out.",
        remedy="Drop it, or have the camera expose shorter.",
        check=too_bright,
        limit=lambda settings: (
            f"mean luma over {settings.footage.bright_luma:g} of 255, or over "
            f"{settings.footage.clipped_share:.0%} white"
        ),
    ),
    Rule(
        name="blurred",
        family="footage",
        severity="warning",
        subject="clip",
        title="Blurred",
        meaning="Most of its frames hold little detail: out of focus, smeared, heavily compressed; or a plain scene.",
        remedy="Look at some: a plain table looks blurred too. Drop what is.",
        check=blurred,
        limit=lambda settings: f"over {settings.footage.blurred_share:.0%} of frames",
    ),
    Rule(
        name="idle",
        family="footage",
        severity="warning",
        subject="clip",
        title="Idle",
        meaning="For most of the clip neither the camera nor a thing moves.",
        remedy="Drop it, or cut to activity: `handpicked videos cut --clips activity`.",
        check=idle,
        limit=lambda settings: f"over {settings.footage.idle_share:.0%} of the time",
    ),
    Rule(
        name="frozen",
        family="footage",
        severity="warning",
        subject="clip",
        title="Picture hangs",
        meaning="For most of the clip the picture does not change at all, not even by noise: the recording hangs.",
        remedy="Check the recorder; drop it.",
        check=frozen,
        limit=lambda settings: f"over {settings.footage.frozen_share:.0%} of the time",
    ),
    Rule(
        name="shaky",
        family="footage",
        severity="warning",
        subject="clip",
        title="Shaky",
        meaning="The camera swings or jerks so fast that pictures smear.",
        remedy="Drop it, or fasten the camera.",
        check=shaky,
        limit=lambda settings: f"fastest twentieth over {settings.footage.shaky_speed:g} diagonals/s",
    ),
    Rule(
        name="motion-unclear",
        family="footage",
        severity="note",
        subject="clip",
        title="Camera motion unclear",
        meaning="The camera could not be followed for most of the clip: too fast, too dark, or too plain. What is said "
        "of idle time and shakiness is then less sure.",
        remedy="Nothing by itself: read the others with care.",
        check=motion_unclear,
        limit=lambda settings: f"known for under {settings.footage.followed_share:.0%} of the time",
    ),
)
