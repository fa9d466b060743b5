"""What an export chose, in words."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.export.settings import ExportSettings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from app.workflows.export_formats import FormatChoice
    from engine.export.selection import KeptByTag
    from storage.exports import ExportResults

__all__ = ["WrittenTo", "command_of", "described", "in_format", "kept_by_tag_words"]

MOST_RANKS = 6
"""So many ranks are named one by one."""


def described(settings: Mapping[str, object]) -> list[str]:
    """An export's settings in a few words each: `by reward`, `top 100`."""
    defaults = ExportSettings().model_dump(mode="json")
    names = {"ranked_by": "by", "max_short_side_px": "short side", "model_id": "model"}
    chosen = {name: value for name, value in settings.items() if name == "ranked_by" or value != defaults.get(name)}
    return [f"{names.get(name, name.replace('_', ' '))} {_shown(name, value)}" for name, value in chosen.items()]


def in_format(results: ExportResults) -> list[str]:
    """The format of an export and the options that were chosen for it; empty for a list or a bundle."""
    if results.format is None:
        return []
    return [f"as {results.format}", *(f"{name.replace('_', ' ')} {value}" for name, value in results.asked.items())]


@dataclass(frozen=True, kw_only=True)
class WrittenTo:
    """Where an export was written, and in which format."""

    list_file: Path | None
    folder: Path | None
    choice: FormatChoice | None = None
    repeats: str | None = None


def command_of(root: Path, settings: ExportSettings, export_id: str, to: WrittenTo) -> str:
    """The command that writes the same: the choices by name, or a repetition where clips were picked one by one."""
    words = ["handpicked", "--workspace", str(root)]
    if settings.clip_ids is not None or to.repeats is not None:
        words += ["exports", "repeat", export_id]
    else:
        words += ["rank"] if to.choice is None else ["export", "--format", to.choice.name]
        words += _chosen_by(settings)
        if to.choice is not None:
            for name, value in to.choice.options.items():
                words += ["--set", f"{name}={'none' if value is None else value}"]
    if to.choice is not None:
        return shlex.join([*words, "--out", str(to.folder)])
    if to.folder is not None and not settings.with_labels and to.repeats is None and settings.clip_ids is None:
        words.append("--no-labels")
    words += ["--out", str(to.list_file)] if to.list_file is not None else []
    words += ["--cut", str(to.folder)] if to.folder is not None else []
    return shlex.join(words)


def _chosen_by(settings: ExportSettings) -> list[str]:
    """The options that choose the clips, as `handpicked rank` and `handpicked export` take them."""
    words = [] if settings.ranked_by == "reward" else ["--by", settings.ranked_by]
    given = {
        "--model": settings.model_id,
        "--top": settings.top,
        "--threshold": settings.threshold,
        "--where": settings.where,
        "--diversity": settings.diversity,
        "--per-video": settings.per_video,
    }
    for option, value in [*given.items(), *(("--tag", tag) for tag in settings.tags)]:
        # With an equals sign: a condition, a threshold or a tag may begin with a dash.
        words += [] if value is None else [f"{option}={value}"] if str(value).startswith("-") else [option, str(value)]
    return words


def _shown(name: str, value: object) -> object:
    """A value as it is shown: of many clips that were picked one by one, how many."""
    if isinstance(value, list | tuple):
        return f"{len(value):,} picked" if name == "clip_ids" else ", ".join(map(str, value))
    return value


def kept_by_tag_words(kept: Sequence[KeptByTag], clips: int) -> str:
    """How many of the `clips` only their tag `keep` brings in, and their ranks by score; empty where none is.

    `2 of 5 are here because of their keep tag; without it their ranks would be 31 and 44.`
    """
    if not kept:
        return ""
    one = len(kept) == 1
    said = f"{len(kept)} of {clips:,} {'is' if one else 'are'} here because of {'its' if one else 'their'} keep tag"
    ranks = [entry.rank for entry in kept if entry.rank is not None]
    parts = []
    if ranks:
        whose = "their ranks" if len(ranks) > 1 else "its rank" if one else "the rank of one"
        parts.append(f"without it {whose} would be {_said_ranks(ranks)}")
    if unscored := len(kept) - len(ranks):
        parts.append("it has no score" if one else f"{unscored} {'has' if unscored == 1 else 'have'} no score")
    return f"{said}; {', and '.join(parts)}."


def _said_ranks(ranks: Sequence[int]) -> str:
    if len(ranks) > MOST_RANKS:
        return f"between {min(ranks):,} and {max(ranks):,}"
    *most, last = (f"{rank:,}" for rank in ranks)
    return f"{', '.join(most)} and {last}" if most else last
