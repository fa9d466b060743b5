"""Results on disk: a shard is a folder of Parquet tables and files that appears whole, by renaming, or not at all."""

from __future__ import annotations

import json
import shutil
import sys
import time
from dataclasses import dataclass, field
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import JobError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pyarrow as pa

__all__ = ["ItemOutput", "ShardFolder", "ShardWriter", "finished_shards"]

MANIFEST = "manifest.json"


@dataclass
class ItemOutput:
    """What one item makes, held back until the item is done: a failed item leaves nothing."""

    item: str
    folder: Path
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)
    tables: dict[str, pa.Table] = field(default_factory=dict)

    def add_rows(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Append rows to the table named `table` of the shard."""
        self.rows.setdefault(table, []).extend(dict(row) for row in rows)

    def file(self, name: str) -> Path:
        """A path to write a file to; it travels in the shard as `files/<name>` (`name` may hold folders)."""
        if name.startswith("/") or ".." in Path(name).parts:
            msg = f"a shard's file must stay inside it: {name!r}"
            raise ValueError(msg)
        path = self.folder / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        self.files[name] = path
        return path

    def seal(self) -> None:
        """Turn the rows into tables now, so that what can't be stored fails its own item and not a shard of many.

        Raises what Arrow raises (a ValueError or TypeError) for rows whose values do not agree.
        """
        import pyarrow as pa

        for table, rows in self.rows.items():
            columns = dict.fromkeys(name for row in rows for name in row)
            self.tables[table] = pa.table({name: pa.array([row.get(name) for row in rows]) for name in columns})
        self.rows = {}


class ShardWriter:
    """Gathers the outputs of items and writes them as numbered shards into `folder`."""

    def __init__(self, folder: Path, *, flush_every_s: float = 1.0, flush_every_items: int = 256) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self._flush_every_s = flush_every_s
        self._flush_every_items = flush_every_items
        self._pending: list[ItemOutput] = []
        self._count = 0
        self._items_begun = 0
        self._last_flush_s = time.monotonic()
        warm_up()

    def begin(self, item: str) -> ItemOutput:
        """A fresh output for `item`; it counts only once `commit` is called."""
        self._items_begun += 1
        return ItemOutput(item, self.folder / f"pending-{self._items_begun:06d}.tmp")

    def discard(self, output: ItemOutput) -> None:
        """Forget a failed item's output."""
        shutil.rmtree(output.folder, ignore_errors=True)

    def commit(self, output: ItemOutput) -> tuple[str, list[str]] | None:
        """Take a finished, sealed item; returns `(shard name, items)` where that filled a shard."""
        self._pending.append(output)
        due = time.monotonic() - self._last_flush_s >= self._flush_every_s
        if due or len(self._pending) >= self._flush_every_items:
            return self.flush()
        return None

    def flush(self) -> tuple[str, list[str]] | None:
        """Write what is pending as one shard. Raises OSError (a full disk, say) with nothing half-written."""
        self._last_flush_s = time.monotonic()
        if not self._pending:
            return None
        import pyarrow as pa
        import pyarrow.parquet as pq

        name = f"{self._count:06d}"
        temporary = self.folder / f"{name}.tmp"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        tables: dict[str, list[pa.Table]] = {}
        for output in self._pending:
            for table, rows in output.tables.items():
                tables.setdefault(table, []).append(rows)
            for file_name, path in output.files.items():
                target = temporary / "files" / file_name
                target.parent.mkdir(parents=True, exist_ok=True)
                path.replace(target)
        for table, pieces in tables.items():
            # Permissive: a column that is empty in one item and text in another is text.
            whole = pa.concat_tables(pieces, promote_options="permissive")
            pq.write_table(whole, temporary / f"{table}.parquet")
        items = [output.item for output in self._pending]
        manifest = {"items": items, "tables": sorted(tables)}
        (temporary / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
        temporary.rename(self.folder / name)
        for output in self._pending:
            self.discard(output)
        self._pending = []
        self._count += 1
        return name, items


def warm_up() -> None:
    """Load what writes tables, in no item's time.

    Arrow's first conversion looks for pandas, to know its kinds of columns, and loads it: more than a second in every
    worker, for nothing. Here it looks once and finds none. What asks Arrow for a data frame later still gets one.
    """
    import pyarrow as pa
    import pyarrow.parquet

    if "pandas" in sys.modules:
        return
    sys.meta_path.insert(0, _NoPandas)
    try:
        pa.array([0])
    finally:
        sys.meta_path.remove(_NoPandas)


class _NoPandas(MetaPathFinder):
    @classmethod
    def find_spec(cls, fullname: str, *_: object) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname)


@dataclass(frozen=True)
class ShardFolder:
    """A finished shard, read back."""

    folder: Path
    items: list[str]
    table_names: list[str]

    @classmethod
    def open(cls, folder: Path) -> ShardFolder:
        """Read the manifest of a finished shard. Raises `JobError` where the shard was damaged since."""
        import pyarrow.parquet as pq

        try:
            manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            for table in manifest["tables"]:
                pq.read_metadata(folder / f"{table}.parquet")
            return cls(folder, manifest["items"], manifest["tables"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            msg = f"the results in {folder.parent.parent.name}/{folder.name} can't be read ({error})"
            raise JobError(msg, remedy="Their items will be done again.") from error

    def table(self, name: str) -> pa.Table | None:
        """The table called `name`, or None where no item of this shard made any row of it."""
        import pyarrow.parquet as pq

        return pq.read_table(self.folder / f"{name}.parquet") if name in self.table_names else None

    def rows(self, name: str) -> list[dict[str, Any]]:
        """The same as dicts, in the order in which they were made."""
        table = self.table(name)
        return [] if table is None else table.to_pylist()

    def files(self) -> dict[str, Path]:
        """Name → path of every file in the shard."""
        root = self.folder / "files"
        return {p.relative_to(root).as_posix(): p for p in sorted(root.rglob("*")) if p.is_file()}


def finished_shards(folder: Path) -> list[Path]:
    """The shards in `folder` that were renamed into place, oldest first."""
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if p.suffix != ".tmp" and (p / MANIFEST).is_file())
