"""The loop over the items of one part: the same whoever executes it."""

from __future__ import annotations

import errno
import threading
import traceback
from typing import TYPE_CHECKING

import psutil

from engine.cancel import Cancelled
from engine.errors import EngineError, JobError
from engine.runtime.messages import (
    Failed,
    Fatal,
    Finished,
    Heartbeat,
    Message,
    Progress,
    Shard,
    Skipped,
    Started,
    Warned,
)
from engine.runtime.shards import ShardWriter
from engine.runtime.step import SkipItem, Step, StepContext, load_step

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from engine.runtime.spec import Item, JobSpec

__all__ = ["HEARTBEAT_S", "run_part"]

HEARTBEAT_S = 1.0


def run_part(
    spec: JobSpec,
    shard_folder: Path,
    emit: Callable[[Message], None],
    log: Callable[[str], None],
    cancelled: threading.Event,
) -> None:
    """Do every item of `spec` in order, writing shards and saying so through `emit` (called from two threads)."""
    stopped = threading.Event()

    def beat() -> None:
        process = psutil.Process()
        while True:
            emit(Heartbeat(process.memory_info().rss))
            if stopped.wait(HEARTBEAT_S):
                return

    heart = threading.Thread(target=beat, name="heartbeat", daemon=True)
    heart.start()
    try:
        _run_items(spec, ShardWriter(shard_folder), emit, log, cancelled)
        emit(Finished(cancelled=cancelled.is_set()))
    except EngineError as error:
        emit(Fatal(str(error)))
    except OSError as error:
        # What a shard or a model file could not be written to: the disk, not an item, is at fault.
        log(traceback.format_exc())
        reason = f"{error.strerror or error} ({error.filename})" if error.filename else str(error)
        if is_disk_trouble(error):
            reason = f"The disk can't take the results: {reason}. Free some space, then resume the job."
        emit(Fatal(reason))
    finally:
        stopped.set()
        heart.join()


def _run_items(
    spec: JobSpec,
    writer: ShardWriter,
    emit: Callable[[Message], None],
    log: Callable[[str], None],
    cancelled: threading.Event,
) -> None:
    step = load_step(spec.kind, spec.settings)
    step.say = lambda note: emit(Progress(spec.items[0].key, 0.0, note))
    step.prepare()
    for item in spec.items:
        if cancelled.is_set():
            break
        try:
            _run_item(step, item, writer, emit, log, cancelled)
        except JobError:
            _announce(writer.flush(), emit)  # what is finished counts: the job goes on from here when it is resumed
            raise
    _announce(writer.flush(), emit)


def _run_item(
    step: Step,
    item: Item,
    writer: ShardWriter,
    emit: Callable[[Message], None],
    log: Callable[[str], None],
    cancelled: threading.Event,
) -> None:
    output = writer.begin(item.key)
    context = StepContext(
        output,
        progress=lambda fraction, note: emit(Progress(item.key, min(1.0, max(0.0, fraction)), note)),
        warn=lambda message: emit(Warned(item.key, message)),
        cancelled=cancelled.is_set,
    )
    emit(Started(item.key))
    try:
        step.process(item, context)
        output.seal()
    except Cancelled:
        writer.discard(output)
        if not cancelled.is_set():
            emit(Failed(item.key, "The work on it was given up although nobody cancelled the job."))
    except SkipItem as verdict:
        writer.discard(output)
        emit(Skipped(item.key, str(verdict)))
    except JobError:
        writer.discard(output)
        raise
    except EngineError as error:
        writer.discard(output)
        if isinstance(error.__cause__, OSError) and is_disk_trouble(error.__cause__):
            raise error.__cause__ from None
        log(f"{item.key}: {error}")
        emit(Failed(item.key, str(error)))
    except OSError as error:
        writer.discard(output)
        if is_disk_trouble(error):
            raise
        log(traceback.format_exc())
        emit(Failed(item.key, f"{error.strerror or error}"))
    except Exception as error:
        writer.discard(output)
        log(f"{item.key}\n{traceback.format_exc()}")
        emit(Failed(item.key, f"Unexpected {type(error).__name__}: {error}. The job's log has the details."))
    else:
        _announce(writer.commit(output), emit)


def _announce(written: tuple[str, list[str]] | None, emit: Callable[[Message], None]) -> None:
    if written is not None:
        emit(Shard(*written))


def is_disk_trouble(error: OSError) -> bool:
    """Whether `error` is about the disk that results go to (full, over quota, read-only) rather than about an item."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
