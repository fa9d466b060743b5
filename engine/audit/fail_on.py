"""Which findings fail a build: `no-hands`, `no-hands=0.5`, `errors`.

What could not be checked never passes in silence: where it might change the answer, the answer is that it is open.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from engine.audit.rules import RULES, rule_named
from engine.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.audit.report import AuditReport, Finding
    from engine.audit.rule import Severity

__all__ = ["SEVERITY_GROUPS", "Condition", "Judgement", "judge", "parse_condition"]

SEVERITY_GROUPS: dict[str, tuple[Severity, ...]] = {"errors": ("error",), "warnings": ("error", "warning")}
"""Word → the severities that it stands for; `warnings` means errors too."""
Answer = Literal["passed", "failed", "open"]


@dataclass(frozen=True)
class Condition:
    """What fails a build: a rule, or all rules of a severity, from more than a rate on."""

    name: str
    rate: float | None = None
    """The highest rate that passes; None where a single hit fails."""

    def __str__(self) -> str:
        return self.name if self.rate is None else f"{self.name}={self.rate:g}"


@dataclass(frozen=True)
class Judgement:
    """One rule under one condition: whether it passed, and why not."""

    condition: str
    rule: str
    answer: Answer
    why: str = ""


def parse_condition(text: str) -> Condition:
    """A condition as it was typed. Raises `EngineError` for an unknown rule, or a rate that is not in [0, 1]."""
    name, given, rate = text.strip().partition("=")
    if name not in SEVERITY_GROUPS and rule_named(name) is None:
        known = ", ".join([*SEVERITY_GROUPS, *(rule.name for rule in RULES)])
        raise EngineError(f"There is no rule called {name!r}.", remedy=f"Known: {known}.")
    if not given:
        return Condition(name)
    try:
        limit = float(rate)
    except ValueError:
        limit = math.nan
    if name in SEVERITY_GROUPS or not 0 <= limit <= 1:
        raise EngineError(
            f"{text!r} is no rate that a rule can be held to.",
            remedy="Write RULE=RATE with a rate from 0 to 1, such as no-hands=0.5.",
        )
    return Condition(name, limit)


def judge(report: AuditReport, conditions: Iterable[Condition]) -> tuple[Judgement, ...]:
    """Hold the findings against the conditions, rule by rule."""
    found = []
    for condition in conditions:
        severities = SEVERITY_GROUPS.get(condition.name)
        for finding in report.findings:
            named = finding.rule == condition.name
            if named or (severities and finding.severity in severities and finding.standing != "not applicable"):
                answer, why = _answer(finding, condition.rate)
                found.append(Judgement(str(condition), finding.rule, answer, why))
    return tuple(found)


def _answer(finding: Finding, limit: float | None) -> tuple[Answer, str]:
    if finding.standing == "not applicable":
        return "open", f"{finding.rule}: nothing here can be checked for it."
    most = 0.0 if limit is None else limit
    of = f"{finding.count:,} of {finding.checked:,}"
    if finding.least_rate > most:
        return "failed", f"{finding.rule}: {of}" + ("." if limit is None else f", more than {limit:g}.")
    if finding.worst_rate <= most:
        return "passed", ""
    return "open", f"{finding.rule}: {of}, and {finding.unknown:,} could not be checked ({finding.why_unknown})."
