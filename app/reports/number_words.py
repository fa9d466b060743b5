"""What each number about clips is called, in menus, on cards, in tables and in charts. Files, SQL and the command line
keep the column's own name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from engine.features.composite import COMPOSITE
from engine.features.registry import all_columns, get

__all__ = ["NumberWords", "axis_title", "number_title", "number_words", "with_titles"]


@dataclass(frozen=True, kw_only=True)
class NumberWords:
    """A number's words: its column, what people read, its unit, one line of meaning, and the group it is listed in."""

    name: str
    title: str
    unit: str
    meaning: str
    group: str


_COLUMN = re.compile(r"\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b")

OWN: Final = {
    "reward": (
        "Reward",
        "",
        "How much people would prefer the clip: 0 is the mean clip, 1 more wins 73 % of pairs.",
    ),
    "reward_std": ("Reward's uncertainty", "", "How far the members of the ensemble disagree about the reward."),
    "robot_reward": ("Robot's reward", "", "What the robot head expects the clip to add to a robot model."),
    "labels": ("Labels by people", "", "In how many answered pairs of people the clip was."),
    "model_labels": ("Labels by a model", "", "In how many pairs that a model judged the clip was."),
    "simulated_labels": ("Simulated labels", "", "In how many simulated answers the clip was."),
    "duration_s": ("Length", "s", "How long the clip is."),
    "start_s": ("Begins at", "s", "Where in its video the clip begins."),
    "group_id": ("Group of near-duplicates", "", "Clips of one number are nearly the same."),
}
"""The library's own numbers: title, unit, meaning."""
OWN_GROUPS: Final = {"reward": "Reward", "reward_std": "Reward", "robot_reward": "Reward"}


def number_words(name: str) -> NumberWords:
    """The words of a column; made from its name where nothing better is known."""
    return _known().get(name) or NumberWords(name=name, title=_readable(name), unit="", meaning="", group="Other")


def number_title(name: str) -> str:
    """What people call a column."""
    return number_words(name).title


def axis_title(name: str) -> str:
    """The title with the unit, for an axis or the head of a table: `Hand speed (palm lengths/s)`."""
    words = number_words(name)
    return f"{words.title} ({words.unit})" if words.unit else words.title


def with_titles(text: str) -> str:
    """A sentence with the title of each column that it names in the column's place."""
    return _COLUMN.sub(lambda found: f"“{number_title(found[0])}”" if found[0] in _known() else found[0], text)


@cache
def _known() -> dict[str, NumberWords]:
    found = {
        name: NumberWords(name=name, title=title, unit=unit, meaning=meaning, group=OWN_GROUPS.get(name, "Clip"))
        for name, (title, unit, meaning) in OWN.items()
    }
    described = [(c.name, get(c.extractor).title, c.column) for c in all_columns()]
    described.append((f"composite_{COMPOSITE.name}", "Composite", COMPOSITE))
    for name, group, column in described:
        found[name] = NumberWords(
            name=name,
            title=column.title or _readable(column.name),
            unit=column.unit,
            meaning=column.description,
            group=group,
        )
    return found


def _readable(name: str) -> str:
    return name.replace("_", " ").strip().capitalize() or name
