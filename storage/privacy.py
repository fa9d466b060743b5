"""Who else may look into a workspace: it holds footage of people's homes, so nobody but its owner."""

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
    """Close the workspace's folder to others; a folder that a group may write to stays the group's.

    Where the folder holds things that are not ours, it is left as it is, and our own folders in it are closed instead.
    What can't be changed (another's folder, a disk without permissions) stays; `who_else` tells of it. Raises `OSError`
    where the folder can't be looked into.
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
    """Who else may look into the workspace, as words; empty where nobody may."""
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
        return  # `who_else` says so
