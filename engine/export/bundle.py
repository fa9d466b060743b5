"""Writes and reads bundles: folders of cut clips with a manifest and checksums, which another Handpicked can import.

manifest.json    the content, each clip's source, the export's settings (`engine/export/manifest.py`)
SHA256SUMS       `sha256sum -c SHA256SUMS` checks every file
list.csv         the ranked list, as `handpicked rank` writes it, with the name of each clip's file
metadata.jsonl   the same for `datasets` of Hugging Face, which reads the folder as a `videofolder`
fiftyone_import.py  opens the clips in FiftyOne
clips/*.mp4      the cut clips
data/*.parquet   features, embeddings, scores and labels of these clips
"""

from __future__ import annotations

import hashlib
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import ExportError, FormatError
from engine.export.manifest import FORMAT, Manifest, parse_manifest
from engine.export.names import safe_name
from engine.files.read_json import read_within
from engine.files.replace_whole import write_whole
from engine.files.unpack import check_members, is_unpacked, members, open_zip, read_member, unpack

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Callable
    from pathlib import Path

__all__ = [
    "MANIFEST",
    "SUMS",
    "Bundle",
    "PackedBundle",
    "is_bundle",
    "peek_bundle",
    "read_bundle",
    "unpack_bundle",
    "write_manifest",
]

MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"
_HEAD_BYTES = 4096
MAX_MANIFEST_BYTES = 128 << 20
"""Some 140,000 clips."""


@dataclass(frozen=True)
class Bundle:
    """A bundle's folder on this machine."""

    folder: Path
    manifest: Manifest
    digest: str
    """SHA-256 of the manifest: it distinguishes two bundles of one name."""
    problems: tuple[str, ...] = ()
    """Parts that can't be used and are left out."""

    def file(self, name: str) -> Path:
        """The file called `name`. Raises `ExportError` where there is none, or a link leads out of the folder."""
        path = self.folder / name
        try:
            real = path.resolve(strict=True)
            inside = real.is_relative_to(self.folder.resolve(strict=True)) and stat.S_ISREG(real.stat().st_mode)
        except (OSError, ValueError, RuntimeError) as error:
            raise ExportError(f"{path} is missing", remedy="Ask for the bundle again.") from error
        if not inside:
            raise ExportError(
                f"{path} is no file of the bundle: it leads out of its folder",
                remedy="Do not use this bundle; ask for it again.",
            )
        return path


@dataclass(frozen=True)
class PackedBundle:
    """A bundle before it is unpacked: a folder or a zip file."""

    path: Path
    manifest: Manifest
    digest: str
    problems: tuple[str, ...]

    @property
    def packed(self) -> bool:
        """Whether it is a zip file."""
        return self.path.is_file()

    @property
    def folder_name(self) -> str:
        """The name of the folder that it is unpacked to, unique to its content."""
        return f"{safe_name(self.path.stem, max_bytes=80)}-{self.digest[:12]}"


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest and the list of checksums into `folder`, each whole or not at all. Raises `ExportError`."""
    text = manifest.model_dump_json(indent=1)
    if len(text) > MAX_MANIFEST_BYTES // 2:
        text = manifest.model_dump_json()
    if len(text.encode()) > MAX_MANIFEST_BYTES:
        raise ExportError(
            f"{len(manifest.clips):,} clips are more than one bundle can hold", remedy="Export them in several folders."
        )
    sums = {clip.file: clip.sha256 for clip in manifest.clips} | manifest.files
    try:
        for name, body in (
            (SUMS, "".join(f"{digest}  {file}\n" for file, digest in sorted(sums.items()))),
            (MANIFEST, text + "\n"),
        ):
            write_whole(folder / name, body)
    except OSError as error:
        raise ExportError(
            f"the manifest can't be written to {folder}: {error.strerror or error}",
            remedy="Free some space, then resume the export.",
        ) from error


def is_bundle(path: Path) -> bool:
    """Whether `path` is a bundle's folder, or a zip file with a manifest; `peek_bundle` checks it."""
    try:
        if path.is_dir():
            return FORMAT.encode() in _head(path / MANIFEST)
        if path.suffix.lower() == ".zip" and path.is_file():
            with open_zip(path) as packed:
                return _manifest_in(packed) is not None
    except (OSError, FormatError):
        pass
    return False


def peek_bundle(path: Path) -> PackedBundle:
    """Read a bundle's manifest, also from a zip file, without unpacking. Raises `ExportError`."""
    try:
        content = read_within(path / MANIFEST, MAX_MANIFEST_BYTES) if path.is_dir() else _manifest_of_zip(path)
        manifest, problems = parse_manifest(content, max_bytes=MAX_MANIFEST_BYTES)
    except FormatError as error:
        raise ExportError(
            f"{path} is no bundle that can be opened: {error}",
            remedy="Name the folder that holds manifest.json, or a zip file of it.",
        ) from error
    return PackedBundle(path, manifest, hashlib.sha256(content).hexdigest(), problems)


def read_bundle(folder: Path) -> Bundle:
    """Read the manifest of a bundle's folder. The files are checked when they are imported. Raises `ExportError`."""
    found = peek_bundle(folder)
    return Bundle(folder, found.manifest, found.digest, found.problems)


def unpack_bundle(path: Path, folder: Path, progress: Callable[[int, int], None] = lambda _done, _of: None) -> None:
    """Unpack a zip file's bundle, so that `folder` holds its manifest; an unpacked one is kept.

    `progress` gets bytes done and in total, and may raise to stop. Raises `ExportError`, and then leaves no files.
    """
    try:
        with open_zip(path) as packed:
            check_members(packed, path.stat().st_size)
            found = _manifest_in(packed)
            if found is None:
                raise FormatError("there is no manifest.json in it")
            below = found.filename.removesuffix(MANIFEST)
            if not is_unpacked(packed, below, folder):
                unpack(packed, below, folder, progress)
    except FormatError as error:
        raise ExportError(
            f"{path} can't be unpacked: {error}",
            remedy="Free some space if the disk is full, or ask for the bundle again.",
        ) from error


def _head(path: Path) -> bytes:
    if not path.is_file():
        return b""
    with path.open("rb") as file:
        return file.read(_HEAD_BYTES)


def _manifest_in(packed: zipfile.ZipFile) -> zipfile.ZipInfo | None:
    """The zip member of the manifest, at the top level or in the only folder."""
    found = [info for info in members(packed) if info.filename.rpartition("/")[2] == MANIFEST]
    shallow = [info for info in found if info.filename.count("/") <= 1]
    return shallow[0] if len(shallow) == 1 else None


def _manifest_of_zip(path: Path) -> bytes:
    with open_zip(path) as packed:
        check_members(packed, path.stat().st_size)
        found = _manifest_in(packed)
        if found is None:
            raise FormatError("there is no manifest.json at its top")
        return read_member(packed, found, MAX_MANIFEST_BYTES)
