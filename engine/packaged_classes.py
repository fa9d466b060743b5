"""Classes by name, of which installed packages can add some by an entry point: sources of videos, formats of export."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from inspect import isabstract
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.errors import EngineError

__all__ = ["PackagedClasses"]

_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")

C = TypeVar("C")


@dataclass(frozen=True, kw_only=True)
class PackagedClasses(Generic[C]):
    """The built-in classes of one kind and those of installed packages; a module is loaded when it is first used.

    Each has `name`, `title`, `description` and a model `Options` in which every option has a default.
    """

    group: str
    """Entry points of this group add classes: `name = "package.module:Class"`."""
    noun: str
    """What errors call one of them: `format`, `source`."""
    base: Any
    """The class that all of them are below: an abstract one, which `type[C]` does not allow."""
    built_in: Mapping[str, str]
    """Name → `module:Class`, in display order."""
    error: type[EngineError]
    """Raised for an unknown name, or a package's class that does not load."""

    def names(self) -> list[str]:
        """Every name: built-in ones first, then the others in alphabetical order."""
        others = {entry.name for entry in entry_points(group=self.group)} - self.built_in.keys()
        return [*self.built_in, *sorted(others)]

    def get(self, name: str) -> type[C]:
        """The class called `name`, its module imported now. Raises `error`."""
        if name in self.built_in:
            module, _, attribute = self.built_in[name].partition(":")
            built_in: type[C] = getattr(import_module(module), attribute)
            return built_in
        added = {entry.name: entry for entry in entry_points(group=self.group)}
        if name not in added:
            raise self.error(
                f"There is no {self.noun} called {name!r}.", remedy=f"Known {self.noun}s: {', '.join(self.names())}."
            )
        try:
            loaded: Any = added[name].load()
            self._check(loaded, name)
        except Exception as error:  # third-party code
            raise self.error(
                f"The {self.noun} {name!r} of {added[name].value} does not load: {error}",
                remedy="Update or remove its package.",
            ) from error
        found: type[C] = loaded
        return found

    def all(self) -> tuple[list[type[C]], list[EngineError]]:
        """Every class that loads, in display order, and why others do not."""
        found, errors = [], []
        for name in self.names():
            try:
                found.append(self.get(name))
            except self.error as error:
                errors.append(error)
        return found, errors

    def _check(self, loaded: Any, name: str) -> None:
        """Raise TypeError or ValueError for what is no usable class called `name`."""
        known = loaded
        if not (isinstance(loaded, type) and issubclass(loaded, self.base)):
            raise TypeError(f"it is no subclass of {self.base.__name__}")
        if isabstract(loaded):
            missing = ", ".join(f"{method}()" for method in sorted(known.__abstractmethods__))
            raise TypeError(f"{loaded.__qualname__} must define {missing}")
        for what in ("name", "title", "description"):
            if not getattr(loaded, what, None):
                raise ValueError(f"{loaded.__qualname__} must have a class attribute {what!r}")
        if known.name != name or not _NAME.fullmatch(name):
            raise ValueError(
                f"{loaded.__qualname__} is called {known.name!r}: it must be the name of its entry point, "
                "lower-case letters, digits and -, beginning with a letter"
            )
        known.Options()  # each option has a default
