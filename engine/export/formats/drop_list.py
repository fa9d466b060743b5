"""Writes which episodes of LeRobot data sets were not chosen, with LeRobot's own command that leaves them out.

The data sets stay as they are: their videos, states and actions are edited by LeRobot itself, which writes a new one.
"""

from __future__ import annotations

import json
import re
import shlex
from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from engine.errors import ExportError, SourceError
from engine.export.formats.base import Exporter, ExportOptions
from engine.export.formats.card import CARD_FILE, CardSection, card, plain
from engine.files.place import place_of
from engine.sources.lerobot.episodes import read_episodes
from engine.sources.lerobot.info import is_data_set, read_info

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from pydantic import JsonValue

    from engine.export.formats.base import ClipToExport, ExportContext, MadeClips
    from engine.files.place import AnyPlace
    from engine.sources.lerobot.episodes import Episode

__all__ = ["DropList", "data_set_of"]

LIST_FILE, SCRIPT_FILE = "drop-list.json", "drop.sh"
_MOST_LEVELS = 8
"""How far above a video file its data set's folder may lie: LeRobot puts it four levels above."""
_MOST_LINE_LETTERS = 100_000
"""A longer argument is refused by Linux; then the episodes stand in a file of settings alone."""
_HOW = f"""\
`sh {SCRIPT_FILE}` runs `lerobot-edit-dataset` of LeRobot 0.6 or later (Python 3.12 or later) once for each data set. It
writes a new data set beside the old one, which stays. `{LIST_FILE}` has the same numbers for programs;
`drop-001.json` and so on are the settings of each command (`lerobot-edit-dataset --config_path drop-001.json`)."""


