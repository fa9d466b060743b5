"""Opens a workspace: one folder with one DuckDB file, its media, models and settings."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Self

from engine.files.typed_path import typed_path
from storage.audit_reads import AuditReads
from storage.clips import ClipStore
from storage.clips_by_video import ClipsByVideo
from storage.database import check_path
from storage.errors import StorageError, WorkspaceReadOnly
from storage.exports import ExportStore
from storage.features import FeatureStore
from storage.jobs import JobStore
from storage.label_review import LabelReviewStore
from storage.labels import LabelStore
from storage.library.store import LibraryStore
from storage.likeness import LikenessStore
from storage.media import MediaStore
from storage.migrations import open_migrated
from storage.paths import WorkspacePaths
from storage.privacy import keep_private
from storage.rewards import RewardStore
from storage.sample import SampleStore
from storage.score_views import ScoreViewStore
from storage.segments import SegmentStore
from storage.settings import SettingsFiles
from storage.sharing import SharingStore
from storage.sittings import SittingStore
from storage.tags import TagStore
from storage.validation import ValidationStore
from storage.videos import VideoStore

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    import pandas as pd

__all__ = ["Workspace", "default_workspace_path"]

ENVIRONMENT_VARIABLE = "HANDPICKED_WORKSPACE"


def default_workspace_path() -> Path:
    """`$HANDPICKED_WORKSPACE`, else `./workspace`. Raises `EngineError` for text that is not a valid path."""
    return typed_path(os.environ.get(ENVIRONMENT_VARIABLE) or "workspace")


class Workspace:
    """An open workspace. Use it as a context manager, or call `close`.

    >>> with Workspace("my-workspace") as workspace:
    ...     workspace.videos.count()
    """

    def __init__(self, root: str | Path | None = None) -> None:
        """Open the workspace in `root`, created if absent and made private to its owner.

        Its schema is migrated to the current version, after a backup.

        Raises `WorkspaceLocked`, `WorkspaceNewer`, `WorkspaceDamaged` or `WorkspaceReadOnly`; `StorageError` for a path
        that the database can't open, `EngineError` for text that is not a valid path.
        """
        self.root = typed_path(root) if root is not None else default_workspace_path()
        self.paths = WorkspacePaths(self.root)
        check_path(self.paths.database)  # before any folder is made
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            for folder in (self.paths.media, self.paths.jobs, self.paths.settings):
                folder.mkdir(exist_ok=True)
            keep_private(self.paths)
        except OSError as error:
            raise WorkspaceReadOnly(
                f"{self.root} can't be used as a workspace: {error.strerror or error}.",
                remedy="Choose another folder with --workspace.",
            ) from error
        self.database = open_migrated(self.paths.database, self.paths.backups)
        self.settings = SettingsFiles(self.paths.settings)
        try:
            self.settings.ensure()
        except StorageError:
            self.database.close()
            raise
        self.jobs = JobStore(self.database)
        self.videos = VideoStore(self.database)
        self.clips = ClipStore(self.database)
        self.clips_by_video = ClipsByVideo(self.database)
        self.segments = SegmentStore(self.database)
        self.features = FeatureStore(self.database)
        self.audit = AuditReads(self.database, self.features)
        self.library = LibraryStore(self.database, self.features)
        self.likeness = LikenessStore(self.database, self.library)
        self.tags = TagStore(self.database)
        self.labels = LabelStore(self.database)
        self.label_review = LabelReviewStore(self.database)
        self.rewards = RewardStore(self.database)
        self.score_views = ScoreViewStore(self.database, self.features, self.library)
        self.sittings = SittingStore(self.database)
        self.exports = ExportStore(self.database)
        self.sharing = SharingStore(self.database)
        self.sample = SampleStore(self.database)
        self.validation = ValidationStore(self.database)
        self.media = MediaStore(self.database, self.paths)

    def frame(self, sql: str, params: Sequence[object] | Mapping[str, object] | None = None) -> pd.DataFrame:
        """The result of a query as a pandas DataFrame: for notebooks and scripts."""
        frame: pd.DataFrame = self.database.table(sql, params).to_pandas()
        return frame

    def close(self) -> None:
        """Close the database, and make new folders private."""
        self.database.close()
        with contextlib.suppress(OSError):  # the folder may be gone
            keep_private(self.paths)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.close()
        except Exception:
            if error is None:
                raise  # otherwise the earlier error matters more
