"""Takes what is to be audited into a workspace of its own: finds annotation files, imports, draws a sample, measures.

Everything runs as the jobs that an import and an extraction are; `run` starts one and waits for its end.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from app.workflows.audit_measuring import draw, measure
from app.workflows.audit_sets import AuditTarget, take_bundle, take_data_set
from app.workflows.auditing import AuditIntake, video_keys
from app.workflows.data_sets import recognised_source
from app.workflows.importing import add_annotations, prepare_import
from engine.audit.facts import AnnotationFacts, FileFault, SameContent
from engine.errors import EngineError, SourceError
from engine.export.bundle import is_bundle
from engine.settings.data import DataSettings
from engine.sources.dataset_index import read_dataset_index
from engine.sources.folder import SAME_FILE, printable
from engine.sources.names import match_key
from engine.sources.read import read_annotations

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.workflows.audit_measuring import AuditOptions, Run
    from engine.files.problems import Problem
    from engine.sources.types import Annotations
    from storage import Workspace

__all__ = ["take_in", "target_of"]

ANNOTATION_SUFFIXES = (".csv", ".tsv", ".json")
DATABASE = "handpicked.duckdb"
MOST_LOOKED_AT = 200
"""The most files below a folder that are tried as annotations."""
MOST_LEVELS = 3
MOST_IGNORED_NAMED = 5


def target_of(paths: Sequence[Path]) -> AuditTarget:
    """What these paths are: a workspace, a bundle, or files, folders and annotations.

    Raises `EngineError` for a path that leads nowhere, and for a workspace or a bundle beside something else.
    """
    for path in paths:
        if not path.exists():
            raise EngineError(f"{printable(path)} is not there.", remedy="Type the path again.")
        alone: Literal["workspace", "bundle"] | None = None
        if path.is_dir() and (path / DATABASE).exists():
            alone = "workspace"
        elif is_bundle(path):
            alone = "bundle"
        if alone is not None:
            if len(paths) > 1:
                raise EngineError(f"{printable(path)} is a {alone}.", remedy="Audit it by itself.")
            return AuditTarget(kind=alone, paths=tuple(paths))
    named = tuple(path for path in paths if path.is_file() and path.suffix.lower() in ANNOTATION_SUFFIXES)
    rest = tuple(path for path in paths if path not in named)
    source = recognised_source(rest) if rest and not named else None
    if source is not None:
        return AuditTarget(kind="data set", paths=rest, source=source)
    found = tuple(file for path in rest if path.is_dir() for file in may_be_annotations(path))
    return AuditTarget(kind="folder", paths=rest, annotations=named, found=found[:MOST_LOOKED_AT])


def may_be_annotations(folder: Path) -> list[Path]:
    """Files near the top of a folder that end like annotation files, in order."""
    found: list[Path] = []
    for place, folders, files in os.walk(folder):
        depth = len(Path(place).relative_to(folder).parts)
        folders[:] = sorted(name for name in folders if not name.startswith(".")) if depth < MOST_LEVELS - 1 else []
        found += [
            Path(place, name)
            for name in sorted(files)
            if name.lower().endswith(ANNOTATION_SUFFIXES) and not name.startswith(".")
        ]
        if len(found) >= MOST_LOOKED_AT:
            break
    return [path for path in found if path.is_file()]


def take_in(
    workspace: Workspace, target: AuditTarget, options: AuditOptions, run: Run, *, measured: bool = True
) -> AuditIntake:
    """Import what is to be audited into an empty workspace, and measure it unless `measured` is false."""
    if target.kind == "bundle":
        return take_bundle(workspace, target, options, run, measured=measured)
    if target.source is not None:
        return take_data_set(workspace, target, target.source, options, run, measured=measured)
    data = workspace.settings.load(DataSettings)
    read, unreadable, ignored = _read_all(target)
    for file in read:
        add_annotations(workspace, file.path, source=None, clipping=data.clipping)
    request = prepare_import(
        [str(path) for path in target.paths],
        source=_source_of(read),
        clips="annotations" if read else "stride",
        clipping=data.clipping,
        pictures=False,
        follow_links=data.imports.follow_links,
    )
    if request.files:
        run("Look at the videos", request.spec)
    clip_ids, sample = draw(workspace, options)
    if measured:
        measure(workspace, options, run, clip_ids)
    faults, same = _listing_problems(request.problems)
    notes = [] if read else [f"Clips are windows of {data.clipping.length_s:g} s: no annotation file was found."]
    if ignored:
        names = ", ".join(path.name for path in ignored[:MOST_IGNORED_NAMED])
        more = f" and {len(ignored) - MOST_IGNORED_NAMED:,} more" if len(ignored) > MOST_IGNORED_NAMED else ""
        notes.append(f"Not read, for they are no annotation files: {names}{more}.")
    return AuditIntake(
        path=target.name,
        kind="data set" if read or unreadable else "folder",
        annotations=(*_annotation_facts(workspace, read), *unreadable),
        faults=faults,
        same=same,
        listed_s=_listed_lengths(workspace, read),
        clip_ids=clip_ids,
        sample=sample,
        skipped=options.skip,
        notes=tuple(notes),
    )


def _read_all(target: AuditTarget) -> tuple[list[Annotations], list[AnnotationFacts], list[Path]]:
    """The annotation files that can be read, those that were named and can't be, and files of another kind."""
    read: list[Annotations] = []
    unreadable: list[AnnotationFacts] = []
    ignored: list[Path] = []
    for path in (*target.annotations, *target.found):
        try:
            annotations = read_annotations(path)
        except SourceError as error:
            if path in target.annotations:
                unreadable.append(AnnotationFacts(path=str(path), unreadable=error.message))
            else:
                ignored.append(path)
        else:
            read.append(annotations)
    return read, unreadable, ignored


def _source_of(read: Iterable[Annotations]) -> str:
    """The data set that the annotation files are of, where they agree; else a folder."""
    sources = {annotations.source for annotations in read} - {"csv"}
    return sources.pop() if len(sources) == 1 else "folder"


def _annotation_facts(workspace: Workspace, read: Iterable[Annotations]) -> list[AnnotationFacts]:
    keys = video_keys(workspace.videos.find())
    return [
        AnnotationFacts(
            path=annotations.path,
            format=annotations.format,
            rows=annotations.segments,
            problems=annotations.problems,
            keys={name: keys[key] for name in annotations.video_names if (key := match_key(name)) in keys},
        )
        for annotations in read
    ]


def _listed_lengths(workspace: Workspace, read: Iterable[Annotations]) -> dict[str, float]:
    """Video → its length by the lists that lie beside the annotation files."""
    keys = video_keys(workspace.videos.find())
    found = {}
    for file in read:
        for name, listed in read_dataset_index(file.path, file.source).videos.items():
            video_id = keys.get(match_key(name))
            if video_id is not None and listed.duration_s:
                found[video_id] = listed.duration_s
    return found


def _listing_problems(problems: Iterable[Problem]) -> tuple[tuple[FileFault, ...], tuple[SameContent, ...]]:
    """Paths that could not be listed, and files that were reached twice."""
    faults, same = [], []
    for problem in problems:
        if problem.reason.startswith(SAME_FILE):
            same.append(SameContent(problem.path, problem.reason))
        else:
            faults.append(FileFault(problem.path, problem.reason))
    return tuple(faults), tuple(same)
