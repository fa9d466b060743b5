"""Walks the path once on every other Python that Handpicked supports and this machine has: `make test-pythons`.

Which are supported is what pyproject.toml says; they are looked for on the PATH and among pyenv's versions.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from packaging.specifiers import SpecifierSet

__all__ = ["found", "main", "supported"]

ROOT = Path(__file__).resolve().parents[1]
ASK = "import sys; print('%d.%d' % sys.version_info[:2])"
PATIENCE_S = 10
NEWEST_MINOR = 30
"""No Python 3 has a number as high as this."""


def supported() -> list[str]:
    """`3.11`, `3.12`, …: what `requires-python` allows."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    allowed = SpecifierSet(project["requires-python"])
    return [version for minor in range(NEWEST_MINOR) if (version := f"3.{minor}") in allowed]


def version_of(python: str) -> str | None:
    """`3.12` where that is a Python which starts; None otherwise (a shim of a version that is not chosen, say)."""
    try:
        done = subprocess.run([python, "-c", ASK], capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def found(version: str) -> str | None:
    """A Python of that version on this machine."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    candidates = [
        shutil.which(f"python{version}"),
        *map(str, sorted(pyenv.glob(f"{version}.*/bin/python"), reverse=True)),
    ]
    return next((python for python in candidates if python and version_of(python) == version), None)


def main() -> int:
    """Say which Pythons there are, run each, and fail where one fails."""
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    failed = []
    for version in supported():
        python = found(version)
        if version == here:
            sys.stdout.write(f"Python {version}: all tests ran on it.\n")
        elif python is None:
            sys.stdout.write(f"Python {version}: not on this machine, not tried.\n")
        else:
            sys.stdout.write(f"Python {version}: {python}\n")
            sys.stdout.flush()
            if subprocess.run(["make", "test-python", f"PYTHON={python}"], cwd=ROOT, check=False).returncode:
                failed.append(version)
        sys.stdout.flush()
    if failed:
        sys.stdout.write(f"Failed on Python {', '.join(failed)}.\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
