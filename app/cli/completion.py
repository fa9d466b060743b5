"""What the shell completes besides commands, options and fixed choices: names that need no open workspace.

`handpicked --install-completion` sets a shell up; it then asks `handpicked` itself at each press of Tab.
"""

from __future__ import annotations

from engine.export.formats.registry import EXPORT_FORMATS
from engine.sources.registry import SOURCES

__all__ = ["complete_format", "complete_rule", "complete_source"]


def complete_format(incomplete: str) -> list[str]:
    """Formats of export that begin so, those of installed packages too."""
    return [name for name in EXPORT_FORMATS.names() if name.startswith(incomplete)]


def complete_source(incomplete: str) -> list[str]:
    """Sources of videos that begin so, those of installed packages too."""
    return [name for name in SOURCES.names() if name.startswith(incomplete)]


def complete_rule(incomplete: str) -> list[str]:
    """Rules of audits that begin so, and the words for all of a severity."""
    from engine.audit.fail_on import SEVERITY_GROUPS  # with what the rules compute by
    from engine.audit.rules import RULES

    return [name for name in (*SEVERITY_GROUPS, *(rule.name for rule in RULES)) if name.startswith(incomplete)]
