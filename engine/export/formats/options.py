"""Options of a format as texts that people write, and in words: the allowed values of each."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from engine.export.formats.base import ExportOptions

__all__ = ["as_option", "literal_values", "option_words", "options_of", "plain_type"]

_KINDS: dict[Any, str] = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


def options_of(model: type[ExportOptions]) -> dict[str, FieldInfo]:
    """Name → the options that a person sets: switches, numbers, texts and choices. Others the workspace fills in."""
    return {
        name: info for name, info in model.model_fields.items() if literal_values(info) or plain_type(info) in _KINDS
    }


def literal_values(described: FieldInfo) -> tuple[Any, ...]:
    """The values of an option that has a list of them; empty for any other."""
    return tuple(
        value for one in _members(described.annotation) if get_origin(one) is Literal for value in get_args(one)
    )


def may_be_none(described: FieldInfo) -> bool:
    """Whether an option may be left without a value."""
    return NoneType in _members(described.annotation)


def plain_type(described: FieldInfo) -> Any:
    """The type of an option besides None: `int` of `int | None`; None where there are several."""
    others = [one for one in _members(described.annotation) if one is not NoneType]
    return others[0] if len(others) == 1 else None


def as_option(text: str, described: FieldInfo) -> Any:
    """What a person wrote for an option, for the model to check: `none` stands for no value where there may be none."""
    stripped = text.strip()
    if may_be_none(described) and stripped.lower() in ("", "none") and stripped not in literal_values(described):
        return None
    return stripped


def option_words(described: FieldInfo) -> str:
    """What an option allows: `none, hands or pseudo`, `a whole number from 1 to 120, or none`."""
    values = literal_values(described)
    if values:
        *most, last = map(str, values)
        said = f"{', '.join(most)} or {last}" if most else last
    else:
        said = f"{_KINDS[plain_type(described)]}{_limits(described)}"
    return f"{said}, or none" if may_be_none(described) else said


def _limits(described: FieldInfo) -> str:
    low = high = ""
    for rule in described.metadata:
        if (least := getattr(rule, "ge", None)) is not None:
            low = f" from {_plainly(least)}"
        if (above := getattr(rule, "gt", None)) is not None:
            low = f" above {_plainly(above)}"
        if (most := getattr(rule, "le", None)) is not None:
            high = f" to {_plainly(most)}" if low.startswith(" from") else f" up to {_plainly(most)}"
        if (below := getattr(rule, "lt", None)) is not None:
            high = f" below {_plainly(below)}"
    return low + high


def _plainly(limit: float) -> str:
    """A limit as people write it: 1,000,000 and not 1e+06; 0.5; 60."""
    return f"{limit:,}" if isinstance(limit, int) else f"{limit:,.15g}"


def _members(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
