"""Audits a workspace: gathers what the rules read, and holds the rules against it. Nothing is written or decoded."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Literal

import pyarrow as pa
import pyarrow.compute as pc

from app.workflows.importing import SAME_CONTENT
from engine.audit.facts import (
    AnnotationFacts,
    AuditFacts,
    FileFault,
    PreferenceFacts,
    SameContent,
    SampleFacts,
    VideoFacts,
)
from engine.audit.report import AuditAbout, AuditReport, audit
from engine.audit.settings import AuditSettings
from engine.files.place import missing_of
from engine.sources.types import Segment
from engine.video.types import PICTURES_CHANGE_SIZE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from storage import Workspace
    from storage.segments import SegmentRow
    from storage.videos import Video

__all__ = ["AUDITED", "COLUMNS", "AuditIntake", "audit_workspace", "video_keys"]

AUDITED = ("sharpness", "exposure", "motion", "hands", "embedding")
"""The extractors whose numbers the rules read."""
COLUMNS = (
    *("sharpness_laplacian_median", "sharpness_blurred_share"),
    *("exposure_luma_mean", "exposure_under_share", "exposure_over_share"),
    *("motion_idle_share", "motion_frozen_share", "motion_camera_speed_p95", "motion_known_share"),
    *("hands_any_share", "embedding_spread"),
)
NOT_MEASURED = "clips were not measured: `handpicked extract`, or an audit without --no-measure"
NO_SEARCH = "nobody looked for near-duplicates yet: `handpicked clips duplicates`"
NO_REWARD = "there is no reward for these clips: it takes labelled pairs"


@dataclass(frozen=True, kw_only=True)
class AuditIntake:
    """What is known of an audit beyond the store: how what it is about was taken in."""

    path: str
    kind: Literal["folder", "data set", "bundle", "workspace"] = "workspace"
    annotations: tuple[AnnotationFacts, ...] | None = None
    """The annotation files as they were read; None for the rows that the store holds."""
    faults: tuple[FileFault, ...] = ()
    same: tuple[SameContent, ...] = ()
    listed_s: Mapping[str, float] = field(default_factory=dict)
    """Video → its length as the data set's own list states it."""
    sums: tuple[FileFault, ...] | None = None
    summed: int = 0
    layout: tuple[FileFault, ...] | None = None
    clip_ids: tuple[str, ...] | None = None
    """The clips that were drawn as a sample; None for all."""
    sample: SampleFacts | None = None
    skipped: tuple[str, ...] = ()
    """Extractors that a person left out."""
    notes: tuple[str, ...] = ()


def audit_workspace(workspace: Workspace, intake: AuditIntake | None = None) -> AuditReport:
    """Audit what the workspace holds, by the lines of its audit.yaml."""
    intake = intake or AuditIntake(path=str(workspace.root))
    videos = workspace.videos.find(limit=10_000_000)
    facts = gather(workspace, intake, videos)
    totals = workspace.videos.totals()
    ids = facts.clips.column("clip_id")
    lengths = pc.subtract(facts.clips.column("end_s"), facts.clips.column("start_s"))
    about = AuditAbout(
        path=intake.path,
        kind=intake.kind,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        app_version=version("handpicked"),
        videos=len(videos),
        footage_s=totals.video_s,
        clips=len(ids),
        clip_s=pc.sum(lengths).as_py() or 0.0,
        synthetic_clips=pc.sum(pc.equal(facts.clips.column("source"), "sample")).as_py() or 0,
        sample=intake.sample,
        model=facts.preference.model_name,
        labels_by=facts.preference.labels_by or "",
        notes=intake.notes,
    )
    return audit(facts, workspace.settings.load(AuditSettings), about)


def gather(workspace: Workspace, intake: AuditIntake, videos: list[Video]) -> AuditFacts:
    """What the rules read of a workspace."""
    # A member of a tar is read as `shard.tar › 000123.mp4`; its address is for programs.
    here = {str(video.place) for video in videos}
    failed = {item: why for item, why in workspace.audit.import_outcomes("failed").items() if item not in here}
    skipped = {item: why for item, why in workspace.audit.import_outcomes("skipped").items() if item not in here}
    bad_sums = {fault.path for fault in intake.sums or ()}
    faults = [
        FileFault(path, reason.removeprefix(f"{path!r}: ")) for path, reason in failed.items() if path not in bad_sums
    ]
    same = [SameContent(path, why) for path, why in skipped.items() if why.startswith(SAME_CONTENT)]
    folders = folder_names(videos)
    annotations = intake.annotations if intake.annotations is not None else stored_annotations(workspace, videos)
    clips = workspace.audit.clips(COLUMNS, intake.clip_ids)
    return AuditFacts(
        clips=with_folders(clips, folders),
        videos=video_facts(workspace, videos, folders, intake.listed_s),
        files=len(videos) + len(failed) + len(same),
        faults=(*faults, *intake.faults),
        same=(*same, *intake.same),
        annotations=annotations,
        sums=intake.sums,
        summed=intake.summed,
        layout=intake.layout,
        missing=why_missing(workspace, intake.skipped),
        likeness=why_no_likeness(workspace, intake.skipped),
        preference=replace(preference_facts(workspace), is_selection=intake.kind in ("bundle", "data set")),
    )


def video_facts(
    workspace: Workspace, videos: Sequence[Video], folders: Mapping[str, str], listed_s: Mapping[str, float]
) -> tuple[VideoFacts, ...]:
    """Every video, with what was met when it was read."""
    clips, read = workspace.audit.clips_of_videos(), workspace.audit.read_clips()
    sizes = size_changes(workspace)
    gone = missing_of(video.path for video in videos)
    return tuple(
        VideoFacts(
            video_id=video.video_id,
            path=str(video.place),
            source=video.source,
            folder=folders[video.video_id],
            duration_s=video.duration_s,
            is_there=video.path not in gone,
            header_damage=video.header_damage,
            read_damage=video.read_damage,
            size_change=sizes.get(video.video_id, ""),
            variable_rate=video.variable_rate,
            listed_s=listed_s.get(video.video_id),
            clips=clips.get(video.video_id, 0),
            read=read.get(video.video_id, 0),
        )
        for video in videos
    )


def size_changes(workspace: Workspace) -> dict[str, str]:
    """Video → where its pictures change their size, as the jobs that read it warned."""
    found = {}
    for message in workspace.audit.warnings_with(f": {PICTURES_CHANGE_SIZE}: "):
        who, _, what = message.partition(f": {PICTURES_CHANGE_SIZE}: ")
        found[who.rpartition(": ")[2]] = what
    return found


def folder_names(videos: list[Video]) -> dict[str, str]:
    """Video → the folder or the tar that it lies in, below what all have in common."""
    parents = {}
    for video in videos:
        place = video.place
        parents[video.video_id] = str(place.file.parent if place.member is None else place.file)
    places = sorted(set(parents.values()))
    common = ""
    if places and all(os.path.isabs(place) for place in places):  # noqa: PTH117 - texts, not files
        common = os.path.commonpath(places)
    return {video: os.path.relpath(parent, common) if common else parent for video, parent in parents.items()}


def with_folders(clips: pa.Table, folders: Mapping[str, str]) -> pa.Table:
    """The table of clips with the folder of each clip's video."""
    known = pa.array(list(folders), pa.string())
    names = pa.array(list(folders.values()), pa.string())
    place = pc.index_in(clips.column("video_id"), value_set=known)
    return clips.append_column("folder", names.take(place) if len(folders) else pa.nulls(clips.num_rows, pa.string()))


def video_keys(videos: Iterable[Video]) -> dict[str, str]:
    """Folded name of a video, as annotations find it, and its address, as data sets name it → its id."""
    return {key: video.video_id for video in videos for key in (video.name_key, video.path)}


def stored_annotations(workspace: Workspace, videos: Iterable[Video]) -> tuple[AnnotationFacts, ...]:
    """The annotation rows that the store holds, by their files. Rows that say the same are stored once."""
    keys = video_keys(videos)
    files: dict[str, list[SegmentRow]] = {}
    for row in workspace.segments.find():
        files.setdefault(row.file, []).append(row)
    return tuple(
        AnnotationFacts(
            path=file,
            rows=tuple(
                Segment(
                    video_name=row.video_name,
                    start_s=row.start_s,
                    end_s=row.end_s,
                    narration=row.narration or "",
                    verb=row.verb or "",
                    noun=row.noun or "",
                    participant=row.participant or "",
                    row=row.row_number,
                )
                for row in rows
            ),
            keys={row.video_name: keys[row.name_key] for row in rows if row.name_key in keys},
        )
        for file, rows in files.items()
    )


def why_missing(workspace: Workspace, skipped: Iterable[str]) -> dict[str, str]:
    """Extractor → why clips lack its numbers."""
    measured = workspace.features.measured()
    reasons: dict[str, Counter[str]] = {}
    for failure in workspace.features.failures():
        reasons.setdefault(failure.extractor, Counter())[failure.error] += 1
    found = {}
    for name in AUDITED:
        if name in skipped:
            found[name] = f"“{name}” was left out with --skip"
        elif name in reasons:
            (reason, _), *_ = reasons[name].most_common(1)
            found[name] = f"“{name}” could not measure them: {reason}"
        elif not measured.get(name):
            found[name] = NOT_MEASURED
        else:
            found[name] = f"“{name}” has no number of them, or they were not measured yet: `handpicked extract`"
    return found


def why_no_likeness(workspace: Workspace, skipped: Iterable[str]) -> str:
    """Why near-duplicates are not known; empty where they were looked for."""
    if workspace.likeness.group_search() is not None or workspace.likeness.model_of_groups() is not None:
        return ""
    if "embedding" in skipped:
        return "“embedding” was left out with --skip"
    return NO_SEARCH if workspace.features.embedding_model() else why_missing(workspace, skipped)["embedding"]


def preference_facts(workspace: Workspace) -> PreferenceFacts:
    """What is known of the current reward."""
    model = workspace.rewards.current()
    if model is None:
        return PreferenceFacts(why_unknown=NO_REWARD)
    run = next((run for run in workspace.validation.find() if run.model_id == model.model_id), None)
    ensemble = next(
        (judge for judge in (model.report.judges if model.report else ()) if judge.kind == "ensemble"), None
    )
    return PreferenceFacts(
        model_name=model.name,
        labels_by=model.labels_by,
        labels=model.report.labels if model.report else 0,
        accuracy=ensemble.accuracy if ensemble else None,
        validation=run.report.verdict.standing if run else None,
        validation_words=run.report.verdict.sentence if run else "",
    )
