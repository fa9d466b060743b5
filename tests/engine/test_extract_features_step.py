"""The step that extracts features: rows in a real shard, without a number that is none."""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING, Any

import pytest

from engine.contracts.extract import ExtractPayload, ExtractSettings
from engine.errors import EngineError
from engine.features.base import Clip
from engine.features.extract import extract_video
from engine.features.motion import Motion
from engine.features.resources import Resources
from engine.runtime.messages import Done, Failed, Message, Started
from engine.runtime.runner import run_part
from engine.runtime.shards import ShardFolder, ShardWriter, finished_shards
from engine.runtime.spec import Item, JobSpec
from engine.runtime.step import StepContext
from engine.steps.extract_features import ExtractFeatures
from engine.video import decoder, leave_out
from engine.video.windows import Window
from tests.engine.features.scenes import view, write_pictures

if TYPE_CHECKING:
    from pathlib import Path

CLIPS = [
    {"clip_id": "v@0-1500", "start_s": 0.0, "end_s": 1.5},
    {"clip_id": "v@1500-1550", "start_s": 1.5, "end_s": 1.55},
    {"clip_id": "v@90000-91000", "start_s": 90.0, "end_s": 91.0},
]


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pictures(tmp_path_factory.mktemp("video") / "v.mp4", (view(2 * k) for k in range(60)))


def extract(
    tmp_path: Path, path: Path, settings: dict[str, Any], names: list[str], clips: list[dict[str, Any]] = CLIPS
) -> tuple[ShardFolder, list[str]]:
    """One item through the step and into a shard; the shard, and the warnings."""
    step = ExtractFeatures(ExtractSettings.model_validate(settings))
    step.prepare()
    values = {"path": str(path), "video_id": "v", "clips": clips, "extractors": names}
    payload = ExtractPayload.model_validate(values)
    writer = ShardWriter(tmp_path / "shards")
    output = writer.begin("v")
    warnings: list[str] = []
    step.process(Item("v", payload), StepContext(output, lambda *_: None, warnings.append, lambda: False))
    output.seal()
    writer.commit(output)
    written = writer.flush()
    name = written[0] if written else "000000"
    return ShardFolder.open(tmp_path / "shards" / name), warnings


def test_rows_tracks_and_failures(video: Path, tmp_path: Path) -> None:
    settings = {"motion": {"rate_hz": 15}, "sharpness": {}, "hands": {}, "resources": {"download": False}}
    shard, warnings = extract(tmp_path, video, settings, ["sharpness", "motion", "hands"])
    rows = {row["clip_id"]: row for row in shard.rows("features_motion")}
    assert list(rows) == ["v@0-1500", "v@1500-1550"]
    long, short = rows.values()
    assert long["camera_speed_mean"] > 0.1
    assert (long["damaged"], long["extractor_version"]) == (False, Motion.version)
    assert long["settings_hash"] == Motion(Motion.settings_model(rate_hz=15)).settings_hash()
    assert short["camera_speed_mean"] is None
    assert "two frames" in short["note"]
    (track, *_) = shard.rows("motion_track")
    assert len(track["t_s"]) == len(track["camera_speed"]) == 22
    hands = shard.rows("hand_track")[0]
    assert len(hands["landmarks"]) == len(hands["t_s"]) * 2 * 21 * 3
    assert {(row["clip_id"], row["extractor"]) for row in shard.rows("feature_failure")} == {
        ("v@90000-91000", name) for name in ("sharpness", "motion", "hands")
    }
    assert any("No frame of the video" in warning for warning in warnings)
    for table in shard.table_names:
        for row in shard.rows(table):
            numbers = [value for value in row.values() if isinstance(value, float)]
            assert all(map(math.isfinite, numbers)), (table, row)


@pytest.mark.parametrize(
    ("share", "asked", "threads"), [(3, {}, 3), (3, {"threads": 2}, 2), (0, {}, Resources().threads)]
)
def test_models_and_decoder_take_no_more_threads_than_the_workers_share(
    video: Path, monkeypatch: pytest.MonkeyPatch, share: int, asked: dict[str, int], threads: int
) -> None:
    step = ExtractFeatures(ExtractSettings.model_validate({"sharpness": {}, "resources": asked}))
    step.threads = share
    step.prepare()
    sharpness = step._ready["sharpness"]
    assert sharpness.resources.threads == threads
    opened: list[int] = []
    real = decoder.open_container

    def counting(path: Path, device: str) -> Any:
        container = real(path, device)
        opened.append(container.streams.video[0].codec_context)
        return container

    monkeypatch.setattr(decoder, "open_container", counting)
    assert list(extract_video(video, [Clip("a", Window(0.0, 1.0))], [sharpness]))
    monkeypatch.setattr(leave_out, "THREADS_PAY_PX", 0)
    assert list(extract_video(video, [Clip("a", Window(0.0, 1.0))], [sharpness]))
    assert [context.thread_count for context in opened] == [1, threads], "small pictures are decoded by one"


