"""A step whose items do whatever a step could do wrong: what the tests of "one bad item takes no other along" run.

An item's payload says `do`, the name of a function here. Every item first makes one good row and one good file.
"""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.cancel import Cancelled
from engine.errors import EngineError, VideoError
from engine.runtime.spec import ItemPayload, StepSettings
from engine.runtime.step import SkipItem, Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.runtime.spec import Item
    from engine.runtime.step import StepContext

__all__ = ["BAD", "GOOD", "REFUSED", "SKIPPING", "BehaviourPayload", "Misbehaves", "content_of"]

REFUSED_VALUE = 2**40
"""Fits the shard, and no INTEGER column of a store."""


class Unspeakable(Exception):  # noqa: N818
    """Can't be put into words."""

    def __str__(self) -> str:
        raise ValueError("nor can this")


class Odd(BaseException):
    """An end that is no `Exception`."""


def content_of(key: str) -> bytes:
    """What the file of the item `key` holds."""
    return key.encode() * 10


class BehaviourPayload(ItemPayload):
    """The name of a behaviour."""

    do: str


class Misbehaves(Step[StepSettings, BehaviourPayload]):
    """Does as the item says, after one good row and one good file."""

    def process(self, item: Item[BehaviourPayload], context: StepContext) -> None:
        """Make what is good, then what is not."""
        context.output.file(f"good/{item.key}.bin").write_bytes(content_of(item.key))
        context.output.add_rows("made", [{"item": item.key, "value": len(item.key)}])
        EVERYTHING[item.payload.do](item, context)


def raising(make: Callable[[], BaseException]) -> Callable[[Item[BehaviourPayload], StepContext], None]:
    """A behaviour that raises."""

    def behave(_item: Item[BehaviourPayload], _context: StepContext) -> None:
        raise make()

    return behave


def adding(table: str, *rows: Any) -> Callable[[Item[BehaviourPayload], StepContext], None]:
    """A behaviour that makes rows."""
    return lambda _item, context: context.output.add_rows(table, rows)


def telling(*arguments: Any) -> Callable[[Item[BehaviourPayload], StepContext], None]:
    """A behaviour that tells of progress."""
    return lambda _item, context: context.progress(*arguments)


def a_loop(_item: Item[BehaviourPayload], _context: StepContext) -> None:
    """Raises RecursionError."""

    def again() -> None:
        again()

    again()


def a_file_that_vanishes(_item: Item[BehaviourPayload], context: StepContext) -> None:
    """Deletes its own result after it made it, through another name."""
    path = context.output.file("gone.bin")
    path.write_bytes(b"x")
    path.unlink()


def a_folder_for_a_file(_item: Item[BehaviourPayload], context: StepContext) -> None:
    """Makes a folder where it announced a file."""
    context.output.file("folder").mkdir()


def a_link_to_nowhere(_item: Item[BehaviourPayload], context: StepContext) -> None:
    """Makes a dangling link where it announced a file."""
    context.output.file("link").symlink_to("/nowhere/at/all")


def a_link_to_somebody_s_file(_item: Item[BehaviourPayload], context: StepContext) -> None:
    """Makes a link to a file of the machine."""
    context.output.file("hosts").symlink_to(Path(__file__))


def a_shared_name(item: Item[BehaviourPayload], context: StepContext) -> None:
    """A file of a name that other items use too."""
    context.output.file("shared.bin").write_bytes(content_of(item.key))


def a_shared_folder(item: Item[BehaviourPayload], context: StepContext) -> None:
    """A folder of a name that other items give to a file."""
    context.output.file("shared.bin/inner").write_bytes(content_of(item.key))


def rows_of_many_kinds(_item: Item[BehaviourPayload], context: StepContext) -> None:
    """Rows that are storable, and of another kind than other items' rows of the table."""
    context.output.add_rows("mixed", [{"x": "text"}])


def rows_of_another_kind(_item: Item[BehaviourPayload], context: StepContext) -> None:
    """Rows that are storable, and of another kind than other items' rows of the table."""
    context.output.add_rows("mixed", [{"x": [1, 2]}])


def a_forgotten_file(_item: Item[BehaviourPayload], context: StepContext) -> None:
    """Announces a file, and takes that back."""
    context.output.file("not/to/come")
    context.output.forget("not/to/come")


