"""Results on disk: a shard is a folder of Parquet tables and files that appears whole, by renaming, or not at all."""

from __future__ import annotations

import json
import re
import shutil
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError, JobError
from engine.runtime.arrow import warm_up
from engine.runtime.reasons import in_plain_words, is_disk_trouble
from engine.runtime.rows import R, rows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import pyarrow as pa

__all__ = ["ItemOutput", "ShardFolder", "ShardWriter", "finished_shards"]

MANIFEST = "manifest.json"
TABLE_NAME = re.compile(r"[A-Za-z0-9_]{1,100}")

Share = dict[str, tuple[int, int, list[str] | None]]
"""Table → the first of an item's rows in it, their number, and their columns where they are not all of the table's."""


@dataclass(kw_only=True)
class ItemOutput:
    """What one item makes, held back until the item is done: a failed item leaves nothing."""

    item: str
    folder: Path
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)
    tables: dict[str, pa.Table] = field(default_factory=dict)

    def add_rows(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Append rows to the table named `table` of the shard, for tables whose columns are known only when it runs."""
        if not TABLE_NAME.fullmatch(table):
            raise ValueError(f"a shard's table can't be called {table!r}")
        self.rows.setdefault(table, []).extend(dict(row) for row in rows)

    def add(self, model: type[R], rows: Iterable[R]) -> None:
        """Append rows of one kind to their table."""
        self.add_rows(model.TABLE, (row.columns() for row in rows))

    def add_table(self, model: type[R], table: pa.Table) -> None:
        """Give the whole table of one kind of row at once: where there are too many for an object each."""
        self.tables[model.TABLE] = table

    def file(self, name: str) -> Path:
        """A path to write a file to; it travels in the shard as `files/<name>` (`name` may hold folders).

        A file that is not there when the item is done fails the item: call `forget` where it turns out not to come.
        """
        if name.startswith("/") or ".." in Path(name).parts:
            raise ValueError(f"a shard's file must stay inside it: {name!r}")
        path = self.folder / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        self.files[PurePosixPath(name).as_posix()] = path
        return path

    def forget(self, name: str) -> None:
        """Take back that a file called `name` will come."""
        path = self.files.pop(PurePosixPath(name).as_posix(), None)
        if path is not None:
            path.unlink(missing_ok=True)

    def size_bytes(self) -> int:
        """About how large the results are, once sealed."""
        sizes = [path.stat().st_size for path in self.files.values() if path.is_file()]
        return sum(sizes) + sum(int(table.nbytes) for table in self.tables.values())

    def seal(self) -> None:
        """Turn the rows into tables and look for the files now, so that what is wrong fails its own item only.

        Raises `EngineError` for a file that was announced and never written, and what Arrow raises (a ValueError or
        TypeError) for rows whose values do not agree.
        """
        import pyarrow as pa

        missing = sorted(name for name, path in self.files.items() if path.is_symlink() or not path.is_file())
        if missing:
            more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
            raise EngineError(f"The file {missing[0]!r}{more} was announced as a result but never written.")
        for table, rows in self.rows.items():
            columns = dict.fromkeys(name for row in rows for name in row)
            if not all(isinstance(name, str) for name in columns):
                raise TypeError(f"the table {table!r} has a column whose name is no text")
            self.tables[table] = pa.table({name: pa.array([row.get(name) for row in rows]) for name in columns})
        self.rows = {}


class ShardWriter:
    """Gathers the outputs of items and writes them as numbered shards into `folder`; for several threads.

    `on_shard` is called with the name and the items of every shard, `on_refused` with an item whose results can't be
    written as a shard (a value that Parquet can't hold, a file that vanished) and the reason.
    """

    def __init__(
        self,
        folder: Path,
        *,
        flush_every_s: float = 1.0,
        flush_every_items: int = 256,
        flush_every_bytes: int = 64_000_000,
        on_shard: Callable[[str, list[str]], None] = lambda _name, _items: None,
        on_refused: Callable[[str, str], None] = lambda _item, _reason: None,
    ) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self._flush_every_s = flush_every_s
        self._flush_every_items = flush_every_items
        self._flush_every_bytes = flush_every_bytes
        self._on_shard = on_shard
        self._on_refused = on_refused
        self._pending: list[ItemOutput] = []
        self._pending_bytes = 0
        self._files: set[str] = set()
        self._folders: set[str] = set()
        self._count = 0
        self._items_begun = 0
        self._last_flush_s = time.monotonic()
        self._lock = threading.RLock()
        warm_up()

    def begin(self, item: str) -> ItemOutput:
        """A fresh output for `item`; it counts only once `commit` is called."""
        with self._lock:
            self._items_begun += 1
            return ItemOutput(item=item, folder=self.folder / f"pending-{self._items_begun:06d}.tmp")

    def discard(self, output: ItemOutput) -> None:
        """Forget a failed item's output."""
        shutil.rmtree(output.folder, ignore_errors=True)

    def commit(self, output: ItemOutput) -> tuple[str, list[str]] | None:
        """Take a finished, sealed item; returns what `flush` returned where that filled a shard.

        Two items that made files of the same name never share a shard: neither may take the other's file.
        """
        with self._lock:
            return self._commit(output)

    def _commit(self, output: ItemOutput) -> tuple[str, list[str]] | None:
        files = set(output.files)
        folders = {str(folder) for file in files for folder in PurePosixPath(file).parents}
        clash = files & (self._files | self._folders) or folders & self._files
        written = self.flush() if clash else None
        self._pending.append(output)
        self._pending_bytes += output.size_bytes()
        self._files |= files
        self._folders |= folders
        due = time.monotonic() - self._last_flush_s >= self._flush_every_s
        full = len(self._pending) >= self._flush_every_items or self._pending_bytes >= self._flush_every_bytes
        if due or full:
            return self.flush()
        return written

    def flush(self) -> tuple[str, list[str]] | None:
        """Write what is pending as one shard; returns the name and the items of the last shard that was written.

        Where the items can't stand in one shard each gets its own, and one that can't stand in any is refused.
        Raises OSError where the disk takes no more, with nothing half-written.
        """
        with self._lock:
            return self._flush()

    def _flush(self) -> tuple[str, list[str]] | None:
        self._last_flush_s = time.monotonic()
        pending, self._pending, self._files, self._folders = self._pending, [], set(), set()
        self._pending_bytes = 0
        if not pending:
            return None
        try:
            return self._write(pending)
        except Exception as error:
            if is_disk_trouble(error):
                raise
            if len(pending) == 1:
                self.discard(pending[0])
                self._on_refused(pending[0].item, f"Its results can't be written: {in_plain_words(error)}")
                return None
        written = None
        for output in pending:
            self._pending = [output]
            written = self.flush() or written
        return written

    def _write(self, outputs: list[ItemOutput]) -> tuple[str, list[str]]:
        name = f"{self._count:06d}"
        temporary = self.folder / f"{name}.tmp"
        shutil.rmtree(temporary, ignore_errors=True)
        moved: list[tuple[Path, Path]] = []
        try:
            temporary.mkdir()
            shares = _write_tables(outputs, temporary)
            for output in outputs:
                for file_name, path in output.files.items():
                    target = temporary / "files" / file_name
                    target.parent.mkdir(parents=True, exist_ok=True)
                    path.replace(target)
                    moved.append((path, target))
            items = [output.item for output in outputs]
            manifest = {
                "items": items,
                "tables": sorted({name for share in shares for name in share}),
                "shares": shares,
            }
            manifest["files"] = [list(output.files) for output in outputs]
            (temporary / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
            temporary.rename(self.folder / name)
        except BaseException:
            for path, target in moved:
                target.replace(path)
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        for output in outputs:
            self.discard(output)
        self._count += 1
        self._on_shard(name, items)
        return name, items


def _write_tables(outputs: list[ItemOutput], folder: Path) -> list[Share]:
    """Write the tables of all items; returns what is whose, in the order of the items."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    shares: list[Share] = [{} for _ in outputs]
    for name in dict.fromkeys(name for output in outputs for name in output.tables):
        pieces = [(place, output.tables[name]) for place, output in enumerate(outputs) if name in output.tables]
        # Permissive: a column that is empty in one item and text in another is text.
        whole = pa.concat_tables([piece for _, piece in pieces], promote_options="permissive")
        pq.write_table(whole, folder / f"{name}.parquet")
        start = 0
        for place, piece in pieces:
            own = None if piece.column_names == whole.column_names else piece.column_names
            shares[place][name] = (start, piece.num_rows, own)
            start += piece.num_rows
    return shares


@dataclass(frozen=True, kw_only=True)
class ShardFolder:
    """A finished shard, read back: all of it, or what one item made of it."""

    folder: Path
    items: list[str]
    table_names: list[str]
    shares: list[Share] = field(default_factory=list)
    """What of the tables is whose, in the order of the items."""
    item_files: list[list[str]] = field(default_factory=list)
    """The names of each item's files."""
    place: int | None = None
    """Which item's results alone are shown; None for all."""

    @classmethod
    def open(cls, folder: Path) -> ShardFolder:
        """Read the manifest of a finished shard. Raises `JobError` where the shard was damaged since."""
        import pyarrow.parquet as pq

        try:
            manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            for table in manifest["tables"]:
                pq.read_metadata(folder / f"{table}.parquet")
            shares, files = manifest.get("shares", []), manifest.get("files", [])
            return cls(
                folder=folder,
                items=manifest["items"],
                table_names=manifest["tables"],
                shares=shares,
                item_files=files,
            )
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise JobError(
                f"the results in {folder.parent.parent.name}/{folder.name} can't be read ({error})",
                remedy="Their items will be done again.",
            ) from error

    def singly(self) -> list[ShardFolder]:
        """The results of each item by themselves; the shard as it is where it does not say whose rows are whose."""
        if len(self.items) < 2 or len(self.item_files) != len(self.items):
            return [self]
        return [
            replace(self, items=[item], place=place, table_names=sorted(self.shares[place]))
            for place, item in enumerate(self.items)
        ]

    def table(self, name: str) -> pa.Table | None:
        """The table called `name`, or None where no item of this shard made any row of it."""
        import pyarrow.parquet as pq

        if name not in self.table_names:
            return None
        whole = pq.read_table(self.folder / f"{name}.parquet")
        if self.place is None:
            return whole
        start, count, columns = self.shares[self.place][name]
        return whole.slice(start, count).select(columns or whole.column_names)

    def read(self, model: type[R]) -> list[R]:
        """The rows of one kind, in the order in which they were made. Raises `JobError` where columns lack."""
        return rows_of(model, self.rows(model.TABLE))

    def rows(self, name: str) -> list[dict[str, Any]]:
        """The rows of the table called `name` as dicts, in the order in which they were made."""
        table = self.table(name)
        return [] if table is None else table.to_pylist()

    def files(self) -> dict[str, Path]:
        """Name → path of every file in the shard."""
        root = self.folder / "files"
        found = {p.relative_to(root).as_posix(): p for p in sorted(root.rglob("*")) if p.is_file()}
        mine = found if self.place is None else self.item_files[self.place]
        return {name: path for name, path in found.items() if name in mine}


def finished_shards(folder: Path) -> list[Path]:
    """The shards in `folder` that were renamed into place, oldest first."""
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if p.suffix != ".tmp" and (p / MANIFEST).is_file())
