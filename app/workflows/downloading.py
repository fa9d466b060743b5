"""Downloads videos of a data set into the workspace and imports them, once their licence was shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.workflows.importing import prepare_import
from app.workflows.jobs.kinds import FollowUp, JobKind
from engine.contracts.sources import DownloadPayload, DownloadSettings
from engine.download import epic
from engine.download.checksums import read_checksums
from engine.download.ego4d import find_command
from engine.download.licences import licence_of
from engine.download.videos import from_annotations
from engine.errors import DownloadError
from engine.files.replace_whole import write_whole
from engine.runtime.spec import Item, JobSpec

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from engine.clipping import ClippingSettings
    from engine.download.licences import Licence
    from engine.runtime.shards import ShardFolder
    from storage import Workspace
    from storage.jobs import Outcome

__all__ = ["AT_ONCE", "DOWNLOAD_KIND", "download_spec", "ids_from", "unseen_licence"]

AT_ONCE = 4
"""Files fetched at the same time: more are no faster from one server."""


def unseen_licence(workspace: Workspace, source: str) -> Licence | None:
    """The licence terms of `source` the first time they are requested in this workspace; then None."""
    licence = licence_of(source)
    note = workspace.paths.licence_note(source)
    if licence is None or note.exists():
        return None
    note.parent.mkdir(parents=True, exist_ok=True)
    write_whole(note, f"{licence.title}: {licence.name}\n{licence.url}\n\n{licence.summary}\n")
    return licence


def ids_from(annotation_file: Path, source: str) -> tuple[str, ...]:
    """The ids of the videos that an annotation file names. Raises `SourceError` where it can't be read."""
    return from_annotations(annotation_file, source)  # type: ignore[arg-type]


def download_spec(
    workspace: Workspace,
    source: str,
    video_ids: Iterable[str],
    *,
    clipping: ClippingSettings,
    base_url: str | None = None,
    checksum_file: Path | None = None,
) -> JobSpec:
    """The job that fetches `video_ids` into the workspace and imports them.

    Raises `DownloadError` for an id that no video has, or where the `ego4d` command is missing.
    """
    ids = tuple(dict.fromkeys(video_ids))
    if not ids:
        raise DownloadError(
            "there is nothing to download", remedy="Name videos, or an annotation file that speaks of some."
        )
    if source == "ego4d":
        find_command()
        items = [Item("ego4d", DownloadPayload(uids=ids))]
    else:
        checksums = read_checksums(checksum_file) if checksum_file else None
        made = epic.transfers(ids, base_url=base_url or epic.BASE_URL, checksums=checksums)
        items = [Item(transfer.name, DownloadPayload(transfer=transfer)) for transfer in made]
    folder = workspace.paths.download_folder(source)
    settings = DownloadSettings(folder=str(folder), source=source, clipping=clipping)
    return JobSpec("download", tuple(items), settings)


def apply(_workspace: Workspace, _settings: DownloadSettings, _shard: ShardFolder, _prepared: None) -> list[Outcome]:
    """Nothing to store: the worker put the files in place, and the import that follows finds them."""
    return []


def after(workspace: Workspace, settings: DownloadSettings) -> list[FollowUp]:
    """Import the downloaded videos."""
    request = prepare_import(
        [settings.folder],
        source=settings.source,
        clips="annotations",
        clipping=settings.clipping,
        follow_links=False,
    )
    return [FollowUp("Import downloads", request.spec)] if request.files else []


DOWNLOAD_KIND = JobKind(
    kind="download",
    settings=DownloadSettings,
    payload=DownloadPayload,
    apply=apply,
    after=after,
    workers=AT_ONCE,
)
