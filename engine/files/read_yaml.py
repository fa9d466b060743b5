"""YAML that people edit: read with its comments and lines, and bounded in size and depth.

Aliases (`*name`) stand for a copy of what an anchor (`&name`) marks, so that three hundred bytes of them can come to
gigabytes. A settings file needs none: they are refused with their line, merge keys (`<<: *name`) among them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from engine.errors import FormatError
from engine.files.read_json import read_within

if TYPE_CHECKING:
    from pathlib import Path

    from ruamel.yaml.nodes import Node

__all__ = ["MAX_YAML_BYTES", "UnreadableYamlError", "read_yaml", "yaml_parser"]

MAX_YAML_BYTES = 256 << 10
"""The settings files that are written with every explanation have some 10 KB."""
MAX_DEPTH = 20


class UnreadableYamlError(FormatError):
    """A YAML file that can't be read; `line` counts from 1, and is None where no line is to blame."""

    def __init__(self, reason: str, line: int | None) -> None:
        self.line = line
        super().__init__(reason)


class RefusedYamlError(MarkedYAMLError):
    """YAML that is valid, and is not read all the same."""


class PlainComposer(Composer):
    """Makes nodes of what the parser finds, without anchors and aliases, and not deeper than MAX_DEPTH."""

    depth = 0

    def compose_node(self, parent: Node | None, index: int) -> Any:
        event = self.parser.peek_event()
        if getattr(event, "anchor", None) is not None:
            reason = "anchors and aliases (& and *) are not read: write the values out"
            raise RefusedYamlError(problem=reason, problem_mark=event.start_mark)
        if self.depth >= MAX_DEPTH:
            reason = f"it is nested more than {MAX_DEPTH} levels deep"
            raise RefusedYamlError(problem=reason, problem_mark=event.start_mark)
        self.depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


def yaml_parser() -> YAML:
    """The round-trip parser, which keeps comments and knows lines. What it writes, it can read."""
    parser = YAML(typ="rt")
    parser.Composer = PlainComposer
    parser.representer.ignore_aliases = lambda _data: True
    parser.width = 120
    parser.indent(mapping=2, sequence=4, offset=2)
    return parser


def read_yaml(path: Path) -> Any:
    """What a file holds, as ruamel's commented maps and lists, or None. Raises `UnreadableYamlError`."""
    try:
        text = read_within(path, MAX_YAML_BYTES).decode("utf-8-sig")
        return yaml_parser().load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = str(error.problem or error.context)
        if not isinstance(error, RefusedYamlError):
            reason = f"not valid YAML: {reason}"
        raise UnreadableYamlError(reason, mark.line + 1 if mark else None) from error
    except FormatError as error:
        raise UnreadableYamlError(error.message, None) from error
    except UnicodeDecodeError as error:
        raise UnreadableYamlError(f"it can't be read: it is no text in UTF-8 (byte {error.start})", None) from error
    except (YAMLError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError) as error:
        # ruamel lets these out where a value does not fit its tag, as in `!!timestamp soon` or a 13th month.
        raise UnreadableYamlError(f"a value in it can't be read ({str(error)[:120]})", None) from error
