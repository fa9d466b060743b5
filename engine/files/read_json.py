"""Reads untrusted JSON: size, nesting, numbers and texts are checked before it is used.

Python's own parser accepts values that break later steps: `NaN`, numbers of 5,000 digits, duplicate keys (the last one
silently wins), lone surrogates (no file or database accepts them), and nesting that ends in RecursionError.
"""

from __future__ import annotations

import json
import math
import stat
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from engine.errors import FormatError
from engine.files.characters import has_lone_surrogate

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["MAX_JSON_BYTES", "explain", "parse_json", "parse_model", "read_json", "read_within"]

M = TypeVar("M", bound=BaseModel)

MAX_JSON_BYTES = 64 << 20
_MAX_VALUES = 4_000_000
"""Most values in a file. A value takes up to 200 bytes of memory, so 64 MB of `[[],[],…` would take several GB."""
MAX_DEPTH = 64
LOWEST_INTEGER, HIGHEST_INTEGER = -(2**63), 2**64 - 1


def read_json(path: Path, *, max_bytes: int = MAX_JSON_BYTES, allow_nan: bool = False) -> Any:
    """The value in a JSON file. Raises `FormatError` with the reason; the path is not part of it."""
    return parse_json(read_within(path, max_bytes), max_bytes=max_bytes, allow_nan=allow_nan)


def read_within(path: Path, max_bytes: int) -> bytes:
    """Read a file of at most `max_bytes`; no more than that is ever read.

    Raises `FormatError` for a larger one, one that can't be read, and one that is not a regular file: a pipe or a
    device would block.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise FormatError("it is no regular file")
        with path.open("rb") as file:
            content = file.read(max_bytes + 1)
    except OSError as error:
        raise FormatError(f"it can't be read ({error.strerror or error})") from error
    except ValueError as error:  # a NUL in the name
        raise FormatError("its name is no name of a file") from error
    if len(content) > max_bytes:
        raise FormatError(too_large(max_bytes))
    return content


def parse_json(
    content: bytes | str,
    *,
    max_bytes: int = MAX_JSON_BYTES,
    max_values: int = _MAX_VALUES,
    allow_nan: bool = False,
    each_apart: bool = False,
) -> Any:
    """Parse JSON text. Raises `FormatError` with the reason.

    `allow_nan`: accept NaN and infinite numbers, for files of programs that are known to write them.
    `each_apart`: do not check numbers and texts, for readers that check each one they use, so that a bad one only
    makes its own entry invalid.
    """
    if len(content) > max_bytes:
        raise FormatError(too_large(max_bytes))
    try:
        text = content if isinstance(content, str) else content.decode(json.detect_encoding(content))
        if sum(map(text.count, ",[{")) > max_values:
            raise FormatError(f"it holds more than {max_values:,} values")
        value = json.loads(text, object_pairs_hook=_unique)
    except RecursionError as error:
        raise FormatError(_too_deep()) from error
    except UnicodeDecodeError as error:
        raise FormatError(f"it is no text in UTF-8 (byte {error.start})") from error
    except ValueError as error:
        raise FormatError(f"it is no JSON ({_short(error)})") from error
    if not each_apart:
        _check(value, allow_nan=allow_nan)
    return value


def parse_model(content: bytes | str, model: type[M], *, max_bytes: int = MAX_JSON_BYTES) -> M:
    """Parse JSON text as a model. Raises `FormatError` that names the invalid field."""
    value = parse_json(content, max_bytes=max_bytes)
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise FormatError(explain(error)) from error


def explain(error: ValidationError) -> str:
    """The first validation error: the field and the reason, both shortened."""
    first = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(step) for step in first["loc"] if "[" not in str(step))[:120]  # no names of validators
    what = first["msg"].removeprefix("Value error, ")[:300]
    return f"{where}: {what}" if where else what


def too_large(max_bytes: int) -> str:
    """The reason for refusing content of more than `max_bytes`."""
    limit = f"{max_bytes / 1e6:,.0f} MB" if max_bytes >= 1_000_000 else f"{max_bytes:,} bytes"
    return f"it is larger than {limit}"


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    seen: set[str] = set()
    twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
    raise FormatError(f"it has the key {_printable(twice)} twice")


def _check(value: Any, *, allow_nan: bool) -> None:
    """Refuse numbers, texts and nesting that later steps can't handle. Goes level by level, without recursion."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        deeper: list[Any] = []
        for one in level:
            if isinstance(one, str):
                if has_lone_surrogate(one):
                    raise FormatError("a text in it has half of a surrogate pair")
            elif isinstance(one, float):
                if not allow_nan and not math.isfinite(one):
                    raise FormatError("it holds a number that is not finite")
            elif isinstance(one, dict):
                deeper.extend(one)  # keys are checked like other texts
                deeper.extend(one.values())
            elif isinstance(one, list):
                deeper.extend(one)
            elif isinstance(one, int) and not LOWEST_INTEGER <= one <= HIGHEST_INTEGER:
                raise FormatError("it holds an integer of more than 64 bits")
        if not deeper:
            return
        level = deeper
    raise FormatError(_too_deep())


def _too_deep() -> str:
    return f"it is nested more than {MAX_DEPTH} levels deep"


def _short(error: Exception) -> str:
    """The parser's message, without the numbers of 5,000 digits that it may quote."""
    return str(error).splitlines()[0][:120]


def _printable(text: str) -> str:
    return repr(text[:60].encode(errors="backslashreplace").decode())
