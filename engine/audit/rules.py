"""All rules of an audit, in the order in which they are shown.

Names are stable: builds depend on them. To add one: its function and its entry in the file of its family.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.audit import duplicates, files, footage, preference, rows

if TYPE_CHECKING:
    from engine.audit.rule import Rule

__all__ = ["RULES", "rule_named"]

RULES: tuple[Rule, ...] = (*files.RULES, *rows.RULES, *duplicates.RULES, *footage.RULES, *preference.RULES)


def rule_named(name: str) -> Rule | None:
    """The rule called `name`."""
    return next((rule for rule in RULES if rule.name == name), None)
