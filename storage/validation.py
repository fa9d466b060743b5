"""Stores validation runs, the gains of clips that they measured, ablations, and counts of success."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from engine.errors import FormatError
from engine.files.stored_json import StoredJson
from engine.validation.ablation_report import AblationReport
from engine.validation.success_report import SuccessReport
from engine.validation.validation_report import ValidationReport
from storage.errors import StorageError

if TYPE_CHECKING:
    import pyarrow as pa

    from storage.database import Database

__all__ = ["AblationRun", "ClipFootage", "ClipGain", "SuccessRun", "ValidationRun", "ValidationStore"]

R = TypeVar("R", bound=StoredJson)


@dataclass(frozen=True, kw_only=True)
class ValidationRun:
    """One validation run with its settings and results."""

    run_id: str
    model_id: str | None
    created_at: datetime
    seed: int
    fingerprint: str
    settings: dict[str, Any]
    report: ValidationReport

    @property
    def effort(self) -> str:
        """`quick` or `thorough`."""
        return str(self.settings["effort"])

    @property
    def base_share(self) -> float:
        """The size of the base that was fixed in advance, as a share of the candidates."""
        return float(self.settings["validation"]["pools"]["base_share"])


@dataclass(frozen=True, kw_only=True)
class AblationRun:
    """One ablation, evaluated with the gains of a validation run."""

    run_id: str
    model_id: str | None
    validation_run_id: str
    created_at: datetime
    seed: int
    fingerprint: str
    settings: dict[str, Any]
    report: AblationReport

    @property
    def effort(self) -> str:
        """`quick` or `thorough`."""
        return str(self.settings["effort"])


@dataclass(frozen=True, kw_only=True)
class SuccessRun:
    """One count of success by rollouts, with clips chosen by what a validation run measured."""

    run_id: str
    validation_run_id: str
    created_at: datetime
    seed: int
    fingerprint: str
    settings: dict[str, Any]
    report: SuccessReport


@dataclass(frozen=True, kw_only=True)
class ClipGain:
    """A clip with the gain that a run measured, and the reward that the run held against it."""

    clip_id: str
    video_id: str
    start_s: float
    end_s: float
    thumbnail: str | None
    """The file of its picture, where there is one."""
    gain: float
    gain_std: float | None
    reward: float | None


@dataclass(frozen=True, kw_only=True)
class ClipFootage:
    """Where a clip's pictures are found."""

    clip_id: str
    video_id: str
    path: str
    start_s: float
    end_s: float