class DropList(Exporter[ExportOptions]):
    """For each data set that a chosen clip is of: its episodes without a chosen clip, and the command to drop them."""

    name: ClassVar[str] = "drop-list"
    title: ClassVar[str] = "Drop list for LeRobot"
    description: ClassVar[str] = (
        "The episodes of your LeRobot data sets that were not chosen, and the command to drop them."
    )
    has_parts: ClassVar[bool] = False

    @classmethod
    def settled(cls, options: ExportOptions, clips: Sequence[ClipToExport]) -> tuple[ExportOptions, tuple[str, ...]]:
        """Refuse a selection without a single clip of a LeRobot data set; say how many are of none."""
        _, outside = _data_sets(clip.path for clip in clips)
        if outside == len(clips):
            raise ExportError(
                "none of the clips is of a LeRobot data set",
                remedy="Import one with `handpicked import FOLDER --source lerobot`, or choose another format.",
            )
        return options, _outside_note(outside)

    def assemble(self, clips: MadeClips, folder: Path, context: ExportContext) -> None:
        """Write the list, a script of commands, the settings of each command, and the card."""
        paths: list[str] = clips.table.column("video_path").to_pylist()
        starts, ends = (clips.table.column(name).to_pylist() for name in ("start_s", "end_s"))
        roots, outside = _data_sets(paths)
        chosen: dict[Path, dict[str, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
        for path, start_s, end_s in zip(paths, starts, ends, strict=True):
            if (root := roots.get(path)) is not None:
                chosen[root][place_of(path).file.relative_to(root).as_posix()].append((start_s, end_s))
        found = []
        for done, (root, windows) in enumerate(sorted(chosen.items())):
            context.progress(done / len(chosen), root.name)
            found.append(_dropped(root, windows))
        notes = [note for one in found for note in one.notes()] + list(_outside_note(outside))
        for note in notes:
            context.warn(note)
        for number, one in enumerate(found, start=1):
            if one.drop:
                (folder / _settings_file(number)).write_text(_as_json(one.settings()), encoding="utf-8")
        (folder / LIST_FILE).write_text(_as_json({"data_sets": [one.listed() for one in found]}), encoding="utf-8")
        (folder / SCRIPT_FILE).write_text(_script(found), encoding="utf-8")
        (folder / CARD_FILE).write_text(_card(clips, found, notes), encoding="utf-8")


@dataclass(frozen=True, kw_only=True)
class _Dropped:
    """One data set, with its episodes that have a chosen clip and those that have none."""

    root: Path
    keep: tuple[int, ...]
    drop: tuple[int, ...]
    episodes: int
    """All that its metadata lists; those that can't be read are in neither list."""
    unplaced: int
    """Chosen clips that lie in no episode."""

    @property
    def repo_id(self) -> str:
        return re.sub(r"[^0-9A-Za-z._-]+", "-", self.root.name).strip("-._") or "data-set"

    def settings(self) -> dict[str, JsonValue]:
        """As `lerobot-edit-dataset --config_path` reads them."""
        return {
            "repo_id": self.repo_id,
            "root": str(self.root),
            "new_repo_id": f"{self.repo_id}_handpicked",
            "new_root": f"{self.root}_handpicked",
            "operation": {"type": "delete_episodes", "episode_indices": list(self.drop)},
        }

    def command(self, number: int) -> str:
        """The command that writes the data set without the dropped episodes, beside it."""
        indices = json.dumps(list(self.drop))
        if len(indices) > _MOST_LINE_LETTERS:
            return f"lerobot-edit-dataset --config_path {_settings_file(number)}"
        words = ["lerobot-edit-dataset"]
        for name, value in self.settings().items():
            if name != "operation":
                words += [f"--{name}", str(value)]
        words += ["--operation.type", "delete_episodes", "--operation.episode_indices", indices]
        return shlex.join(words)

    def listed(self) -> dict[str, JsonValue]:
        return {
            "root": str(self.root),
            "episodes": self.episodes,
            "keep": list(self.keep),
            "drop": list(self.drop),
            "clips_in_no_episode": self.unplaced,
        }

    def notes(self) -> list[str]:
        name = self.root.name
        unread = self.episodes - len(self.keep) - len(self.drop)
        found = []
        if unread:
            found.append(f"{name}: {unread:,} of {self.episodes:,} episodes can't be read, and are not in the list.")
        if self.unplaced:
            found.append(f"{name}: chosen clips that lie in no episode: {self.unplaced:,}.")
        if not self.drop:
            found.append(f"{name}: each episode has a chosen clip, so there is none to drop.")
        return found


def data_set_of(path: AnyPlace) -> Path | None:
    """The folder of the LeRobot data set that a video file lies in; None where it lies in none."""
    place = place_of(path)
    for folder in list(place.file.parents)[:_MOST_LEVELS] if place.member is None else ():
        if is_data_set(folder):
            return folder
    return None


def _data_sets(paths: Iterable[str]) -> tuple[dict[str, Path], int]:
    """Video file → its data set, and how many of `paths` lie in none."""
    by_folder: dict[Path, Path | None] = {}
    found: dict[str, Path] = {}
    outside = 0
    for path in paths:
        folder = place_of(path).file.parent
        if folder not in by_folder:
            by_folder[folder] = data_set_of(path)
        root = by_folder[folder]
        if root is None:
            outside += 1
        else:
            found[path] = root
    return found, outside


def _outside_note(outside: int) -> tuple[str, ...]:
    return (f"Clips of no LeRobot data set, which are not in the list: {outside:,}.",) if outside else ()


def _dropped(root: Path, windows: Mapping[str, Sequence[tuple[float, float]]]) -> _Dropped:
    """The episodes of one data set with and without a chosen clip; `windows` are those of each of its files."""
    try:
        data_set = read_info(root)
    except SourceError as error:
        raise ExportError(str(error)) from error
    keep: set[int] = set()
    usable: set[int] = set()
    count, missing = 0, set(windows)
    unplaced = 0
    for camera in sorted(data_set.cameras, key=lambda key: not any(key in file for file in windows)):
        if not missing:
            break
        episodes = read_episodes(data_set, camera)
        by_file: dict[str, list[Episode]] = defaultdict(list)
        for episode in episodes.usable:
            by_file[episode.file].append(episode)
        for file in sorted(missing & by_file.keys()):
            count = max(count, episodes.count)
            usable |= {episode.index for episode in episodes.usable}
            missing.discard(file)
            in_order = sorted(by_file[file], key=lambda episode: episode.start_s)
            placed = [_episode_of(window, in_order) for window in windows[file]]
            keep |= {index for index in placed if index is not None}
            unplaced += placed.count(None)
    unplaced += sum(len(windows[file]) for file in missing)
    return _Dropped(
        root=root,
        keep=tuple(sorted(keep)),
        drop=tuple(sorted(usable - keep)),
        episodes=count,
        unplaced=unplaced,
    )


def _episode_of(window: tuple[float, float], episodes: Sequence[Episode]) -> int | None:
    """The episode that most of a clip's window lies in, of one file's in order of time; None where it lies in none."""
    start_s, end_s = window
    first = max(0, bisect_right(episodes, start_s, key=lambda one: one.start_s) - 1)
    last = bisect_left(episodes, end_s, key=lambda one: one.start_s)
    shared = [(min(end_s, one.end_s) - max(start_s, one.start_s), one.index) for one in episodes[first:last]]
    longest, index = max(shared, default=(0.0, -1))
    return index if longest > 0 else None


def _settings_file(number: int) -> str:
    return f"drop-{number:03d}.json"


def _as_json(value: Mapping[str, JsonValue]) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def _script(found: Sequence[_Dropped]) -> str:
    lines = ["#!/bin/sh", "# Writes each data set anew beside the old one, without the episodes that were not chosen."]
    lines += ["set -e", 'cd "$(dirname "$0")"']
    lines += [one.command(number) for number, one in enumerate(found, start=1) if one.drop]
    return "\n".join(lines) + "\n"


def _card(clips: MadeClips, found: Sequence[_Dropped], notes: Sequence[str]) -> str:
    about = (
        "Which episodes of LeRobot data sets have no chosen clip, and LeRobot's own command that writes the data sets "
        "without them. An episode stays where most of a chosen clip's window lies in it."
    )
    lines = [
        f"- {plain(one.root.name)}: of {one.episodes:,} episodes {len(one.keep):,} stay and {len(one.drop):,} go"
        for one in found
    ]
    sections = [
        CardSection("Data sets", "\n".join([*lines, *(f"- {plain(note)}" for note in notes)])),
        CardSection("Dropping them", _HOW),
    ]
    return card("Drop list for LeRobot", clips.facts, about=about, sections=sections)
