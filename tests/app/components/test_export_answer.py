"""What the Export page asks before it makes a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from app.components.export.answer import PathFields, Places, asked_to_make
from app.navigation import ARRIVED

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_folder_is_made_only_where_it_is_still_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "new"
    places = Places(list_file=folder / "list.csv", folder=tmp_path / "elsewhere" / "clips")
    session: dict[str, Any] = {"export-making": folder}
    monkeypatch.setattr(st, "session_state", session)
    assert asked_to_make("export", places) == folder
    assert asked_to_make("export", places) is None, "it was asked for once"
    session["export-making"] = folder
    assert asked_to_make("export", Places(list_file=tmp_path / "list.csv", folder=None)) is None
    session |= {"export-making": folder, ARRIVED: True}
    assert asked_to_make("export", places) is None, "another page was shown meanwhile"


def test_the_path_that_was_meant_goes_into_the_field_of_the_wrong_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session: dict[str, Any] = {}
    monkeypatch.setattr(st, "session_state", session)
    apart = PathFields(list_file="list", folder="folder", with_ending=False)
    apart.correct(tmp_path / "wrnog" / "best.csv", tmp_path / "wrong" / "best.csv")
    apart.correct(tmp_path / "wrnog" / "clips", tmp_path / "wrong" / "clips")
    assert session == {"list": str(tmp_path / "wrong" / "best"), "folder": str(tmp_path / "wrong" / "clips")}
    PathFields(list_file="list", folder="folder").correct(tmp_path / "a.jsonl", tmp_path / "b.jsonl")
    assert session["list"] == str(tmp_path / "b.jsonl")
