"""The list of commands is known without importing any of them, and says what they say."""

from __future__ import annotations

import inspect
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import typer

from app.cli.commands import COMMANDS
from app.cli.root import cli
from tests.app.cli.running import handpicked

if TYPE_CHECKING:
    from pathlib import Path

    from app.cli.lazy_group import Entry

HEAVY = ("numpy", "pyarrow", "duckdb", "storage", "app.cli.session")


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.name)
def test_the_list_says_the_first_paragraph_of_a_commands_own_help(entry: Entry) -> None:
    group: Any = typer.main.get_command(cli)
    command = group.commands[entry.name]
    assert command.name == entry.name
    assert " ".join(inspect.cleandoc(command.help).split("\n\n")[0].split()) == entry.help


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["nonsense"], []], ids=str)
def test_what_needs_no_command_imports_none(arguments: list[str]) -> None:
    code = (
        "import sys; from app.cli.root import run; "
        f"run({arguments!r}); print('imported:', sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "imported: []"


def test_one_command_imports_no_other() -> None:
    code = "import sys; from app.cli.root import run; run(['query', '--help']); print(*sys.modules, file=sys.stderr)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "app.cli.query_command" in ran.stderr.split()
    assert "app.cli.extract_command" not in ran.stderr.split()


def test_a_name_that_is_almost_right_is_suggested(tmp_path: Path) -> None:
    ran = handpicked("exportz", workspace=tmp_path)
    assert ran.returncode == 2
    assert "exports" in ran.stderr
