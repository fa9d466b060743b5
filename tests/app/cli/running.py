"""The command line as the tests run it: in this process, or in one of its own where that is what matters."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING, Any

from app.cli.root import run

if TYPE_CHECKING:
    from pathlib import Path

    from _typeshed import StrPath

    Ran = subprocess.CompletedProcess[str]

__all__ = ["as_json", "handpicked", "handpicked_process"]


def handpicked(*arguments: StrPath, workspace: Path) -> Ran:
    """Run the command on `workspace`, without the seconds that a process of its own takes to load."""
    words = ["--workspace", str(workspace), *map(str, arguments)]
    with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        code = run(words)
    return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())


def handpicked_process(*arguments: StrPath, workspace: Path) -> Ran:
    """Run the command on `workspace` as a person does."""
    return subprocess.run(
        [sys.executable, "-c", "from app.cli import main; main()", "--workspace", str(workspace), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def as_json(ran: Ran) -> Any:
    """The one JSON object on stdout."""
    return json.loads(ran.stdout)
