"""The formats of other tools that an export can be written in, and their options as people give them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import ValidationError

from engine.errors import ExportError
from engine.export.formats.options import as_option, option_words
from engine.export.formats.registry import exporter_with, get_format
from engine.files.read_json import explain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

    from engine.export.formats.base import AnyExporter
    from storage.exports import ExportResults

__all__ = ["FormatChoice", "choose_format", "kept_choice"]


@dataclass(frozen=True)
class FormatChoice:
    """A format with its options."""

    name: str
    options: Mapping[str, JsonValue] = field(default_factory=dict)
    """As they were chosen; only those that differ from the defaults."""
    settled: Mapping[str, JsonValue] | None = None
    """With all that depends on the selection filled in, for the repetition of an export; else they are settled anew."""

    @property
    def exporter(self) -> AnyExporter:
        """Raises `ExportError` where the format does not load or its options do not fit."""
        return exporter_with(self.name, self.options)


def choose_format(name: str, texts: Mapping[str, str]) -> FormatChoice:
    """A format with options that a person wrote: name → text.

    Raises `ExportError` for an unknown format or option, or a value that the option does not allow.
    """
    options = get_format(name).Options
    values = {}
    for option, text in texts.items():
        described = options.model_fields.get(option)
        if described is None:
            known = [f"{known} ({option_words(info)})" for known, info in options.model_fields.items()]
            raise ExportError(
                f"the format {name!r} has no option {option!r}",
                remedy=f"Its options: {', '.join(known)}." if known else "It has none.",
            )
        values[option] = as_option(text, described)
    try:
        chosen = options.model_validate(values)
    except ValidationError as error:
        wrong = [str(problem["loc"][0]) for problem in error.errors() if problem["loc"]]
        allowed = [f"{one}: {option_words(options.model_fields[one])}" for one in dict.fromkeys(wrong)]
        raise ExportError(
            f"the format {name!r} does not take that: {explain(error)}", remedy=f"Allowed for {'; '.join(allowed)}."
        ) from error
    return FormatChoice(name, chosen.model_dump(mode="json", exclude_defaults=True))


def kept_choice(results: ExportResults, *, fresh: bool) -> FormatChoice | None:
    """The format of a past export with its options: settled as they were then, or (`fresh`) to be settled anew."""
    if results.format is None:
        return None
    return FormatChoice(results.format, results.asked, None if fresh else results.options)
