"""Publishes exported data sets on the Hugging Face Hub, as a job that can be cancelled and resumed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from app.workflows.export_inputs import kept_table
from app.workflows.jobs.kinds import JobKind, Note
from engine.contracts.hub import HubSettings, PublishedSetRow
from engine.errors import ExportError
from engine.runtime.spec import Item, ItemPayload, JobSpec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.runtime.shards import ShardFolder
    from storage import Workspace
    from storage.exports import ExportResults
    from storage.jobs import Outcome

__all__ = ["HUB_KIND", "can_be_published", "check_format", "check_repo", "publish_spec"]

_TAGS: dict[str, str | None] = {"lerobot": "v3.0", "webdataset": None, "hf": None}
"""Formats that the Hub's readers know → the tag that they look for."""
_REPO = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)


def check_format(name: str | None) -> None:
    """Raise `ExportError` for an export that is no data set for the Hub."""
    if name not in _TAGS:
        what = "a list or a bundle" if name is None else f"of the format {name!r}"
        raise ExportError(
            f"this export is {what}: it is not for the Hugging Face Hub", remedy=f"Export it as {' or '.join(_TAGS)}."
        )


def can_be_published(results: ExportResults) -> bool:
    """Whether an export is a data set for the Hub that is whole and still there."""
    return results.format in _TAGS and results.made is not None and Path(str(results.folder)).is_dir()


def check_repo(repo: str) -> None:
    """Raise `ExportError` for what is no `ORG/NAME`."""
    if not _REPO.fullmatch(repo) or ".." in repo or "--" in repo:
        raise ExportError(f"{repo[:120]!r} is no name of a repository", remedy="Give it as ORG/NAME.")


def publish_spec(workspace: Workspace, export_id: str, repo: str, *, public: bool = False) -> JobSpec:
    """The job that uploads the data set of an export; the repository is private unless `public`.

    Raises `ExportError` where there is no such data set, or where its clips must not be passed on like that.
    """
    results = workspace.exports.get(export_id).results
    check_format(results.format)
    check_repo(repo)
    if not can_be_published(results):
        raise ExportError(
            f"the data set of export {export_id} is not in {results.folder}",
            remedy="Repeat the export, then publish it.",
        )
    later = workspace.exports.into_folder_since(export_id)
    if later:
        raise ExportError(
            f"{results.folder} holds export {later[-1]} by now, which came after {export_id}",
            remedy=f"Publish {later[-1]}, or repeat {export_id} into another folder and publish that.",
        )
    if public and "ego4d" in kept_table(workspace, export_id).column("source").unique().to_pylist():
        raise ExportError(
            "clips of Ego4D must not be public: its licence forbids passing the videos on",
            remedy="Leave them out (--where \"source <> 'ego4d'\"), or keep the repository private.",
        )
    settings = HubSettings(
        export_id=export_id, folder=str(results.folder), repo=repo, public=public, tag=_TAGS[str(results.format)]
    )
    return JobSpec("push_to_hub", (Item(repo, ItemPayload()),), settings)


def apply(workspace: Workspace, settings: HubSettings, shard: ShardFolder, _prepared: None) -> list[Outcome]:
    """Record where the data set was published."""
    for row in shard.read(PublishedSetRow):
        workspace.exports.change_results(settings.export_id, pushed_to=row.url)
    return []


def after(workspace: Workspace, settings: HubSettings) -> Iterable[Note]:
    """Say where it lies."""
    url = workspace.exports.get(settings.export_id).results.pushed_to
    return [Note(f"Published: {url}")] if url else []


HUB_KIND = JobKind(
    kind="push_to_hub",
    settings=HubSettings,
    apply=apply,
    after=after,
    workers=1,
    cancelled="Cancelled. What was uploaded stays on the Hub; Resume sends the rest.",
)
