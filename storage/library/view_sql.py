"""Builds the SQL of a library view: one statement that joins only the tables that the view needs.

`clip_features` joins every extractor's table: correct, but too slow for paging through a hundred thousand clips. Here a
column adds only the join of its own table. Values are parameters; `with_values` inlines them for people to copy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from storage.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

    from storage.feature_rows import FeatureTable
    from storage.library.view import ClipView

__all__ = ["Numbers", "ViewSql", "columns_of", "flag", "view_sql"]

OWN = {
    "duration_s": ("(c.end_s - c.start_s)", ""),
    "start_s": ("c.start_s", ""),
    "reward": ("score.reward", "score"),
    "reward_std": ("score.reward_std", "score"),
    "robot_reward": ("score.robot_reward", "score"),
    "labels": ("coalesce(labels.people, 0)", "labels"),
    "model_labels": ("coalesce(labels.model, 0)", "labels"),
    "simulated_labels": ("coalesce(labels.simulated, 0)", "labels"),
    "group_id": ("duplicates.group_id", "duplicates"),
}
"""Number → its SQL expression, and the join that it needs."""
JOINS = {
    "video": "JOIN video v ON v.video_id = c.video_id",
    "score": (
        "LEFT JOIN reward_score score ON score.clip_id = c.clip_id AND score.model_id = "
        "(SELECT m.model_id FROM reward_model_current m JOIN reward_model USING (model_id) "
        "ORDER BY m.event_id DESC LIMIT 1)"
    ),
    "labels": (
        "LEFT JOIN (SELECT clip_id, count(*) FILTER (kind = 'people') AS people, "
        "count(*) FILTER (kind = 'model') AS model, count(*) FILTER (kind = 'simulated') AS simulated "
        "FROM (SELECT left_clip_id AS clip_id, kind FROM label WHERE answer <> 'skip' "
        "UNION ALL SELECT right_clip_id, kind FROM label WHERE answer <> 'skip') "
        "GROUP BY clip_id) labels ON labels.clip_id = c.clip_id"
    ),
    "duplicates": "LEFT JOIN near_duplicate duplicates ON duplicates.clip_id = c.clip_id",
}


@dataclass(frozen=True)
class Numbers:
    """The numbers that clips can be filtered and sorted by, with the column of each."""

    tables: tuple[FeatureTable, ...]
    has_embedding: bool = False
    has_hand_track: bool = False

    def names(self) -> list[str]:
        """All their names, the library's own first."""
        own = [name for name in OWN if name != "group_id"]
        return [*own, *(f"{t.extractor}_{column}" for t in self.tables for column in t.columns)]

    def expression(self, name: str) -> tuple[str, str]:
        """A number as SQL, and the join that it needs. Raises `StorageError` for an unknown one."""
        if name in OWN:
            return OWN[name]
        for table in self.tables:
            column = name.removeprefix(f"{table.extractor}_")
            if name.startswith(f"{table.extractor}_") and column in table.columns:
                return f"{table.table}.{column}", table.table
        raise StorageError(f"{name!r} is no number of this library", remedy=f"Known: {', '.join(self.names())}.")


@dataclass
class ViewSql:
    """A statement being built: joins, conditions, parameters."""

    numbers: Numbers
    joins: dict[str, str] = field(default_factory=dict)
    conditions: list[str] = field(default_factory=list)
    params: dict[str, Any] = field(default_factory=dict)
    incoming: pa.Table | None = None
    """What the statement reads under that name."""

    def number(self, name: str) -> str:
        """A number's SQL expression; adds its join."""
        expression, join = self.numbers.expression(name)
        if join:
            self.joins[join] = JOINS.get(join) or f"LEFT JOIN {join} ON {join}.clip_id = c.clip_id"
        return expression

    def value(self, value: Any) -> str:
        """Add a parameter; returns its placeholder."""
        name = f"p{len(self.params)}"
        self.params[name] = value
        return f"${name}"

    def where(self, condition: str, join: str = "") -> None:
        """Add a condition; all must hold."""
        if join:
            self.joins[join] = JOINS[join]
        self.conditions.append(condition)

    @property
    def tail(self) -> str:
        """The FROM and WHERE clauses."""
        return self.tail_of("clip")

    def tail_of(self, clips: str) -> str:
        """The FROM and WHERE clauses over some of the clips."""
        joins = "".join(f" {join}" for join in self.joins.values())
        where = f" WHERE {' AND '.join(self.conditions)}" if self.conditions else ""
        return f"FROM {clips} c{joins}{where}"

    def with_values(self, sql: str) -> str:
        """`sql` with the values inlined, for people to copy."""
        return re.sub(r"\$(p\d+)\b", lambda match: literal(self.params[match.group(1)]), sql)


def view_sql(view: ClipView, numbers: Numbers) -> ViewSql:
    """The SQL for the clips of a view. Raises `StorageError` for an unknown number."""
    sql = ViewSql(numbers)
    for wanted in view.ranges:
        expression = sql.number(wanted.column)
        if wanted.low is not None:
            sql.where(f"{expression} >= {sql.value(wanted.low)}")
        if wanted.high is not None:
            sql.where(f"{expression} <= {sql.value(wanted.high)}")
    if view.sources:
        sql.where(f"list_contains({sql.value(list(view.sources))}, v.source)", "video")
    if view.origins:
        sql.where(f"list_contains({sql.value(list(view.origins))}, c.origin)")
    if view.videos:
        sql.where(f"list_contains({sql.value(list(view.videos))}, c.video_id)")
    if view.tags:
        # One condition for all tags: DuckDB limits how deeply expressions nest (a thousand).
        tagged = f"SELECT clip_id FROM clip_tag WHERE list_contains({sql.value(list(view.tags))}, tag)"  # noqa: S608
        all_of_them = f"GROUP BY clip_id HAVING count(DISTINCT tag) = {len(set(view.tags))}"
        sql.where(f"c.clip_id IN ({tagged} {all_of_them})")
    if view.without_tags:
        tagged = f"SELECT clip_id FROM clip_tag WHERE list_contains({sql.value(list(view.without_tags))}, tag)"  # noqa: S608
        sql.where(f"c.clip_id NOT IN ({tagged})")
    for word in view.narration.split():
        sql.where(f"contains(lower(coalesce(c.narration, '')), {sql.value(word.lower())})")
    for name, wanted_flag in view.flags:
        sql.where(f"{'' if wanted_flag else 'NOT '}({flag(name, numbers)})")
    if view.selection:
        chosen = f"SELECT unnest(clip_ids) FROM clip_selection WHERE selection_id = {sql.value(view.selection)}"  # noqa: S608
        sql.where(f"c.clip_id IN ({chosen})")
    return sql


def flag(name: str, numbers: Numbers) -> str:
    """A yes-or-no filter's condition."""
    known = {
        "labelled": "c.clip_id IN (SELECT unnest([left_clip_id, right_clip_id]) FROM label WHERE answer <> 'skip')",
        "failed": "c.clip_id IN (SELECT clip_id FROM feature_failure)",
        "embedding": "c.clip_id IN (SELECT clip_id FROM embedding)" if numbers.has_embedding else "false",
        "hand_track": "c.clip_id IN (SELECT clip_id FROM hand_track)" if numbers.has_hand_track else "false",
    }
    return known[name]


def literal(value: Any) -> str:
    """A value as SQL text."""
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, list | tuple):
        return f"[{', '.join(literal(part) for part in value)}]"
    return repr(value)


def columns_of(names: Iterable[str], sql: ViewSql) -> str:
    """Numbers as a SELECT list."""
    return "".join(f", {sql.number(name)} AS {name}" for name in names)
