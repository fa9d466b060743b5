"""Stores the latest 2D map of embeddings and the latest groups of near-duplicate clips."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from storage.library.view_sql import ViewSql, columns_of, view_sql

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from storage.database import Database
    from storage.library.store import LibraryStore
    from storage.library.view import ClipView

__all__ = ["GroupSearch", "LikenessGroup", "LikenessStore", "MapState"]

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


@dataclass(frozen=True, kw_only=True)
class GroupSearch:
    """How groups of near-duplicates were found: by which model, from which likeness or share of a window.

    Of very many `clips` each is compared with those leaders alone that lie near it; then `checked` of them were
    compared with all leaders, and `missed` of these belong to an earlier group. `checked` is 0 where all were.
    """

    model: str
    min_similarity: float
    min_overlap: float
    clips: int
    checked: int
    missed: int


class LikenessStore:
    """Reads and writes the tables clip_map, near_duplicate and near_duplicate_search."""

    def __init__(self, database: Database, library: LibraryStore) -> None:
        self._database = database
        self._library = library

    def clips(self, model: str, *, most: int | None = None) -> pa.Table:
        """`clip_id`, `video_id`, `start_s`, `end_s`, `worth` (the reward, else the composite score) of the clips that
        have an embedding by `model`, by id; of more than `most` a sample, always the same one."""
        numbers = self._library.numbers()
        composite = "composite_score" in numbers.names()
        score, join = numbers.expression("composite_score") if composite else ("NULL", "")
        joined = f"LEFT JOIN {join} ON {join}.clip_id = n.clip_id" if join else ""
        some = "" if most is None else f"ORDER BY hash(clip_id) LIMIT {int(most)}"
        return self._database.table(
            "WITH wanted AS (SELECT clip_id FROM embedding SEMI JOIN clip USING (clip_id) "  # noqa: S608 - names of ours
            f"WHERE model = $model {some}) "
            f"SELECT n.clip_id, n.video_id, n.start_s, n.end_s, coalesce(score.reward, {score})::DOUBLE AS worth "
            f"FROM clip n JOIN wanted ON wanted.clip_id = n.clip_id {SCORE} {joined} ORDER BY n.clip_id",
            {"model": model},
        )

    def embedded(self, model: str) -> int:
        """How many clips have an embedding by `model`."""
        found: int = self._database.scalar(
            "SELECT count(*) FROM embedding SEMI JOIN clip USING (clip_id) WHERE model = ?", [model]
        )
        return found

    def vectors(self, model: str, clips: pa.Table | None = None) -> Iterator[pa.RecordBatch]:
        """`clip_id`, `vector` of the embeddings by `model`, or of these clips' alone (column `clip_id`), in pieces and
        in no order: a million clips' are 2 GB."""
        those = " AND clip_id IN (SELECT clip_id FROM incoming)" if clips is not None else ""
        return self._database.batches(
            f"SELECT clip_id, vector FROM embedding WHERE model = $model{those}",  # noqa: S608 - names of ours
            {"model": model},
            incoming=None if clips is None else clips.select(["clip_id"]),
            rows=8192,
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

    def map_ids_of(self, view: ClipView) -> pa.ChunkedArray:
        """The clips of a view that are on the map, in no order."""
        sql = view_sql(view, self._library.numbers())
        sql.joins["clip_map"] = "JOIN clip_map ON clip_map.clip_id = c.clip_id"
        return self._database.table(f"SELECT c.clip_id {sql.tail}", sql.params).column("clip_id")

    def put_groups(self, rows: pa.Table | None, search: GroupSearch | None) -> None:
        """Store groups of near-duplicates and how they were found, replacing the previous ones; `rows` is None where
        there are none, `search` where an earlier version found them."""

        def work() -> None:
            self._database.write("DELETE FROM near_duplicate")
            self._database.write("DELETE FROM near_duplicate_search")
            if rows is not None and rows.num_rows:
                self._database.write_arrow("INSERT INTO near_duplicate BY NAME SELECT * FROM incoming", rows)
            if search is not None:
                values = asdict(search)
                names, marks = ", ".join(values), ", ".join("?" * len(values))
                self._database.write(
                    f"INSERT INTO near_duplicate_search ({names}) VALUES ({marks})",  # noqa: S608 - names of ours
                    list(values.values()),
                )

        self._database.transact(work)

    def group_search(self) -> GroupSearch | None:
        """How the groups were found; None where an earlier version did, or where there are none."""
        return self._database.record(GroupSearch, "SELECT * FROM near_duplicate_search")

    def groups(self, view: ClipView, *, limit: int, offset: int = 0) -> list[LikenessGroup]:
        """Groups with at least two clips in the view, the largest first."""
        sql, best_first = self._ranked(view)
        return self._database.records(
            LikenessGroup,
            f"SELECT near.group_id, count(*) AS clips, list(c.clip_id ORDER BY {best_first}) "
            f"AS clip_ids {sql.tail} GROUP BY near.group_id HAVING count(*) > 1 "
            f"ORDER BY clips DESC, near.group_id LIMIT {int(limit)} OFFSET {int(offset)}",
            sql.params,
        )

    def worse_of_groups(self, view: ClipView, *, but_not: str) -> list[str]:
        """The clips of a view that are not the best of their group, without those tagged `but_not`."""
        sql, best_first = self._ranked(view)
        tag = sql.value(but_not)
        found = self._database.table(
            f"WITH placed AS (SELECT c.clip_id, row_number() OVER (PARTITION BY near.group_id ORDER BY {best_first}) "  # noqa: S608
            f"AS place {sql.tail}) SELECT clip_id FROM placed WHERE place > 1 "
            f"AND clip_id NOT IN (SELECT clip_id FROM clip_tag WHERE tag = {tag}) ORDER BY clip_id",
            sql.params,
        )
        ids: list[str] = found.column("clip_id").to_pylist()
        return ids

    def _ranked(self, view: ClipView) -> tuple[ViewSql, str]:
        """The SQL of a view's clips that are in a group, and the order of a group's clips, the best first."""
        sql = view_sql(view, self._library.numbers())
        worth = sql.number("composite_score") if "composite_score" in sql.numbers.names() else "NULL"
        worth = f"coalesce({sql.number('reward')}, {worth})"
        sql.joins["near"] = "JOIN near_duplicate near ON near.clip_id = c.clip_id"
        return sql, f"{worth} DESC NULLS LAST, c.clip_id"

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
