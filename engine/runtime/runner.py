"""The loop over the items of one part: the same whoever executes it."""

from __future__ import annotations

import math
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import psutil

from engine.cancel import Cancelled
from engine.errors import EngineError, JobError
from engine.runtime.messages import (
    Done,
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
from engine.runtime.reasons import in_plain_words, is_disk_trouble, text_of
from engine.runtime.shards import ShardWriter
from engine.runtime.step import SkipItem, StepContext, load_step
from engine.system_libraries import with_remedy

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from engine.runtime.spec import Item, ItemPayload, SpecFile
    from engine.runtime.stages import Stage
    from engine.runtime.step import AnyStep

__all__ = ["HEARTBEAT_S", "run_part"]

HEARTBEAT_S = 1.0


def run_part(
    part: SpecFile,
    shard_folder: Path,
    emit: Callable[[Message], None],
    log: Callable[[str], None],
    cancelled: threading.Event,
) -> None:
    """Do every item of `part`, writing shards and saying so through `emit`, which is called from several threads.

    Items are begun in order, one after the other or as many at the same time as the step does.
    """
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
        _run_items(part, shard_folder, emit, log, cancelled)
        emit(Finished(cancelled=cancelled.is_set()))
    except EngineError as error:
        emit(Fatal(in_plain_words(error)))
    except Exception as error:
        # Not an item's: the step can't get ready, or a shard or a model file can't be written.
        log(traceback.format_exc())
        emit(Fatal(_why_the_part_ends(error)))
    finally:
        stopped.set()
        heart.join()


def _why_the_part_ends(error: Exception) -> str:
    reason = in_plain_words(error)
    if is_disk_trouble(error):
        return f"The disk can't take the results: {reason}. Free some space, then resume the job."
    return with_remedy(reason)


def _run_items(
    part: SpecFile,
    shard_folder: Path,
    emit: Callable[[Message], None],
    log: Callable[[str], None],
    cancelled: threading.Event,
) -> None:
    writer = ShardWriter(
        shard_folder,
        on_shard=lambda name, items: emit(Shard(name, items)),
        on_refused=lambda item, reason: emit(Failed(item, reason)),
    )
    step, spec = load_step(part)
    step.say = lambda note: emit(Progress(item=spec.items[0].key, fraction=0.0, note=str(note)))
    step.prepare()
    ended = threading.Event()

    def do(item: Item[ItemPayload]) -> None:
        if cancelled.is_set() or ended.is_set():
            return
        try:
            _run_item(step, item, writer, emit, log, lambda: cancelled.is_set() or ended.is_set())
        except BaseException:
            ended.set()  # those that are done beside it stop at their next look
            raise

    at_once = min(part.items_at_once or step.items_at_once, len(spec.items))
    try:
        if at_once > 1:
            with ThreadPoolExecutor(at_once, thread_name_prefix="item") as pool:
                for done in [pool.submit(do, item) for item in spec.items]:
                    done.result()
        else:
            for item in spec.items:
                do(item)
    except JobError:
        writer.flush()  # what is finished counts: the job goes on from here when it is resumed
        raise
    writer.flush()


def _run_item(
    step: AnyStep,
    item: Item[ItemPayload],
    writer: ShardWriter,
    emit: Callable[[Message], None],
    log: Callable[[str], None],
    cancelled: Callable[[], bool],
) -> None:
    output = writer.begin(item.key)
    context = StepContext(
        output,
        progress=lambda fraction, note, stage: emit(_progress(item.key, fraction, note, stage)),
        warn=lambda message: emit(Warned(item.key, str(message))),
        cancelled=cancelled,
    )
    emit(Started(item.key))
    try:
        step.process(item, context)
        output.seal()
    except (KeyboardInterrupt, JobError):
        writer.discard(output)
        raise
    except BaseException as error:  # whatever a step raises, SystemExit too, is the end of its item and of no other
        writer.discard(output)
        _give_up(item, error, emit, log, cancelled)
    else:
        emit(Done(item.key))
        writer.commit(output)


def _give_up(
    item: Item[ItemPayload],
    error: BaseException,
    emit: Callable[[Message], None],
    log: Callable[[str], None],
    cancelled: Callable[[], bool],
) -> None:
    """Say why `item` has no result. Raises `error` again, or its cause, where that is about the disk."""
    if isinstance(error, Cancelled):
        if not cancelled():
            emit(Failed(item.key, "The work on it was given up although nobody cancelled the job."))
    elif isinstance(error, SkipItem):
        emit(Skipped(item.key, text_of(error)))
    elif is_disk_trouble(error):
        raise error
    elif isinstance(error, EngineError):
        if is_disk_trouble(error.__cause__):
            raise error.__cause__ from None  # type: ignore[misc]
        log(f"{item.key}: {in_plain_words(error)}")
        emit(Failed(item.key, in_plain_words(error)))
    else:
        trace = "".join(traceback.format_exception(error))
        log(f"{item.key}\n{trace}")
        emit(Failed(item.key, in_plain_words(error)))


def _progress(item: str, fraction: float, note: str, stage: Stage | None) -> Progress:
    share = _share(fraction)
    if stage is None:
        return Progress(item=item, fraction=share, note=str(note))
    return Progress(
        item=item,
        fraction=share,
        note=str(note),
        stage=stage.name,
        stage_number=stage.number,
        stage_count=stage.count,
        stage_share=_share(stage.share),
    )


def _share(fraction: float) -> float:
    """A share in [0, 1], whatever kind of number a step gave: NaN tells nothing, and is no progress."""
    value = float(fraction)
    return min(1.0, max(0.0, value)) if math.isfinite(value) else 0.0
