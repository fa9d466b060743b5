"""Queries library views (pages, counts, histograms, funnels), and stores saved views, selections and searches."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.types

from engine.preference.kinds import LABEL_KINDS
from storage.errors import StorageError
from storage.kept import Kept
from storage.library.column_cache import ColumnCache
from storage.library.column_order import can_order, ordered
from storage.library.column_reader import ColumnReader
from storage.library.likeness_columns import LikenessColumns, likeness_sql
from storage.library.order import OrderCache, ViewOrder
from storage.library.rows import Extent, Facets, FunnelStep, Histogram, Search
from storage.library.shown import shown_rows
from storage.library.view import ClipView, filters_of
from storage.library.view_sql import Numbers, ViewSql, columns_of, view_sql

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from storage.database import Database
    from storage.features import FeatureStore
    from storage.library.crossfilter import ClipColumns, ViewCounts
    from storage.library.rows import LibraryRow
    from storage.library.view import Filter

__all__ = ["LibraryStore"]

BINS = 24
MOST_ANSWERS = 100
"""Counts and short lists that are kept until something is written: a page that is redrawn asks the same again."""
SHORT = 500
"""Clips of a short list."""


class LibraryStore:
    """Reads views; stores saved views, selections and searches."""

    def __init__(self, database: Database, features: FeatureStore) -> None:
        self._database = database
        self._features = features
        self._numbers: tuple[int, Numbers] | None = None
        self._orders = OrderCache()
        self._choices: tuple[int, list[str]] | None = None
        self._columns = ColumnCache()
        self._reader = ColumnReader(database)
        self._kept = Kept[Any](MOST_ANSWERS)
        self._likenesses = LikenessColumns(database)

    # --- views --------------------------------------------------------------------------------------------------

    def numbers(self) -> Numbers:
        """All numbers that clips can be filtered and sorted by."""
        shape = self._features.shape
        if self._numbers is not None and self._numbers[0] == shape:
            return self._numbers[1]
        names = self._database.column(
            "SELECT table_name AS name FROM duckdb_tables() WHERE table_name = 'hand_track' "
            "UNION ALL SELECT view_name FROM duckdb_views() WHERE view_name = 'embedding'"
        )
        found = Numbers(tuple(self._features.tables()), "embedding" in names, "hand_track" in names)
        self._numbers = (shape, found)
        return found

    def choices(self) -> list[str]:
        """The numbers to offer in menus: rewards, and labels that are not people's, only where there are any."""
        changes = self._database.changes
        if self._choices is None or self._choices[0] != changes:
            self._choices = (changes, self._read_choices())
        return list(self._choices[1])

    def _read_choices(self) -> list[str]:
        row = self._database.row(
            "SELECT count(reward) AS human, count(robot_reward) AS robot FROM reward_score WHERE model_id = "
            "(SELECT m.model_id FROM reward_model_current m JOIN reward_model USING (model_id) "
            "ORDER BY m.event_id DESC LIMIT 1)"
        )
        counts = row or {"human": 0, "robot": 0}
        lacking = {"reward", "reward_std"} if not counts["human"] else set()
        if not counts["robot"]:
            lacking.add("robot_reward")
        kinds = set(self._database.column("SELECT DISTINCT kind FROM label"))
        lacking |= {f"{kind}_labels" for kind in LABEL_KINDS if kind not in kinds}
        return [name for name in self.numbers().names() if name not in lacking]

    def extent(self, view: ClipView) -> Extent:
        """The number of a view's clips and their total length."""

        def read() -> Extent:
            sql = view_sql(view, self.numbers())
            found = self._database.record(
                Extent,
                f"SELECT count(*) AS clips, coalesce(sum(c.end_s - c.start_s), 0) AS duration_s {sql.tail}",
                sql.params,
            )
            return found or Extent(0, 0)

        answer: Extent = self._kept.get(("extent", view), self._database.changes, read)
        return answer

    def ids(self, view: ClipView, *, limit: int | None = None, offset: int = 0) -> list[str]:
        """The clips of a view in its order."""
        return [clip_id for clip_id, _ in self._ordered(view, limit, offset)]

    def order(self, view: ClipView) -> ViewOrder:
        """The clips of a view in its order, kept until something is written."""
        changes = self._database.changes
        return self._orders.current(view, changes, lambda: self._order_table(view))

    def order_named(self, view: ClipView, version: str) -> ViewOrder | None:
        """The order of a view that was shown under this version; None where it is not kept and not today's either."""
        known = self._orders.named(view, version)
        if known is not None:
            return known
        now = self.order(view)
        return now if now.version == version else None

    def _order_table(self, view: ClipView) -> pa.Table:
        columns = self._columns.at_hand(self._database.changes)
        if columns is not None and can_order(columns, view):
            return ordered(columns, view, self._ids_of)
        sql, text = self._statement(view)
        table = self._database.table(text, sql.params, incoming=sql.incoming)
        by = table.column("sorted_by")
        is_number = pyarrow.types.is_floating(by.type) or pyarrow.types.is_integer(by.type)
        numbers = by.cast(pa.float64()) if is_number else pa.chunked_array([pa.nulls(len(by), pa.float64())])
        return pa.table({"clip_id": table.column("clip_id"), "sorted_by": numbers})

    def shown(self, places: Sequence[tuple[str, float | None]]) -> list[LibraryRow]:
        """The clips at these places of an order, each with the number that put it there; those gone are left out."""
        return shown_rows(self._database, places, {})

    def page(self, view: ClipView, *, limit: int, offset: int = 0, columns: Sequence[str] = ()) -> list[LibraryRow]:
        """Clips of a view in its order, with these numbers and the value that put each where it is."""
        found = self._ordered(view, limit, offset)
        ids = [clip_id for clip_id, _ in found]
        numbers = self._values(ids, columns) if columns else {}
        return shown_rows(self._database, found, numbers)

    def rows(self, clip_ids: Sequence[str]) -> list[LibraryRow]:
        """Clips by id, in this order; those that are gone are left out."""
        return shown_rows(self._database, [(clip_id, None) for clip_id in clip_ids], {})

    def sql(self, view: ClipView) -> str:
        """The statement behind a view, with its values in it: for people to read, copy and run."""
        sql, text = self._statement(view, for_people=True)
        return sql.with_values(text)

    def _statement(self, view: ClipView, *, for_people: bool = False) -> tuple[ViewSql, str]:
        sql = view_sql(view, self.numbers())
        likeness = self._likeness(view, sql, for_people=for_people)
        direction = "DESC" if view.descending else "ASC"
        by, order = "NULL", "c.video_id, c.start_s, c.end_s"
        if view.sort:
            by = sql.number(view.sort)
            order = f"sorted_by {direction} NULLS LAST, c.clip_id"
        elif likeness:
            by, order = likeness, f"sorted_by {direction} NULLS LAST, c.clip_id"
        elif not view.descending:
            order = "c.video_id DESC, c.start_s DESC, c.end_s DESC"
        return sql, f"SELECT c.clip_id, {by} AS sorted_by {sql.tail} ORDER BY {order}"

    def _ordered(self, view: ClipView, limit: int | None, offset: int) -> list[tuple[str, float | None]]:
        if limit is not None and offset:  # who turns pages sorts once
            return self.order(view).part(offset, limit)
        if limit is None or limit > SHORT:
            return self._read_ordered(view, limit)
        found: list[tuple[str, float | None]] = self._kept.get(
            ("first", view, limit), self._database.changes, lambda: self._read_ordered(view, limit)
        )
        return found

    def _read_ordered(self, view: ClipView, limit: int | None) -> list[tuple[str, float | None]]:
        sql, text = self._statement(view)
        if limit is not None:
            text += f" LIMIT {int(limit)}"
        found = self._database.table(text, sql.params, incoming=sql.incoming)
        return list(zip(found.column(0).to_pylist(), found.column(1).to_pylist(), strict=True))

    def _likeness(self, view: ClipView, sql: ViewSql, *, for_people: bool) -> str:
        """SQL for the likeness to a view's search; empty where it has none that can be compared.

        Vectors become one number each before anything is joined, which would else hold them all in memory: here and now
        for the library itself, in the statement for people.
        """
        if not (view.similar_to or view.search) or not sql.numbers.has_embedding:
            return ""
        if view.similar_to:
            row = self._database.row("SELECT vector, model FROM embedding WHERE clip_id = ?", [view.similar_to])
        else:
            row = self._database.row("SELECT vector, model FROM search_vector WHERE search_id = ?", [view.search])
        width = self._database.scalar("SELECT len(vector) FROM embedding LIMIT 1")
        if row is None or len(row["vector"]) != width:
            return ""
        alike = "incoming"
        if for_people:
            alike = f"({likeness_sql(width, vector=sql.value(list(row['vector'])), model=sql.value(row['model']))})"
        else:
            sql.incoming = self._likenesses.of(row["model"], row["vector"])
        sql.joins["alike"] = f"JOIN {alike} alike ON alike.clip_id = c.clip_id"
        return "alike.likeness"

    def _values(self, ids: list[str], columns: Sequence[str]) -> dict[str, dict[str, float | None]]:
        sql = ViewSql(self.numbers())
        picked = columns_of(columns, sql)
        few = f"WHERE list_contains({sql.value(ids)}::TEXT[], clip_id)"
        for table in self.numbers().tables:  # joined as few rows: a join of whole tables takes a hundred times as long
            if join := sql.joins.get(table.table):
                sql.joins[table.table] = join.replace(
                    f"JOIN {table.table} ",
                    f"JOIN (FROM {table.table} {few}) {table.table} ",
                    1,
                )
        tail = sql.tail_of(f"(FROM clip {few})")
        rows = self._database.rows(f"SELECT c.clip_id{picked} {tail}", sql.params)
        return {row.pop("clip_id"): row for row in rows}

    def has_narrations(self) -> bool:
        """Whether any clip has words to search."""
        sql = "SELECT count(narration) > 0 FROM clip"
        return bool(self._kept.get("narrations", self._database.changes_of("clip"), lambda: self._database.scalar(sql)))

    # --- filter values and statistics ---------------------------------------------------------------------------

    def facets(self) -> Facets:
        """Sources, origins, videos and tags, with their clips."""
        found: Facets = self._kept.get(
            "facets", self._database.changes_of("clip", "video", "clip_tag"), self._read_facets
        )
        return found

    def _read_facets(self) -> Facets:
        rows = self._database.rows(
            "SELECT v.video_id, v.name, v.source, c.origin, count(*) AS clips FROM clip c "
            "JOIN video v USING (video_id) GROUP BY ALL ORDER BY v.name, v.video_id"
        )
        sources: dict[str, int] = {}
        origins: dict[str, int] = {}
        videos: dict[str, tuple[str, int]] = {}
        for row in rows:
            sources[row["source"]] = sources.get(row["source"], 0) + row["clips"]
            origins[row["origin"]] = origins.get(row["origin"], 0) + row["clips"]
            videos[row["video_id"]] = (row["name"], videos.get(row["video_id"], ("", 0))[1] + row["clips"])
        tags = self._database.rows("SELECT tag, count(*) AS clips FROM clip_tag GROUP BY tag ORDER BY tag")
        return Facets(sources, origins, videos, {row["tag"]: row["clips"] for row in tags})

    def tag_names(self) -> list[str]:
        """Every tag that some clip has, for a menu: `facets` reads all clips."""
        return self._database.column("SELECT DISTINCT tag FROM clip_tag ORDER BY tag")

    def histogram(self, column: str, view: ClipView | None = None, bins: int = BINS) -> Histogram:
        """Histogram of a number over a view's clips, or over all, in bins of equal width."""
        found: Histogram = self._kept.get(
            ("histogram", column, view, bins), self._database.changes, lambda: self._read_histogram(column, view, bins)
        )
        return found

    def _read_histogram(self, column: str, view: ClipView | None, bins: int) -> Histogram:
        sql = ViewSql(self.numbers()) if view is None else view_sql(view, self.numbers())
        expression = sql.number(column)
        low_high = self._database.row(
            f"SELECT min({expression}) AS low, max({expression}) AS high {sql.tail}", sql.params
        )
        if low_high is None or low_high["low"] is None:
            return Histogram(column, (), ())
        low, high = float(low_high["low"]), float(low_high["high"])
        width = (high - low) / bins or 1.0
        rows = self._database.rows(
            f"SELECT least({bins - 1}, floor(({expression} - {sql.value(low)}) / {sql.value(width)}))::INTEGER AS bin, "
            f"count(*) AS clips {sql.tail}{' AND' if sql.conditions else ' WHERE'} {expression} IS NOT NULL "
            "GROUP BY bin",
            sql.params,
        )
        counts = np.zeros(bins, dtype=int)
        for row in rows:
            counts[row["bin"]] = row["clips"]
        return Histogram(column, tuple(low + width * n for n in range(bins + 1)), tuple(int(n) for n in counts))

    def points(self, view: ClipView, columns: Sequence[str], *, limit: int) -> pa.Table:
        """`clip_id`, `video`, and these numbers of at most `limit` clips of a view; a fixed sample of larger views."""
        sql = view_sql(view, self.numbers())
        picked = columns_of(columns, sql)
        sql.where("true", "video")
        text = f"SELECT c.clip_id, v.name AS video{picked} {sql.tail} ORDER BY hash(c.clip_id) LIMIT {int(limit)}"
        found: pa.Table = self._kept.get(
            ("points", view, tuple(columns), limit),
            self._database.changes,
            lambda: self._database.table(text, sql.params),
        )
        return found

    def funnel(self, view: ClipView, names: dict[str, str] | None = None) -> list[FunnelStep]:
        """The clips left after each filter of a view, applied in order to all clips."""
        columns = self._columns.current(self._database.changes, self._read_columns)
        return columns.funnel(filters_of(view, names=names), self._ids_of)

    def counts(self, view: ClipView) -> tuple[ViewCounts, int]:
        """What a filter panel shows of a view, and the count of writes that it was read after.

        While much is written, columns that took long to read are used for a few times as long as that took: the caller
        compares the count with `changes` and asks again later. Raises `StorageError` for an unknown number.
        """
        columns = self._columns.current(self._database.changes, self._read_columns)
        # Columns that are kept for a moment lack the numbers of an extractor that has only just measured something.
        known = [name for name in self.choices() if name in columns.numbers]
        found = columns.counts(view, known, self._ids_of)
        if columns.is_sample:
            whole = self.extent(view)
            found = replace(found, clips=whole.clips, duration_s=whole.duration_s)
        return found, columns.changes

    def _ids_of(self, part: Filter) -> pa.ChunkedArray:
        sql = view_sql(part.add(ClipView()), self.numbers())
        return self._database.table(f"SELECT c.clip_id {sql.tail}", sql.params).column("clip_id")

    @property
    def changes(self) -> int:
        """The database's count of writes."""
        return self._database.changes

    def _read_columns(self) -> ClipColumns:
        return self._reader.read(self.numbers())

    # --- saved views, selections and searches -------------------------------------------------------------------

    def save_view(self, name: str, address: str) -> None:
        """Save a view under a name, replacing one of the same name."""
        if not name.strip():
            raise StorageError("a saved view needs a name")
        self._database.write(
            "INSERT OR REPLACE INTO saved_view VALUES (?, ?, ?)", [name.strip(), address, datetime.now(UTC)]
        )

    def saved_views(self) -> dict[str, str]:
        """Name → address of the saved views, by name."""
        rows = self._database.rows("SELECT name, address FROM saved_view ORDER BY lower(name)")
        return {row["name"]: row["address"] for row in rows}

    def forget_view(self, name: str) -> None:
        """Delete a saved view; its clips stay."""
        self._database.write("DELETE FROM saved_view WHERE name = ?", [name])

    def keep_selection(self, clip_ids: Iterable[str], title: str) -> str:
        """Store a selection of clips; returns its id, the same for the same clips."""
        ids = sorted(set(clip_ids))
        selection_id = hashlib.sha256("\0".join(ids).encode()).hexdigest()[:12]
        self._database.write(
            "INSERT OR REPLACE INTO clip_selection VALUES (?, ?, ?, ?)", [selection_id, title, ids, datetime.now(UTC)]
        )
        return selection_id

    def selection(self, selection_id: str) -> tuple[str, int] | None:
        """A selection's title and number of clips."""
        row = self._database.row(
            "SELECT title, len(clip_ids) AS clips FROM clip_selection WHERE selection_id = ?", [selection_id]
        )
        return (row["title"], row["clips"]) if row else None

    def keep_search(self, kind: str, title: str, model: str, vector: NDArray[np.float32]) -> str:
        """Store a search with the vector that `model` computed for it; returns its id."""
        said = "\0".join([kind, title, model, vector.astype(np.float32).tobytes().hex()])
        search_id = hashlib.sha256(said.encode()).hexdigest()[:12]
        self._database.write(
            "INSERT OR REPLACE INTO search_vector VALUES (?, ?, ?, ?, ?, ?)",
            [search_id, kind, title, model, [float(x) for x in vector], datetime.now(UTC)],
        )
        return search_id

    def search(self, search_id: str) -> Search | None:
        """A stored search by its id."""
        return self._database.record(
            Search, "SELECT search_id, kind, title, model FROM search_vector WHERE search_id = ?", [search_id]
        )

    def search_for(self, kind: str, title: str, model: str) -> str | None:
        """The id of a stored search of this kind, text and model, if any."""
        found: str | None = self._database.scalar(
            "SELECT search_id FROM search_vector WHERE kind = ? AND title = ? AND model = ?", [kind, title, model]
        )
        return found
