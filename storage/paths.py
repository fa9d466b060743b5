"""Where everything lies inside a workspace: the only place that knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from storage.errors import StorageError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["WorkspacePaths"]


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
        """All that the app serves to the browser; nothing else is under it."""
        return self.root / "media"

    @property
    def jobs(self) -> Path:
        return self.root / "jobs"

    @property
    def sample(self) -> Path:
        """Videos that the sample generator rendered."""
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
        """What came from shared buckets and out of packed bundles."""
        return self.downloads / "shared"

    @property
    def sharing(self) -> Path:
        """What a push or a pull writes down for its workers."""
        return self.root / "sharing"

    @property
    def weights(self) -> Path:
        """Model files that a person put here; looked for before anywhere else."""
        return self.root / "weights"

    @property
    def models(self) -> Path:
        """Trained rewards: a folder each, with its checkpoint."""
        return self.root / "models"

    @property
    def logs(self) -> Path:
        """TensorBoard's logs: a folder for each training."""
        return self.root / "logs"

    def model(self, model_id: str) -> Path:
        """A reward's folder. Raises `StorageError` where `model_id` would leave the models folder."""
        return self._inside(self.models, model_id)

    def log(self, model_id: str) -> Path:
        """A training's logs. Raises `StorageError` where `model_id` would leave the logs folder."""
        return self._inside(self.logs, model_id)

    def _inside(self, folder: Path, name: str) -> Path:
        path = (folder / name).resolve()
        if path.parent != folder.resolve():
            msg = f"{name!r} can't be a model's name on disk"
            raise StorageError(msg)
        return path

    @property
    def cache(self) -> Path:
        """What can be computed again; deleting it costs time only."""
        return self.root / "cache"

    def job(self, job_id: int) -> Path:
        return self.jobs / f"{job_id:06d}"

    def media_file(self, name: str) -> Path:
        """The path of the media file `name`. Raises `StorageError` where `name` would leave the media folder."""
        path = (self.media / name).resolve()
        if not path.is_relative_to(self.media.resolve()):
            msg = f"{name!r} is outside the workspace's media folder"
            raise StorageError(msg)
        return path
