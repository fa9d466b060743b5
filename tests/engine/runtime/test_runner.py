"""What ends an item and what ends a job."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from engine.errors import EngineError, JobError
from engine.runtime import runner
from engine.runtime.messages import Failed, Fatal, Finished, Message
from engine.runtime.shards import ShardFolder, finished_shards
from engine.runtime.spec import Item, JobSpec
from engine.runtime.step import Step

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from engine.runtime.step import StepContext


class Scripted(Step):
    """Raises what an item's payload names."""

    def process(self, item: Item, context: StepContext) -> None:
        if item.payload.get("raise") == "item":
            raise EngineError("this item can't be done")
        if item.payload.get("raise") == "job":
            raise JobError("nothing will go through")
        context.output.add_rows("made", [{"item": item.key}])


def run(folder: Path, monkeypatch: pytest.MonkeyPatch, *raises: str) -> tuple[list[Message], list[str]]:
    """Run items that raise these; returns what was said, and the items in finished shards."""
    monkeypatch.setattr(runner, "load_step", lambda _kind, settings: Scripted(settings))
    items = tuple(Item(str(number), {"raise": what}) for number, what in enumerate(raises))
    heard: list[Message] = []
    runner.run_part(JobSpec("x", items), folder, heard.append, lambda _text: None, threading.Event())
    return heard, [item for shard in finished_shards(folder) for item in ShardFolder.open(shard).items]


def test_an_error_of_one_item_leaves_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard, done = run(tmp_path, monkeypatch, "", "item", "")
    assert done == ["0", "2"]
    assert [message.item for message in heard if isinstance(message, Failed)] == ["1"]
    assert any(isinstance(message, Finished) for message in heard)


def test_a_job_error_ends_the_job_and_keeps_what_is_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard, done = run(tmp_path, monkeypatch, "", "job", "")
    assert done == ["0"]
    assert [message.error for message in heard if isinstance(message, Fatal)] == ["nothing will go through"]
    assert not any(isinstance(message, Failed | Finished) for message in heard)
