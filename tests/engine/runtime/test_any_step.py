"""Whatever a step does, every item ends as a result, a failure with a reason, or a skip, and takes no other along."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.runtime import runner
from engine.runtime.messages import Failed, Fatal, Finished, Skipped, decode, encode
from engine.runtime.shards import ShardFolder, finished_shards
from engine.runtime.spec import Item, JobSpec
from tests.engine.runtime import misbehaviour
from tests.engine.runtime.misbehaviour import (
    BAD,
    GOOD,
    REFUSED,
    SKIPPING,
    BehaviourPayload,
    Misbehaves,
    content_of,
)

if TYPE_CHECKING:
    from pathlib import Path

    from engine.runtime.messages import Message

STEP = "tests.engine.runtime.misbehaviour:Misbehaves"
BEHAVIOURS = st.lists(st.sampled_from([*GOOD, *BAD, *SKIPPING, *REFUSED]), min_size=1, max_size=12)


def run(folder: Path, behaviours: list[str]) -> tuple[list[Message], list[ShardFolder]]:
    """Run one item a behaviour; returns what was heard at the other end, and the shards."""
    items = tuple(Item(f"{number:02d} {what}", BehaviourPayload(do=what)) for number, what in enumerate(behaviours))
    lines: list[str] = []
    part = JobSpec("x", items).written(step=STEP)
    runner.run_part(part, folder, lambda m: lines.append(encode(m)), lambda _text: None, threading.Event())
    heard = [message for line in lines if (message := decode(line)) is not None]
    assert len(heard) == len(lines), "everything that is said is understood"
    return heard, [ShardFolder.open(shard) for shard in finished_shards(folder)]


def check(folder: Path, behaviours: list[str]) -> None:
    """The two promises."""
    heard, shards = run(folder, behaviours)
    assert not [message for message in heard if isinstance(message, Fatal)]
    assert isinstance(heard[-1], Finished) or any(isinstance(message, Finished) for message in heard)
    done = [item for shard in shards for item in shard.items]
    failed = {message.item: message.error for message in heard if isinstance(message, Failed)}
    skipped = [message.item for message in heard if isinstance(message, Skipped)]
    wanted = [(f"{number:02d} {what}", what) for number, what in enumerate(behaviours)]
    assert sorted([*done, *failed, *skipped]) == [key for key, _ in wanted]
    assert sorted(done) == [key for key, what in wanted if what in GOOD or what in REFUSED]
    assert sorted(skipped) == [key for key, what in wanted if what in SKIPPING]
    assert all(reason.strip() for reason in failed.values())
    for shard in shards:
        for alone in shard.singly():
            (key,) = alone.items
            assert alone.rows("made")[0] == {**alone.rows("made")[0], "item": key, "value": len(key)}
            assert {row["item"] for row in alone.rows("made")} == {key}
            assert all(path.read_bytes() == content_of(key) for path in alone.files().values())
            assert f"good/{key}.bin" in alone.files()
        assert sorted(row["item"] for row in shard.rows("made")) == sorted(
            key for key in shard.items for _ in range(2 if key[3:] in REFUSED else 1)
        )
    assert not list(folder.glob("*.tmp")), "nothing half-made is left"


@pytest.mark.parametrize("what", [*GOOD, *BAD, *SKIPPING])
def test_a_step_may_do_anything_and_only_its_item_pays(tmp_path: Path, what: str) -> None:
    check(tmp_path, ["nothing", what, "nothing", what, "nothing"])


@settings(max_examples=40)
@given(behaviours=BEHAVIOURS)
def test_every_item_ends_as_a_result_a_failure_or_a_skip(
    tmp_path_factory: pytest.TempPathFactory, behaviours: list[str]
) -> None:
    check(tmp_path_factory.mktemp("shards"), behaviours)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.binary()
    | st.complex_numbers(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(), max_size=3), inner, max_size=2)
    ),
    max_leaves=5,
)
ROWS = st.lists(st.dictionaries(st.text(st.characters(), max_size=5), VALUES, max_size=3), max_size=3)


@settings(max_examples=60)
@given(items=st.lists(ROWS, min_size=1, max_size=5))
def test_rows_of_any_kind_cost_their_own_item_at_most(
    tmp_path_factory: pytest.TempPathFactory, items: list[list[dict[str, object]]]
) -> None:
    class Step(Misbehaves):
        def process(self, item: Item[BehaviourPayload], context: runner.StepContext) -> None:
            super().process(Item(item.key, BehaviourPayload(do="nothing")), context)
            context.output.add_rows("any", items[int(item.key)])

    folder = tmp_path_factory.mktemp("shards")
    heard: list[Message] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(misbehaviour, "Misbehaves", Step)
        spec = JobSpec("x", tuple(Item(str(number), BehaviourPayload(do="")) for number in range(len(items))))
        runner.run_part(spec.written(step=STEP), folder, heard.append, lambda _text: None, threading.Event())
    shards = [ShardFolder.open(shard) for shard in finished_shards(folder)]
    done = [item for shard in shards for item in shard.items]
    failed = [message.item for message in heard if isinstance(message, Failed)]
    assert sorted([*done, *failed], key=int) == [item.key for item in spec.items]
    assert sorted(row["item"] for shard in shards for row in shard.rows("made")) == sorted(done)
