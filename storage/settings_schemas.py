"""Writes a JSON schema beside each settings file, by which editors complete and check what a person types there.

The file's first line names its schema, as the YAML language server reads it (VS Code, Neovim, JetBrains and others).
"""

from __future__ import annotations

import contextlib
import json
import re
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pydantic

from engine.errors import FormatError
from engine.files.digest import digest_of_values
from engine.files.read_json import read_within
from engine.files.read_yaml import MAX_YAML_BYTES
from engine.files.replace_whole import remove_leftovers, write_whole
from engine.settings_model import SettingsModel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import JsonValue

__all__ = ["SCHEMAS", "name_schema", "schema_line", "schema_text", "write_schemas"]

SCHEMAS = "schemas"
"""The folder of the schemas, below that of the settings files."""
STAMP = ".made-from"
"""What the schemas were made from: while that is the same, they need not be made again."""
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_OWN_KEYWORDS = ("no_effect", "added_later")
"""What fields say to Handpicked itself (`engine/features/base.py`): no words of a schema."""
_LINE = re.compile(rb"#\s*yaml-language-server\s*:", re.IGNORECASE)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def schema_line(name: str) -> str:
    """The comment that names the schema of the settings called `name`, without its `#`."""
    return f"yaml-language-server: $schema={SCHEMAS}/{name}.schema.json"


def schema_text(name: str, model: type[SettingsModel]) -> str:
    """The JSON schema of a settings file as text, with explanations, defaults and limits.

    A value may be right by it and still be refused by Handpicked, where it must go together with another.
    """
    made = model.model_json_schema()
    for section in (made, *made.get("$defs", {}).values()):
        section.pop("title", None)  # a class's name says nothing to people
        if "properties" in section and "description" in section:
            section["description"] = section["description"].splitlines()[0]
        for field in section.get("properties", {}).values():
            for keyword in _OWN_KEYWORDS:
                field.pop(keyword, None)
    return json.dumps({"$schema": _DIALECT, "title": f"{name}.yaml", **made}, indent=1, ensure_ascii=False) + "\n"


def write_schemas(folder: Path, models: Mapping[str, type[SettingsModel]]) -> set[str]:
    """Write the schemas of `models` into `folder`, where they are not those of this version and its packages already.

    Returns the names of those that were not there. They are a convenience: where they can't be written there are none.
    """
    stamp = _made_from(models)
    with contextlib.suppress(OSError):
        missing = {name for name in models if not _file(folder, name).exists()}
        if not missing and _is(folder / STAMP, stamp):
            return set()
        folder.mkdir(exist_ok=True)
        for name, model in models.items():
            remove_leftovers(_file(folder, name))
            write_whole(_file(folder, name), schema_text(name, model))
        write_whole(folder / STAMP, stamp)
        return missing
    return set()


def name_schema(path: Path, name: str) -> None:
    """Put the line that names its schema above a settings file that was there before, and change nothing else.

    A file with such a line keeps it, as does one that can't be read or written: it works without.
    """
    with contextlib.suppress(OSError, FormatError):
        content = read_within(path, MAX_YAML_BYTES)
        if any(_LINE.match(line.strip()) for line in content.splitlines()):
            return
        mark = _BYTE_ORDER_MARK if content.startswith(_BYTE_ORDER_MARK) else b""
        end = b"\r\n" if b"\r\n" in content else b"\n"
        write_whole(path, mark + f"# {schema_line(name)}".encode() + end + content[len(mark) :])


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name}.schema.json"


def _is(path: Path, text: str) -> bool:
    try:
        return read_within(path, 1000) == text.encode()
    except FormatError:
        return False


def _made_from(models: Mapping[str, type[SettingsModel]]) -> str:
    """A digest of this version, Pydantic's, and the source files of the models, those of installed extractors too."""
    files: dict[str, JsonValue] = {}
    for module in sorted({module for model in models.values() for module in _modules(model)}):
        source = getattr(sys.modules.get(module), "__file__", None)
        if source:
            status = Path(source).stat()
            files[module] = [status.st_size, status.st_mtime_ns]
    return digest_of_values([version("handpicked"), pydantic.VERSION, sorted(models), files])


def _modules(model: type[SettingsModel]) -> Iterator[str]:
    """The modules that a model and its sections come from."""
    for base in model.__mro__:
        if issubclass(base, SettingsModel):
            yield base.__module__
    for info in model.model_fields.values():
        if isinstance(info.annotation, type) and issubclass(info.annotation, SettingsModel):
            yield from _modules(info.annotation)
