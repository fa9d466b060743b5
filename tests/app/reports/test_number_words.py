"""Every number that people can choose has a name of its own, a unit or none on purpose, and a meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.reports.number_words import axis_title, number_title, number_words
from engine.features.registry import all_columns
from storage.library.view_sql import OWN
from tests.filled_workspace import fill

if TYPE_CHECKING:
    from storage import Workspace


def test_every_number_of_a_workspace_is_named(workspace: Workspace) -> None:
    fill(workspace)
    names = {*workspace.library.choices(), *OWN, *(found.name for found in all_columns()), "composite_score"}
    assert len(names) > 45
    titles: dict[str, str] = {}
    for name in names:
        words = number_words(name)
        assert words.group != "Other", name
        assert "_" not in words.title, name
        assert words.title[0].isupper(), name
        assert words.meaning.endswith("."), name
        assert titles.setdefault(words.title, name) == name


def test_a_number_of_a_stranger_s_extractor_can_still_be_read() -> None:
    assert number_title("grip_width_mean") == "Grip width mean"
    assert axis_title("grip_width_mean") == "Grip width mean"
    assert axis_title("hands_speed_mean") == "Hand speed (palm lengths/s)"
