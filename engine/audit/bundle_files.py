"""Checks every file of a bundle against its manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.audit.facts import FileFault
from engine.errors import EngineError
from engine.files.digest import sha256_of_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.export.bundle import Bundle

__all__ = ["check_sums"]


def check_sums(bundle: Bundle, progress: Callable[[int, int], None] = lambda _done, _of: None) -> list[FileFault]:
    """The files of a bundle that are missing, lead out of its folder, or are not what its manifest says.

    `progress` gets files done and in total, and may raise to stop.
    """
    promised = {clip.file: clip.sha256 for clip in bundle.manifest.clips} | bundle.manifest.files
    faults = []
    for done, (name, sha256) in enumerate(sorted(promised.items())):
        progress(done, len(promised))
        path = str(bundle.folder / name)
        try:
            if sha256_of_file(bundle.file(name)) != sha256:
                faults.append(FileFault(path, "it is not what the manifest says: its SHA-256 differs"))
        except EngineError as error:
            faults.append(FileFault(path, error.message))
    progress(len(promised), len(promised))
    return faults
