"""The global options of a call, as every command reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import typer

__all__ = ["Options", "options"]


@dataclass(frozen=True)
class Options:
    """The global options."""

    workspace: Path
    json: bool


def options(context: typer.Context) -> Options:
    """The global options of this call."""
    found: Options = context.find_root().obj
    return found
