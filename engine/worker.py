"""A worker process: `python -m engine.worker <part folder>`.

The folder holds `spec.json`; shards go into its `shards/`. Standard output carries one JSON message a line and nothing
else. On standard input, a line `cancel` asks the work to stop, and its end means that the app has exited, so the worker
exits too.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import JobError
from engine.runtime.machine import thread_limits
from engine.runtime.messages import Fatal, encode
from engine.runtime.runner import run_part
from engine.runtime.spec import read_spec

if TYPE_CHECKING:
    from engine.runtime.messages import Message

__all__ = ["main"]


def main(folder: Path) -> None:
    """Run the part in `folder` to its end, to a cancel, or until the app exits."""
    # C libraries print to file descriptor 1 whenever they like: keep the real one for messages and give them stderr.
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    # Loading torch makes a million permanent objects: scanning them in garbage collections takes a sixth of the time.
    gc.set_threshold(50_000, 20, 100)
    lock = threading.Lock()
    cancelled = threading.Event()

    def emit(message: Message) -> None:
        with lock:
            channel.write(encode(message) + "\n")
            channel.flush()

    def log(text: str) -> None:
        print(text, file=sys.stderr, flush=True)  # noqa: T201 - stderr is the job's log

    def exit_when_parent_closes_stdin() -> None:
        for line in sys.stdin:
            if line.strip() == "cancel":
                cancelled.set()
        os._exit(3)

    threading.Thread(target=exit_when_parent_closes_stdin, name="stdin", daemon=True).start()
    (folder / "worker.pid").write_text(str(os.getpid()), encoding="ascii")
    try:
        part = read_spec(folder / "spec.json")
    except JobError as error:
        emit(Fatal(str(error)))
        return
    if part.threads:  # before the libraries load, which is when they look
        os.environ.update(thread_limits(part.threads))
    try:
        run_part(part, folder / "shards", emit, log, cancelled)
    except BrokenPipeError:
        os._exit(3)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    # Not sys.exit: some libraries' threads hang at interpreter shutdown, and every result is already on disk.
    sys.stderr.flush()
    os._exit(0)
