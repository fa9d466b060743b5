"""Times the library's queries at 100,000 clips with 512-D embeddings: filters, sorts, pages, likeness searches.

    python -m benchmarks.library [--clips 100000]

One query runs on the public view `clip_features` too, which joins every extractor's table, as a person's own SQL
would.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from storage import Workspace
from storage.feature_rows import FeatureTable
from storage.library.view import ClipView, Range
from storage.rewards import RewardModel

if TYPE_CHECKING:
    from collections.abc import Callable

WIDTH = 512
TABLES = {
    "sharpness": ("laplacian_median", "laplacian_p10", "tenengrad_median", "blurred_share"),
    "exposure": ("luma_mean", "contrast", "under_share", "over_share", "entropy", "flicker"),
    "motion": ("camera_speed_mean", "camera_speed_var", "camera_sparc", "residual_mean", "idle_share", "frozen_share"),
    "hands": ("any_share", "both_share", "confidence_mean", "speed_mean", "straightness", "sparc"),
    "composite": ("score",),
}


FIVE_RANGES = (
    Range("hands_any_share", -1.0, None),
    Range("motion_idle_share", None, 1.0),
    Range("exposure_luma_mean", -2.0, 2.0),
    Range("sharpness_blurred_share", None, 1.5),
    Range("reward", -1.0, None),
)


def fill(workspace: Workspace, n_clips: int, seed: int = 0) -> None:
    """A generated workspace: `n_clips` clips of 100 each a video, every feature, embeddings, scores, a few tags."""
    rng = np.random.default_rng(seed)
    video = np.arange(n_clips) // 100
    ids = pa.array([f"video{v:05d}@{1000 * n}-{1000 * n + 2000}" for n, v in enumerate(video)])
    database = workspace.database
    videos = pa.table({"n": np.unique(video)})
    database.write_arrow(
        "INSERT INTO video BY NAME SELECT printf('video%05d', n) AS video_id, video_id AS name, video_id AS name_key, "
        "printf('/nowhere/video%05d.mp4', n) AS path, ['folder', 'epic', 'gopro'][1 + n % 3] AS source, "
        "printf('%064d', n) AS sha256, 1000000 AS size_bytes, 600 AS duration_s, 30 AS fps, 1920 AS width, "
        "1080 AS height, 'h264' AS codec, 'yuv420p' AS pix_fmt, 'mp4' AS container, 0 AS rotation_deg, "
        "false AS has_audio, false AS has_telemetry, false AS variable_rate, true AS browser_playable, "
        "now() AS imported_at, 0 AS first_frame_s "
        "FROM incoming",
        videos,
    )
    clips = pa.table({"clip_id": ids, "video": video, "start_s": np.arange(n_clips, dtype=float) % 100})
    database.write_arrow(
        "INSERT INTO clip SELECT clip_id, printf('video%05d', video), start_s, start_s + 2, 'stride', "
        "['open drawer', 'cut onion', 'wash plate', NULL][1 + (hash(clip_id) % 4)::INTEGER], NULL, NULL, NULL, now() "
        "FROM incoming",
        clips,
    )
    tables = [FeatureTable(name, columns) for name, columns in TABLES.items()]
    workspace.features.ensure(tables)
    n = len(ids)
    kept = {"extractor_version": pa.array([1] * n), "settings_hash": pa.array([""] * n), "note": pa.array([""] * n)}
    for table in tables:
        values = {name: rng.normal(size=n) for name in table.columns}
        rows = {"clip_id": ids, **kept, "damaged": pa.array([False] * n), **values}
        workspace.features.add(table, pa.table(rows))
    for part in np.array_split(np.arange(n), max(1, n // 20_000)):
        vectors = rng.normal(size=(len(part), WIDTH)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        column = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), WIDTH)
        names = pa.array(["generated"] * len(part))
        workspace.features.add_vectors(
            pa.table({"clip_id": ids.take(pa.array(part)), "model": names, "vector": column})
        )
    from datetime import UTC, datetime

    workspace.rewards.add(
        RewardModel(model_id="model", name="model", created_at=datetime.now(UTC), seed=0, settings={}, report=None)
    )
    reward = {"model_id": pa.array(["model"] * n), "clip_id": ids, "reward": rng.normal(size=n)}
    workspace.rewards.add_scores(pa.table({**reward, "reward_std": rng.random(n)}))
    workspace.tags.add(ids.to_pylist()[::7], "keep")


def best_ms(work: Callable[[], object], times: int = 5) -> float:
    """The median time of a few runs, which is more typical than the best."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(1000 * (time.perf_counter() - began))
    return float(np.median(taken))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=100_000)
    parser.add_argument("--keep", type=Path, help="keep the workspace here")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Workspace(chosen.keep or Path(folder) / "workspace") as workspace:
        if workspace.clips.count() == 0:
            began = time.perf_counter()
            fill(workspace, chosen.clips)
            print(f"made {chosen.clips:,} clips in {time.perf_counter() - began:.1f} s")
        report(workspace)


