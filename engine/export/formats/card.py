"""Writes the card (README.md) of an exported data set: what it is, how it was chosen, what its readers must know."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import StringIO
from typing import TYPE_CHECKING, Any

from engine.download.licences import licence_of
from engine.files.read_yaml import yaml_parser

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import JsonValue

    from engine.export.formats.base import ExportFacts

__all__ = ["CARD_FILE", "MOST_IN_A_FOLDER", "CardSection", "HubCard", "card", "plain", "simulated_note"]

MOST_IN_A_FOLDER = 10_000
"""The Hugging Face Hub refuses a commit that leaves more files in one folder."""
CARD_FILE = "README.md"
MOST_LISTED = 20
"""So many clips that were left out are named one by one."""

_OWN = "no licence is known: your own recordings are yours to license, others' are not"
_SOURCES = {"sample": "Rendered by Handpicked", "folder": "Files of a folder", "gopro": "Recordings of a GoPro"}
_HUB_LICENCES = {"epic": "cc-by-nc-4.0", "ego4d": "other"}
_LABELS = {
    "people": "People's labels",
    "simulated": "Simulated labels",
    "model": "Labels by a model's judgement",
}


@dataclass(frozen=True)
class CardSection:
    """A section of a card: its heading, and its text as Markdown."""

    heading: str
    text: str


@dataclass(frozen=True, kw_only=True)
class HubCard:
    """What Hugging Face reads from a card: the YAML above it. The licence follows from the sources of the clips."""

    task_categories: Sequence[str] = ("robotics",)
    tags: Sequence[str] = ()
    configs: Sequence[Mapping[str, JsonValue]] = field(default=())
    """Which files make up the data set, as `datasets` reads it."""
    features: Sequence[Mapping[str, JsonValue]] = ()
    """Its columns and their types in the words of `datasets`, where it would guess them wrongly."""


def card(
    title: str,
    facts: ExportFacts,
    *,
    about: str,
    sections: Sequence[CardSection] = (),
    hub: HubCard | None = None,
) -> str:
    """The card as Markdown: `about` says in a paragraph what the data set is and how it is read.

    `sections` stand between that and how the clips were chosen. The same facts give the same text.
    """
    text = [f"# {title}", about]
    text += [f"> **{warning}**" for warning in _warnings(facts)]
    for section in sections:
        text += [f"## {section.heading}", section.text]
    text += ["## How the clips were chosen", _chosen(facts)]
    if facts.left_out:
        text += ["## Left out", _left_out(facts)]
    text += ["## Sources and licences", _licences(facts)]
    text += [f"Written by Handpicked {facts.app_version}, export {facts.export_id}, {facts.created_at}."]
    return (_front(facts, hub) if hub is not None else "") + "\n\n".join(text) + "\n"


def simulated_note(labels_by: str | None, ranked_by: str) -> str:
    """One sentence about a ranking that does not rest on people's labels; empty where it does, or needs none."""
    if ranked_by == "composite" or labels_by == "people":
        return ""
    if labels_by == "simulated":
        return (
            "The model that ranked these clips learned from simulated labels: "
            "their order says nothing about what people prefer."
        )
    if labels_by == "model":
        return "The model that ranked these clips learned from another model's judgement, not from people's."
    return "It is not known whose labels the model that ranked these clips learned from."


def _warnings(facts: ExportFacts) -> list[str]:
    found = [note] if (note := simulated_note(facts.labels_by, facts.ranked_by)) else []
    if facts.synthetic:
        whose = "All clips are" if facts.synthetic == sum(facts.sources.values()) else f"{facts.synthetic:,} clips are"
        found.append(f"{whose} rendered by Handpicked: synthetic pictures, not recordings.")
    return found


def _chosen(facts: ExportFacts) -> str:
    lines = [f"Clips: {sum(facts.sources.values()):,}"]
    lines += [f"Settings: {plain(', '.join(facts.chosen))}"] if facts.chosen else []
    lines.append(f"Ranked by: {'the composite score' if facts.ranked_by == 'composite' else facts.ranked_by}")
    if facts.model_name is not None:
        seed = "" if facts.seed is None else f", seed {facts.seed}"
        lines.append(f"Model: {plain(facts.model_name)}{seed}")
    if facts.labels_by is not None:
        lines.append(f"The model learned from: {_LABELS.get(facts.labels_by, facts.labels_by)}")
    if facts.threshold is not None:
        lines.append(f"Lowest score: {facts.threshold}")
    lines.append(f"Hash of the settings that gave the scores: `{facts.settings_hash}`")
    lines += [plain(note) for note in facts.notes]
    return "\n".join(f"- {line}" for line in lines)


def _left_out(facts: ExportFacts) -> str:
    lines = [f"- {plain(clip_id)}: {plain(why)}" for clip_id, why in list(facts.left_out.items())[:MOST_LISTED]]
    if more := len(facts.left_out) - len(lines):
        lines.append(f"- and {more:,} more")
    return "These clips were chosen and could not be made:\n\n" + "\n".join(lines)


def _licences(facts: ExportFacts) -> str:
    lines = []
    for source, clips in sorted(facts.sources.items()):
        licence, counted = licence_of(source), f"{clips:,} {'clip' if clips == 1 else 'clips'}"
        if licence is not None:
            lines.append(f"{licence.title}, {counted}: [{licence.name}]({licence.url}). {licence.summary}")
        else:
            what = "synthetic, under no licence of others" if source == "sample" else _OWN
            lines.append(f"{_SOURCES.get(source, plain(source))}, {counted}: {what}.")
    return "\n".join(f"- {line}" for line in lines)


def _front(facts: ExportFacts, hub: HubCard) -> str:
    """The YAML that Hugging Face reads."""
    named = sorted({_HUB_LICENCES.get(source, "unknown") for source in facts.sources})
    values: dict[str, Any] = {"license": named[0] if len(named) == 1 else named}
    if "ego4d" in facts.sources and (licence := licence_of("ego4d")):
        values |= {"license_name": "ego4d", "license_link": licence.url}
    values |= {"task_categories": list(hub.task_categories), "tags": ["handpicked", "egocentric", *hub.tags]}
    if hub.configs:
        values["configs"] = [dict(config) for config in hub.configs]
    if hub.features:
        values["dataset_info"] = {"features": [dict(feature) for feature in hub.features]}
    text = StringIO()
    yaml_parser().dump(values, text)
    return f"---\n{text.getvalue()}---\n\n"


def plain(text: str) -> str:
    """Text from data as one line of Markdown that sets nothing off: no links, no HTML, no headings."""
    one_line = " ".join(text.split())
    escaped = "".join(f"\\{letter}" if letter in "\\`*_[]<>#|&@" else letter for letter in one_line)
    # Bare addresses become links by themselves.
    return escaped.replace("://", "\\://").replace("www.", "www\\.")
