"""Stores reward models, their scores of clips, and measured gains."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, get_args

from engine.errors import FormatError
from engine.preference.kinds import LabelKind
from engine.reward.judging.training_report import TrainingReport

if TYPE_CHECKING:
    import pyarrow as pa

    from storage.database import Database

__all__ = ["FROM_BUNDLE", "IMPORTED", "LABELS_BY", "ClipReward", "RewardModel", "RewardStore", "UnscoredClip"]

IMPORTED = "imported-"
"""Prefix of the ids of models that were imported from elsewhere."""
FROM_BUNDLE = "from_bundle"
"""Key of a model's settings: the export that its scores came with."""
LABELS_BY = "labels_by"
"""Key of the settings of a model without a report: whose labels it learned from, where that is known."""


@dataclass(frozen=True, kw_only=True)
class RewardModel:
    """One trained reward model, with its settings and its report."""

    model_id: str
    name: str
    created_at: datetime
    seed: int
    settings: dict[str, Any]
    report: TrainingReport | None
    """How good it is; None where nobody knows."""
    report_fault: str = ""
    """Why the report that is stored can't be read; empty where it can, or where there is none."""

    @property
    def labels_by(self) -> LabelKind | None:
        """The kind of labels that it learned from; None where nobody knows."""
        if self.report is not None:
            return self.report.kind
        said = self.settings.get(LABELS_BY)
        return said if said in get_args(LabelKind) else None

    @property
    def report_json(self) -> dict[str, Any]:
        """The report as it is stored and exported; empty where there is none."""
        return self.report.to_json() if self.report is not None else {}

    @property
    def came_from_elsewhere(self) -> bool:
        """Whether it was trained in another workspace."""
        return FROM_BUNDLE in self.settings or self.model_id.startswith(IMPORTED)


@dataclass(frozen=True)
class UnscoredClip:
    """A clip that a model can't score, and why."""

    clip_id: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class ClipReward:
    """What one model gave a clip."""

    name: str
    """The model's."""
    created_at: datetime
    """When the model was made."""
    reward: float
    reward_std: float
    """Standard deviation over the ensemble."""
    robot_reward: float | None


