"""Reads and writes a workspace's YAML settings files: errors with line numbers, comments preserved."""

from __future__ import annotations

import contextlib
import difflib
from io import StringIO
from typing import TYPE_CHECKING, Any, TypeVar

from filelock import FileLock, Timeout
from pydantic import ValidationError
from ruamel.yaml.comments import CommentedMap

from engine.errors import SettingsError
from engine.files.read_yaml import UnreadableYamlError, read_yaml, yaml_parser
from engine.files.replace_whole import remove_leftovers, write_whole
from engine.files.values import shown
from engine.settings_model import SettingsModel
from storage.database_errors import explain
from storage.errors import StorageError, WorkspaceBusy
from storage.settings_models import SETTINGS
from storage.settings_schemas import SCHEMAS, name_schema, schema_line, write_schemas

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pydantic_core import ErrorDetails

__all__ = ["SettingsFiles"]

Model = TypeVar("Model", bound=SettingsModel)
LOCK = ".lock"
"""The lock file in the settings folder, held while a settings file is changed."""
LOCK_PATIENCE_S = 10.0


class SettingsFiles:
    """Loads and saves the settings files in a workspace's folder `settings/`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str) -> Path:
        """The file of the settings called `name` (`data`, `jobs`, …)."""
        return self.folder / f"{name}.yaml"

    def load(self, model: type[Model]) -> Model:
        """The settings of type `model` from its file; missing keys have their defaults.

        Raises `SettingsError`, with file, line and the nearest known key, for errors in the file.
        """
        path = self.path(name_of(model))
        document = self._document(path)
        try:
            return model.model_validate(plain(document))
        except ValidationError as error:
            problems = [describe(problem, document, model) for problem in error.errors()]
            lines = "\n".join(f"{path}:{line}: {text}" for line, text in sorted(problems))
            raise SettingsError(lines, remedy="Correct the file, or reset the value on the Settings page.") from error

    def save(self, settings: Model, *, seen: Model | None = None) -> Model:
        """Write `settings`, changing only values that differ from the file's and preserving its comments.

        With `seen`, the settings that a person started from, only their changes are written, and changes saved
        meanwhile by somebody else stay. Returns the settings now in the file. Raises `SettingsError` where both changed
        the same value.
        """
        model = type(settings)
        path = self.path(name_of(model))
        with self._alone():
            if seen is not None:
                merged = merge(seen.model_dump(), settings.model_dump(), self.load(model).model_dump(), path)
                settings = validated(model, merged, path)
            try:
                document = self._document(path)
            except SettingsError:
                document = CommentedMap()  # the file is not YAML: replaced by a complete new one
            if not document:
                document = fresh(model())
            put(document, settings.model_dump(mode="json"))
            prune(document, settings.model_dump(mode="json"))
            self._write(path, document)
        return settings

    def ensure(self) -> None:
        """Write missing settings files, with every default and its explanation, and the schemas of all of them."""
        with self._alone():
            unnamed = write_schemas(self.folder / SCHEMAS, SETTINGS)
            for name, model in SETTINGS.items():
                remove_leftovers(self.path(name))
                if not self.path(name).exists():
                    self._write(self.path(name), fresh(model()))
                elif name in unnamed:
                    name_schema(self.path(name), name)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Lock the settings files against other threads and processes, so that reading, changing and writing is one
        step."""
        if not self.folder.is_dir():
            raise StorageError(f"there is no folder {self.folder}", remedy="Open the workspace again: that makes it.")
        lock = FileLock(self.folder / LOCK, timeout=LOCK_PATIENCE_S)
        try:
            lock.acquire()
        except Timeout as error:
            raise WorkspaceBusy(
                f"{self.folder}: another process has been changing the settings for {LOCK_PATIENCE_S:g} s",
                remedy="Try again in a moment.",
            ) from error
        except OSError as error:
            raise explain(error, self.folder / LOCK) from error
        try:
            yield
        finally:
            lock.release()

    def _document(self, path: Path) -> CommentedMap:
        if not path.exists():
            return CommentedMap()
        try:
            document = read_yaml(path)
        except UnreadableYamlError as error:
            place = path if error.line is None else f"{path}:{error.line}"
            raise SettingsError(
                f"{place}: {error.message}", remedy="Correct the file, or delete it for the defaults."
            ) from error
        if document is None:
            return CommentedMap()
        if not isinstance(document, CommentedMap):
            found = "a list" if isinstance(document, list) else shown(str(document))
            raise SettingsError(
                f"{path}:1: settings are `name: value` lines, this is {found}",
                remedy="Correct the file, or delete it for the defaults.",
            )
        return document

    def _write(self, path: Path, document: CommentedMap) -> None:
        text = StringIO()
        yaml_parser().dump(document, text)
        try:
            write_whole(path, text.getvalue())
        except OSError as error:
            raise explain(error, path) from error


