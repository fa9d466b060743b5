"""What a person types for a path is a path, or is refused in words."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import EngineError
from engine.files.typed_path import typed_path, typed_paths

NOBODY = "~no-such-user-here"


def test_a_tilde_is_the_home_folder_and_all_else_stays_as_it_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert typed_path("~") == tmp_path
    assert typed_path("~/videos") == tmp_path / "videos"
    assert typed_path("a/../b") == Path(f"{tmp_path}/a/../b")
    assert typed_path(Path("/x/~")) == Path("/x/~")


def test_a_user_who_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(EngineError, match="there is no user 'no-such-user-here' on this machine") as caught:
        typed_path(f"{NOBODY}/videos")
    assert caught.value.remedy


def test_a_file_whose_name_begins_with_a_tilde_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / NOBODY).touch()
    assert typed_path(NOBODY) == tmp_path / NOBODY


def test_a_path_of_a_null_character_is_refused() -> None:
    with pytest.raises(EngineError, match=r"U\+0000"):
        typed_path("a\0b")


def test_one_bad_path_costs_itself_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    paths, problems = typed_paths([NOBODY, "a", "b\0"])
    assert paths == [tmp_path / "a"]
    assert [str(problem).startswith(("'~no-such-user-here'", "'b\\x00'")) for problem in problems] == [True, True]


def test_a_user_without_a_home_folder_is_told_so() -> None:
    """As in a container that runs under a number which its list of users lacks."""
    code = (
        "import pwd\npwd.getpwuid = lambda number: {}[number]\n"
        "from engine.files.typed_path import typed_path\ntyped_path('~/videos')\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != "HOME"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert "EngineError: '~/videos' can't be found: this user has no home folder here" in done.stderr
