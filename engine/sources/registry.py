"""Registry of sources of videos: built-in ones and those of installed packages.

Packages add theirs by an entry point of the group `handpicked.sources` whose value is `package.module:Class`.
"""

from __future__ import annotations

import re
from importlib import import_module
from importlib.metadata import entry_points
from inspect import isabstract
from typing import TYPE_CHECKING

from pydantic import ValidationError

from engine.errors import SourceError
from engine.files.read_json import explain
from engine.sources.base import AnySource, DataSource

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["SOURCES_GROUP", "all_sources", "get_source", "make_source", "recognised", "source_names"]

SOURCES_GROUP = "handpicked.sources"
"""Entry points of this group add sources: `name = "package.module:Class"`."""

_BUILT_IN: dict[str, str] = {
    "folder": "engine.sources.video_files:Folder",
    "epic": "engine.sources.video_files:EpicKitchens",
    "ego4d": "engine.sources.video_files:Ego4d",
    "gopro": "engine.sources.video_files:GoPro",
    "lerobot": "engine.sources.lerobot.source:Lerobot",
    "webdataset": "engine.sources.webdataset.source:WebDatasetSource",
}
"""Built-in sources and their classes, in display order; a module is loaded when it is first used."""

_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")


def source_names() -> list[str]:
    """Every source: built-in ones first, then the others by name."""
    others = {entry.name for entry in entry_points(group=SOURCES_GROUP)} - _BUILT_IN.keys()
    return [*_BUILT_IN, *sorted(others)]


def get_source(name: str) -> type[AnySource]:
    """The class of a source, its module imported now.

    Raises `SourceError` for an unknown name, or a package's source that does not load.
    """
    if name in _BUILT_IN:
        module, _, attribute = _BUILT_IN[name].partition(":")
        built_in: type[AnySource] = getattr(import_module(module), attribute)
        return built_in
    added = {entry.name: entry for entry in entry_points(group=SOURCES_GROUP)}
    if name not in added:
        raise SourceError(f"There is no source called {name!r}.", remedy=f"Known sources: {', '.join(source_names())}.")
    try:
        loaded = added[name].load()
        _check(loaded, name)
    except Exception as error:  # third-party code
        raise SourceError(
            f"The source {name!r} of {added[name].value} does not load: {error}", remedy="Update or remove its package."
        ) from error
    found: type[AnySource] = loaded
    return found


def all_sources() -> tuple[list[type[AnySource]], list[SourceError]]:
    """Every source that loads, in display order, and why others do not."""
    found, errors = [], []
    for name in source_names():
        try:
            found.append(get_source(name))
        except SourceError as error:
            errors.append(error)
    return found, errors


def make_source(name: str, values: Mapping[str, object]) -> AnySource:
    """The source with these options; texts are read as what the option takes. Raises `SourceError`."""
    source = get_source(name)
    known = source.Options.model_fields
    if unknown := [option for option in values if option not in known]:
        takes = f"It takes {', '.join(known)}." if known else "It takes none."
        raise SourceError(f"The source {name!r} has no option {unknown[0][:60]!r}.", remedy=takes)
    try:
        return source(source.Options.model_validate(dict(values)))
    except ValidationError as error:
        raise SourceError(f"The source {name!r} can't be used so: {explain(error)}.") from error


def recognised(paths: Iterable[Path]) -> str | None:
    """The built-in source whose layout every one of `paths` certainly has; None where there is none."""
    listed = list(paths)
    for name in _BUILT_IN if listed else ():
        if all(map(get_source(name).recognises, listed)):
            return name
    return None


def _check(loaded: object, name: str) -> None:
    """Raise TypeError or ValueError for what is no usable source called `name`."""
    if not (isinstance(loaded, type) and issubclass(loaded, DataSource)):
        raise TypeError("it is no subclass of DataSource")
    if isabstract(loaded):
        raise TypeError(f"{loaded.__qualname__} must define listing()")
    for what in ("name", "title", "description"):
        if not getattr(loaded, what, None):
            raise ValueError(f"{loaded.__qualname__} must have a class attribute {what!r}")
    if loaded.name != name or not _NAME.fullmatch(name):
        raise ValueError(
            f"{loaded.__qualname__} is called {loaded.name!r}: it must be the name of its entry point, "
            "lower-case letters, digits and -, beginning with a letter"
        )
    loaded.Options()  # each option has a default
