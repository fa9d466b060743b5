"""`handpicked doctor`: what this machine has, what is missing and how to get it."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby

import typer

from app.cli.options import options
from app.cli.output import print_json, print_table, say
from app.workflows.doctor import examine

__all__ = ["doctor"]

MARKS = {"ok": "ok", "missing": "MISSING", "note": "note"}


def doctor(context: typer.Context) -> None:
    """Show versions, GPU, codecs, model weights and disk; what is missing, and how to get it."""
    checks = examine(options(context).workspace)
    missing = [check for check in checks if check.state == "missing"]
    if options(context).json:
        print_json({"ok": not missing, "checks": [asdict(check) for check in checks]})
    else:
        for group, members in groupby(checks, key=lambda check: check.group):
            rows = [(MARKS[c.state], c.name, c.found, c.remedy) for c in members]
            print_table(("", group, "found", "remedy"), rows)
            say("")
        say(f"{len(missing)} missing." if missing else "Everything is here.", "bold")
    if missing:
        raise typer.Exit(1)
