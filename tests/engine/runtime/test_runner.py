"""What ends an item and what ends a job."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from engine.errors import EngineError, JobError
from engine.runtime import runner
from engine.runtime.messages import Failed, Fatal, Finished, Message
from engine.runtime.shards import ShardFolder, finished_shards
from engine.runtime.spec import Item, ItemPayload, JobSpec, StepSettings
from engine.runtime.step import Step

if TYPE_CHECKING:
    from pathlib import Path

    from engine.runtime.step import StepContext


class Raises(ItemPayload):
    """What ends here: `item`, `job` or nothing."""

    ends: str


class Scripted(Step[StepSettings, Raises]):
    """Raises what an item's payload names."""

    def process(self, item: Item[Raises], context: StepContext) -> None:
        if item.payload.ends == "item":
            raise EngineError("this item can't be done")
        if item.payload.ends == "job":
            raise JobError("nothing will go through")
        context.output.add_rows("made", [{"item": item.key}])


def run(folder: Path, *raises: str) -> tuple[list[Message], list[str]]:
    """Run items that raise these; returns what was said, and the items in finished shards."""
    items = tuple(Item(str(number), Raises(ends=what)) for number, what in enumerate(raises))
    heard: list[Message] = []
    part = JobSpec("x", items).written(step=f"{__name__}:Scripted")
    runner.run_part(part, folder, heard.append, lambda _text: None, threading.Event())
    return heard, [item for shard in finished_shards(folder) for item in ShardFolder.open(shard).items]


def test_an_error_of_one_item_leaves_the_others(tmp_path: Path) -> None:
    heard, done = run(tmp_path, "", "item", "")
    assert done == ["0", "2"]
    assert [message.item for message in heard if isinstance(message, Failed)] == ["1"]
    assert any(isinstance(message, Finished) for message in heard)


def test_a_job_error_ends_the_job_and_keeps_what_is_finished(tmp_path: Path) -> None:
    heard, done = run(tmp_path, "", "job", "")
    assert done == ["0"]
    assert [message.error for message in heard if isinstance(message, Fatal)] == ["nothing will go through"]
    assert not any(isinstance(message, Failed | Finished) for message in heard)
