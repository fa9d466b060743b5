"""Makes a workspace's folder private (it holds footage of people's homes), and reports who else may read it."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from storage.paths import WorkspacePaths

__all__ = ["keep_private", "who_else"]

OTHERS, GROUP_WRITES = 0o007, 0o020
EVERYBODY_ELSE = 0o077


def keep_private(paths: WorkspacePaths) -> None:
    """Make the workspace's folder private; a folder that its group may write to stays open to the group.

    A folder with foreign files in it is left as it is, and Handpicked's own folders in it are made private instead.
    What can't be changed (another user's folder, a disk without permissions) stays; `who_else` reports it. Raises
    `OSError` where the folder can't be read.
    """
    if os.name != "posix" or not stat.S_IMODE(paths.root.stat().st_mode) & EVERYBODY_ELSE:
        return
    ours = {folder.name: folder for folder in paths.folders()}
    strangers = any(
        entry.name not in ours and not entry.name.startswith(paths.database.name) for entry in paths.root.iterdir()
    )
    if not strangers:
        _narrow(paths.root)
        return
    for folder in ours.values():
        if folder.is_dir():
            _narrow(folder)
    if paths.database.exists():
        _narrow(paths.database)


def who_else(paths: WorkspacePaths) -> str:
    """Who else may read the workspace, in words; empty where nobody may."""
    if os.name != "posix" or not paths.root.exists() or not stat.S_IMODE(paths.root.stat().st_mode) & EVERYBODY_ELSE:
        return ""
    open_to = 0
    for place in (*paths.folders(), paths.database):
        if place.exists():
            open_to |= stat.S_IMODE(place.stat().st_mode)
    if open_to & OTHERS:
        return "every user of this machine may look into it"
    return "its group may look into it" if open_to & EVERYBODY_ELSE else ""


def _narrow(path: Path) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    wanted = mode & ~(OTHERS if mode & GROUP_WRITES else EVERYBODY_ELSE)
    if wanted == mode:
        return
    try:
        path.chmod(wanted)
    except OSError:
        return  # `who_else` reports it
