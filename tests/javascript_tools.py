"""Checks the JavaScript of app/components with Node: types, rules and style, for `make lint` and `make format`.

The app itself needs no Node. Where Node is absent or too old, or its packages can't be installed, that is printed as
the reason why nothing was checked, and it is no failure.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["FOLDER", "ToolsMissingError", "main", "node", "packages"]

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "tests" / "javascript"
SOURCES = ("app/components", "tests/javascript")
PRETTIER = ("prettier", "--log-level=warn", "--config=tests/javascript/prettier.json")
IGNORED = ("--ignore-path=.gitignore", "--ignore-path=tests/javascript/.prettierignore")
ESLINT = ("eslint", "--config=tests/javascript/eslint.config.js", "--max-warnings=0")
LINT = (
    ("tsc", "--project", "tests/javascript"),
    (*ESLINT, *SOURCES),
    (*PRETTIER, *IGNORED, "--check", *SOURCES),
)
FORMAT = ((*ESLINT, "--fix", *SOURCES), (*PRETTIER, *IGNORED, "--write", *SOURCES))
PATIENCE_S = 300


class ToolsMissingError(Exception):
    """Why the JavaScript can't be checked on this machine."""


def node() -> str:
    """The path of a Node that is new enough.

    Raises:
        ToolsMissingError: there is none.
    """
    path = shutil.which("node")
    if path is None:
        raise ToolsMissingError("there is no node on the PATH")
    needed = json.loads((FOLDER / "package.json").read_text(encoding="utf-8"))["engines"]["node"]
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False, timeout=PATIENCE_S).stdout
    if _numbers(said) < _numbers(needed):
        raise ToolsMissingError(f"node {said.strip()} is too old: {needed} is needed")
    return path


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)[:2]))


def packages(folder: Path = FOLDER) -> Path:
    """The folder with the commands of the packages that package-lock.json names, installed if they are not yet.

    Raises:
        ToolsMissingError: they can't be installed, for want of npm or of a network.
    """
    lock = folder / "package-lock.json"
    stamp = folder / "node_modules" / ".set-up"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != digest:
        npm = shutil.which("npm")
        if npm is None:
            raise ToolsMissingError("there is no npm on the PATH")
        try:
            done = subprocess.run(
                [npm, "ci"], cwd=folder, capture_output=True, text=True, check=False, timeout=PATIENCE_S
            )
        except subprocess.TimeoutExpired:
            raise ToolsMissingError(f"npm ci did not end within {PATIENCE_S} s") from None
        if done.returncode:
            raise ToolsMissingError(f"npm ci failed: {(done.stderr.strip().splitlines() or ['without a word'])[0]}")
        stamp.write_text(digest, encoding="utf-8")
    return folder / "node_modules" / ".bin"


def main(arguments: list[str]) -> int:
    """Run the tools of `lint` or `format`; the worst exit code."""
    commands = {"lint": LINT, "format": FORMAT}[arguments[0]]
    try:
        node()
        folder = packages()
    except ToolsMissingError as reason:
        sys.stdout.write(f"JavaScript: skipped, {reason}.\n")
        return 0
    codes = [subprocess.run([folder / name, *words], cwd=ROOT, check=False).returncode for name, *words in commands]
    if not any(codes):
        sys.stdout.write(f"JavaScript: {', '.join(name for name, *_ in commands)} found nothing.\n")
    return max(codes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
