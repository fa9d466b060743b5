"""Ann and Bob, who share a bucket."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from storage import Workspace
from tests.app.workflows.sharing.people import Person
from tests.blank_workspace import lay_out
from tests.shared_footage import bring_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from storage.s3.target import Target


@pytest.fixture
def person(tmp_path: Path, target: Target) -> Iterator[Callable[[str], Person]]:
    """Makes people."""
    with ExitStack() as stack:

        def make(name: str) -> Person:
            opened = stack.enter_context(Workspace(lay_out(tmp_path / name / "workspace")))
            return Person(opened, target, tmp_path / name)

        yield make


@pytest.fixture
def ann(person: Callable[[str], Person]) -> Person:
    """Ann has two videos of two clips each."""
    made = person("ann")
    bring_in(made.workspace, made.folder / "footage")
    return made


@pytest.fixture
def bob(person: Callable[[str], Person]) -> Person:
    """Bob has nothing yet."""
    return person("bob")