GOOD: dict[str, Callable[[Item[BehaviourPayload], StepContext], None]] = {
    "nothing": lambda _item, _context: None,
    "a shared name": a_shared_name,
    "a shared folder": a_shared_folder,
    "rows of many kinds": rows_of_many_kinds,
    "rows of another kind": rows_of_another_kind,
    "a forgotten file": a_forgotten_file,
    "progress nan": telling(math.nan),
    "progress inf": telling(math.inf),
    "progress of numpy": telling(np.float32(0.5), 7),
    "no columns": adding("bare", {}),
    "a warning that is no text": lambda _item, context: context.warn(b"\xff"),  # type: ignore[arg-type]
    "a warning with half a surrogate": lambda _item, context: context.warn("\ud800"),
}
"""Odd, and no failure."""
BAD: dict[str, Callable[[Item[BehaviourPayload], StepContext], None]] = {
    "EngineError": raising(lambda: EngineError("foreseen", remedy="Do this.")),
    "an EngineError without a word": raising(lambda: EngineError("")),
    "VideoError": raising(lambda: VideoError("a\udcff.mp4", "is broken")),
    "KeyError": raising(lambda: KeyError("x")),
    "RuntimeError without a word": raising(RuntimeError),
    "MemoryError": raising(MemoryError),
    "SystemExit": raising(lambda: SystemExit(0)),
    "GeneratorExit": raising(GeneratorExit),
    "a BaseException": raising(lambda: Odd("odd")),
    "an ExceptionGroup": raising(lambda: BaseExceptionGroup("several", [Odd("odd"), KeyError("x")])),
    "str() raises": raising(Unspeakable),
    "a lone surrogate": raising(lambda: ValueError("\ud800 \udcff")),
    "encoding": lambda _item, _context: "\ud800".encode() and None,
    "OSError": raising(lambda: PermissionError(13, "Permission denied", "x")),
    "an OSError without a number": raising(lambda: OSError("odd")),
    "Cancelled by nobody": raising(Cancelled),
    "StopIteration": raising(StopIteration),
    "recursion": a_loop,
    "a file that never comes": lambda _item, context: context.output.file("never.bin") and None,
    "a file that vanishes": a_file_that_vanishes,
    "a folder for a file": a_folder_for_a_file,
    "a link to nowhere": a_link_to_nowhere,
    "a link to somebody's file": a_link_to_somebody_s_file,
    "a file outside": lambda _item, context: context.output.file("../outside") and None,
    "a name that is too long": lambda _item, context: context.output.file("x" * 300).write_bytes(b"x") and None,
    "a name with a zero": lambda _item, context: context.output.file("a/\0/b") and None,
    "rows that disagree": adding("more", {"x": 1}, {"x": "text"}),
    "rows that no Parquet holds": adding("more", {"x": {}}),
    "a number that is too long": adding("more", {"x": 2**70}),
    "a row of text that is none": adding("more", {"x": "\ud800"}),
    "an object in a row": adding("more", {"x": object()}),
    "a matrix in a row": adding("more", {"x": np.eye(2)}),
    "a row that is none": adding("more", 5),
    "a column without a name": adding("more", {None: 1}),
    "a table called out of here": adding("../more", {"x": 1}),
    "progress that is no number": telling("half"),
    "a result of another's": lambda _item, context: context.output.file("") and None,
}
"""What fails its item."""
SKIPPING: dict[str, Callable[[Item[BehaviourPayload], StepContext], None]] = {
    "skip": raising(lambda: SkipItem("nothing to do")),
    "skip without a word": raising(SkipItem),
}
REFUSED: dict[str, Callable[[Item[BehaviourPayload], StepContext], None]] = {
    "a value that the store refuses": lambda item, context: context.output.add_rows(
        "made", [{"item": item.key, "value": REFUSED_VALUE}]
    ),
    "a row that the store knows no column for": lambda item, context: context.output.add_rows(
        "made", [{"item": item.key, "value": 1, "colour": "red"}]
    ),
}
"""Sound shards, whose rows a store refuses."""
FATAL: dict[str, Callable[[Item[BehaviourPayload], StepContext], None]] = {
    "leave": lambda _item, _context: os._exit(7),
    "KeyboardInterrupt": raising(KeyboardInterrupt),
}
"""What ends the worker's process."""
EVERYTHING = GOOD | BAD | SKIPPING | REFUSED | FATAL