def test_an_extractor_that_can_t_be_had_stops_no_other(
    video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    settings = {
        "sharpness": {},
        "embedding": {"pretrained": "nobody", "fallback": False},
        "resources": {"download": False, "weights_folders": [str(tmp_path)]},
    }
    shard, warnings = extract(tmp_path, video, settings, ["sharpness", "embedding"])
    assert len(shard.rows("features_sharpness")) == 2
    failures = [row for row in shard.rows("feature_failure") if row["extractor"] == "embedding"]
    assert len(failures) == 3
    assert "ViT-B-32-nobody.safetensors" in failures[0]["error"]
    assert any("embedding" in warning for warning in warnings)
    alone = {name: settings[name] for name in ("embedding", "resources")}
    step = ExtractFeatures(ExtractSettings.model_validate(alone))
    with pytest.raises(EngineError, match="nobody"):
        step.prepare()


def test_a_window_that_can_t_be_fails_alone(video: Path, tmp_path: Path) -> None:
    windows = [(-5.0, 1.0), (0.0, 1e9), (1.0, 0.5), (math.nan, 1.0), (0.0, math.inf), (0.5, 1e6)]
    bad = [{"clip_id": f"bad-{n}", "start_s": start_s, "end_s": end_s} for n, (start_s, end_s) in enumerate(windows)]
    clips = [*bad[:4], CLIPS[0], *bad[4:]]
    shard, warnings = extract(tmp_path, video, {"sharpness": {}}, ["sharpness"], clips)
    measured = [row["clip_id"] for row in shard.rows("features_sharpness")]
    assert measured == ["v@0-1500", "bad-5"], "what ends after the video has the frames that there are"
    failures = {row["clip_id"]: row["error"] for row in shard.rows("feature_failure")}
    assert set(failures) == {f"bad-{n}" for n in range(5)}
    assert failures["bad-0"] == (
        "The clip can't be measured: a window can't start before the video does, got start_s = -5.0."
    )
    assert len(warnings) == 5


def test_a_worker_with_frames_on_its_device_reads_several_videos_at_once_and_measures_what_others_do(
    tmp_path: Path,
) -> None:
    """Three videos of other sizes and speeds in one part; the same rows as item by item with frames as arrays."""
    items = []
    for n in range(3):
        path = write_pictures(tmp_path / f"v{n}.mp4", (view((n + 1) * k, width=320 + 160 * n) for k in range(45)))
        clips = [{"clip_id": f"v{n}@{k}", "start_s": k / 2, "end_s": k / 2 + 0.8} for k in range(2)]
        names = ("sharpness", "exposure", "motion", "hands")
        payload = {"path": str(path), "video_id": f"v{n}", "clips": clips, "extractors": names}
        items.append(Item(f"v{n}", ExtractPayload.model_validate(payload)))
    tables = {}
    for how, resources in {"arrays": {}, "tensors": {"frames_on_device": True, "streams": 3}}.items():
        extractors = {name: {} for name in names}
        extractors["hands"] = {"backend": "torch"}
        settings = {**extractors, "resources": {"download": False, "device": "cpu", **resources}}
        spec = JobSpec("extract", tuple(items), ExtractSettings.model_validate(settings))
        heard: list[Message] = []
        part = spec.written(step="engine.steps.extract_features:ExtractFeatures")
        run_part(part, tmp_path / how, heard.append, lambda _text: None, threading.Event())
        kinds = [type(message).__name__ for message in heard if isinstance(message, Started | Done | Failed)]
        assert kinds.count("Done") == 3
        assert (kinds[:3] == ["Started"] * 3) == (how == "tensors")
        tables[how] = {
            (name, row["clip_id"]): row
            for folder in finished_shards(tmp_path / how)
            for name in ("sharpness", "exposure", "motion", "hands")
            for row in ShardFolder.open(folder).rows(f"features_{name}")
        }
    assert tables["arrays"].keys() == tables["tensors"].keys()
    assert len(tables["arrays"]) == 24
    for key, row in tables["arrays"].items():
        other = tables["tensors"][key]
        assert other["measured_on"] == "cpu"
        assert other["settings_hash"] == row["settings_hash"]
        for name, value in row.items():
            if isinstance(value, float):
                assert other[name] == pytest.approx(value, rel=0.01, abs=1e-3), (key, name)
