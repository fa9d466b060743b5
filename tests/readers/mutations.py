"""Sound inputs made hostile, the same at every run: bytes flipped, cut, repeated; cells, lines and values exchanged."""

from __future__ import annotations

import json
import random
from typing import Any

__all__ = ["mutations"]

SEED = 20261126
TOKENS = (
    *(
        b"\x00",
        b"\xff",
        b"\xed\xa0\x80",
        b"\xef\xbb\xbf",
        b"\x1b[2J",
        b"\r",
        b"\n",
        b'"',
        b"'",
        b",",
        b";",
        b"\t",
        b"\\",
    ),
    *(b"../", b"{", b"[", b"}", b"]", b":", b"*a", b"&a ", b"<<: ", b"!!int ", b"--", b"$1", b"%", b"e999", b"-", b"."),
    *(b"nan", b"inf", b"-1", b"99:99:99", b"1e400", b"null", b"true", b"9" * 5_000, b"[" * 2_000, b"x" * 200_000),
    *("\u202e\u2028".encode(), b"\\ud800", b"\\u0000", b'"a":1,"a":2,'),
)
"""Pieces that have broken readers."""
VALUES: tuple[Any, ...] = (
    *(None, True, [], {}, [[1]], {"a": {}}, "", "1.5", "\ud800", "a\0b", "\x1b[31m", "../../x", "x" * 5_000),
    *(-1, 0, 10**30, 1e308, float("nan"), float("inf"), float("-inf")),
)
"""What stands in a document where something else is meant to."""


def mutations(sample: bytes, count: int, *, document: bool = False) -> list[bytes]:
    """`count` inputs made of a sound one; of a JSON `document`, every second one has values and keys exchanged."""
    rng = random.Random(SEED)
    made = []
    for number in range(count):
        if document and number % 2:
            made.append(mutated_document(sample, rng))
            continue
        content = sample
        for _ in range(rng.randint(1, 4)):
            content = rng.choice(WAYS)(content, rng)
        made.append(content)
    return made


def flip(content: bytes, rng: random.Random) -> bytes:
    if not content:
        return content
    place = rng.randrange(len(content))
    return content[:place] + bytes([content[place] ^ (1 << rng.randrange(8))]) + content[place + 1 :]


def cut(content: bytes, rng: random.Random) -> bytes:
    return content[: rng.randrange(len(content) + 1)]


def insert(content: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(content) + 1)
    return content[:place] + rng.choice(TOKENS) + content[place:]


def replace_cell(content: bytes, rng: random.Random) -> bytes:
    lines = content.split(b"\n")
    place = rng.randrange(len(lines))
    cells = lines[place].split(b",")
    cells[rng.randrange(len(cells))] = rng.choice(TOKENS)
    lines[place] = b",".join(cells)
    return b"\n".join(lines)


def shuffle_lines(content: bytes, rng: random.Random) -> bytes:
    lines = content.split(b"\n")
    rng.shuffle(lines)
    return b"\n".join(lines)


def repeat_line(content: bytes, rng: random.Random) -> bytes:
    lines = content.split(b"\n")
    place = rng.randrange(len(lines))
    return b"\n".join([*lines[:place], *[lines[place]] * rng.randint(2, 300), *lines[place:]])


def drop(content: bytes, rng: random.Random) -> bytes:
    start, end = sorted(rng.randrange(len(content) + 1) for _ in range(2))
    return content[:start] + content[end:]


WAYS = (flip, flip, cut, insert, insert, replace_cell, replace_cell, shuffle_lines, repeat_line, drop)


def mutated_document(sample: bytes, rng: random.Random) -> bytes:
    document = json.loads(sample)
    for _ in range(rng.randint(1, 3)):
        places = list(places_of(document))
        holder, key = rng.choice(places)
        way = rng.randrange(4)
        if way == 0:
            holder[key] = rng.choice(VALUES)
        elif way == 1:
            holder[key] = [holder[key]] * rng.randint(0, 3)
        elif way == 2 and isinstance(holder, dict):
            holder[rng.choice(["", "\ud800", "../x", "\x1b", "uid" * 200])] = holder.pop(key)
        else:
            del holder[key]
        if not document:
            break
    return json.dumps(document).encode()


def places_of(value: Any) -> Any:
    """Every `(holder, key)` below a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in list(inner):
        yield value, key
        yield from places_of(below)
