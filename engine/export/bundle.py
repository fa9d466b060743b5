"""The folder of cut clips: a bundle with a manifest and checksums, which a colleague's Handpicked can import.

manifest.json    what is in it, where each clip came from, what was asked for
SHA256SUMS       `sha256sum -c SHA256SUMS` checks every file
list.csv         the ranked list, as `handpicked rank` writes it, with the name of each clip's file
clips/*.mp4      the cut clips
data/*.parquet   features, embeddings, scores and labels of these clips
"""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from engine.errors import ExportError
from engine.export.names import is_safe_relative

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "FORMAT",
    "MANIFEST",
    "SUMS",
    "Bundle",
    "BundleClip",
    "Manifest",
    "is_bundle",
    "peek_bundle",
    "read_bundle",
    "write_manifest",
]

FORMAT = "handpicked-bundle"
MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"
MAX_MANIFEST_BYTES = 512 << 20
MAX_UNPACKED_BYTES = 2 << 40


class BundleClip(BaseModel):
    """One clip of a bundle: its file, and the window of the source that it was cut from."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    rank: int
    clip_id: str
    file: str
    sha256: str
    size_bytes: int
    frames: int
    video_id: str
    video: str
    video_sha256: str
    source: str
    start_s: float
    end_s: float
    origin: str
    narration: str | None = None
    verb: str | None = None
    noun: str | None = None
    tags: tuple[str, ...] = ()
    reward: float | None = None
    reward_std: float | None = None

    @field_validator("file")
    @classmethod
    def _stays_inside(cls, name: str) -> str:
        if not is_safe_relative(name):
            raise ValueError("the file would lie outside the bundle")
        return name


class Manifest(BaseModel):
    """What a bundle says about itself."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: Literal["handpicked-bundle"] = "handpicked-bundle"
    version: Literal[1] = 1
    export_id: str
    created_at: str
    app_version: str
    settings: dict[str, Any]
    model: dict[str, Any] | None = None
    """The model that ranked: id, name, seed, settings, metrics."""
    embedding_model: str | None = None
    simulated_labels: int = 0
    """Labels in `data/labels.parquet` that a simulated annotator gave."""
    synthetic_clips: int = 0
    """Clips of rendered sample videos."""
    clips: tuple[BundleClip, ...]
    failed: tuple[dict[str, str], ...] = ()
    """Clips that could not be cut, and why."""
    files: dict[str, str] = {}
    """Every other file → its SHA-256."""

    @field_validator("files")
    @classmethod
    def _stay_inside(cls, files: dict[str, str]) -> dict[str, str]:
        if not all(map(is_safe_relative, files)):
            raise ValueError("a file would lie outside the bundle")
        return files


class Bundle(BaseModel):
    """A bundle on this machine."""

    model_config = ConfigDict(frozen=True)

    folder: Path
    manifest: Manifest

    def data(self, name: str) -> Path | None:
        """The Parquet file `data/<name>.parquet`, or None where the bundle has none."""
        path = self.folder / "data" / f"{name}.parquet"
        return path if f"data/{name}.parquet" in self.manifest.files and path.is_file() else None


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest and the list of checksums into `folder`, each whole or not at all. Raises `ExportError`."""
    text = manifest.model_dump_json(indent=1)
    sums = {clip.file: clip.sha256 for clip in manifest.clips} | manifest.files
    try:
        for name, body in (
            (SUMS, "".join(f"{digest}  {file}\n" for file, digest in sorted(sums.items()))),
            (MANIFEST, text + "\n"),
        ):
            temporary = folder / f".{name}.part"
            temporary.write_text(body, encoding="utf-8", newline="\n")
            temporary.replace(folder / name)
    except OSError as error:
        msg = f"the manifest can't be written to {folder}: {error.strerror or error}"
        raise ExportError(msg, remedy="Free some space, then resume the export.") from error


def is_bundle(path: Path) -> bool:
    """Whether `path` is a bundle's folder, or a zip file of one."""
    try:
        if path.is_dir():
            head = (path / MANIFEST).open("rb").read(4096) if (path / MANIFEST).is_file() else b""
            return FORMAT.encode() in head
        if path.suffix.lower() == ".zip" and path.is_file():
            with zipfile.ZipFile(path) as packed:
                return _manifest_inside(packed) is not None
    except (OSError, zipfile.BadZipFile):
        pass
    return False


