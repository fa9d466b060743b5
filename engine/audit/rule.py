"""What a rule of an audit is: its name, how bad it is, what it means, what to do, and the function that checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.audit.facts import AuditFacts
    from engine.audit.outcome import Outcome
    from engine.audit.settings import AuditSettings

__all__ = ["FAMILIES", "SEVERITIES", "Family", "Rule", "Severity", "Subject"]

Family = Literal["integrity", "times", "duplicates", "footage", "preference"]
FAMILIES: dict[Family, str] = {
    "integrity": "Integrity",
    "times": "Annotations",
    "duplicates": "Duplicates",
    "footage": "Footage",
    "preference": "Preference",
}
"""Family → its heading, in the order in which findings are shown."""

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""error: data is lost or wrong. warning: it may not be worth training on. note: good to know."""

Subject = Literal["clip", "video", "file", "row", "model", "all"]
"""What a rule is about, and what it counts; of a model and of all together there is one."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule of an audit."""

    name: str
    family: Family
    severity: Severity
    subject: Subject
    title: str
    meaning: str
    """What a hit is, in one sentence."""
    remedy: str
    check: Callable[[AuditFacts, AuditSettings], Outcome]
    limit: Callable[[AuditSettings], str] = lambda _settings: ""
    """Where the line is drawn, in words; empty where there is no line to set."""
