"""Writes an export as WebDataset: tar files that training reads from front to end, the best clips first."""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from pydantic import Field

from engine.errors import ExportError
from engine.export.formats.card import CARD_FILE, CardSection, HubCard, card, plain
from engine.export.formats.clip_record import clip_records, feature_columns, record_columns
from engine.export.formats.cut_parts import CutExporter, CutOptions, cut_file
from engine.export.formats.tar_shards import write_shards

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa
    from pydantic import JsonValue

    from engine.export.formats.base import ExportContext, MadeClips
    from engine.export.formats.tar_shards import Content, Shard

__all__ = ["SHARDS_FILE", "WebDataset", "WebDatasetOptions"]

SHARDS_FILE = "shards.json"
_STEM = "handpicked"
_BYTES_OF_MB = 1_000_000
_ABOUT_JSON = (
    "`000001.json`: everything known of it: clip, video and window, narration, scores with their spread, the model and "
    "the hash of its settings, whose labels it learned from, whether it is synthetic, and all `features`. "
    "What could not be measured is null."
)
_READING = """\
```python
import webdataset
clips = webdataset.WebDataset("handpicked-000000.tar").decode()
```

```python
from datasets import load_dataset
clips = load_dataset("path/of/this/folder", split="train", streaming=True)
```

Given this folder, `datasets` reads the types of the columns above. Given only the tar files
(`load_dataset("webdataset", data_files=…)`) it guesses them from the first five samples."""


class WebDatasetOptions(CutOptions):
    """How clips are cut, and how tar files are divided."""

    shard_mb: int = Field(
        default=1000,
        ge=1,
        le=1_000_000,
        title="Largest tar file (MB)",
        description="Largest size of a tar file, in millions of bytes.",
    )


class WebDataset(CutExporter[WebDatasetOptions]):
    """Each clip is a sample of an mp4, a json with all that is known of it, its narration and its embedding."""

    name: ClassVar[str] = "webdataset"
    title: ClassVar[str] = "WebDataset"
    description: ClassVar[str] = (
        "Tar files of clips with their texts, scores and embeddings, which webdataset and Hugging Face datasets stream."
    )

    def assemble(self, clips: MadeClips, folder: Path, context: ExportContext) -> None:
        """Write the tar files, the list of them with their checksums, and the card."""
        ids: list[str] = clips.table.column("clip_id").to_pylist()
        files = {clip_id: cut_file(clips, clip_id) for clip_id in ids}
        try:
            total = max(1, sum(file.stat().st_size for file in files.values()))
            done = 0

            def written(count: int) -> None:
                nonlocal done
                done += count
                context.progress(min(0.99, done / total), "writing tar files")

            embedded = any(clips.embedding(clip_id) is not None for clip_id in ids)
            shards = write_shards(
                _samples(clips, files, embedded),
                folder,
                stem=_STEM,
                max_bytes=self.options.shard_mb * _BYTES_OF_MB,
                written=written,
            )
            missing = "" if embedded else _no_embeddings(clips.table)
            if missing:
                context.warn(missing)
            (folder / SHARDS_FILE).write_text(_listed(shards), encoding="utf-8")
            (folder / CARD_FILE).write_text(_card(clips, shards, embedded, missing), encoding="utf-8")
        except OSError as error:
            raise ExportError(
                f"the tar files can't be written to {folder}: {error.strerror or error}",
                remedy="Check the folder and the room on its disk, then resume the export.",
            ) from error


def _samples(clips: MadeClips, files: Mapping[str, Path], embedded: bool) -> Iterator[tuple[str, dict[str, Content]]]:
    """Key → members, of every clip in order of rank. All samples have the same members: `datasets` insists on it."""
    for record in clip_records(clips.table):
        clip_id = str(record["clip_id"])
        members: dict[str, Content] = {
            "mp4": files[clip_id],
            "json": json.dumps(record, ensure_ascii=False, allow_nan=False).encode(),
            "txt": str(record["narration"] or "").encode(),
        }
        if embedded:
            members["embedding.npy"] = _as_npy(clips.embedding(clip_id))
        yield f"{record['rank']:06d}", members


def _no_embeddings(table: pa.Table) -> str:
    """Why there are no embeddings although the list names their model; empty where it names none."""
    model = table.column("embedding_model")[0].as_py()
    if model is None:
        return ""
    return f"The workspace holds no embeddings of these clips by {model} now, so there are none in the data set."


def _as_npy(vector: Any) -> bytes:
    """The vector as a npy file; of length 0 where the clip has none."""
    out = io.BytesIO()
    np.save(out, np.zeros(0, np.float32) if vector is None else np.asarray(vector, np.float32), allow_pickle=False)
    return out.getvalue()


def _listed(shards: Sequence[Shard]) -> str:
    listed = {"samples": sum(shard.samples for shard in shards), "shards": [asdict(shard) for shard in shards]}
    return json.dumps(listed, indent=1) + "\n"


def _card(clips: MadeClips, shards: Sequence[Shard], embedded: bool, missing: str) -> str:
    files = "one tar file" if len(shards) == 1 else f"{len(shards):,} tar files"
    about = (
        f"{clips.table.num_rows:,} clips of first-person video in {files} of the WebDataset format, the best first: "
        "the order of the samples is the order of the ranking."
    )
    members = [
        "`000001.mp4`: the clip, H.264 without sound. The number is its rank.",
        _ABOUT_JSON,
        "`000001.txt`: its narration; empty where there is none.",
    ]
    if embedded:
        members.append("`000001.embedding.npy`: its image embedding, float32; of length 0 where the clip has none.")
    if missing:
        members.append(plain(missing))
    sections = [
        CardSection("A sample", "\n".join(f"- {line}" for line in members)),
        CardSection("Files", f"`{SHARDS_FILE}` lists the tar files with their samples, sizes and SHA-256."),
        CardSection("Reading it", _READING),
    ]
    hub = HubCard(
        task_categories=("robotics", "video-classification"),
        tags=("webdataset",),
        configs=({"config_name": "default", "data_files": f"{_STEM}-*.tar"},),
        features=_hub_features(clips.table, embedded),
    )
    return card("Handpicked clips (WebDataset)", clips.facts, about=about, sections=sections, hub=hub)


def _hub_features(table: pa.Table, embedded: bool) -> list[Mapping[str, JsonValue]]:
    """The columns as `datasets` is to read them. Left to guess, it goes by the first five samples and then fails on a
    number that was null in all of these."""
    typed = {field.name: _dtype(field.type) for field in table.schema}
    record: list[JsonValue] = [{"name": name, "dtype": typed[name]} for name in record_columns(table)]
    record += [{"name": name, "dtype": "bool"} for name in ("synthetic", "simulated_labels")]
    nested: list[JsonValue] = [{"name": name, "dtype": typed[name]} for name in feature_columns(table)]
    record += [{"name": "features", "struct": nested}] if nested else []
    columns: list[Mapping[str, JsonValue]] = [
        {"name": "mp4", "dtype": "video"},
        {"name": "json", "struct": record},
        {"name": "txt", "dtype": "string"},
    ]
    columns += [{"name": "embedding.npy", "list": "float32"}] if embedded else []
    return [*columns, {"name": "__key__", "dtype": "string"}, {"name": "__url__", "dtype": "string"}]


def _dtype(kind: pa.DataType) -> str:
    """A column's type in the words of `datasets`."""
    import pyarrow.types as types

    if types.is_boolean(kind):
        return "bool"
    if types.is_integer(kind):
        return "int64"
    return "float64" if types.is_floating(kind) else "string"
