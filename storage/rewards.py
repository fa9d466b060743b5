"""Reward models in the store, and the scores that they gave."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

    from storage.database import Database

__all__ = ["RewardModel", "RewardStore"]


@dataclass(frozen=True)
class RewardModel:
    """One training, kept with all that went into it and what came out."""

    model_id: str
    name: str
    created_at: datetime
    seed: int
    settings: dict[str, Any]
    metrics: dict[str, Any]


class RewardStore:
    """The tables of reward models and scores."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, model: RewardModel) -> None:
        """Record a model; it becomes the current one."""

        def work() -> None:
            self._database.write(
                "INSERT INTO reward_model VALUES (?, ?, ?, ?, ?, ?)",
                [
                    model.model_id,
                    model.name,
                    model.created_at,
                    model.seed,
                    json.dumps(model.settings),
                    json.dumps(model.metrics),
                ],
            )
            self.make_current(model.model_id)

        self._database.transact(work)

    def make_current(self, model_id: str) -> None:
        """Make a model the one that `clip_score` shows."""
        self._database.write(
            "INSERT INTO reward_model_current (model_id, created_at) VALUES (?, ?)", [model_id, datetime.now(UTC)]
        )

    def find(self) -> list[RewardModel]:
        """All models, the newest first."""
        rows = self._database.rows("SELECT * FROM reward_model ORDER BY created_at DESC, model_id")
        return [_model(row) for row in rows]

    def get(self, model_id: str) -> RewardModel | None:
        """A model by its id, or else by its name (the newest of that name)."""
        row = self._database.row(
            "SELECT * FROM reward_model WHERE model_id = $key OR name = $key "
            "ORDER BY model_id = $key DESC, created_at DESC LIMIT 1",
            {"key": model_id},
        )
        return _model(row) if row else None

    def current(self) -> RewardModel | None:
        """The model that `clip_score` shows."""
        row = self._database.row(
            "SELECT m.* FROM reward_model_current c JOIN reward_model m USING (model_id) "
            "ORDER BY c.event_id DESC LIMIT 1"
        )
        return _model(row) if row else None

    def add_scores(self, rows: pa.Table) -> None:
        """Take in scores: `model_id`, `clip_id`, `reward`, `reward_std`, the robot head's two where there is one."""
        self._database.write_arrow("INSERT OR REPLACE INTO reward_score BY NAME SELECT * FROM incoming", rows)

    def of_clip(self, clip_id: str) -> list[dict[str, Any]]:
        """What each model gave a clip, the newest model first."""
        return self._database.rows(
            "SELECT m.name, m.created_at, s.reward, s.reward_std, s.robot_reward FROM reward_score s "
            "JOIN reward_model m USING (model_id) WHERE s.clip_id = ? ORDER BY m.created_at DESC",
            [clip_id],
        )

    def scores(self, model_id: str) -> pa.Table:
        """`clip_id`, `reward`, `reward_std`, `robot_reward`, `robot_reward_std` of a model's clips, by clip."""
        return self._database.table(
            "SELECT clip_id, reward, reward_std, robot_reward, robot_reward_std FROM reward_score "
            "WHERE model_id = ? ORDER BY clip_id",
            [model_id],
        )


def _model(row: dict[str, Any]) -> RewardModel:
    return RewardModel(**{**row, "settings": json.loads(row["settings"]), "metrics": json.loads(row["metrics"])})
