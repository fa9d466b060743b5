"""Takes bundles, and data sets whose layout a source knows, into the workspace of an audit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from app.workflows.audit_measuring import draw, measure
from app.workflows.auditing import AuditIntake, video_keys
from app.workflows.data_sets import list_source, prepare_listed
from app.workflows.sharing.receive import prepare_bundle
from engine.audit.bundle_files import check_sums
from engine.audit.facts import AnnotationFacts, FileFault
from engine.export.bundle import read_bundle
from engine.settings.data import DataSettings
from engine.sources.folder import printable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from app.workflows.audit_measuring import AuditOptions, Run
    from engine.sources.types import Segment
    from storage import Workspace

__all__ = ["AuditTarget", "take_bundle", "take_data_set"]


@dataclass(frozen=True, kw_only=True)
class AuditTarget:
    """What is to be audited."""

    kind: Literal["folder", "data set", "bundle", "workspace"]
    paths: tuple[Path, ...]
    annotations: tuple[Path, ...] = ()
    """Annotation files that a person named."""
    found: tuple[Path, ...] = ()
    """Files below the folders that may be annotations."""
    source: str | None = None
    """The source whose layout the paths certainly have, such as `lerobot`."""

    @property
    def name(self) -> str:
        """What a report calls it."""
        return ", ".join(map(printable, (*self.paths, *self.annotations)))


def take_bundle(
    workspace: Workspace, target: AuditTarget, options: AuditOptions, run: Run, *, measured: bool
) -> AuditIntake:
    (path,) = target.paths
    request = prepare_bundle(workspace, path)
    if request.spec.items:
        run("Take in the bundle", request.spec)
    clip_ids, sample = draw(workspace, options)
    if measured:
        measure(workspace, options, run, clip_ids)
    bundle = read_bundle(request.folder)
    problems = tuple(FileFault(str(path), problem) for problem in dict.fromkeys((*bundle.problems, *request.problems)))
    return AuditIntake(
        path=target.name,
        kind="bundle",
        annotations=(),
        layout=problems,
        sums=tuple(check_sums(bundle)),
        summed=len(bundle.manifest.clips) + len(bundle.manifest.files),
        clip_ids=clip_ids,
        sample=sample,
        skipped=options.skip,
    )


def take_data_set(
    workspace: Workspace, target: AuditTarget, source: str, options: AuditOptions, run: Run, *, measured: bool
) -> AuditIntake:
    """Take in a data set whose layout a source knows: its windows are the rows, its scores a reward."""
    listed = list_source(workspace, source, target.paths)
    listing = listed.listing
    clipping = workspace.settings.load(DataSettings).clipping
    request = prepare_listed(workspace, listed, clips=listed.method, clipping=clipping, pictures=False)
    if request.files:
        run("Look at the videos", request.spec)
    if workspace.rewards.current() is None and (models := workspace.rewards.find()):
        workspace.rewards.make_current(models[0].model_id)
    clip_ids, sample = draw(workspace, options)
    if measured:
        measure(workspace, options, run, clip_ids)
    checked, notes = _checked_layout(target) if source == "lerobot" else ((), ())
    broken = tuple(FileFault(problem.path or target.name, problem.reason) for problem in listing.problems)
    return AuditIntake(
        path=target.name,
        kind="data set",
        annotations=_window_facts(workspace, listing.segments),
        layout=(*broken, *checked),
        clip_ids=clip_ids,
        sample=sample,
        skipped=options.skip,
        notes=(f"Read as a data set of the source {source}.", *listing.notes, *notes),
    )


def _checked_layout(target: AuditTarget) -> tuple[tuple[FileFault, ...], tuple[str, ...]]:
    """What LeRobot's own rules find in data sets that Handpicked wrote, and which others they were not held against."""
    from engine.export.formats.lerobot.check import check_tree  # loads PyAV
    from engine.export.formats.lerobot.layout import HANDPICKED_FILE

    faults: list[FileFault] = []
    foreign: list[str] = []
    for path in target.paths:
        if (path / HANDPICKED_FILE).is_file():
            problems = check_tree(path)
            faults += [
                FileFault(str(path / problem.path) if problem.path else str(path), problem.reason)
                for problem in problems
            ]
        else:
            foreign.append(printable(path))
    said = f"Not held against every rule of the format, for Handpicked did not write it: {', '.join(foreign)}."
    return tuple(faults), (said,) if foreign else ()


def _window_facts(workspace: Workspace, segments: Iterable[Segment]) -> tuple[AnnotationFacts, ...]:
    """The windows that a data set names, by its folder or tar."""
    ids = video_keys(workspace.videos.find(limit=10_000_000))
    files: dict[str, list[Segment]] = {}
    for segment in segments:
        files.setdefault(segment.file, []).append(segment)
    return tuple(
        AnnotationFacts(
            path=file,
            rows=tuple(rows),
            keys={row.video_name: ids[row.video_name] for row in rows if row.video_name in ids},
        )
        for file, rows in files.items()
    )