def read_bundle(path: Path, unpack_to: Path | None = None) -> Bundle:
    """Read a bundle's manifest; a zip file is unpacked below `unpack_to` first.

    The clips themselves are checked when they are imported. Raises `ExportError` for what is no bundle, what is
    damaged, and what would leave the folder.
    """
    folder = _unpack(path, unpack_to) if path.is_file() and unpack_to is not None else path
    return Bundle(folder=folder, manifest=_understood(path, lambda: _manifest_of_folder(folder)))


def peek_bundle(path: Path) -> Manifest:
    """What a bundle says about itself; of a zip file too, and nothing is unpacked. Raises `ExportError`."""
    return _understood(path, lambda: _manifest_of_folder(path) if path.is_dir() else _manifest_of_zip(path))


def _manifest_of_folder(folder: Path) -> bytes:
    if (folder / MANIFEST).stat().st_size > MAX_MANIFEST_BYTES:
        raise ValueError("its manifest is too large")
    return (folder / MANIFEST).read_bytes()


def _manifest_of_zip(path: Path) -> bytes:
    with zipfile.ZipFile(path) as packed:
        name = _manifest_inside(packed)
        if name is None:
            raise ValueError("it holds no manifest.json")
        if packed.getinfo(name).file_size > MAX_MANIFEST_BYTES:
            raise ValueError("its manifest is too large")
        return packed.read(name)


def _understood(path: Path, read: Callable[[], bytes]) -> Manifest:
    """The manifest in what `read` returns. Raises `ExportError` where it can't be read or understood."""
    try:
        return Manifest.model_validate(json.loads(read()))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        msg = f"{path}: its manifest can't be understood ({where}: {first['msg']})"
        raise ExportError(msg, remedy="It may be damaged, or from a newer Handpicked.") from error
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        msg = f"{path} is no bundle: {error}"
        raise ExportError(msg, remedy="Name the folder that holds manifest.json, or a zip file of it.") from error


def _manifest_inside(packed: zipfile.ZipFile) -> str | None:
    """The name of the manifest in a zip file, at its top or in its one folder."""
    found = [name for name in packed.namelist() if name == MANIFEST or name.endswith(f"/{MANIFEST}")]
    shallow = [name for name in found if name.count("/") <= 1]
    if len(shallow) != 1:
        return None
    with packed.open(shallow[0]) as opened:
        return shallow[0] if FORMAT.encode() in opened.read(4096) else None


def _unpack(path: Path, unpack_to: Path) -> Path:
    """Unpack a zip file into `unpack_to/<its name>`; returns the folder of its manifest."""
    target = unpack_to / path.stem
    try:
        with zipfile.ZipFile(path) as packed:
            manifest = _manifest_inside(packed)
            if manifest is None:
                msg = f"{path} holds no bundle"
                raise ExportError(msg, remedy="A bundle has a manifest.json at its top.")
            files = [info for info in packed.infolist() if not info.is_dir()]
            for info in files:
                if not is_safe_relative(info.filename):
                    msg = f"{path}: {info.filename!r} would be written outside the folder"
                    raise ExportError(msg, remedy="Do not use this file; ask for the bundle again.")
            if sum(info.file_size for info in files) > MAX_UNPACKED_BYTES:
                msg = f"{path} would unpack to more than 2 TB"
                raise ExportError(msg, remedy="Do not use this file; ask for the bundle again.")
            for info in files:
                out = target / info.filename
                if out.is_file() and out.stat().st_size == info.file_size:
                    continue
                out.parent.mkdir(parents=True, exist_ok=True)
                temporary = out.with_name(f".{out.name}.part")
                with packed.open(info) as read, temporary.open("wb") as write:
                    shutil.copyfileobj(read, write, 1 << 20)
                temporary.replace(out)
    except (OSError, zipfile.BadZipFile, RuntimeError) as error:
        msg = f"{path} can't be unpacked: {error}"
        raise ExportError(msg, remedy="Free some space, or ask for the bundle again.") from error
    return target / Path(manifest).parent
