"""Reads YAML that people edit, with comments and line numbers, limited in size and depth.

Aliases (`*name`) repeat what an anchor (`&name`) marks, so that three hundred bytes can expand to gigabytes. A settings
file needs none: they are refused with their line, including merge keys (`<<: *name`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.constructor import ConstructorError, DuplicateKeyError, RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError
from ruamel.yaml.scanner import RoundTripScanner

from engine.errors import FormatError
from engine.files.read_json import read_within

if TYPE_CHECKING:
    from pathlib import Path

    from ruamel.yaml.nodes import Node

__all__ = ["MAX_YAML_BYTES", "UnreadableYamlError", "read_yaml", "yaml_parser"]

MAX_YAML_BYTES = 256 << 10
"""Settings files with every explanation have some 10 KB."""
_MAX_DEPTH = 20
_MOST_LETTERS_SHOWN = 40

_VALUE_ERRORS = (ValueError, ArithmeticError, LookupError, TypeError, AttributeError, AssertionError)
"""Errors that ruamel raises for a value that does not match its tag: `!!timestamp soon`, `0x_`, a 13th month."""

KINDS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "null": "nothing",
    "timestamp": "a date",
    "map": "`name: value` lines",
    "omap": "`name: value` lines",
    "set": "a set",
    "seq": "a list",
    "binary": "base64",
}


class UnreadableYamlError(FormatError):
    """A YAML file that can't be read; `line` counts from 1, and is None where the error has no line."""

    def __init__(self, reason: str, line: int | None) -> None:
        self.line = line
        super().__init__(reason)


class _RefusedYamlError(MarkedYAMLError):
    """Valid YAML that is refused, such as aliases or deep nesting."""


class _PlainComposer(Composer):
    """Composes nodes, refusing anchors, aliases, and nesting deeper than _MAX_DEPTH."""

    depth = 0

    def compose_node(self, parent: Node | None, index: int) -> Any:
        event = self.parser.peek_event()
        if getattr(event, "anchor", None) is not None:
            reason = "anchors and aliases (& and *) are not read: write the values out"
            raise _RefusedYamlError(problem=reason, problem_mark=event.start_mark)
        if self.depth >= _MAX_DEPTH:
            reason = f"it is nested more than {_MAX_DEPTH} levels deep"
            raise _RefusedYamlError(problem=reason, problem_mark=event.start_mark)
        self.depth += 1
        try:
            return super().compose_node(parent, index)
        except _VALUE_ERRORS as error:  # a `%YAML` line with an unknown version, in mid-file
            reason = "not valid YAML, or of a version that is unknown here"
            raise _RefusedYamlError(problem=reason, problem_mark=event.start_mark) from error
        finally:
            self.depth -= 1


class _PlainScanner(RoundTripScanner):
    """Scans tokens; reports the position of an escape that is no character, such as `"\\UFFFFFFFF"`."""

    def fetch_more_tokens(self) -> Any:
        try:
            return super().fetch_more_tokens()
        except _VALUE_ERRORS as error:
            reason = "not valid YAML: there is no such letter or word"
            raise _RefusedYamlError(problem=reason, problem_mark=self.reader.get_mark()) from error


class _PlainConstructor(RoundTripConstructor):
    """Constructs values; reports the position and the expected type of one that is invalid."""

    def construct_non_recursive_object(self, node: Any, tag: str | None = None) -> Any:
        try:
            return super().construct_non_recursive_object(node, tag)
        except DuplicateKeyError:
            raise  # its message is good
        except (ConstructorError, *_VALUE_ERRORS) as error:
            mark = getattr(error, "problem_mark", None) or node.start_mark
            raise _RefusedYamlError(problem=_reason_against(node), problem_mark=mark) from error


def _reason_against(node: Node) -> str:
    """Why a node is refused, for a person: its text, and the type that it should have."""
    name = str(node.tag or "").removeprefix("tag:yaml.org,2002:")
    kind = KINDS.get(name, repr(name))
    if not isinstance(node.value, str):
        return f"this can't be read as {kind}"
    written = node.value
    if len(written) > _MOST_LETTERS_SHOWN:
        written = f"{written[:_MOST_LETTERS_SHOWN]}…"
    return f"{written!r} can't be read as {kind}; write it in quotes if it is meant as text"


def yaml_parser() -> YAML:
    """The round-trip parser, which keeps comments and line numbers. It can read what it writes."""
    parser = YAML(typ="rt")
    parser.Scanner = _PlainScanner
    parser.Composer = _PlainComposer
    parser.Constructor = _PlainConstructor
    parser.representer.ignore_aliases = lambda _data: True
    parser.width = 120
    parser.indent(mapping=2, sequence=4, offset=2)
    return parser


def read_yaml(path: Path) -> Any:
    """Read a file as ruamel's commented maps and lists, or None if empty. Raises `UnreadableYamlError`."""
    text = ""
    try:
        text = read_within(path, MAX_YAML_BYTES).decode("utf-8-sig")
        return yaml_parser().load(text)
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        reason = f"not valid YAML: the character U+{ord(text[error.position]):04X} may not stand in it"
        raise UnreadableYamlError(reason, line) from error
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = str(error.problem or error.context)
        if not isinstance(error, _RefusedYamlError):
            reason = f"not valid YAML: {reason}"
        raise UnreadableYamlError(reason, mark.line + 1 if mark else None) from error
    except FormatError as error:
        raise UnreadableYamlError(error.message, None) from error
    except UnicodeDecodeError as error:
        raise UnreadableYamlError(f"it can't be read: it is no text in UTF-8 (byte {error.start})", None) from error
    except (YAMLError, *_VALUE_ERRORS) as error:
        raise UnreadableYamlError("it is not valid YAML; no line of it could be named", None) from error
