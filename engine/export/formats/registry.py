"""Registry of formats of export: built-in ones and those of installed packages.

Packages add theirs by an entry point of the group `handpicked.exporters` whose value is `package.module:Class`.
"""

from __future__ import annotations

import re
from importlib import import_module
from importlib.metadata import entry_points
from inspect import isabstract
from typing import TYPE_CHECKING

from pydantic import ValidationError

from engine.errors import ExportError
from engine.export.formats.base import AnyExporter, Exporter
from engine.files.read_json import explain

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["EXPORTERS_GROUP", "all_formats", "exporter_with", "format_names", "get_format"]

EXPORTERS_GROUP = "handpicked.exporters"
"""Entry points of this group add formats: `name = "package.module:Class"`."""

_BUILT_IN: dict[str, str] = {
    "lerobot": "engine.export.formats.lerobot:Lerobot",
    "webdataset": "engine.export.formats.webdataset:WebDataset",
    "hf": "engine.export.formats.videofolder:VideoFolder",
    "otio": "engine.export.formats.timelines:Otio",
    "edl": "engine.export.formats.edl:Edl",
    "drop-list": "engine.export.formats.drop_list:DropList",
}
"""Built-in formats and their classes, in display order; a module is loaded when it is first used."""

_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")


def format_names() -> list[str]:
    """Every format: built-in ones first, then the others by name."""
    others = {entry.name for entry in entry_points(group=EXPORTERS_GROUP)} - _BUILT_IN.keys()
    return [*_BUILT_IN, *sorted(others)]


def get_format(name: str) -> type[AnyExporter]:
    """The class of a format, its module imported now.

    Raises `ExportError` for an unknown name, or a package's format that does not load.
    """
    if name in _BUILT_IN:
        module, _, attribute = _BUILT_IN[name].partition(":")
        built_in: type[AnyExporter] = getattr(import_module(module), attribute)
        return built_in
    added = {entry.name: entry for entry in entry_points(group=EXPORTERS_GROUP)}
    if name not in added:
        raise ExportError(f"there is no format called {name!r}", remedy=f"Known formats: {', '.join(format_names())}.")
    try:
        loaded = added[name].load()
        _check(loaded, name)
    except Exception as error:  # third-party code
        raise ExportError(
            f"the format {name!r} of {added[name].value} does not load: {error}", remedy="Update or remove its package."
        ) from error
    found: type[AnyExporter] = loaded
    return found


def exporter_with(name: str, options: Mapping[str, object]) -> AnyExporter:
    """The exporter of a format with these options, as an export keeps them.

    Raises `ExportError` for a format that does not load, or options that its present version does not have.
    """
    found = get_format(name)
    try:
        return found(found.Options.model_validate(options))
    except ValidationError as error:
        raise ExportError(
            f"the options of the export do not fit the format {name!r} as it is now: {explain(error)}",
            remedy="Make the export again with options of today (`--fresh`), or install the package as it was.",
        ) from error


def all_formats() -> tuple[list[type[AnyExporter]], list[ExportError]]:
    """Every format that loads, in display order, and why others do not."""
    found, errors = [], []
    for name in format_names():
        try:
            found.append(get_format(name))
        except ExportError as error:
            errors.append(error)
    return found, errors


def _check(loaded: object, name: str) -> None:
    """Raise TypeError or ValueError for what is no usable format called `name`."""
    if not (isinstance(loaded, type) and issubclass(loaded, Exporter)):
        raise TypeError("it is no subclass of Exporter")
    if isabstract(loaded):
        raise TypeError(f"{loaded.__qualname__} must define assemble()")
    for what in ("name", "title", "description"):
        if not getattr(loaded, what, None):
            raise ValueError(f"{loaded.__qualname__} must have a class attribute {what!r}")
    if loaded.name != name or not _NAME.fullmatch(name):
        raise ValueError(
            f"{loaded.__qualname__} is called {loaded.name!r}: it must be the name of its entry point, "
            "lower-case letters, digits and -, beginning with a letter"
        )
    loaded.Options()  # each option has a default
