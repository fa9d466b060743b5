"""The JavaScript of app/components: its unit tests, and what is done where there is nothing to check it with."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests import javascript_tools
from tests.javascript_tools import FOLDER, ROOT, ToolsMissingError

if TYPE_CHECKING:
    from pathlib import Path

SOURCES = sorted((ROOT / "app").rglob("*.js"))


@pytest.fixture
def node() -> str:
    """Node, or a skip that says why not."""
    try:
        return javascript_tools.node()
    except ToolsMissingError as reason:
        pytest.skip(str(reason))


def test_the_unit_tests_pass(node: str) -> None:
    """All of tests/javascript in one go; they need Node alone, and none of its packages."""
    tests = sorted(path for path in FOLDER.rglob("*.test.js") if "node_modules" not in path.parts)
    assert len(tests) > 10
    command = [node, "--test", "--test-reporter=tap", *map(str, tests)]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    (count,) = re.findall(r"^# pass (\d+)$", done.stdout, re.MULTILINE)
    assert int(count) > 50, done.stdout


def test_every_source_asks_to_be_type_checked() -> None:
    assert len(SOURCES) > 10
    assert [str(path) for path in SOURCES if not path.read_text(encoding="utf-8").startswith("// @ts-check\n")] == []


def test_the_lock_names_no_place_to_load_from_and_pins_what_is_asked_for() -> None:
    lock = json.loads((FOLDER / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert [name for name, entry in lock.items() if "resolved" in entry] == []
    assert [name for name, entry in lock.items() if name and not entry.get("integrity")] == []
    asked = json.loads((FOLDER / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    assert asked == {name: lock[f"node_modules/{name}"]["version"] for name in asked}


def executable(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder that commands are looked for in."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def unset_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of tests/javascript without its packages."""
    folder = tmp_path / "javascript"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("node_modules"))
    monkeypatch.setattr(javascript_tools, "FOLDER", folder)
    return folder


@pytest.mark.usefixtures("bin_folder")
def test_without_node_linting_says_so_and_fails_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    assert javascript_tools.main(["lint"]) == 0
    assert capsys.readouterr().out == "JavaScript: skipped, there is no node on the PATH.\n"


def test_an_old_node_is_not_used(bin_folder: Path) -> None:
    executable(bin_folder / "node", "echo v20.18.3")
    with pytest.raises(ToolsMissingError, match=r"node v20\.18\.3 is too old: >=20\.19 is needed"):
        javascript_tools.node()
    executable(bin_folder / "node", "echo v22.0.0")
    assert javascript_tools.node() == str(bin_folder / "node")


def test_without_npm_or_a_network_the_reason_is_told(bin_folder: Path, unset_folder: Path) -> None:
    with pytest.raises(ToolsMissingError, match="no npm"):
        javascript_tools.packages(unset_folder)
    executable(bin_folder / "npm", "echo 'npm error code ENOTFOUND' >&2; exit 1")
    with pytest.raises(ToolsMissingError, match="npm ci failed: npm error code ENOTFOUND"):
        javascript_tools.packages(unset_folder)


def test_packages_are_installed_once_for_each_lock(bin_folder: Path, unset_folder: Path) -> None:
    executable(bin_folder / "npm", '/bin/mkdir -p node_modules/.bin; echo "$@" >> calls')
    for _ in range(2):
        assert javascript_tools.packages(unset_folder) == unset_folder / "node_modules" / ".bin"
    assert (unset_folder / "calls").read_text() == "ci\n"
    (unset_folder / "package-lock.json").write_text("{}")
    javascript_tools.packages(unset_folder)
    assert (unset_folder / "calls").read_text() == "ci\nci\n"


@pytest.mark.parametrize(("codes", "worst"), [((0, 0, 0), 0), ((0, 1, 0), 1), ((2, 0, 1), 2)])
def test_what_one_tool_finds_fails_the_lint_and_keeps_the_others_from_nothing(
    codes: tuple[int, int, int], worst: int, bin_folder: Path, unset_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executable(bin_folder / "node", "echo v22.0.0")
    for name, code in zip(("tsc", "eslint", "prettier"), codes, strict=True):
        executable(bin_folder / name, f'echo "{name}" >> "{unset_folder}/ran"; exit {code}')
    monkeypatch.setattr(javascript_tools, "packages", lambda: bin_folder)
    assert javascript_tools.main(["lint"]) == worst
    assert (unset_folder / "ran").read_text().split() == ["tsc", "eslint", "prettier"]
