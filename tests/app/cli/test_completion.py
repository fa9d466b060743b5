"""Completion in a shell, by the protocol that its script speaks: quick, from the same tables as the commands."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli.commands import COMMANDS
from app.cli.completion import complete_format, complete_rule, complete_source
from engine.export.formats.registry import EXPORT_FORMATS
from engine.sources.registry import SOURCES
from tests.test_rooms import HEAVY

HANDPICKED = Path(sys.executable).parent / "handpicked"
NAMES = [entry.name for entry in COMMANDS]


def asked(shell: str, line: str, tmp_path: Path, **more: str) -> str:
    """What `handpicked` answers when a press of Tab asks it about a line."""
    words = line.split(" ")
    spoken = {
        "_HANDPICKED_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
        "_TYPER_COMPLETE_ARGS": line,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    done = subprocess.run(
        [HANDPICKED], env={**os.environ, **spoken, **more}, capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == [], "no workspace is made by a press of Tab"
    return done.stdout


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("handpicked ", NAMES),
        ("handpicked ex", [name for name in NAMES if name.startswith("ex")]),
        ("handpicked --show", ["--show-completion"]),
        ("handpicked jobs re", ["resume", "retry"]),
        ("handpicked export --short", ["--short-side-px"]),
        ("handpicked export --by ", ["reward", "robot", "composite"]),
        ("handpicked export --format ", EXPORT_FORMATS.names()),
        ("handpicked import --source e", [name for name in SOURCES.names() if name.startswith("e")]),
    ],
)
def test_bash_is_offered_commands_options_and_values(line: str, offered: list[str], tmp_path: Path) -> None:
    assert offered
    assert asked("bash", line, tmp_path).split() == offered


def test_zsh_and_fish_are_offered_the_same_with_explanations(tmp_path: Path) -> None:
    assert asked("fish", "handpicked extr", tmp_path).startswith("extract\tMeasure the clips")
    answer = asked("zsh", "handpicked extr", tmp_path)
    assert answer.startswith('_arguments \'*: :(("extract":"Measure the clips')


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_the_script_works_in_bash_itself(tmp_path: Path) -> None:
    """The script that --show-completion prints, and then what bash fills in."""
    typed = (
        'eval "$(handpicked --show-completion)"\n'
        "COMP_WORDS=(handpicked export --format web) COMP_CWORD=3\n"
        '_handpicked_completion handpicked\necho "${COMPREPLY[@]}"\n'
    )
    path = f"{HANDPICKED.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "--norc"], input=typed, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    assert (done.stdout.split(), done.stderr) == (["webdataset"], "")


@pytest.mark.parametrize(("shell", "file"), [("bash", ".bashrc"), ("zsh", ".zshrc")])
def test_it_is_installed_for_one_shell_below_the_home_folder(shell: str, file: str, tmp_path: Path) -> None:
    told = {"HOME": str(tmp_path), "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    done = subprocess.run(
        [HANDPICKED, "--install-completion", shell],
        env={**os.environ, **told},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert f"{shell} completion installed" in done.stdout
    assert (tmp_path / file).is_file()


def test_a_press_of_tab_loads_nothing_heavy_and_no_other_command(tmp_path: Path) -> None:
    code = (
        "import json, sys\nfrom app.cli.root import run\nrun([])\n"
        f"loaded = sorted(set({HEAVY!r} + ('streamlit', 'app.cli.export_command')) & set(sys.modules))\n"
        "print(json.dumps(loaded))"
    )
    answers = []
    for line in ("handpicked ", "handpicked export --format "):
        spoken = {"_HANDPICKED_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}
        done = subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, **spoken}, capture_output=True, text=True, check=True
        )
        answers.append(json.loads(done.stdout.splitlines()[-1]))
    assert answers == [[], ["app.cli.export_command"]]


def test_names_are_those_of_the_registries() -> None:
    assert complete_format("") == EXPORT_FORMATS.names()
    assert complete_source("") == SOURCES.names()
    assert complete_format("zzz") == []


def test_rules_of_audits_and_words_for_a_severity_are_offered() -> None:
    assert complete_rule("no-h") == ["no-hands"]
    assert complete_rule("err") == ["errors"]
    assert complete_rule("fly") == []
