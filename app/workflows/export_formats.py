"""The formats of other tools that an export can be written in, and their options as people give them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import ValidationError

from app.workflows.extracting import resources_of, settings_of
from engine.errors import ExportError
from engine.export.formats.options import as_option, option_words, options_of, plain_type
from engine.export.formats.registry import EXPORT_FORMATS
from engine.features.registry import extractor_names, get
from engine.features.settings import extractor_settings
from engine.files.read_json import explain
from engine.settings_model import SettingsModel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

    from storage import Workspace
    from storage.exports import ExportResults

__all__ = ["FormatChoice", "choose_format", "kept_choice", "of_workspace"]


@dataclass(frozen=True)
class FormatChoice:
    """A format with its options."""

    name: str
    options: Mapping[str, JsonValue] = field(default_factory=dict)
    """As they were chosen; only those that differ from the defaults."""
    settled: Mapping[str, JsonValue] | None = None
    """With all that depends on the selection filled in, for the repetition of an export; else they are settled anew."""


def choose_format(name: str, texts: Mapping[str, str]) -> FormatChoice:
    """A format with options that a person wrote: name → text.

    Raises `ExportError` for an unknown format or option, or a value that the option does not allow.
    """
    options = EXPORT_FORMATS.get(name).Options
    fields = options_of(options)
    values = {}
    for option, text in texts.items():
        described = fields.get(option)
        if described is None:
            known = [f"{known} ({option_words(info)})" for known, info in fields.items()]
            raise ExportError(
                f"the format {name!r} has no option {option!r}",
                remedy=f"Its options: {', '.join(known)}." if known else "It has none.",
            )
        values[option] = as_option(text, described)
    try:
        chosen = options.model_validate(values)
    except ValidationError as error:
        wrong = dict.fromkeys(str(problem["loc"][0]) for problem in error.errors() if problem["loc"])
        allowed = "; ".join(f"{one}: {option_words(fields[one])}" for one in wrong if one in fields)
        raise ExportError(
            f"the format {name!r} does not take that: {explain(error)}",
            remedy=f"Allowed for {allowed}." if allowed else "",
        ) from error
    return FormatChoice(name, chosen.model_dump(mode="json", exclude_defaults=True))


def of_workspace(workspace: Workspace, name: str) -> dict[str, JsonValue]:
    """The options of a format that the workspace fills in: where model files are looked for, settings of extractors."""
    found: dict[str, JsonValue] = {}
    for option, info in EXPORT_FORMATS.get(name).Options.model_fields.items():
        model = plain_type(info)
        if option == "weights_folders":
            found[option] = [str(folder) for folder in resources_of(workspace).weights_folders]
        elif isinstance(model, type) and issubclass(model, SettingsModel):
            extractor = next((one for one in extractor_names() if get(one).settings_model is model), None)
            if extractor is not None:
                found[option] = extractor_settings(settings_of(workspace), extractor).model_dump(mode="json")
    return found


def kept_choice(results: ExportResults, *, fresh: bool) -> FormatChoice | None:
    """The format of a past export with its options: settled as they were then, or (`fresh`) to be settled anew."""
    if results.format is None:
        return None
    return FormatChoice(results.format, results.asked, None if fresh else results.options)
