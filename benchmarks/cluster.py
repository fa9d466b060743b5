"""Times jobs in a Ray cluster: its overhead over local workers, how waiting work scales with nodes, and the one writer.

    python -m benchmarks.cluster [--rounds 2] [--videos 6] [--waiting-s 240] [--only WORDS] [--json FILE]

overhead: the same extraction of rendered videos in the same two parts of one CPU each, by two local workers and on one
node with two CPUs, in turns; the best of each. Goal: 1.1 times as long at most.
nodes: items that only sleep, a second each, on 1, 2 and 4 nodes of one CPU, a part for each node. Efficiency is the
time on one node over the number of nodes times the time there; whole jobs, with joining the cluster and starting
workers. Goal: 0.9. Sleeping takes no processor, so this says what the executor costs, and not how a real machine's
cores, disks and network share their work.
writer: shards of one video with 100 clips each (five extractors' numbers and 512-D vectors), taken into a store of
20,000 clips: what the one writer of DuckDB takes in a second, however many nodes there are.

All of it on this one machine, over its loopback interface.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from app.workflows.extracting import EXTRACT_KIND, extract_spec
from app.workflows.importing import prepare_import
from app.workflows.jobs.kinds import BUILT_IN, BuiltIn, JobKind
from app.workflows.jobs.shard_intake import ShardIntake
from app.workflows.jobs.supervisor import Supervisor
from benchmarks._loopback_cluster import NoClusterError, loopback_cluster
from benchmarks.library import TABLES, WIDTH, fill
from engine.clipping.settings import ClippingSettings
from engine.contracts.clips import ClipWindow
from engine.contracts.extract import EMBEDDING_TABLE, ExtractPayload, ExtractSettings, features_table
from engine.runtime.rows import Row
from engine.runtime.shards import ShardWriter, finished_shards
from engine.runtime.spec import Item, ItemPayload, JobSpec, StepSettings
from engine.runtime.step import Step
from engine.sample.render import render_video
from engine.sample.script import sample_scripts
from engine.settings.jobs import ExecutorSettings
from storage import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.runtime.shards import ShardFolder
    from engine.runtime.step import StepContext

EXTRACTORS = ("sharpness", "exposure", "motion", "hands")
NODES = (1, 2, 4)
CLIPS, CLIPS_A_SHARD = 20_000, 100
KIND = "waits"


@dataclass(frozen=True)
class WaitedRow(Row):
    """An item that has waited."""

    TABLE = "waited"

    item: str


class Waits(Step[StepSettings, ItemPayload]):
    """Sleeps a second for each item."""

    def process(self, item: Item[ItemPayload], context: StepContext) -> None:
        """Sleep, and say so."""
        for tenth in range(10):
            context.progress(tenth / 10)
            time.sleep(0.1)
        context.output.add(WaitedRow, [WaitedRow(item.key)])


def take_nothing(_workspace: Workspace, _settings: StepSettings, _shard: ShardFolder, _prepared: None) -> tuple[()]:
    """There is nothing to store."""
    return ()


WAITS = JobKind(kind=KIND, settings=StepSettings, apply=take_nothing, portable=True)


def job_s(workspace: Workspace, supervisor: Supervisor, spec: JobSpec) -> float:
    """How long a job takes, from the click to its last row."""
    began = time.perf_counter()
    job = supervisor.wait(supervisor.submit(spec.kind, spec))
    if (job.state, job.failed) != ("done", 0):
        raise SystemExit(f"{spec.kind} ended as {job.state}: {job.message}\n{supervisor.log(job.job_id)}")
    warnings = workspace.jobs.warnings(job.job_id)
    if warnings:
        raise SystemExit(f"{spec.kind}: {warnings}")
    return time.perf_counter() - began


def overhead(options: argparse.Namespace) -> dict[str, float]:
    """Seconds of the same extraction here and in a cluster, and their ratio."""
    with tempfile.TemporaryDirectory() as name, loopback_cluster(1, 2) as cluster:
        folder = Path(name)
        files = [folder / f"{script.name}.mp4" for script in sample_scripts(options.videos)]
        for script, file in zip(sample_scripts(options.videos), files, strict=True):
            render_video(script, file, file.with_suffix(".json"))
        places = {"local": None, "ray": ExecutorSettings(kind="ray", address=cluster.address, parts=2)}
        taken: dict[str, list[float]] = {"local": [], "ray": []}
        with Workspace(folder / "workspace") as workspace:
            clipping = ClippingSettings(length_s=3, stride_s=3)
            request = prepare_import(files, source="folder", clips="stride", clipping=clipping, pictures=False)
            for number in range(2 * options.rounds + 1):
                where = "local" if number % 2 else "ray"
                supervisor = Supervisor(workspace, workers=2, where=places[where])
                if not number:  # both sides begin with warm disks
                    job_s(workspace, supervisor, request.spec)
                else:
                    spec = extract_spec(workspace, only=EXTRACTORS, again=True)
                    taken[where].append(job_s(workspace, supervisor, spec))
                    print(f"  {where}: {taken[where][-1]:.1f} s", flush=True)
                supervisor.close()
    local, ray = min(taken["local"]), min(taken["ray"])
    return {"local_s": local, "ray_s": ray, "ratio": ray / local}


def nodes(options: argparse.Namespace) -> dict[str, float]:
    """Seconds of the same waiting on 1, 2 and 4 nodes, and what is kept of a linear gain."""
    BUILT_IN[KIND] = BuiltIn("benchmarks.cluster:WAITS", "benchmarks.cluster:Waits")
    found: dict[str, float] = {}
    with (
        tempfile.TemporaryDirectory() as name,
        loopback_cluster(0, 1) as cluster,
        Workspace(Path(name) / "workspace") as workspace,
    ):
        for count in NODES:
            while len(cluster.nodes) < count:
                cluster.nodes.append(cluster.add_node(1))
            settings = ExecutorSettings(kind="ray", address=cluster.address, parts=count)
            supervisor = Supervisor(workspace, where=settings)
            items = tuple(Item(f"{n:05d}", ItemPayload()) for n in range(options.waiting_s))
            found[f"nodes_{count}_s"] = job_s(workspace, supervisor, JobSpec(KIND, items))
            supervisor.close()
            found[f"nodes_{count}_efficiency"] = found["nodes_1_s"] / (count * found[f"nodes_{count}_s"])
            print(f"  {count} nodes: {found[f'nodes_{count}_s']:.1f} s", flush=True)
    return found


def writer(_options: argparse.Namespace) -> dict[str, float]:
    """How many shards and clips the store takes in a second."""
    with tempfile.TemporaryDirectory() as name, Workspace(Path(name) / "workspace") as workspace:
        fill(workspace, CLIPS)
        clip_ids = sorted(workspace.clips.ids())
        for table in [*(f"feature_{extractor}" for extractor in TABLES), f"embedding_{WIDTH}"]:
            workspace.database.write(f"DELETE FROM {table}")  # noqa: S608 - our own names
        rng = np.random.default_rng(0)
        part = workspace.paths.job(1) / "part-1"
        shards = ShardWriter(part / "shards", flush_every_items=1)
        items: list[Item[ItemPayload]] = []
        for start in range(0, CLIPS, CLIPS_A_SHARD):
            ids = clip_ids[start : start + CLIPS_A_SHARD]
            output = shards.begin(f"video{start}")
            who = {"clip_id": pa.array(ids)}
            about = {"extractor_version": pa.array([2] * len(ids)), "settings_hash": pa.array([""] * len(ids))}
            more = {"damaged": pa.array([False] * len(ids)), "note": pa.array([""] * len(ids))}
            for extractor, columns in TABLES.items():
                numbers = {column: pa.array(rng.normal(size=len(ids))) for column in columns}
                output.tables[features_table(extractor)] = pa.table({**who, **about, **more, **numbers})
            vectors = rng.normal(size=(len(ids), WIDTH)).astype(np.float32)
            column = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), WIDTH)
            output.tables[EMBEDDING_TABLE] = pa.table({**who, "model": pa.array(["m"] * len(ids)), "vector": column})
            shards.commit(output)
            windows = tuple(ClipWindow(clip_id=clip_id, start_s=0, end_s=1) for clip_id in ids)
            payload = ExtractPayload(path="", video_id=output.item, clips=windows, extractors=tuple(TABLES))
            items.append(Item(output.item, payload))
        spec = JobSpec("extract", tuple(items), ExtractSettings(extractors={}))
        workspace.jobs.create("extract", "Extract", len(items))
        intake = ShardIntake(workspace, 1, spec, EXTRACT_KIND)
        count = len(finished_shards(part / "shards"))
        began = time.perf_counter()
        settled = intake.ingest_finished(part)
        taken_s = time.perf_counter() - began
        assert len(settled) == count == CLIPS // CLIPS_A_SHARD
    return {"shards_per_s": count / taken_s, "clips_per_s": CLIPS / taken_s}


PARTS: dict[str, Callable[[argparse.Namespace], dict[str, float]]] = {
    "overhead": overhead,
    "nodes": nodes,
    "writer": writer,
}


def main() -> None:
    """Measure all three, or those that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=2, help="how often each side of the overhead runs")
    parser.add_argument("--videos", type=int, default=6, help="rendered videos to extract")
    parser.add_argument("--waiting-s", type=int, default=240, help="seconds of sleep that nodes share")
    parser.add_argument("--only", nargs="*", choices=list(PARTS), default=list(PARTS))
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    options = parser.parse_args()
    found: dict[str, dict[str, float]] = {}
    try:
        for name in options.only:
            print(name, flush=True)
            found[name] = PARTS[name](options)
            print("  " + ", ".join(f"{key} {value:.2f}" for key, value in found[name].items()), flush=True)
    except NoClusterError as error:
        raise SystemExit(f"not measured: {error}") from error
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
