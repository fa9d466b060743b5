"""What is said of Python versions, in pyproject.toml, the lock and the Makefile, is one thing."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.other_pythons import ROOT, found, supported


def test_three_pythons_are_supported_and_all_are_looked_for() -> None:
    assert supported() == ["3.11", "3.12", "3.13"]
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert here in supported()


def test_every_python_reads_videos_by_the_same_library() -> None:
    """From 3.12 on another PyAV was locked, whose `open` knew no `metadata_errors`: no video opened there."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    for package in ("av", "mediapipe", "opencv-python-headless", "torch", "streamlit", "duckdb"):
        assert len(re.findall(rf"^{package}==", lock, re.MULTILINE)) == 1, package


def test_a_python_that_is_not_there_is_not_found() -> None:
    assert found("3.99") is None


@pytest.mark.parametrize("version", ["(3, 10)", "(3, 14)"])
def test_set_up_refuses_a_python_that_was_not_tried(version: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("other")
    python = folder / "python"
    # Another Python's `sys.version_info`, in front of the very check that the Makefile makes.
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -c "import sys; sys.version_info = {version}\n$2"\n')
    python.chmod(0o755)
    command = ["make", "--no-print-directory", "setup", f"PYTHON={python}", f"VENV={folder / 'venv'}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "Handpicked needs Python 3.11, 3.12 or 3.13" in done.stderr
    assert not (folder / "venv").exists()
