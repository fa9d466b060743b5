"""Who provides OpenCV: two packages overwrite each other, and uninstalling one takes the other's files along."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from app.workflows.doctor import opencv

if TYPE_CHECKING:
    from pathlib import Path


def install(site: Path, name: str, version: str = "5.0.0", *, whole: bool = True) -> None:
    """What an installed OpenCV looks like to Python; not `whole`, its files have gone with another's."""
    about = site / f"{name.replace('-', '_')}-{version}.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (about / "RECORD").write_text("cv2/__init__.py,,\ncv2/cv2.abi3.so,,\ncv2/__pycache__/__init__.pyc,,\n")
    if whole:
        (site / "cv2").mkdir(exist_ok=True)
        for file in ("__init__.py", "cv2.abi3.so"):
            (site / "cv2" / file).touch()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment of which nothing is installed yet."""
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    return tmp_path


def test_here_exactly_one_does() -> None:
    check = opencv()
    assert (check.state, check.remedy) == ("ok", "")
    assert check.found.startswith("opencv-python-headless 5")


@pytest.mark.parametrize("other", ["opencv-python", "opencv-contrib-python", "opencv-contrib-python-headless"])
def test_two_are_told_with_the_way_out(site: Path, other: str) -> None:
    install(site, "opencv-python-headless")
    install(site, other)
    check = opencv()
    assert check.state == "missing"
    assert check.found.startswith("2 that overwrite each other")
    assert other in check.found
    assert (
        f"uninstall --yes {other}, then pip install --force-reinstall --no-deps opencv-python-headless" in check.remedy
    )


def test_three_are_counted(site: Path) -> None:
    for name in ("opencv-python", "opencv-contrib-python", "opencv-python-headless"):
        install(site, name)
    assert opencv().found.startswith("3 that overwrite each other")


def test_one_that_another_took_its_files_from_is_not_whole(site: Path) -> None:
    """What is left after `pip uninstall opencv-contrib-python`."""
    install(site, "opencv-python-headless", whole=False)
    check = opencv()
    assert check.state == "missing"
    assert "2 of its files are gone" in check.found
    assert "--force-reinstall" in check.remedy
    assert "uninstall --yes" not in check.remedy


def test_another_one_alone_will_do(site: Path) -> None:
    install(site, "opencv-contrib-python")
    assert opencv().state == "ok"


def test_none_is_missing(site: Path) -> None:
    assert (opencv().state, opencv().found) == ("missing", "not installed")