def report(workspace: Workspace) -> None:
    """Print each query's time, and its ratio to the plain one's."""
    library = workspace.library
    everything = ClipView()
    views = {
        "all, by video": everything,
        "all, worst reward first": replace(everything, sort="reward", descending=False),
        "one range, by another feature": replace(
            everything, ranges=(Range("hands_any_share", 0.0, None),), sort="sharpness_laplacian_median"
        ),
        "five ranges, a source, a tag, text": replace(
            everything,
            ranges=FIVE_RANGES,
            sources=("epic",),
            tags=("keep",),
            narration="onion",
            sort="composite_score",
        ),
    }
    print(f"{workspace.clips.count():,} clips; median of 5, milliseconds")
    for title, view in views.items():
        ids = best_ms(lambda view=view: library.ids(view, limit=40))
        half = library.extent(view).clips // 2
        deep = best_ms(lambda view=view, half=half: library.ids(view, limit=40, offset=half))
        page = best_ms(lambda view=view: library.page(view, limit=40))
        count = best_ms(lambda view=view: library.extent(view))
        print(f"  {title:38} page {ids:6.1f}   halfway {deep:6.1f}   with pictures {page:6.1f}   count {count:6.1f}")
    plain = best_ms(
        lambda: workspace.database.rows(
            "SELECT clip_id FROM clip JOIN clip_features USING (clip_id) JOIN clip_score USING (clip_id) "
            "WHERE hands_any_share >= 0 ORDER BY sharpness_laplacian_median DESC LIMIT 40"
        )
    )
    ours = best_ms(lambda: library.ids(views["one range, by another feature"], limit=40))
    print(f"  the public views for the third question: {plain:.1f}, {plain / ours:.1f} times as long")
    one = library.ids(everything, limit=1)[0]
    like = replace(everything, similar_to=one)
    print(f"  like one clip                          {best_ms(lambda: library.ids(like, limit=40)):6.1f}")
    near = replace(like, ranges=(Range("hands_any_share", 1.0, None),))
    print(f"  like one clip, one range               {best_ms(lambda: library.ids(near, limit=40)):6.1f}")
    print(f"  histogram                              {best_ms(lambda: library.histogram('hands_any_share')):6.1f}")
    many = views["five ranges, a source, a tag, text"]
    began = time.perf_counter()
    library.counts(everything)
    print(f"  columns read for the filter panel      {1000 * (time.perf_counter() - began):6.1f}")
    print(f"  all the panel's counts, no filter      {best_ms(lambda: library.counts(everything)):6.1f}")
    print(f"  all the panel's counts, eight filters  {best_ms(lambda: library.counts(many)):6.1f}")
    print(f"  funnel of eight filters                {best_ms(lambda: library.funnel(many)):6.1f}")
    print(f"  facets                                 {best_ms(library.facets):6.1f}")


if __name__ == "__main__":
    main()
