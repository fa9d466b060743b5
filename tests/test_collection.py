"""Tests have the same names whenever they are collected: workers side by side refuse to run where theirs differ."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.mark.slow
def test_the_tests_of_another_second_and_another_hash_seed_are_called_the_same(request: pytest.FixtureRequest) -> None:
    """As when a name holds the time of day, or the order of a set."""
    seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    again = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"],
        cwd=request.config.rootpath,
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    )
    names = set(again.stdout.splitlines())
    assert [item.nodeid for item in request.session.items if item.nodeid not in names] == []
