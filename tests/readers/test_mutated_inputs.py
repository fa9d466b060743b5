"""A hundred mutated inputs to each reader of text from outside: it reads them, or raises an error of our own tree."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest

from app.workflows.gains import import_gains
from app.workflows.importing import add_annotations
from app.workflows.label_files import import_labels_file
from engine.clipping import ClippingSettings
from engine.download.checksums import read_checksums
from engine.errors import HandpickedError
from engine.sources import group_chapters, list_files
from engine.sources.dataset_index import read_dataset_index
from engine.sources.ego4d import read_manifest
from engine.sources.epic import read_video_info
from storage import Workspace
from storage.library.view import view_from_params
from storage.settings import SettingsFiles
from storage.settings_models import SETTINGS
from tests.app.labelled import add_clips
from tests.readers.mutations import mutations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MUTATIONS = 100
UID = "3c0dffd0-e38e-4643-bc48-d513943dc20b"
CLIPS = [f"video000@{1000 * second}-{1000 * second + 1000}" for second in range(4)]


@dataclass(frozen=True)
class Bench:
    """What a reader works with."""

    workspace: Workspace
    folder: Path

    def file(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path


@dataclass(frozen=True)
class Reader:
    """A way in for text: a sound input, and what reads it. `read` returns all that a person would see of it."""

    name: str
    sample: bytes
    read: Callable[[Bench, bytes], object]
    document: bool = False


def annotations(bench: Bench, content: bytes) -> object:
    report = add_annotations(
        bench.workspace, bench.file("annotations", content), source=None, clipping=ClippingSettings()
    )
    windows = bench.workspace.database.rows("SELECT start_s, end_s, video_name, participant FROM segment")
    assert all(0 <= window["start_s"] < window["end_s"] <= 1e6 for window in windows)
    assert all((window["video_name"] + (window["participant"] or "")).isprintable() for window in windows)
    bench.workspace.database.write("DELETE FROM segment")
    return report.format, report.problems


def beside(name: str, source: str) -> Callable[[Bench, bytes], object]:
    def read(bench: Bench, content: bytes) -> object:
        return read_dataset_index(bench.file(name, content).with_name("a.csv"), source)  # type: ignore[arg-type]

    return read


def labels(bench: Bench, content: bytes) -> object:
    found = import_labels_file(bench.workspace, bench.file("labels.csv", content))
    for label in bench.workspace.labels.find():
        assert label.annotator.isprintable()
        assert {label.left_clip_id, label.right_clip_id} <= set(CLIPS)
    bench.workspace.database.write("DELETE FROM label_entry")
    return found


def gains(bench: Bench, content: bytes) -> object:
    found = import_gains(bench.workspace, bench.file("gains.csv", content))
    assert all(abs(gain) <= 1e12 for gain in bench.workspace.rewards.gains().values())
    return found


def settings(name: str) -> Callable[[Bench, bytes], object]:
    def read(bench: Bench, content: bytes) -> object:
        bench.file(f"{name}.yaml", content)
        return str(SettingsFiles(bench.folder).load(SETTINGS[name]))

    return read


def settings_sample(name: str) -> bytes:
    model = SETTINGS[name]()
    few = {key: few_of(value) for key, value in model.model_dump(mode="json").items()}
    return b"\n".join(f"{key}: {json.dumps(value)}".encode() for key, value in few.items())


def few_of(value: object) -> object:
    """The first values of a section: reading YAML takes its time."""
    return dict(list(value.items())[:4]) if isinstance(value, dict) else value


def address(bench: Bench, content: bytes) -> object:
    library = bench.workspace.library
    view = view_from_params(parse_qs(os.fsdecode(content)))
    return library.extent(view), library.page(view, limit=3)


def condition(bench: Bench, content: bytes) -> object:
    found = bench.workspace.clips.matching(os.fsdecode(content))
    assert found <= set(CLIPS)
    return found


def go_pro(bench: Bench, content: bytes) -> object:
    names = [name.replace("/", "_") for name in os.fsdecode(content).split("\n")]
    paths = list(dict.fromkeys(str(bench.folder / "card" / name) for name in names))
    recordings = group_chapters(paths)
    assert sorted(str(c.path) for r in recordings for c in r.chapters) == sorted(paths)
    return list_files(paths).problems, [r.problems for r in recordings]


def checksums(bench: Bench, content: bytes) -> object:
    return repr(read_checksums(bench.file("md5.txt", content)))


LABEL_ROWS = b"\n".join(f"{a},{b},left,ann,false,1200,random,,".encode() for a in CLIPS for b in CLIPS if a != b)
CROWD_ROWS = b"\n".join(f"w,{a},{b},{a}".encode() for a in CLIPS for b in CLIPS if a != b)
EPIC_ROW = b"P01_11_0,P01,P01_11,00:00:00.560,00:00:0%d.00,00:00:09.89,1,113,take plate,take,0,plate,2,['plate'],[2]"
NARRATION = {"timestamp_sec": 2.5, "narration_text": "#C C picks a cup", "annotation_uid": "x"}
NARRATIONS = {"videos": {UID: {"status": "complete", "narration_pass_1": {"narrations": [NARRATION, NARRATION]}}}}
LABEL = {"label": "wash_dishes", "video_start_time": 1.5, "video_end_time": 9.25, "primary": True}
MOMENTS = {"videos": [{"video_uid": UID, "clips": [{"annotations": [{"annotator_uid": "a", "labels": [LABEL]}]}]}]}
STEP = {"start_time": 2.0, "end_time": 9.0, "step_description": "make batter", "segments": []}
GOAL_STEPS = {"videos": [{"video_uid": UID, "goal_description": "cake", "segments": [STEP | {"segments": [STEP]}]}]}
LISTED = {"videos": [{"video_uid": UID, "duration_sec": 5.5, "video_metadata": {"fps": 30}, "origin_video_id": "v"}]}

READERS = [
    Reader(
        "EPIC-KITCHENS-100",
        b"narration_id,participant_id,video_id,narration_timestamp,start_timestamp,stop_timestamp,start_frame,stop_frame,"
        b"narration,verb,verb_class,noun,noun_class,all_nouns,all_noun_classes\n"
        + b"\n".join(EPIC_ROW % second for second in range(9)),
        annotations,
    ),
    Reader(
        "EPIC-KITCHENS-55",
        b"uid,participant_id,video_id,narration,start_timestamp,stop_timestamp,start_frame,stop_frame,verb,verb_class\n"
        b"0,P01,P01_01,open door,00:00:00.14,00:00:03.37,8,202,open,2\n" * 2,
        annotations,
    ),
    Reader(
        "EPIC-SOUNDS",
        b"annotation_id,participant_id,video_id,start_timestamp,stop_timestamp,start_sample,stop_sample,description\n"
        b"P01_01_0,P01,P01_01,00:00:02.466,00:00:05.315,59184,127560,paper rustle\n",
        annotations,
    ),
    Reader(
        "EgoExoLearn",
        f'video_id,annotation_id,start_sec,end_sec,verb,noun,scenario\n{UID},8G,29.4,31.1,"[17, 5]",[2],lab'.encode(),
        annotations,
    ),
    Reader("plain CSV", b'video,start_s,end_s,label\nwalk 1.mp4,0,2.5,"pick, place"\nvideo000,1:00,1:02,', annotations),
    Reader("Ego4D narrations", json.dumps(NARRATIONS).encode(), annotations, document=True),
    Reader("Ego4D moments", json.dumps(MOMENTS).encode(), annotations, document=True),
    Reader("Ego4D goal steps", json.dumps(GOAL_STEPS).encode(), annotations, document=True),
    Reader("EPIC-KITCHENS list", b"video_id,duration,fps\nP01_01,1652.15,59.94\n",
           lambda b, c: read_video_info(b.file("list.csv", c))),
    Reader("Ego4D manifest", json.dumps(LISTED).encode(), lambda b, c: read_manifest(b.file("m", c)), document=True),
    Reader("Ego4D manifest.csv", f"video_uid,duration_sec\n{UID},128.03\n".encode(),
           lambda b, c: read_manifest(b.file("manifest.csv", c))),
    Reader("list beside EPIC", b"video,resolution,duration,fps\nP01_01,1x1,9,60",
           beside("EPIC_video_info.csv", "epic")),
    Reader("list beside Ego4D", json.dumps(LISTED).encode(), beside("ego4d.json", "ego4d"), document=True),
    Reader("checksums", b"d41d8cd98f00b204e9800998ecf8427e  P01/a.MP4\n" * 3, checksums),
    Reader("GoPro names", b"GX010123.MP4\nGX020123.MP4\nGOPR0007.MP4\nGP010007.MP4\nwalk.mp4", go_pro),
    Reader("labels, ours", b"left_clip,right_clip,label,annotator,simulated,response_ms,strategy,created_at,label_id\n"
           + LABEL_ROWS, labels),
    Reader("labels, crowd-kit's", b"worker,left,right,label\n" + CROWD_ROWS, labels),
    Reader("gains", b"clip_id,gain,gain_std\n" + b"\n".join(f"{clip},0.5,0.1".encode() for clip in CLIPS), gains),
    *(Reader(f"settings {name}", settings_sample(name), settings(name)) for name in SETTINGS),
    Reader("address of a view", b"source=epic&tag=keep&range=duration_s:0.5:&sort=reward&order=up", address),
    Reader("SQL condition", b"video.name = 'video000' AND start_s >= 1.0", condition),
]  # fmt: skip


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A workspace with a few clips, and a folder for the inputs."""
    folder = tmp_path_factory.mktemp("readers")
    with Workspace(folder / "workspace") as workspace:
        assert add_clips(workspace, 4) == CLIPS
        yield Bench(workspace, folder)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_a_hundred_mutated_inputs_are_read_or_refused_in_words(bench: Bench, reader: Reader) -> None:
    str(reader.read(bench, reader.sample)).encode()
    for number, content in enumerate(mutations(reader.sample, MUTATIONS, document=reader.document)):
        try:
            str(reader.read(bench, content)).encode()
        except HandpickedError as error:
            str(error).encode()
        except Exception as error:
            error.add_note(f"mutation {number}: {content[:200]!r}")
            raise
