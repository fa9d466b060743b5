"""The findings of one audit: what is shown in the app, on the page and in the terminal, and stored as JSON."""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003  # read at run time, like all types of fields here
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from engine.audit.facts import SampleFacts  # noqa: TC001  # read at run time, like all types of fields here
from engine.audit.numbers import FootageNumber, footage_numbers
from engine.audit.outcome import GroupRate, Hit  # noqa: TC001
from engine.audit.rule import SEVERITIES, Family, Severity, Subject
from engine.audit.rules import RULES
from engine.files.stored_json import StoredJson

if TYPE_CHECKING:
    from engine.audit.facts import AuditFacts
    from engine.audit.rule import Rule
    from engine.audit.settings import AuditSettings

__all__ = ["AuditAbout", "AuditReport", "Finding", "Standing", "audit"]

Standing = Literal["found", "clear", "unknown", "not applicable"]
"""found: at least one. clear: none, and all that could be were checked. unknown: none, of what could be checked, and
something could not. not applicable: there is nothing that the rule could be about."""
_FORMAT = "handpicked-audit"
_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one rule came to, with all that a reader needs to judge it."""

    rule: str
    family: Family
    severity: Severity
    subject: Subject
    standing: Standing
    title: str
    meaning: str
    remedy: str
    limit: str
    count: int
    checked: int
    unknown: int
    why_unknown: str
    rate: float | None = field(default=None, metadata={"null": True})
    """`count` of `checked`; None where nothing could be checked."""
    hits: Sequence[Hit] = ()
    groups: tuple[GroupRate, ...] = ()

    @property
    def least_rate(self) -> float:
        """The rate if nothing of what could not be checked were a hit."""
        of = self.checked + self.unknown
        return self.count / of if of else 0.0

    @property
    def worst_rate(self) -> float:
        """The rate if all that could not be checked were hits."""
        of = self.checked + self.unknown
        return (self.count + self.unknown) / of if of else 0.0


@dataclass(frozen=True, kw_only=True)
class AuditAbout:
    """What was audited, when and how."""

    path: str
    kind: Literal["folder", "data set", "bundle", "workspace"]
    made_at: str
    """ISO 8601, in UTC."""
    app_version: str
    videos: int
    footage_s: float
    clips: int
    clip_s: float
    synthetic_clips: int = 0
    """Clips of rendered sample videos."""
    sample: SampleFacts | None = None
    model: str = ""
    labels_by: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AuditReport(StoredJson):
    """One audit: what it was about, every rule's finding, the numbers of the footage, and the lines that were drawn."""

    format: str = _FORMAT
    version: int = _VERSION
    about: AuditAbout
    findings: tuple[Finding, ...]
    numbers: tuple[FootageNumber, ...]
    settings: dict[str, dict[str, float]]
    """audit.yaml as it was."""

    def of(self, rule: str) -> Finding:
        """The finding of a rule. Raises `KeyError` for a rule that there is not."""
        found = next((finding for finding in self.findings if finding.rule == rule), None)
        if found is None:
            raise KeyError(rule)
        return found

    def counts(self) -> dict[Severity, int]:
        """Severity → how many rules found something."""
        return {
            severity: sum(one.severity == severity and one.standing == "found" for one in self.findings)
            for severity in SEVERITIES
        }


def audit(facts: AuditFacts, settings: AuditSettings, about: AuditAbout) -> AuditReport:
    """Hold every rule against the facts."""
    return AuditReport(
        about=about,
        findings=tuple(_finding(rule, facts, settings) for rule in RULES),
        numbers=footage_numbers(facts),
        settings=settings.model_dump(mode="json"),
    )


def _finding(rule: Rule, facts: AuditFacts, settings: AuditSettings) -> Finding:
    outcome = rule.check(facts, settings)
    count = outcome.count if outcome.count is not None else len(outcome.hits)
    standing: Standing = "not applicable"
    if outcome.applies:
        standing = "found" if count else "unknown" if outcome.unknown else "clear"
    return Finding(
        rule=rule.name,
        family=rule.family,
        severity=rule.severity,
        subject=rule.subject,
        standing=standing,
        title=rule.title,
        meaning=rule.meaning,
        remedy=rule.remedy,
        limit=rule.limit(settings),
        count=count,
        checked=outcome.checked,
        unknown=outcome.unknown,
        why_unknown=outcome.why,
        rate=count / outcome.checked if outcome.checked else None,
        hits=outcome.hits,
        groups=outcome.groups,
    )
