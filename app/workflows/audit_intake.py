"""Takes what is to be audited into a workspace of its own: finds annotation files, imports, draws a sample, measures.

Everything runs as the jobs that an import and an extraction are; `run` starts one and waits for its end.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from app.workflows.auditing import AUDITED, AuditIntake, video_keys
from app.workflows.extracting import extract_spec
from app.workflows.importing import add_annotations, prepare_import
from app.workflows.likeness import near_duplicates_job
from app.workflows.sharing.receive import prepare_bundle
from engine.audit.bundle_files import check_sums
from engine.audit.facts import AnnotationFacts, FileFault, SameContent, SampleFacts
from engine.audit.sampling import sample_of
from engine.audit.settings import AuditSettings
from engine.errors import EngineError, SourceError
from engine.export.bundle import is_bundle, read_bundle
from engine.settings.data import DataSettings
from engine.sources.dataset_index import read_dataset_index
from engine.sources.folder import SAME_FILE, printable
from engine.sources.names import match_key
from engine.sources.read import read_annotations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from engine.files.problems import Problem
    from engine.runtime.spec import JobSpec
    from engine.sources.types import Annotations
    from storage import Workspace

    Run = Callable[[str, JobSpec], None]

__all__ = ["AuditOptions", "AuditTarget", "measure", "take_in", "target_of"]

ANNOTATION_SUFFIXES = (".csv", ".tsv", ".json")
DATABASE = "handpicked.duckdb"
MOST_LOOKED_AT = 200
"""The most files below a folder that are tried as annotations."""
MOST_LEVELS = 3
MOST_IGNORED_NAMED = 5


@dataclass(frozen=True, kw_only=True)
class AuditOptions:
    """How much is measured."""

    skip: tuple[str, ...] = ()
    """Extractors that are left out."""
    sample: int | None = None
    seed: int = 0

    @property
    def extractors(self) -> tuple[str, ...]:
        """The extractors that measure."""
        return tuple(name for name in AUDITED if name not in self.skip)


@dataclass(frozen=True, kw_only=True)
class AuditTarget:
    """What is to be audited."""

    kind: Literal["folder", "data set", "bundle", "workspace"]
    paths: tuple[Path, ...]
    annotations: tuple[Path, ...] = ()
    """Annotation files that a person named."""
    found: tuple[Path, ...] = ()
    """Files below the folders that may be annotations."""

    @property
    def name(self) -> str:
        """What a report calls it."""
        return ", ".join(map(printable, (*self.paths, *self.annotations)))


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
        return _take_bundle(workspace, target, options, run, measured=measured)
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
    clip_ids, sample = _draw(workspace, options)
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


def measure(workspace: Workspace, options: AuditOptions, run: Run, clip_ids: tuple[str, ...] | None = None) -> None:
    """Measure what the rules read, of these clips or of all, and look for near-duplicates."""
    spec = extract_spec(workspace, only=options.extractors, clip_ids=clip_ids)
    if spec.items:
        run("Measure the clips", spec)
    if "embedding" in options.extractors and workspace.features.embedding_model() is not None:
        settings = workspace.settings.load(AuditSettings)
        job = near_duplicates_job(workspace, min_similarity=settings.duplicates.similarity)
        run("Look for near-duplicates", job.spec)


def _take_bundle(
    workspace: Workspace, target: AuditTarget, options: AuditOptions, run: Run, *, measured: bool
) -> AuditIntake:
    (path,) = target.paths
    request = prepare_bundle(workspace, path)
    if request.spec.items:
        run("Take in the bundle", request.spec)
    clip_ids, sample = _draw(workspace, options)
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


def _draw(workspace: Workspace, options: AuditOptions) -> tuple[tuple[str, ...] | None, SampleFacts | None]:
    """The clips to measure where a sample was asked for and there are more."""
    if options.sample is None:
        return None, None
    everything = workspace.clips.ids()
    if len(everything) <= options.sample:
        return None, None
    drawn = tuple(sample_of(everything, options.sample, options.seed))
    return drawn, SampleFacts(len(drawn), len(everything), options.seed)


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
