"""Finds the installed packages that provide OpenCV's `cv2`: there must be one, as they overwrite each other's files."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata

__all__ = ["OpenCV", "remedy", "who_provides_cv2"]

WANTED = "opencv-python-headless"
"""The package that needs no graphics library of the system."""
DISTRIBUTIONS = (WANTED, "opencv-python", "opencv-contrib-python", "opencv-contrib-python-headless")


@dataclass(frozen=True)
class OpenCV:
    """One installed package that provides `cv2`."""

    name: str
    version: str
    lost_files: int
    """Number of its files that are missing: uninstalling another OpenCV package deletes them."""

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


def who_provides_cv2() -> list[OpenCV]:
    """Every installed package that provides `cv2`, by name."""
    names = {name for name in DISTRIBUTIONS if _installed(name)}
    names.update(owner.lower().replace("_", "-") for owner in metadata.packages_distributions().get("cv2", ()))
    return [_look_at(name) for name in sorted(names)]


def remedy(found: list[OpenCV]) -> str:
    """The commands that leave exactly one, complete; empty where that is so already."""
    if len(found) == 1 and not found[0].lost_files:
        return ""
    others = " ".join(one.name for one in found if one.name != WANTED)
    first = f"pip uninstall --yes {others}, then " if others else ""
    return f"In this environment: {first}pip install --force-reinstall --no-deps {WANTED} (or `uv pip …`)."


def _installed(name: str) -> bool:
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _look_at(name: str) -> OpenCV:
    distribution = metadata.distribution(name)
    files = [file for file in distribution.files or () if file.parts[0] == "cv2" and "__pycache__" not in file.parts]
    lost = sum(not distribution.locate_file(file).exists() for file in files)  # type: ignore[attr-defined]
    return OpenCV(name, distribution.version, lost)
