"""Tags and their journal: every action can be taken back, and only what it changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.errors import StorageError
from storage.tags import DROP, KEEP
from tests.filled_workspace import fill

if TYPE_CHECKING:
    from storage import Workspace


def tags_of(workspace: Workspace) -> dict[str, list[str]]:
    rows = workspace.database.rows("SELECT clip_id, list(tag ORDER BY tag) AS tags FROM clip_tag GROUP BY clip_id")
    return {row["clip_id"]: row["tags"] for row in rows}


def test_keep_and_drop_shut_each_other_out(workspace: Workspace) -> None:
    a, b, c, *_ = fill(workspace, measured=False)
    workspace.tags.add([a, b], KEEP)
    workspace.tags.add([b, c], DROP)
    assert tags_of(workspace) == {a: [KEEP], b: [DROP], c: [DROP]}
    assert workspace.tags.undo() is not None
    assert tags_of(workspace) == {a: [KEEP], b: [KEEP]}


def test_undo_takes_back_only_what_the_action_changed(workspace: Workspace) -> None:
    a, b, *_ = fill(workspace, measured=False)
    workspace.tags.add([a], "night")
    done = workspace.tags.add([a, b], "night")
    assert done.clips == 1
    workspace.tags.undo()
    assert tags_of(workspace) == {a: ["night"]}
    workspace.tags.undo()
    assert tags_of(workspace) == {}
    assert workspace.tags.undo() is None


def test_an_action_that_arrives_twice_counts_once(workspace: Workspace) -> None:
    a, *_ = fill(workspace, measured=False)
    workspace.tags.add([a], "night", action_id="one")
    workspace.tags.undo("one")
    workspace.tags.add([a], "night", action_id="one")
    assert tags_of(workspace) == {}


def test_a_tag_is_trimmed_and_must_be_something(workspace: Workspace) -> None:
    a, *_ = fill(workspace, measured=False)
    workspace.tags.add([a, "nobody"], "  wet   floor ")
    assert tags_of(workspace) == {a: ["wet floor"]}
    assert workspace.tags.of_clip(a) == ["wet floor"]
    for tag in ("", "  ", "x" * 61):
        with pytest.raises(StorageError, match="can't be a tag"):
            workspace.tags.add([a], tag)


actions = st.lists(
    st.tuples(
        st.sets(st.integers(0, 4), min_size=1),
        st.sampled_from([KEEP, DROP, "night"]),
        st.sampled_from(["add", "remove"]),
    ),
    max_size=5,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(actions)
def test_undoing_everything_leads_back_step_by_step(
    workspace: Workspace, acts: list[tuple[set[int], str, str]]
) -> None:
    ids = (workspace.clips.ids() and sorted(workspace.clips.ids())) or fill(workspace, measured=False)
    seen = [tags_of(workspace)]
    for chosen, tag, what in acts:
        clips = [sorted(ids)[n] for n in chosen]
        (workspace.tags.add if what == "add" else workspace.tags.remove)(clips, tag)
        seen.append(tags_of(workspace))
    for before in reversed(seen[:-1]):
        assert workspace.tags.undo() is not None
        assert tags_of(workspace) == before


def test_others_tags_are_one_action_that_can_be_undone_and_never_against_a_decision_made_here(
    workspace: Workspace,
) -> None:
    a, b, c, *_ = fill(workspace, measured=False)
    workspace.tags.add([a], DROP)
    workspace.tags.add([b], "night")
    theirs = [(a, KEEP), (a, "wet  floor"), (b, "night"), (b, KEEP), (c, "x" * 99), ("nowhere@0-1", KEEP)]
    done = workspace.tags.add_theirs(theirs, "Tags from a friend")
    assert done is not None
    assert done.clips == 2
    assert tags_of(workspace) == {a: [DROP, "wet floor"], b: [KEEP, "night"]}
    assert workspace.tags.add_theirs(theirs, "Tags from a friend") is None
    undone = workspace.tags.undo()
    assert undone is not None
    assert undone.title == "Tags from a friend"
    assert tags_of(workspace) == {a: [DROP], b: ["night"]}
    assert workspace.tags.add_theirs(theirs, "Tags from a friend") is None, "what was undone stays undone"
    workspace.tags.remove([b], "night")
    assert workspace.tags.add_theirs([(b, "night")], "Tags from a friend") is None
    assert tags_of(workspace) == {a: [DROP]}


def test_others_tags_take_as_many_statements_for_a_thousand_tags_as_for_one(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    clips = fill(workspace, measured=False)
    asked: list[str] = []
    database = type(workspace.database)
    for name in ("rows", "write", "write_arrow"):
        real = getattr(database, name)
        heard = lambda self, sql, *more, _real=real: asked.append(sql) or _real(self, sql, *more)  # noqa: E731
        monkeypatch.setattr(database, name, heard)
    workspace.tags.add_theirs([(clips[0], "one")], "Theirs")
    few = len(asked)
    asked.clear()
    done = workspace.tags.add_theirs([(clip, f"tag {n}") for clip in clips[:2] for n in range(1000)], "Theirs")
    assert done is not None
    assert done.clips == 2
    assert len(asked) == few
    assert len(tags_of(workspace)[clips[0]]) == 1001
    workspace.tags.undo()
    assert tags_of(workspace) == {clips[0]: ["one"]}


def test_of_others_keep_and_drop_of_one_clip_the_first_counts(workspace: Workspace) -> None:
    a, b, *_ = fill(workspace, measured=False)
    workspace.tags.add_theirs([(a, KEEP), (b, DROP), (b, KEEP), (a, DROP)], "Theirs")
    assert tags_of(workspace) == {a: [KEEP], b: [DROP]}
