"""What ends an item and what ends a job."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, ClassVar

from engine.errors import EngineError, JobError
from engine.runtime import runner
from engine.runtime.messages import Done, Failed, Fatal, Finished, Message, Started
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


class Together(Step[StepSettings, Raises]):
    """Items that wait for one another, three at once."""

    AT_ONCE = 3
    barrier: ClassVar[threading.Barrier]

    def prepare(self) -> None:
        self.items_at_once = self.AT_ONCE
        Together.barrier = threading.Barrier(self.AT_ONCE)

    def process(self, item: Item[Raises], context: StepContext) -> None:
        self.barrier.wait(30)
        if item.payload.ends == "item":
            raise EngineError("this item can't be done")
        if item.payload.ends == "job":
            raise JobError("nothing will go through")
        if item.payload.ends == "never":
            while True:
                context.progress(0.5)
        context.output.add_rows("made", [{"item": item.key}])


def run_together(folder: Path, *ends: str, at_once: int = 0) -> tuple[list[Message], list[str]]:
    items = tuple(Item(str(number), Raises(ends=what)) for number, what in enumerate(ends))
    heard: list[Message] = []
    part = JobSpec("x", items).written(step=f"{__name__}:Together", items_at_once=at_once)
    runner.run_part(part, folder, heard.append, lambda _text: None, threading.Event())
    return heard, [item for shard in finished_shards(folder) for item in ShardFolder.open(shard).items]


def test_a_step_that_does_several_items_at_once_gets_them_and_each_has_its_outcome(tmp_path: Path) -> None:
    heard, done = run_together(tmp_path, "", "", "item", "", "", "")
    assert sorted(done) == ["0", "1", "3", "4", "5"]
    assert [message.item for message in heard if isinstance(message, Failed)] == ["2"]
    assert sorted(message.item for message in heard if isinstance(message, Done)) == ["0", "1", "3", "4", "5"]
    assert any(isinstance(message, Finished) for message in heard)


def test_an_error_that_ends_the_job_stops_the_items_beside_it(tmp_path: Path) -> None:
    heard, done = run_together(tmp_path, "", "job", "never")
    assert done == ["0"]
    assert [message.error for message in heard if isinstance(message, Fatal)] == ["nothing will go through"]
    assert not any(isinstance(message, Failed | Finished) for message in heard)


def test_a_part_that_is_to_go_item_by_item_does(tmp_path: Path) -> None:
    """A step that would do three at once: its items would wait for one another for ever."""
    Together.AT_ONCE, usual = 1, Together.AT_ONCE
    try:
        heard, done = run_together(tmp_path, "", "item", "", at_once=1)
    finally:
        Together.AT_ONCE = usual
    assert done == ["0", "2"]
    begun_and_over = [type(message).__name__ for message in heard if isinstance(message, Started | Done | Failed)]
    assert begun_and_over == ["Started", "Done", "Started", "Failed", "Started", "Done"]