class ValidationStore:
    """Reads and writes the tables of validation and ablation runs. Rows are only added."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, run: ValidationRun, gains: pa.Table) -> None:
        """Store a run and its gains (`clip_id`, `gain`, `gain_std`, `reward`). A stored run stays unchanged."""

        def work() -> None:
            if self.get(run.run_id) is not None:
                return
            self._database.write(
                "INSERT INTO validation_run (run_id, model_id, created_at, seed, fingerprint, settings, results) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    *(run.run_id, run.model_id, run.created_at, run.seed, run.fingerprint),
                    *(json.dumps(run.settings), json.dumps(run.report.to_json())),
                ],
            )
            self._database.write_arrow(
                "INSERT INTO clip_gain SELECT $run_id, clip_id, gain, "
                "CASE WHEN isfinite(gain_std) THEN gain_std END, CASE WHEN isfinite(reward) THEN reward END "
                "FROM incoming WHERE isfinite(gain)".replace("$run_id", f"'{_checked(run.run_id)}'"),
                gains,
            )

        self._database.transact(work)

    def add_ablation(self, run: AblationRun) -> None:
        """Store an ablation. A stored one stays unchanged."""
        self._database.write(
            "INSERT OR IGNORE INTO ablation_run (run_id, model_id, validation_run_id, created_at, seed, fingerprint, "
            "settings, results) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                *(run.run_id, run.model_id, run.validation_run_id, run.created_at, run.seed, run.fingerprint),
                *(json.dumps(run.settings), json.dumps(run.report.to_json())),
            ],
        )

    def add_success(self, run: SuccessRun) -> None:
        """Store a count of success. A stored one stays unchanged."""
        self._database.write(
            "INSERT OR IGNORE INTO success_run (run_id, validation_run_id, created_at, seed, fingerprint, settings, "
            "results) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                *(run.run_id, run.validation_run_id, run.created_at, run.seed, run.fingerprint),
                *(json.dumps(run.settings), json.dumps(run.report.to_json())),
            ],
        )

    def success(self, validation_run_id: str) -> SuccessRun | None:
        """The newest count of success of a validation run."""
        row = self._database.row(
            "SELECT * FROM success_run WHERE validation_run_id = ? ORDER BY entry DESC LIMIT 1", [validation_run_id]
        )
        return SuccessRun(**_kept(row), report=_report(SuccessReport, row)) if row else None

    def find(self) -> list[ValidationRun]:
        """All validation runs, the newest first."""
        rows = self._database.rows("SELECT * FROM validation_run ORDER BY entry DESC")
        return [_validation(row) for row in rows]

    def get(self, run_id: str) -> ValidationRun | None:
        """A validation run."""
        row = self._database.row("SELECT * FROM validation_run WHERE run_id = ?", [run_id])
        return _validation(row) if row else None

    def latest(self) -> ValidationRun | None:
        """The newest validation run."""
        row = self._database.row("SELECT * FROM validation_run ORDER BY entry DESC LIMIT 1")
        return _validation(row) if row else None

    def ablations(self) -> list[AblationRun]:
        """All ablations, the newest first."""
        rows = self._database.rows("SELECT * FROM ablation_run ORDER BY entry DESC")
        return [_ablation(row) for row in rows]

    def gains(self, run_id: str) -> list[ClipGain]:
        """The gains that a run measured, by clip."""
        rows = self._database.rows(
            "SELECT g.clip_id, c.video_id, c.start_s, c.end_s, m.file AS thumbnail, g.gain, g.gain_std, g.reward "
            "FROM clip_gain g JOIN clip c USING (clip_id) "
            "LEFT JOIN media m ON m.subject_id = c.clip_id AND m.kind = 'thumbnail' "
            "WHERE g.run_id = ? ORDER BY g.clip_id",
            [run_id],
        )
        return [ClipGain(**row) for row in rows]

    def use_gains(self, run_id: str) -> int:
        """Use a run's gains to train the robot head; returns how many. Doing so twice changes nothing."""
        self._database.write(
            "INSERT OR REPLACE INTO measured_gain (clip_id, gain, gain_std, source, created_at) "
            "SELECT clip_id, gain, gain_std, run_id, ? FROM clip_gain JOIN clip USING (clip_id) WHERE run_id = ?",
            [datetime.now(UTC), run_id],
        )
        return int(self._database.scalar("SELECT count(*) FROM measured_gain WHERE source = ?", [run_id]))

    def gains_used(self, run_id: str) -> int:
        """How many of a run's gains are used to train the robot head."""
        return int(self._database.scalar("SELECT count(*) FROM measured_gain WHERE source = ?", [run_id]))

    def footage(self) -> list[ClipFootage]:
        """Where the pictures of every clip are found, by clip."""
        rows = self._database.rows(
            "SELECT c.clip_id, c.video_id, v.path, c.start_s, c.end_s FROM clip c JOIN video v USING (video_id) "
            "ORDER BY c.clip_id"
        )
        return [ClipFootage(**row) for row in rows]

    def hand_tracks(self) -> pa.Table | None:
        """The table of hand tracks, or None before hands were extracted."""
        found = self._database.scalar("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'hand_track'")
        return self._database.table("SELECT * FROM hand_track ORDER BY clip_id") if found else None


def _checked(run_id: str) -> str:
    if not run_id.replace("-", "").isalnum():
        raise ValueError(f"{run_id!r} can't be a run's id")
    return run_id


def _validation(row: dict[str, Any]) -> ValidationRun:
    return ValidationRun(**_kept(row), report=_report(ValidationReport, row))


def _ablation(row: dict[str, Any]) -> AblationRun:
    return AblationRun(**_kept(row), report=_report(AblationReport, row))


def _report(kind: type[R], row: dict[str, Any]) -> R:
    """Raises `StorageError` where the results are none of a version that we know."""
    try:
        return kind.from_json(json.loads(row["results"]))
    except FormatError as error:
        raise StorageError(
            f"the results of {row['run_id']} can't be read: {error}",
            remedy="Open the workspace with the version that made them.",
        ) from error


def _kept(row: dict[str, Any]) -> dict[str, Any]:
    """What is kept beside the report, its settings read."""
    kept = {name: value for name, value in row.items() if name not in ("entry", "results")}
    return {**kept, "settings": json.loads(row["settings"])}
