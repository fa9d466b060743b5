"""What the Scores page reads of a model's scores: counts, ends and samples, never all clips.

Charts of single clips get a fixed sample of at most about `MOST_POINTS`, chosen by the clips' ids. What was read is
kept until a table that it came from is written.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from storage.kept import Kept
from storage.rewards import UnscoredClip
from storage.score_rows import FeatureEnd, MovedClip, ScoreBin, ScoredClip, ScoreSummary

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from storage.database import Database
    from storage.features import FeatureStore
    from storage.library.store import LibraryStore

__all__ = ["MOST_POINTS", "ScoreViewStore"]

MOST_POINTS = 20_000
BINS = 40
MOST_KEPT = 32
End = Literal["best", "worst", "unsure"]
Split = Literal["", "source", "tags", "decision"]
ENDS: dict[End, str] = {
    "best": "s.reward DESC, s.clip_id",
    "worst": "s.reward, s.clip_id DESC",
    "unsure": "s.reward_std DESC NULLS LAST, s.clip_id",
}
TAGGED = "s.clip_id IN (SELECT clip_id FROM clip_tag WHERE tag = '{}')"
VIDEO = "JOIN clip o ON o.clip_id = s.clip_id JOIN video v USING (video_id)"
SPLITS: dict[Split, tuple[str, str]] = {
    "": ("''", ""),
    "source": ("v.source", VIDEO),
    "tags": (
        "coalesce(t.tags, 'no tag')",
        (
            "LEFT JOIN (SELECT clip_id, string_agg(tag, ', ' ORDER BY tag) AS tags FROM clip_tag GROUP BY clip_id) t "
            "ON t.clip_id = s.clip_id"
        ),
    ),
    "decision": (
        (
            f"CASE WHEN {TAGGED.format('keep')} THEN 'kept' WHEN {TAGGED.format('drop')} THEN 'dropped' "
            "ELSE 'undecided' END"
        ),
        "",
    ),
}
"""Split → the group of a clip, and the join that it needs."""


class ScoreViewStore:
    """Reads scores for the Scores page."""

    def __init__(self, database: Database, features: FeatureStore, library: LibraryStore) -> None:
        self._database = database
        self._features = features
        self._library = library
        self._kept = Kept[Any](MOST_KEPT)

    def summary(self, model_id: str) -> ScoreSummary:
        """How many clips of the workspace a model has scored."""
        found: ScoreSummary = self._kept.get(
            ("summary", model_id),
            self._changes(),
            lambda: self._database.record(
                ScoreSummary,
                "SELECT count(*) AS clips, count_if(v.source = 'sample') AS synthetic, "  # noqa: S608 - ours
                "(SELECT count(*) FROM reward_score WHERE model_id = $model) - count(*) AS gone "
                f"FROM reward_score s {VIDEO} WHERE s.model_id = $model",
                {"model": model_id},
            ),
        )
        return found

    def ends(self, model_id: str, which: End, count: int) -> list[ScoredClip]:
        """The best, worst or most uncertain clips of a model, the most extreme first."""

        def read() -> list[ScoredClip]:
            rows = self._database.rows(
                f"SELECT s.clip_id, s.reward, s.reward_std {self._scores(model_id)} WHERE s.model_id = ? "
                f"ORDER BY {ENDS[which]} LIMIT {int(count)}",
                [model_id],
            )
            if not rows:
                return []
            better = ", ".join(f"count_if(s.reward > $v{n}) AS b{n}" for n in range(len(rows)))
            places = self._database.row(
                f"SELECT {better} {self._scores(model_id)} WHERE s.model_id = $model",
                {"model": model_id, **{f"v{n}": row["reward"] for n, row in enumerate(rows)}},
            )
            return [ScoredClip(**row, rank=1 + (places or {})[f"b{n}"]) for n, row in enumerate(rows)]

        found: list[ScoredClip] = self._kept.get(("ends", model_id, which, count), self._changes(), read)
        return found

    def spread(self, model_id: str, split: Split) -> list[ScoreBin]:
        """The rewards in bins of equal width, apart by group: by source, tags, what was kept or dropped, or nothing."""

        def read() -> list[ScoreBin]:
            ends = self._database.row(
                f"SELECT min(s.reward) AS low, max(s.reward) AS high {self._scores(model_id)} WHERE s.model_id = ?",
                [model_id],
            )
            if ends is None or ends["low"] is None:
                return []
            width = (ends["high"] - ends["low"]) / BINS or 1.0
            group, join = SPLITS[split]
            rows = self._database.rows(
                f"SELECT least({BINS - 1}, floor((s.reward - $low) / $width))::INTEGER AS bin, {group} AS group, "
                f"count(*) AS clips {self._scores(model_id)} {join} WHERE s.model_id = $model "
                "GROUP BY ALL ORDER BY ALL",
                {"low": ends["low"], "width": width, "model": model_id},
            )
            return [ScoreBin(ends["low"] + width * row["bin"], width, row["group"], row["clips"]) for row in rows]

        found: list[ScoreBin] = self._kept.get(("spread", model_id, split), self._changes("clip_tag"), read)
        return found

    def count_between(self, model_id: str, low: float, high: float) -> int:
        """How many clips have a reward in this range, both ends included."""
        found: int = self._database.scalar(
            f"SELECT count(*) {self._scores(model_id)} WHERE s.model_id = ? AND s.reward BETWEEN ? AND ?",
            [model_id, low, high],
        )
        return found

    def ids_between(self, model_id: str, low: float, high: float) -> list[str]:
        """The clips with a reward in this range, best first."""
        return self._database.column(
            f"SELECT s.clip_id {self._scores(model_id)} WHERE s.model_id = ? AND s.reward BETWEEN ? AND ? "
            f"ORDER BY {ENDS['best']}",
            [model_id, low, high],
        )

    def feature_names(self) -> list[str]:
        """The feature columns that any clip has."""
        found = []
        for table in filter(lambda table: table.columns, self._features.tables()):
            changes = self._database.changes_of(table.table)
            counts = ", ".join(f"count({name}) AS {name}" for name in table.columns)
            sql = f"SELECT {counts} FROM {table.table}"  # noqa: S608 - checked names
            row: dict[str, int] = self._kept.get(("names", table), changes, partial(self._database.row, sql))
            found += [f"{table.extractor}_{name}" for name in table.columns if row[name]]
        return found

    def sample(self, model_id: str, feature: str = "") -> pa.Table:
        """`clip_id`, `reward`, `reward_std` and the feature, where one is named, of a fixed sample of scored clips."""
        value, join, table = self._feature(feature)
        picked = f", {value} AS value" if feature else ""
        found: pa.Table = self._kept.get(
            ("sample", model_id, feature),
            self._changes(*table),
            lambda: self._database.table(
                f"SELECT s.clip_id, s.reward, s.reward_std{picked} {self._scores(model_id)} {join} "
                f"WHERE s.model_id = $model AND {self._sampled(model_id)} ORDER BY {ENDS['best']}",
                {"model": model_id},
            ),
        )
        return found

    def feature_ends(self, model_id: str, feature: str, count: int, *, most: bool) -> list[FeatureEnd]:
        """The scored clips with the least or the most of a feature, the most extreme first."""
        value, join, table = self._feature(feature)
        direction = "DESC" if most else "ASC"
        found: list[FeatureEnd] = self._kept.get(
            ("feature ends", model_id, feature, count, most),
            self._changes(*table),
            lambda: self._database.records(
                FeatureEnd,
                f"SELECT s.clip_id, {value} AS value, s.reward {self._scores(model_id)} {join} WHERE s.model_id = ? "
                f"AND {value} IS NOT NULL ORDER BY {value} {direction}, s.clip_id LIMIT {int(count)}",
                [model_id],
            ),
        )
        return found

    def drift(self, before: str, now: str, count: int) -> list[MovedClip]:
        """Of the clips that two models have scored: the fixed sample, and those that rose and fell most, so many
        each."""

        def ranked(model_id: str, name: str) -> str:
            rows = self._scores(model_id)
            return f"(SELECT s.clip_id, rank() OVER (ORDER BY s.reward DESC) AS rank {rows} WHERE s.model_id = ${name})"

        found: list[MovedClip] = self._kept.get(
            ("drift", before, now, count),
            self._changes(),
            lambda: self._database.records(
                MovedClip,
                "WITH moved AS (SELECT n.clip_id, b.rank AS rank_before, n.rank, count(*) OVER () AS common "  # noqa: S608
                f"FROM {ranked(now, 'now')} n "
                f"JOIN {ranked(before, 'before')} b USING (clip_id)) "
                f"SELECT *, {self._sampled(now, 'moved')} AS is_sampled FROM moved QUALIFY is_sampled "
                f"OR row_number() OVER (ORDER BY rank_before - rank DESC, rank) <= {int(count)} "
                f"OR row_number() OVER (ORDER BY rank_before - rank, rank) <= {int(count)} ORDER BY rank, clip_id",
                {"now": now, "before": before},
            ),
        )
        return found

    def count_unscored(self, model_id: str) -> int:
        """How many clips a model can't score."""
        found: int = self._kept.get(
            ("unscored", model_id),
            self._database.changes_of("reward_unscored", "clip"),
            lambda: self._database.scalar(
                "SELECT count(*) FROM reward_unscored SEMI JOIN clip USING (clip_id) WHERE model_id = ?", [model_id]
            ),
        )
        return found

    def unscored(self, model_id: str, count: int) -> list[UnscoredClip]:
        """Some of the clips that a model can't score, those with the same reason together."""
        return self._database.records(
            UnscoredClip,
            "SELECT u.clip_id, u.reason FROM reward_unscored u SEMI JOIN clip USING (clip_id) "  # noqa: S608 - a number
            "WHERE model_id = ? "
            f"ORDER BY u.reason, u.clip_id LIMIT {int(count)}",
            [model_id],
        )

    def _sampled(self, model_id: str, of: str = "s") -> str:
        every = -(-self.summary(model_id).clips // MOST_POINTS) or 1
        return f"hash({of}.clip_id) % {every} = 0"

    def _scores(self, model_id: str) -> str:
        """The scores of clips that are in the workspace, as `s`: joining a million ids only where it changes them."""
        gone = self.summary(model_id).gone
        return f"FROM reward_score s{' SEMI JOIN clip c ON c.clip_id = s.clip_id' if gone else ''}"

    def _changes(self, *more: str) -> int:
        return self._database.changes_of("reward_score", "clip", "video", *more)

    def _feature(self, feature: str) -> tuple[str, str, Sequence[str]]:
        """A feature as SQL, the join that it needs, and its table."""
        if not feature:
            return "", "", ()
        expression, table = self._library.numbers().expression(feature)
        return expression, f"LEFT JOIN {table} ON {table}.clip_id = s.clip_id" if table else "", (table,)
