"""Every value of a settings model as a field of a form: what it is called, what it takes, and how its text is read."""

from __future__ import annotations

import re
import types
import typing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from app.components.number_field import number_problem, number_text, parsed
from engine.settings_model import SettingsModel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic.fields import FieldInfo

__all__ = ["Section", "SettingField", "SettingValue", "field_of", "section_problem_words", "sections_of"]

SettingValue = bool | float | str | list[str | float] | dict[str, float] | None
"""What one value of a settings file can be."""
Kind = Literal["switch", "choice", "number", "lines", "weights", "text"]
UNIT = re.compile(r" \([^()]*\)$")
"""The unit at the end of a title."""


@dataclass(frozen=True, kw_only=True)
class SettingField:
    """One value of a settings file."""

    file: str
    """The file's stem: `data`."""
    path: tuple[str, ...]
    """Where the value is in the file: `("clipping", "min_s")`."""
    title: str
    meaning: str
    kind: Kind
    default: Any
    options: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    whole: bool = False
    """A whole number, or lines of whole numbers."""
    optional: bool = False

    @property
    def raw_name(self) -> str:
        """The value's name in the file: `clipping.min_s`."""
        return ".".join(self.path)

    @property
    def full_name(self) -> str:
        """The name among all files: `data.clipping.min_s`."""
        return f"{self.file}.{self.raw_name}"

    def typed(self, value: Any) -> Any:
        """A value as its widget holds it: text, or what a switch or a menu has."""
        if self.kind in ("switch", "choice"):
            return value
        if self.kind == "lines":
            return "\n".join(map(str, value))
        if self.kind == "weights":
            return "\n".join(f"{name}: {number_text(number)}" for name, number in value.items())
        if value is None:
            return ""
        return number_text(value) if self.kind == "number" else str(value)

    def read(self, typed: Any) -> SettingValue:
        """The value in what a widget holds. Raises `ValueError` with a sentence for text that holds none."""
        if self.kind in ("switch", "choice"):
            return typed  # type: ignore[no-any-return]
        text = str(typed)
        if self.kind == "lines":
            return [self._line(line.strip()) for line in text.splitlines() if line.strip()]
        if self.kind == "weights":
            return dict(_weight(line) for line in text.splitlines() if line.strip())
        if self.optional and not text.strip():
            return None
        if self.kind == "text":
            return text
        return self._number(text)

    def _line(self, text: str) -> str | float:
        return self._number(text) if self.whole else text

    def _number(self, text: str) -> float:
        if problem := number_problem(text, self.title, self.low, self.high, whole=self.whole):
            raise ValueError(problem)
        return int(parsed(text)) if self.whole else parsed(text)

    def says(self, wanted: str) -> bool:
        """Whether a search for `wanted` finds this field: every word is in its title, meaning or name."""
        said = f"{self.title} {self.meaning} {self.full_name} {' '.join(self.options)}".casefold()
        return all(word in said for word in wanted.casefold().split())


@dataclass(frozen=True, kw_only=True)
class Section:
    """The values of a file that belong together; those at the file's top have no title."""

    file: str
    path: tuple[str, ...]
    title: str
    summary: str
    fields: tuple[SettingField, ...]

    @property
    def full_name(self) -> str:
        """The name among all files: `data.clipping`."""
        return ".".join((self.file, *self.path))

    def says(self, wanted: str) -> bool:
        """Whether a search for `wanted` finds the section itself, by its title or its name."""
        return bool(self.title) and all(
            word in f"{self.title} {self.full_name}".casefold() for word in wanted.casefold().split()
        )


def sections_of(file: str, defaults: SettingsModel) -> list[Section]:
    """The sections of a file in their order, sections in sections after their own; `defaults` is the model's own."""
    return _sections(file, defaults, (), ())


def section_problem_words(message: str, titles: Mapping[str, str]) -> str:
    """What Pydantic says of values, as a sentence with their titles (name in the file → title) for their names."""
    said = message.removeprefix("Value error, ").strip()
    for name, title in titles.items():
        said = re.sub(rf"\b{re.escape(name)}\b", f"“{UNIT.sub('', title)}”", said)
    return f"{said[:1].upper()}{said[1:]}{'' if said.endswith('.') else '.'}"


def _sections(file: str, defaults: SettingsModel, path: tuple[str, ...], titles: tuple[str, ...]) -> list[Section]:
    model = type(defaults)
    own, inner = [], []
    for name, info in model.model_fields.items():
        value = getattr(defaults, name)
        if isinstance(value, SettingsModel):
            inner += _sections(file, value, (*path, name), (*titles, info.title or name))
        else:
            own.append(field_of(file, (*path, name), info, value))
    section = Section(file=file, path=path, title=" · ".join(titles), summary=model.summary(), fields=tuple(own))
    return [*([section] if own else []), *inner]


def field_of(file: str, path: tuple[str, ...], info: FieldInfo, default: Any) -> SettingField:
    """A value of a model as a field: `path` is where it is in the file called `file`."""
    kind, optional = _without_none(info.annotation)
    origin = typing.get_origin(kind)
    options: tuple[str, ...] = ()
    form: Kind = "text"
    if origin is Literal:
        form, options = "choice", typing.get_args(kind)
    elif kind is bool:
        form = "switch"
    elif kind in (int, float):
        form = "number"
    elif origin is dict:
        form = "weights"
    limits = info.metadata
    if origin is list:
        form = "lines"
        kind, *more = typing.get_args(typing.get_args(kind)[0]) or typing.get_args(kind)
        limits = [limit for item in more for limit in getattr(item, "metadata", [])]
    return SettingField(
        file=file,
        path=path,
        title=info.title or path[-1].replace("_", " ").capitalize(),
        meaning=info.description or "",
        kind=form,
        default=default,
        options=options,
        low=next((m.ge for m in limits if hasattr(m, "ge")), None),
        high=next((m.le for m in limits if hasattr(m, "le")), None),
        whole=kind is int,
        optional=optional,
    )


def _without_none(kind: Any) -> tuple[Any, bool]:
    """The type of a value that may be missing, and whether it may."""
    if typing.get_origin(kind) not in (types.UnionType, typing.Union):
        return kind, False
    parts = [part for part in typing.get_args(kind) if part is not type(None)]
    return parts[0], len(parts) < len(typing.get_args(kind))


def _weight(line: str) -> tuple[str, float]:
    """The name and the number of a line `name: number`. Raises `ValueError` with a sentence."""
    name, colon, number = line.partition(":")
    if not colon or not name.strip():
        raise ValueError(f"“{line.strip()}” is not a line such as `hands_any_share: 1`.")
    if problem := number_problem(number, name.strip(), None, None):
        raise ValueError(problem)
    return name.strip(), parsed(number)