def validated(model: type[Model], merged: Mapping[str, object], path: Path) -> Model:
    """The merged changes of two people. Raises `SettingsError` where they are valid alone but not together."""
    try:
        return model.model_validate(merged)
    except ValidationError as error:
        problems = "; ".join(describe(problem, CommentedMap(), model)[1] for problem in error.errors())
        raise SettingsError(
            f"{path.name}: your changes do not go together with what was saved elsewhere meanwhile: {problems}",
            remedy="Nothing was saved. Look at what is saved now, then try again.",
        ) from error


def name_of(model: type[SettingsModel]) -> str:
    """The file stem of a settings model."""
    return next(name for name, known in SETTINGS.items() if known is model)


def plain(node: Any) -> Any:
    """A YAML tree as plain dicts and lists."""
    if isinstance(node, dict):
        return {key: plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [plain(value) for value in node]
    return node


def merge(seen: Any, wanted: Any, now: Any, path: Path, name: str = "") -> Any:
    """`now` with the changes from `seen` to `wanted` (three-way merge). Raises `SettingsError` for conflicts."""
    if isinstance(seen, dict) and isinstance(wanted, dict) and isinstance(now, dict) and seen.keys() == wanted.keys():
        # A key that somebody else removed meanwhile stays removed, unless it was changed here.
        kept = [key for key in wanted if key in now or wanted[key] != seen[key]]
        return now | {key: merge(seen[key], wanted[key], now.get(key), path, f"{name}.{key}") for key in kept}
    if wanted in (seen, now):
        return now
    if now != seen:
        where = name.removeprefix(".")
        raise SettingsError(
            f"{path.name}: `{where}` was changed to {now!r} elsewhere, while you set it to {wanted!r}",
            remedy="Nothing was saved. Look at what is saved now, then decide what it should be.",
        )
    return wanted


def put(document: CommentedMap, values: Mapping[str, object]) -> None:
    """Write `values` into the tree, changing only what differs."""
    for key, value in values.items():
        if isinstance(value, dict) and isinstance(document.get(key), CommentedMap):
            put(document[key], value)
        elif key not in document or plain(document[key]) != value:
            document[key] = CommentedMap(value) if isinstance(value, dict) else value


def prune(document: CommentedMap, values: Mapping[str, object]) -> None:
    """Remove keys that are not in the model, so that the file loads again."""
    for key in [key for key in document if key not in values]:
        del document[key]
    for key, value in values.items():
        if isinstance(value, dict) and isinstance(document.get(key), CommentedMap):
            prune(document[key], value)


def fresh(defaults: SettingsModel, indent: int = 0) -> CommentedMap:
    """A YAML tree of `defaults`, with an explanation as a comment above each value."""
    document = CommentedMap()
    if indent == 0:
        said = (
            schema_line(name_of(type(defaults))),
            type(defaults).summary(),
            "The Settings page edits this file too.",
        )
        document.yaml_set_start_comment("\n".join(said) + "\n")
    for name, info in type(defaults).model_fields.items():
        value = getattr(defaults, name)
        if isinstance(value, SettingsModel):
            document[name] = fresh(value, indent + 2)  # the value: its type may occur twice
            comment = type(value).summary()
        else:
            document[name] = value if isinstance(value, list) else defaults.model_dump(mode="json")[name]
            comment = info.description or info.title or ""
        document.yaml_set_comment_before_after_key(name, before=comment, indent=indent)
    return document


def describe(problem: ErrorDetails, document: CommentedMap, model: type[SettingsModel]) -> tuple[int, str]:
    """`(line, sentence)` for one Pydantic error."""
    where = problem["loc"]
    name = ".".join(str(part) for part in where)
    line = line_of(document, where)
    if problem["type"] == "extra_forbidden":
        known = list(section(model, where[:-1]).model_fields)
        close = difflib.get_close_matches(str(where[-1]), known, n=1, cutoff=0.4)
        hint = f"did you mean `{close[0]}`?" if close else f"known keys: {', '.join(known)}"
        return line, f"`{name}` is no setting; {hint}"
    text = problem["msg"][0].lower() + problem["msg"][1:]
    return line, f"`{name}`: {text}, not {problem['input']!r}"


def section(model: type[SettingsModel], where: tuple[int | str, ...]) -> type[SettingsModel]:
    """The (sub)model at the path `where`."""
    for part in where:
        inner = model.model_fields[str(part)].annotation
        if isinstance(inner, type) and issubclass(inner, SettingsModel):
            model = inner
    return model


def line_of(document: CommentedMap, where: tuple[int | str, ...]) -> int:
    """The line, from 1, of the key at the path `where`; its nearest parent's where it is absent."""
    line = 1
    node: Any = document
    for part in where:
        if not isinstance(node, CommentedMap) or part not in node:
            break
        places: dict[Any, list[int]] = node.lc.data or {}
        line = places[part][0] + 1 if part in places else line
        node = node[part]
    return line
