"""What a stranger may send: names that lead elsewhere, mutated bytes, and a memory that ends before the machine's."""

from __future__ import annotations

import copy
import random
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["NAMES", "limited", "mutated", "snapshot", "with_each_string"]

NAMES = (
    "../../escape",
    "/tmp/escape-absolute",
    "..",
    "a/../../../escape",
    "..\\..\\escape",
    "C:\\escape",
    "\\\\server\\share\\escape",
    "con",
    "nul.txt",
    "n\0l",
    "x" * 5000,
    "\u202e\u0301",
    "line\nbreak",
    "",
)


def with_each_string(value: Any, new: str) -> Iterator[Any]:
    """The value once for every text in it, keys among them, with that text replaced: whatever fields there will be."""
    for path in _texts(value, ()):
        yield _replaced(copy.deepcopy(value), path, new)


def _texts(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, str):
        yield path
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield (*path, ("key", key))
            yield from _texts(inner, (*path, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _texts(inner, (*path, place))


def _replaced(value: Any, path: tuple[Any, ...], new: str) -> Any:
    if not path:
        return new
    step, *rest = path
    if isinstance(step, tuple):
        return {new if key == step[1] else key: inner for key, inner in value.items()}
    value[step] = _replaced(value[step], tuple(rest), new)
    return value


def mutated(content: bytes, seed: int) -> bytes:
    """The content with a few bytes changed, cut off, doubled or put in: the same for the same seed."""
    chance = random.Random(seed)
    made = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        at, length = chance.randrange(len(made) + 1), chance.choice((1, 2, 8, 64))
        match chance.randrange(6):
            case 0:
                made[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del made[at : at + length]
            case 2:
                made[at:at] = chance.randbytes(length)
            case 3:
                made[at:at] = made[max(0, at - length) : at] * chance.choice((1, 50))
            case 4:
                made[at:at] = chance.choice(
                    (b"[" * 3000, b"9" * 5000, b"NaN", b"null", b'"\\ud800"', b"1e999", b"\0", b"-")
                )
            case 5:
                del made[at:]
        made = made or bytearray(b"x")
    return bytes(made)


def snapshot(folder: Path, *, without: Path) -> dict[str, bytes]:
    """Every file below `folder` but those in `without`, with its content."""
    files = (path for path in folder.rglob("*") if not path.is_relative_to(without))
    return {str(path): path.read_bytes() if path.is_file() else b"" for path in files}


PRELUDE = """
import resource, sys
from pathlib import Path
from engine.errors import HandpickedError
{imports}
pages = int(open("/proc/self/statm").read().split()[0])
limit = pages * resource.getpagesize() + ({megabytes} << 20)
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
try:
    {code}
except HandpickedError as error:
    print("refused:", error)
"""


def limited(imports: str, code: str, *arguments: Path, megabytes: int = 400) -> str:
    """What Python prints that does `code` with no more than so much memory beside what the imports took."""
    program = PRELUDE.format(imports=imports, code=code, megabytes=megabytes)
    command = [sys.executable, "-c", program, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr
