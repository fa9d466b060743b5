"""Counts success by rollouts in a job: clips of a sample workspace are chosen by what a validation measured."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from app.workflows.jobs.kinds import JobKind
from app.workflows.jobs.prepared import Prepared
from app.workflows.reward_data import clip_table, pair_table
from app.workflows.validation_inputs import composite_scores
from engine.contracts.rollouts import RolloutInputs, RolloutsSettings, SuccessResultRow
from engine.runtime.machine import usable_cores
from engine.runtime.spec import Item, ItemPayload, JobSpec
from engine.validation.inputs import ValidationInputs, write_inputs
from engine.validation.settings import ValidationSettings
from engine.validation.success_report import SuccessReport
from storage.errors import StorageError
from storage.media import NewMedia
from storage.validation import SuccessRun

if TYPE_CHECKING:
    from pathlib import Path

    from engine.contracts.validation import Effort
    from engine.runtime.shards import ShardFolder
    from engine.tables.types import ClipTable
    from storage import Workspace
    from storage.jobs import Outcome
    from storage.validation import ClipGain, ValidationRun

__all__ = ["ROLLOUTS", "ROLLOUTS_KIND", "can_count_success", "rollouts_spec"]

ROLLOUTS = "rollouts"


class PreparedRollouts(Prepared):
    """What a count of success says of its inputs."""

    fingerprint: str


def can_count_success(workspace: Workspace, run: ValidationRun) -> bool:
    """Whether success can be counted: only sample videos have a world in which a policy can be tried."""
    return workspace.sample.among(clip.clip_id for clip in workspace.validation.gains(run.run_id)) > 0


def rollouts_spec(
    workspace: Workspace,
    validation_run_id: str,
    *,
    seed: int | None = None,
    effort: Effort | None = None,
    settings: ValidationSettings | None = None,
) -> JobSpec:
    """The job that counts success with clips chosen by the gains and rewards of a validation.

    `seed` is the validation's where None, `settings` the workspace's. The same seed as the validation's splits the
    videos as that did.

    Raises `StorageError` where there is no such validation, or no sample clip in it.
    """
    run = workspace.validation.get(validation_run_id)
    if run is None:
        raise StorageError(f"there is no validation {validation_run_id!r}", remedy="Run `handpicked validate` first.")
    if not can_count_success(workspace, run):
        raise StorageError(
            "success can be counted in sample workspaces only: recorded video has no world to try a policy in",
            remedy="Make a sample workspace with `handpicked sample`, and validate there.",
        )
    settings = settings or workspace.settings.load(ValidationSettings)
    given = RolloutsSettings(
        run_id=f"success-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}",
        validation_run_id=validation_run_id,
        validation=settings,
        effort=effort or settings.effort,
        seed=run.seed if seed is None else seed,
        workers=usable_cores(),
    )
    return JobSpec(ROLLOUTS, (Item(given.run_id, ItemPayload()),), given)


def prepare(workspace: Workspace, settings: RolloutsSettings, folder: Path) -> PreparedRollouts:
    """Write down the sample clips, and what those that the validation measured can be chosen by."""
    gains = workspace.validation.gains(settings.validation_run_id)
    run = workspace.validation.get(settings.validation_run_id)
    sample = {truth.clip_id: truth.quality for truth in workspace.sample.clip_quality()}
    measured = {clip.clip_id: clip for clip in gains if clip.clip_id in sample}
    clips = clip_table(workspace, among=sample)
    best, feature = _best_feature(clips, run)
    cache = workspace.paths.cache / "validation"
    cache.mkdir(parents=True, exist_ok=True)
    fingerprint = write_inputs(_inputs(workspace, clips, measured), folder)
    RolloutInputs(
        cache=str(cache),
        best_feature=best,
        reward={name: clip.reward for name, clip in measured.items() if clip.reward is not None},
        feature=feature,
        quality=sample,
    ).write(folder)
    return PreparedRollouts(fingerprint=fingerprint)


def _inputs(workspace: Workspace, clips: ClipTable, measured: dict[str, ClipGain]) -> ValidationInputs:
    footage = {clip.clip_id: clip for clip in workspace.validation.footage()}
    return ValidationInputs(
        clips=clips,
        pairs=pair_table(clips, []),
        paths=tuple(footage[name].path for name in clips.clip_ids),
        windows=tuple((footage[name].start_s, footage[name].end_s) for name in clips.clip_ids),
        composite=composite_scores(workspace, clips),
        stored=np.full(len(clips), np.nan),
        gains=np.array([measured[name].gain if name in measured else np.nan for name in clips.clip_ids], np.float64),
        quality=np.full(len(clips), np.nan),
        useful=np.full(len(clips), np.nan),
        measuring=np.ones(len(clips), bool),
        tracks=workspace.validation.hand_tracks(),
    )


def _best_feature(clips: ClipTable, run: ValidationRun | None) -> tuple[str | None, dict[str, float]]:
    """The single feature that went best with gain, by name, and its values turned so that more is better."""
    for control in run.report.controls if run is not None else ():
        if control.kind == "feature" and control.name in clips.columns:
            column = control.sign * clips.values[:, clips.columns.index(control.name)]
            known = np.isfinite(column)
            return control.name, dict(
                zip(np.array(clips.clip_ids)[known].tolist(), column[known].tolist(), strict=True)
            )
    return None, {}


def apply(
    workspace: Workspace, settings: RolloutsSettings, shard: ShardFolder, prepared: PreparedRollouts
) -> list[Outcome]:
    """Store the report, and move its videos into the media folder."""
    for row in shard.read(SuccessResultRow):
        report = SuccessReport.from_json(json.loads(row.results))
        workspace.media.take(
            [
                NewMedia(settings.run_id, f"rollout {number}", video.file, "{}")
                for number, video in enumerate(report.videos, start=1)
            ],
            shard.files(),
        )
        workspace.validation.add_success(
            SuccessRun(
                run_id=settings.run_id,
                validation_run_id=settings.validation_run_id,
                created_at=datetime.now(UTC),
                seed=settings.seed,
                fingerprint=prepared.fingerprint,
                settings=settings.model_dump(mode="json", include={"effort", "validation"}),
                report=report,
            )
        )
    return []


ROLLOUTS_KIND = JobKind(
    kind=ROLLOUTS,
    settings=RolloutsSettings,
    apply=apply,
    prepare=prepare,
    prepared=PreparedRollouts,
    workers=1,
    cancelled="Cancelled: finished policies are kept in the cache, and Resume goes on from those.",
)
