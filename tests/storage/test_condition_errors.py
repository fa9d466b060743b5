"""A person's wrong condition is said about their own text, never about the statement around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from storage import Workspace
from storage.errors import QueryError
from tests.filled_workspace import fill

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A full workspace."""
    with Workspace(tmp_path_factory.mktemp("conditions") / "w") as opened:
        fill(opened)
        yield opened


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("nonsense = 1", "there is no column “nonsense”; names like it: "),
        ("start_s > 1\n AND sharpnes > 2", "there is no column “sharpnes”"),
        ("origin = stride", "text stands in single quotes"),
        ("start_s > ) 1", 'syntax error at or near ")"'),
        ("(clip.start_s > ", "it ends too early, or a parenthesis is not closed"),
        ("start_s > 1; DROP TABLE clip", 'syntax error at or near ";"'),
        ("foo(start_s) > 1", "at “foo(start_s)”"),
        ("start_s > 1 AND 'x", "unterminated string literal"),
        ("start_s >> 0.8", "No function matches".lower()),
        ("start_s > 'abc'", "could not convert string 'abc' to DOUBLE"),
    ],
)
def test_a_wrong_condition_is_said_about_its_own_text(workspace: Workspace, where: str, said: str) -> None:
    with pytest.raises(QueryError) as caught:
        workspace.clips.matching(where)
    text = str(caught.value)
    assert said in text
    assert f"“{' '.join(where.split())}”" in text, "the person's own text"
    for inner in ("SELECT", "LINE", "JOIN", "clip_id IN", "Error:"):
        assert inner not in text
    assert "\n" not in text


def test_a_long_condition_is_not_repeated_whole(workspace: Workspace) -> None:
    with pytest.raises(QueryError) as caught:
        workspace.clips.matching("nonsense = 1 OR " * 500 + "true")
    assert len(str(caught.value)) < 600


def test_a_comment_at_the_end_hides_nothing_of_the_statement_around_it(workspace: Workspace) -> None:
    assert len(workspace.clips.matching("true -- all of them")) == workspace.clips.count()