class RewardStore:
    """Reads and writes the tables of reward models, scores and measured gains."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, model: RewardModel, *, current: bool = True) -> None:
        """Add a model; it becomes the current one, unless not `current`."""

        def work() -> None:
            self._database.write(
                "INSERT INTO reward_model (model_id, name, created_at, seed, settings, metrics) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                [
                    model.model_id,
                    model.name,
                    model.created_at,
                    model.seed,
                    json.dumps(model.settings),
                    json.dumps(model.report_json),
                ],
            )
            if current:
                self.make_current(model.model_id)

        self._database.transact(work)

    def make_current(self, model_id: str) -> None:
        """Make a model the current one, whose scores `clip_score` shows."""
        self._database.write(
            "INSERT INTO reward_model_current (model_id, created_at) VALUES (?, ?)", [model_id, datetime.now(UTC)]
        )

    def find(self) -> list[RewardModel]:
        """All models, newest first."""
        rows = self._database.rows("SELECT * FROM reward_model ORDER BY entry DESC")
        return [_model(row) for row in rows]

    def get(self, model_id: str) -> RewardModel | None:
        """A model by its id, or else by its name (the newest of that name)."""
        row = self._database.row(
            "SELECT * FROM reward_model WHERE model_id = $key OR name = $key "
            "ORDER BY model_id = $key DESC, entry DESC LIMIT 1",
            {"key": model_id},
        )
        return _model(row) if row else None

    def current(self) -> RewardModel | None:
        """The current model, whose scores `clip_score` shows."""
        row = self._database.row(
            "SELECT m.* FROM reward_model_current c JOIN reward_model m USING (model_id) "
            "ORDER BY c.event_id DESC LIMIT 1"
        )
        return _model(row) if row else None

    def rename(self, model_id: str, name: str) -> None:
        """Give a model another name."""
        self._database.write("UPDATE reward_model SET name = ? WHERE model_id = ?", [name, model_id])

    def delete(self, model_id: str) -> None:
        """Delete a model and its scores; if it was current, the previous current one becomes current again."""

        def work() -> None:
            for table in ("reward_score", "reward_unscored", "reward_model_current", "reward_model"):
                self._database.write(f"DELETE FROM {table} WHERE model_id = ?", [model_id])  # noqa: S608 - our tables

        self._database.transact(work)

    def add_unscored(self, rows: pa.Table) -> None:
        """Store why clips have no score: `model_id`, `clip_id`, `reason`."""
        self._database.write_arrow("INSERT OR REPLACE INTO reward_unscored BY NAME SELECT * FROM incoming", rows)

    def clear_scores(self, model_id: str) -> None:
        """Delete a model's scores, before it scores all clips again."""
        for table in ("reward_score", "reward_unscored"):
            self._database.write(f"DELETE FROM {table} WHERE model_id = ?", [model_id])  # noqa: S608 - our tables

    def unscored(self, model_id: str) -> list[UnscoredClip]:
        """Clips that a model can't score, those with the same reason together."""
        rows = self._database.rows(
            "SELECT u.clip_id, u.reason FROM reward_unscored u JOIN clip USING (clip_id) WHERE model_id = ? "
            "ORDER BY reason, clip_id",
            [model_id],
        )
        return [UnscoredClip(**row) for row in rows]

    def unscored_ids(self, model_id: str) -> list[str]:
        """The clips that a model can't score, in the order of `unscored`."""
        return self._database.column(
            "SELECT u.clip_id FROM reward_unscored u JOIN clip USING (clip_id) WHERE model_id = ? "
            "ORDER BY reason, clip_id",
            [model_id],
        )

    def count_scores(self, model_id: str) -> int:
        """How many clips of the workspace a model has scored."""
        found: int = self._database.scalar(
            "SELECT count(*) FROM reward_score JOIN clip USING (clip_id) WHERE model_id = ?", [model_id]
        )
        return found

    def add_gains(self, rows: pa.Table) -> None:
        """Store measured gains: `clip_id`, `gain`, `gain_std`, `source`, `created_at`; they replace earlier ones by the
        same source."""
        self._database.write_arrow("INSERT OR REPLACE INTO measured_gain BY NAME SELECT * FROM incoming", rows)

    def gains(self) -> dict[str, float]:
        """Clip id → its measured gain, the mean over its sources."""
        found = self._database.table("SELECT clip_id, avg(gain) AS gain FROM measured_gain GROUP BY clip_id")
        return dict(zip(found.column("clip_id").to_pylist(), found.column("gain").to_pylist(), strict=True))

    def gain_sources(self) -> dict[str, int]:
        """Source of measured gains (a file's name, a validation run's id) → its number of clips that are here."""
        rows = self._database.rows(
            "SELECT source, count(*) AS clips FROM measured_gain JOIN clip USING (clip_id) GROUP BY source ORDER BY 1"
        )
        return {row["source"]: row["clips"] for row in rows}

    def add_scores(self, rows: pa.Table) -> None:
        """Store scores: `model_id`, `clip_id`, `reward`, `reward_std`, and the robot head's two where there is one."""
        self._database.write_arrow("INSERT OR REPLACE INTO reward_score BY NAME SELECT * FROM incoming", rows)

    def of_clip(self, clip_id: str) -> list[ClipReward]:
        """A clip's scores by all models, newest first."""
        rows = self._database.rows(
            "SELECT m.name, m.created_at, s.reward, s.reward_std, s.robot_reward FROM reward_score s "
            "JOIN reward_model m USING (model_id) WHERE s.clip_id = ? ORDER BY m.entry DESC",
            [clip_id],
        )
        return [ClipReward(**row) for row in rows]

    def scores(self, model_id: str) -> pa.Table:
        """`clip_id`, `reward`, `reward_std`, `robot_reward`, `robot_reward_std` of a model's clips, by clip."""
        return self._database.table(
            "SELECT clip_id, reward, reward_std, robot_reward, robot_reward_std FROM reward_score "
            "WHERE model_id = ? ORDER BY clip_id",
            [model_id],
        )


def _model(row: dict[str, Any]) -> RewardModel:
    metrics, report, fault = json.loads(row["metrics"]), None, ""
    if metrics:
        try:
            report = TrainingReport.from_json(metrics)
        except FormatError as error:  # earlier versions took in others' reports without looking at every part
            fault = str(error)
    return RewardModel(
        model_id=row["model_id"],
        name=row["name"],
        created_at=row["created_at"],
        seed=row["seed"],
        settings=json.loads(row["settings"]),
        report=report,
        report_fault=fault,
    )
