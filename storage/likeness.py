"""Stores the latest 2D map of embeddings and the latest groups of near-duplicate clips."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from storage.library.view_sql import columns_of, view_sql

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from storage.database import Database
    from storage.library.store import LibraryStore
    from storage.library.view import ClipView

__all__ = ["LikenessGroup", "LikenessStore", "MapState"]

SCORE = (
    "LEFT JOIN reward_score score ON score.clip_id = n.clip_id AND score.model_id = (SELECT m.model_id "
    "FROM reward_model_current m JOIN reward_model USING (model_id) ORDER BY m.event_id DESC LIMIT 1)"
)


@dataclass(frozen=True)
class MapState:
    """The stored map: its method, its embedding model, its number of clips, and a mark that another map differs in."""

    method: str
    model: str
    clips: int
    mark: str


@dataclass(frozen=True)
class LikenessGroup:
    """Clips that are near-duplicates of one another: those with the highest reward, else composite score, first."""

    group_id: int
    clip_ids: Sequence[str]

    @property
    def clips(self) -> int:
        """How many clips are alike."""
        return len(self.clip_ids)


class LikenessStore:
    """Reads and writes the tables clip_map and near_duplicate."""

    def __init__(self, database: Database, library: LibraryStore) -> None:
        self._database = database
        self._library = library

    def vectors(self, model: str) -> pa.Table:
        """`clip_id`, `video_id`, `start_s`, `end_s`, `worth` (the reward, else the composite score), `vector` of the
        clips that have an embedding by `model`."""
        numbers = self._library.numbers()
        composite = "composite_score" in numbers.names()
        score, join = numbers.expression("composite_score") if composite else ("NULL", "")
        joined = f"LEFT JOIN {join} ON {join}.clip_id = n.clip_id" if join else ""
        return self._database.table(
            f"SELECT n.clip_id, n.video_id, n.start_s, n.end_s, "  # noqa: S608 - names of ours
            f"coalesce(score.reward, {score})::DOUBLE AS worth, e.vector "
            f"FROM clip n JOIN embedding e ON e.clip_id = n.clip_id AND e.model = $model {SCORE} {joined} "
            "ORDER BY n.clip_id",
            {"model": model},
        )

    def put_map(self, rows: pa.Table) -> None:
        """Store a map, replacing the previous one."""

        def work() -> None:
            self._database.write("DELETE FROM clip_map")
            self._database.write_arrow("INSERT INTO clip_map BY NAME SELECT * FROM incoming", rows)

        self._database.transact(work)

    def map_state(self) -> MapState | None:
        """The stored map's state, or None."""
        found = self._database.record(
            MapState,
            "SELECT any_value(method) AS method, any_value(model) AS model, count(*) AS clips, "
            "coalesce(bit_xor(hash(clip_id, x, y)), 0)::VARCHAR AS mark FROM clip_map",
        )
        return found if found and found.clips else None

    def map_points(self, view: ClipView, column: str | None) -> pa.Table:
        """`clip_id`, `x`, `y`, `video` (its name) and, where requested, `value` (a number or text to colour points by)
        of a view's clips that are on the map, by clip."""
        sql = view_sql(view, self._library.numbers())
        value = ""
        if column in ("source", "video"):
            value = f", v.{'source' if column == 'source' else 'name'} AS value"
        elif column:
            value = columns_of([column], sql).replace(f" AS {column}", " AS value")
        sql.where("true", "video")
        sql.joins["clip_map"] = "JOIN clip_map ON clip_map.clip_id = c.clip_id"
        return self._database.table(
            f"SELECT c.clip_id, clip_map.x, clip_map.y, v.name AS video{value} {sql.tail} ORDER BY c.clip_id",
            sql.params,
        )

    def map_ids(self) -> pa.ChunkedArray:
        """The clips that are on the map, in the order of `map_points`."""
        found = self._database.table("SELECT c.clip_id FROM clip c JOIN clip_map USING (clip_id) ORDER BY c.clip_id")
        return found.column("clip_id")

    def put_groups(self, rows: pa.Table | None) -> None:
        """Store groups of near-duplicates, replacing the previous ones; None where there are none."""

        def work() -> None:
            self._database.write("DELETE FROM near_duplicate")
            if rows is not None and rows.num_rows:
                self._database.write_arrow("INSERT INTO near_duplicate BY NAME SELECT * FROM incoming", rows)

        self._database.transact(work)

    def groups(self, view: ClipView, *, limit: int, offset: int = 0) -> list[LikenessGroup]:
        """Groups with at least two clips in the view, the largest first."""
        sql = view_sql(view, self._library.numbers())
        worth = "NULL"
        if "composite_score" in sql.numbers.names():
            worth = sql.number("composite_score")
        worth = f"coalesce({sql.number('reward')}, {worth})"
        sql.joins["near"] = "JOIN near_duplicate near ON near.clip_id = c.clip_id"
        return self._database.records(
            LikenessGroup,
            f"SELECT near.group_id, count(*) AS clips, list(c.clip_id ORDER BY {worth} DESC NULLS LAST, c.clip_id) "
            f"AS clip_ids {sql.tail} GROUP BY near.group_id HAVING count(*) > 1 "
            f"ORDER BY clips DESC, near.group_id LIMIT {int(limit)} OFFSET {int(offset)}",
            sql.params,
        )

    def group_counts(self, view: ClipView) -> tuple[int, int]:
        """How many groups a view has, and how many of their clips are not the best of their group."""
        sql = view_sql(view, self._library.numbers())
        sql.joins["near"] = "JOIN near_duplicate near ON near.clip_id = c.clip_id"
        row = self._database.row(
            "SELECT count(*) AS groups, coalesce(sum(clips - 1), 0)::BIGINT AS others "  # noqa: S608 - names of ours
            f"FROM (SELECT near.group_id, count(*) AS clips {sql.tail} GROUP BY near.group_id HAVING count(*) > 1)",
            sql.params,
        )
        return (row["groups"], row["others"]) if row else (0, 0)

    def model_of_groups(self) -> str | None:
        """The embedding model of the groups; None where there are none."""
        found: str | None = self._database.scalar("SELECT any_value(model) FROM near_duplicate")
        return found
