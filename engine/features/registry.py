"""Registry of extractors: built-in ones, those of installed packages, and those registered at run time.

    @register
    class Sharpness(Extractor[SharpnessSettings]): ...

Packages add theirs by an entry point of the group `handpicked.extractors` that names a module or a class.
"""

from __future__ import annotations

import re
from importlib import import_module
from importlib.metadata import entry_points
from inspect import isabstract
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from engine.errors import SettingsError
from engine.features.base import Column, Extractor

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["EXTRACTORS_GROUP", "FeatureColumn", "all_columns", "extractor_names", "get", "register", "unregister"]

EXTRACTORS_GROUP = "handpicked.extractors"
"""Entry points of this group add extractors: `name = "package.module"` or `"package.module:Class"`."""

_BUILT_IN: dict[str, str] = {
    "sharpness": "engine.features.sharpness",
    "exposure": "engine.features.exposure",
    "motion": "engine.features.motion",
    "hands": "engine.features.hands",
    "embedding": "engine.features.embedding",
}
"""Built-in extractors and their modules, in display order; a module is loaded when it is first used."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_RESERVED = frozenset({"activity", "composite", "enabled", "resources"})

_registered: dict[str, type[Extractor[Any]]] = {}

E = TypeVar("E", bound=type[Extractor[Any]])


class FeatureColumn(NamedTuple):
    """A column as `clip_features` shows it."""

    name: str
    extractor: str
    column: Column


def register(extractor: E) -> E:
    """Class decorator: registers the extractor under its name. Registering a class again replaces it.

    Raises ValueError for a class with missing attributes, or with a name that is taken.
    """
    _check(extractor)
    taken = _registered.get(extractor.name)
    if taken is not None and (taken.__module__, taken.__qualname__) != (extractor.__module__, extractor.__qualname__):
        raise ValueError(f"{taken.__module__}.{taken.__qualname__} is already called {extractor.name!r}")
    _registered[extractor.name] = extractor
    return extractor


def unregister(name: str) -> None:
    """Forget an extractor that was registered at run time."""
    _registered.pop(name, None)


def extractor_names() -> list[str]:
    """Every extractor: built-in ones first, then the others by name."""
    others = {*(entry.name for entry in entry_points(group=EXTRACTORS_GROUP)), *_registered} - _BUILT_IN.keys()
    return [*_BUILT_IN, *sorted(others)]


def get(name: str) -> type[Extractor[Any]]:
    """The class of an extractor, its module imported now.

    Raises `SettingsError` for an unknown name, or a package's extractor that does not load.
    """
    if name in _BUILT_IN:
        import_module(_BUILT_IN[name])
    elif name not in _registered:
        _load_added(name)
    return _registered[name]


def all_columns(names: Iterable[str] | None = None) -> list[FeatureColumn]:
    """The columns of the extractors called `names`, or of all, as `clip_features` shows them."""
    return [
        FeatureColumn(f"{name}_{column.name}", name, column)
        for name in (extractor_names() if names is None else names)
        for column in get(name).columns
    ]


def _load_added(name: str) -> None:
    added = {entry.name: entry for entry in entry_points(group=EXTRACTORS_GROUP)}
    if name not in added:
        raise SettingsError(
            f"There is no extractor called {name!r}.", remedy=f"Known extractors: {', '.join(extractor_names())}."
        )
    try:
        loaded = added[name].load()
        if isinstance(loaded, type):
            register(loaded)
    except Exception as error:  # third-party code
        raise SettingsError(
            f"The extractor {name!r} of {added[name].value} does not load: {error}", remedy="Update or remove it."
        ) from error
    if name not in _registered:
        raise SettingsError(f"{added[name].value} was to bring the extractor {name!r} and registers no such thing.")


def _check(extractor: type[Extractor[Any]]) -> None:
    if isabstract(extractor):
        raise ValueError(f"{extractor.__qualname__} must define requests() and begin()")
    for what in ("name", "title", "description", "columns"):
        if not getattr(extractor, what, None):
            raise ValueError(f"{extractor.__qualname__} must have a class attribute {what!r}")
    names = [extractor.name, *(column.name for column in extractor.columns)]
    for name in names:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} must be lower-case letters, digits and _ and start with a letter")
    if len(set(names[1:])) < len(names) - 1 or extractor.name in _RESERVED:
        raise ValueError(f"{extractor.__qualname__}: the name {extractor.name!r} is taken, or two columns share one")
