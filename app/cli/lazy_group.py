"""A group of commands that imports only the command asked for: importing all of them takes longer than most of them."""

from __future__ import annotations

from collections import UserDict
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Entry", "LazyGroup"]


@dataclass(frozen=True)
class Entry:
    """A command or a group of commands that is not imported yet."""

    name: str
    place: str
    """`module:attribute` of its function, or of its `typer.Typer` where it is a group."""
    help: str
    """What the list of all commands says of it: the first paragraph of its own help."""


class _Commands(UserDict[str, Any]):
    """Name → command, imported when it is asked for."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._places = {entry.name: entry.place for entry in entries}
        super().__init__()

    def __missing__(self, name: str) -> Any:
        module, _, attribute = self._places[name].partition(":")
        found = getattr(import_module(module), attribute)
        around = typer.Typer()
        if isinstance(found, typer.Typer):
            around.add_typer(found, name=name)
        else:
            around.command(name)(found)
        command = typer.main.get_group(around).commands[name]
        self.data[name] = command
        return command

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


class LazyGroup(TyperGroup):
    """The commands of `entries`, in their order; its own help imports none of them."""

    entries: ClassVar[Sequence[Entry]] = ()

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = _Commands(self.entries)

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]  # Typer's own context
        """Names alone: Typer's own goes through the commands themselves."""
        del ctx
        return list(self.commands)

    def format_help(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]
        """As of a group with the same names and texts."""
        self._listing().format_help(ctx, formatter)

    def shell_complete(self, ctx: typer.Context, incomplete: str) -> Any:  # type: ignore[override]
        """Names of commands and options that begin with what was typed; imports no command."""
        listing = self._listing()
        apart = typer.Context(listing, info_name=ctx.info_name, parent=ctx.parent, resilient_parsing=True)
        return listing.shell_complete(apart, incomplete)

    def _listing(self) -> TyperGroup:
        """A group of the same names and texts, whose commands do nothing."""
        named = [TyperCommand(name=entry.name, help=entry.help) for entry in self.entries]
        return TyperGroup(
            name=self.name, commands=named, params=self.params, help=self.help, rich_markup_mode=self.rich_markup_mode
        )
