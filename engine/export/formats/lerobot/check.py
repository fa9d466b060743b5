"""Holds a LeRobot data set against the rules of its format, and those that keep readers from showing wrong frames.

Nothing is decoded, and nothing outside the folder is read: times and kinds of packets, tables and JSON, within limits.
Rules of tables stand in `check_tables.py`, of videos in `check_videos.py`, of our own files in `check_ours.py`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from engine.export.formats.card import CARD_FILE
from engine.export.formats.lerobot import layout
from engine.export.formats.lerobot.check_ours import check_card, check_clips, check_weights
from engine.export.formats.lerobot.check_tables import (
    check_episodes,
    check_frames,
    check_statistics,
    check_tasks,
)
from engine.export.formats.lerobot.check_videos import check_videos
from engine.export.formats.lerobot.declared import Declared, read_info
from engine.export.formats.lerobot.reading import BrokenFileError
from engine.files.problems import Problem, Problems

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["check_tree"]

_MOST_FILES = 1_000_000


def check_tree(folder: Path) -> tuple[Problem, ...]:
    """Every rule that the data set in `folder` breaks, in words; empty where it breaks none.

    Made for what Handpicked wrote: one camera, its features and its own files. Never raises for what a data set holds.
    """
    problems = Problems("", most=200)
    if not _check_files(folder, problems):
        return problems.listed(by_line=False)
    try:
        declared = read_info(folder, problems)
        if declared is not None:
            _check_declared(folder, declared, problems)
    except BrokenFileError as error:  # what rests on that file can't be checked
        problems.add(Problem(error.path, None, error.message))
    return problems.listed(by_line=False)


def _check_declared(folder: Path, declared: Declared, problems: Problems) -> None:
    tasks = check_tasks(folder, declared, problems)
    episodes = check_episodes(folder, declared, tasks, problems)
    frames = check_frames(folder, declared, episodes, problems)
    check_statistics(folder, declared, frames, problems)
    files = check_videos(folder, declared, episodes, problems)
    check_clips(folder, episodes, frames, problems)
    check_weights(folder, declared, frames, episodes, problems)
    check_card(folder, declared, files, problems)


def _check_files(folder: Path, problems: Problems) -> bool:
    """Report links, what is no file, and what has no place here; False where the folder can't be looked at at all."""
    if not folder.is_dir() or folder.is_symlink():
        problems.add(Problem(str(folder), None, "it is no folder"))
        return False
    allowed = {layout.INFO_FILE, layout.STATS_FILE, layout.TASKS_FILE, layout.HANDPICKED_FILE, layout.WEIGHTS_FILE}
    allowed |= {CARD_FILE}
    seen = 0
    for base, folders, files in os.walk(folder, followlinks=False):
        for name in [*folders, *files]:
            path = os.path.join(base, name)  # noqa: PTH118 - a million of them
            within = os.path.relpath(path, folder).replace(os.sep, "/")
            seen += 1
            if seen > _MOST_FILES:
                problems.add(Problem("", None, f"it has more than {_MOST_FILES:,} files"))
                return False
            if os.path.islink(path):  # noqa: PTH114
                problems.add(Problem(_printable(within), None, "it is a link: a data set holds its files itself"))
            elif name in files and within not in allowed and layout.numbered_file(within) is None:
                problems.add(Problem(_printable(within), None, "this file is no part of the data set"))
    return True


def _printable(name: str) -> str:
    return name.encode(errors="backslashreplace").decode()[:300]
