"""A new, empty workspace without the time that its making takes: a copy of one that was made once in this process.

A test that asks for a dozen tables waits for fourteen migrations and as many writes to the disk. What is copied is what
`Workspace` made; tests of the migrations, and of a folder where nothing is yet, let it make its own.
"""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path

from storage import Workspace

__all__ = ["lay_out"]


def lay_out(root: Path) -> Path:
    """Put a closed, empty workspace into the folder `root`, which is made; returns it, to be opened."""
    shutil.copytree(Path(_made_once().name) / "workspace", root)
    return root


@cache
def _made_once() -> tempfile.TemporaryDirectory[str]:
    folder = tempfile.TemporaryDirectory(prefix="handpicked-blank-")  # removed with the process
    Workspace(Path(folder.name) / "workspace").close()
    return folder
