"""Options of a source or a format, written as NAME=VALUE."""

from __future__ import annotations

import typer

__all__ = ["set_options"]


def set_options(given: list[str]) -> dict[str, str]:
    """Name → text of what was written as NAME=VALUE. Raises `typer.BadParameter` for anything else."""
    found = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise typer.BadParameter(f"{text!r} is not NAME=VALUE", param_hint="--set")
        found[name.strip().replace("-", "_")] = value
    return found
