"""The layout of a workspace's folder: every path in it is defined here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.files.names import name_problem
from storage.errors import StorageError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["WorkspacePaths", "inside"]


@dataclass(frozen=True)
class WorkspacePaths:
    """The layout of the folder `root`."""

    root: Path

    @property
    def database(self) -> Path:
        return self.root / "handpicked.duckdb"

    @property
    def backups(self) -> Path:
        return self.root / "backups"

    @property
    def settings(self) -> Path:
        return self.root / "settings"

    @property
    def media(self) -> Path:
        """Files that the app serves to the browser, and no others."""
        return self.root / "media"

    @property
    def jobs(self) -> Path:
        return self.root / "jobs"

    @property
    def sample(self) -> Path:
        """Videos rendered by the sample generator."""
        return self.root / "sample"

    @property
    def downloads(self) -> Path:
        return self.root / "downloads"

    @property
    def exports(self) -> Path:
        """The lists of past exports, as they were written."""
        return self.root / "exports"

    @property
    def pulled(self) -> Path:
        """Files from shared buckets and out of zipped bundles."""
        return self.downloads / "shared"

    @property
    def sharing(self) -> Path:
        """Notes of a push or a pull for its workers."""
        return self.root / "sharing"

    @property
    def weights(self) -> Path:
        """Model weights that a person put here; searched before any other place."""
        return self.root / "weights"

    @property
    def models(self) -> Path:
        """Trained rewards, a folder with a checkpoint each."""
        return self.root / "models"

    @property
    def logs(self) -> Path:
        """TensorBoard logs, a folder for each training."""
        return self.root / "logs"

    # --- names that come from data: the only places where such a name becomes a path ----------------------------

    def model(self, model_id: str) -> Path:
        """A reward's folder. Raises `StorageError` where `model_id` is not a valid folder name."""
        return self._named(self.models, model_id)

    def log(self, model_id: str) -> Path:
        """A training's logs. Raises `StorageError` where `model_id` is not a valid folder name."""
        return self._named(self.logs, model_id)

    def export_list(self, export_id: str) -> Path:
        """The list of an export, as written. Raises `StorageError` where `export_id` is not a valid file name."""
        return self._named(self.exports, export_id, ".parquet")

    @property
    def all_export_parts(self) -> Path:
        """What clips contribute to data sets that are still being made, a folder for each export."""
        return self.exports / "parts"

    def export_parts(self, export_id: str) -> Path:
        """What the clips of one export contribute. Raises `StorageError` where `export_id` is no valid folder name."""
        return self._named(self.all_export_parts, export_id)

    def bundle(self, name: str) -> Path:
        """The folder that a zipped bundle is unpacked to."""
        return inside(self.pulled, f"bundles/{name}")

    def bundle_note(self, digest: str) -> Path:
        """The data of a bundle's clips while their files are imported, named by the SHA-256 of its manifest."""
        return self._named(self.pulled, f"bundle-{digest}", ".json")

    def pulled_file(self, path: str) -> Path:
        """The path of a pulled file. Raises `StorageError` where `path` would leave the folder of pulled files."""
        return inside(self.pulled, path)

    def known_scores(self, digest: str) -> Path:
        """The scores that a data set states of its windows, while its videos are imported."""
        return self._named(self.sharing, f"scores-{digest}", ".parquet")

    def pulled_labels(self, name: str) -> Path:
        """A pulled file of labels until it is imported."""
        return inside(self.sharing, f"incoming/{name}")

    def download_folder(self, source: str) -> Path:
        """The folder for downloaded videos of a data set."""
        return self._named(self.downloads, source)

    def licence_note(self, source: str) -> Path:
        """The licence of a data set, written once it was shown."""
        return self._named(self.downloads, f"LICENCE-{source}", ".txt")

    def media_file(self, name: str) -> Path:
        """The path of the media file `name`. Raises `StorageError` where `name` would leave the media folder."""
        return inside(self.media, name)

    def job(self, job_id: int) -> Path:
        """A job's folder."""
        return self.jobs / f"{int(job_id):06d}"

    def _named(self, folder: Path, name: str, suffix: str = "") -> Path:
        if problem := name_problem(name):
            raise StorageError(
                f"{name[:120]!r} can't be used: {problem}",
                remedy="It came with somebody's data; ask for it under another name.",
            )
        return inside(folder, f"{name}{suffix}")

    @property
    def cache(self) -> Path:
        """Data that can be computed again: deleting it only costs time."""
        return self.root / "cache"

    def folders(self) -> tuple[Path, ...]:
        """All folders directly below the root, existing or not."""
        return (
            *(self.backups, self.settings, self.media, self.jobs, self.sample, self.downloads, self.exports),
            *(self.sharing, self.weights, self.models, self.logs, self.cache),
        )


def inside(folder: Path, name: str) -> Path:
    """`folder / name`. Raises `StorageError` where that is not below `folder`, links followed."""
    try:
        real, root = (folder / name).resolve(), folder.resolve()
        below = real.is_relative_to(root) and real != root
    except (OSError, ValueError, RuntimeError) as error:  # a NUL character, a loop of links, a name that is too long
        raise StorageError(f"{name[:120]!r} can't be a file's name") from error
    if not below:
        raise StorageError(f"{name[:120]!r} is outside the workspace's {folder.name} folder")
    return folder / name
