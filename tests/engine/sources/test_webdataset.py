"""WebDataset tars: which members are videos, what their texts say, whose clips they are, and what is wrong in them."""

from __future__ import annotations

import io
import json
import math
import os
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from engine.errors import FormatError, SourceError
from engine.files.place import FilePlace
from engine.sources.registry import recognised
from engine.sources.webdataset.record import Record, read_record
from engine.sources.webdataset.source import WebDatasetOptions, WebDatasetSource
from tests.hostile import mutated, with_each_string
from tests.tars import write_tar

if TYPE_CHECKING:
    from pathlib import Path

    from engine.sources.base import SourceListing

OURS: dict[str, Any] = {
    "rank": 1,
    "clip_id": "P01@1000-3500",
    "video": "P01",
    "video_sha256": "ab" * 32,
    "start_s": 1.0,
    "end_s": 3.5,
    "narration": "open the door",
    "verb": "open",
    "noun": "door",
    "reward": 1.25,
    "reward_std": 0.5,
    "model_name": "kitchen",
    "settings_hash": "0123456789abcdef",
    "labels_by": "simulated",
    "synthetic": True,
}
VIDEO = b"not opened"


def read(*paths: Path) -> SourceListing:
    return WebDatasetSource(WebDatasetOptions()).listing(paths)


def names(found: SourceListing) -> list[str]:
    return [FilePlace.parse(file.path).member.name for file in found.files]  # type: ignore[union-attr]


def test_an_export_gives_its_texts_its_scores_and_whole_windows(tmp_path: Path) -> None:
    ours = json.dumps(OURS).encode()
    unscored = json.dumps({**OURS, "reward": None, "narration": None, "video_sha256": "cd" * 32}).encode()
    write_tar(tmp_path / "b-000000.tar", [("000001.mp4", VIDEO), ("000001.json", ours), ("000001.txt", b"other")])
    write_tar(tmp_path / "b-000001.tar", [("000002.mp4", VIDEO), ("000002.json", unscored), ("000002.txt", b"")])
    found = read(tmp_path)
    first, second = found.files
    place = FilePlace.parse(first.path)
    assert (place.file, place.size_bytes) == (tmp_path / "b-000000.tar", len(VIDEO))
    with place.open() as file:
        assert file.read() == VIDEO
    assert (first.name, first.group, second.group) == ("b-000000 000001", "ab" * 32, "cd" * 32)
    windows = [(one.video_name, one.start_s, one.end_s, one.narration, one.verb, one.noun) for one in found.segments]
    assert windows == [
        (first.path, 0.0, math.inf, "open the door", "open", "door"),
        (second.path, 0.0, math.inf, "", "open", "door"),
    ]
    (score,) = found.scores
    assert (score.video_path, score.reward, score.reward_std, score.model_name) == (first.path, 1.25, 0.5, "kitchen")
    assert (score.simulated, score.settings_hash, score.file) == (True, "0123456789abcdef", str(tmp_path))
    assert "2 of the videos are synthetic" in " ".join(found.notes)
    assert [file.source for file in found.files] == ["sample", "sample"]
    assert found.problems == ()


def test_egocentric_workers_keep_their_clips_together_and_are_cut_by_any_method(tmp_path: Path) -> None:
    """Their json has no caption, so there is no window: 180 s are cut as any video is."""
    for worker in ("worker_001", "worker_002"):
        said = json.dumps({"factory_id": "factory_001", "worker_id": worker, "duration_sec": 180.0}).encode()
        folder = tmp_path / "factory_001" / "workers" / worker
        folder.mkdir(parents=True)
        stem = f"factory001_{worker}_00001"
        write_tar(folder / f"factory001_{worker}_part00.tar", [(f"{stem}.json", said), (f"{stem}.mp4", VIDEO)])
    found = read(tmp_path)
    assert [file.group for file in found.files] == ["factory_001/worker_001", "factory_001/worker_002"]
    assert [file.name for file in found.files] == ["factory001_worker_001_00001", "factory001_worker_002_00001"]
    assert found.segments == ()


def test_folders_in_keys_are_groups_where_there_are_several(tmp_path: Path) -> None:
    path, one = tmp_path / "a.tar", tmp_path / "one.tar"
    write_tar(path, [(f"./factory_001/workers/worker_{n}/0001.mp4", VIDEO) for n in (1, 2)])
    write_tar(one, [("videos/0001.mp4", VIDEO), ("videos/0002.mp4", VIDEO)])
    found = read(path)
    assert [file.group for file in found.files] == [f"factory_001/workers/worker_{n}" for n in (1, 2)]
    assert [file.name for file in found.files] == ["a 0001", "a 0001"]
    assert [file.group for file in read(one).files] == ["", ""]


def test_texts_go_with_the_video_of_their_name(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    members = [
        *[
            ("1.left.mp4", VIDEO),
            ("1.right.MKV", VIDEO),
            ("1.txt", b" both "),
            ("1.right.json", b'{"caption": "right"}'),
        ],
        *[("2.webm", VIDEO), ("2.json", b'{"text": "text", "caption": "caption"}'), ("2.txt", b"txt"), ("2.jpg", b"x")],
        *[("3.mov", VIDEO), ("3.json", b"[1, 2]"), ("3.cls", b"7")],
        *[("4.json", b'{"caption": "no video"}'), ("README", b"x"), ("._3.mov", b"x")],
    ]
    write_tar(path, members)
    found = read(path)
    assert names(found) == ["1.left.mp4", "1.right.MKV", "2.webm", "3.mov"]
    assert [one.narration for one in found.segments] == ["both", "right", "caption", ""]
    assert [one.row for one in found.segments] == [1, 1, 2, 3]
    assert found.problems == ()


def test_members_that_stand_apart_or_twice_are_named(tmp_path: Path) -> None:
    """To a reader of WebDataset they are broken samples."""
    path = tmp_path / "a.tar"
    write_tar(
        path,
        [
            *[
                ("1.mp4", VIDEO),
                ("1.mp4", VIDEO),
                ("2.txt", b"early"),
                ("3.mp4", VIDEO),
                ("1.json", b'{"text": "late"}'),
            ],
            *[("2.mp4", VIDEO), ("3.mp4", VIDEO)],
        ],
    )
    found = read(path)
    assert names(found) == ["1.mp4", "3.mp4", "2.mp4"]
    assert found.segments == ()
    said = [problem.reason for problem in found.problems]
    assert said == [
        "'1.mp4' is there twice: the second is left out",
        "'1.json' stands apart from the other members of its sample: it is left out",
        "the texts of '2' do not stand beside its video: they are left out",
        "'3.mp4' stands apart from the other members of its sample: it is left out",
    ]


def test_broken_shards_are_named_and_the_others_go_on(tmp_path: Path) -> None:
    write_tar(tmp_path / "good.tar", [("1.mp4", VIDEO), ("1.txt", b"good")])
    whole = (tmp_path / "good.tar").read_bytes()
    (tmp_path / "cut.tar").write_bytes(whole[:1024])
    (tmp_path / "text.tar").write_bytes(b"no tar at all")
    (tmp_path / "empty.tar").touch()
    with tarfile.open(tmp_path / "packed.tar.gz", "w:gz") as packed:
        packed.addfile(tarfile.TarInfo("1.mp4"), io.BytesIO())
    (tmp_path / "gone.tar").symlink_to(tmp_path / "nowhere.tar")
    os.mkfifo(tmp_path / "pipe.tar")
    (tmp_path / "holiday.mp4").write_bytes(b"beside")
    found = read(tmp_path)
    assert names(found) == ["1.mp4", "1.mp4"]
    said = {problem.path.rpartition("/")[2]: problem.reason for problem in found.problems}
    for name, words in {
        "cut.tar": "without the mark that ends a tar",
        "text.tar": "it is no tar",
        "empty.tar": "it is empty",
        "packed.tar.gz": "compressed (gzip), so its members can't be read in place: make a plain tar of it first",
        "gone.tar": "leads nowhere",
        "pipe.tar": "a FIFO",
    }.items():
        assert words in said[name], name
    assert len(said) == 6


def test_where_no_tar_holds_a_video_the_reason_is_given(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"No video in a tar was found .*0 looked into"):
        read(tmp_path)
    (tmp_path / "a.tar").write_bytes(b"no tar at all")
    with pytest.raises(SourceError, match="it is no tar"):
        read(tmp_path)
    with pytest.raises(SourceError, match="no such file or folder"):
        read(tmp_path / "never.tar")


@pytest.mark.parametrize(
    ("json_text", "text", "why"),
    [
        (b"{", None, "no JSON"),
        (b'{"caption": "\\ud800"}', None, "surrogate"),
        (b'{"caption": "' + b"x" * 20_000 + b'"}', None, "at most 10,000"),
        (b"[" * 5000, None, "deep"),
        (None, b"\xff\xfe", "no text in UTF-8"),
        (json.dumps({**OURS, "reward": math.nan}).encode(), None, "no plain numbers"),
        (json.dumps({**OURS, "reward": 1e300}).encode(), None, "no plain numbers"),
        (json.dumps({**OURS, "reward": True}).encode(), None, "no plain numbers"),
        (json.dumps({**OURS, "reward_std": None}).encode(), None, "no plain numbers"),
        (json.dumps({**OURS, "reward_std": -1.0}).encode(), None, "no plain numbers"),
        (json.dumps({**OURS, "model_name": "a\nb"}).encode(), None, "line breaks"),
        (json.dumps({**OURS, "video_sha256": "x" * 300}).encode(), None, "255"),
    ],
)
def test_texts_that_can_not_be_used_are_named(json_text: bytes, text: bytes, why: str, tmp_path: Path) -> None:
    with pytest.raises(FormatError) as refused:
        read_record(json_text, text)
    assert why in str(refused.value)
    write_tar(tmp_path / "a.tar", [("1.mp4", VIDEO), ("1.json", json_text or b"{}"), ("1.txt", text or b"txt")])
    found = read(tmp_path / "a.tar")
    assert len(found.files) == len(found.problems) == 1
    assert why in found.problems[0].reason


def test_hostile_texts_end_in_a_record_or_in_our_own_error() -> None:
    for hostile in ("../../escape", "n\0l", "\x1b[31m", "\udc80", "x" * 5000, "=1+1"):
        for changed in with_each_string(OURS, hostile):
            check(json.dumps(changed).encode())
    for seed in range(300):
        check(mutated(json.dumps(OURS).encode(), seed))


def check(content: bytes) -> None:
    try:
        record = read_record(content, None)
    except FormatError:
        return
    assert isinstance(record, Record)
    assert "\0" not in record.narration + record.group


def test_large_texts_are_not_read(tmp_path: Path) -> None:
    write_tar(tmp_path / "a.tar", [("1.mp4", VIDEO), ("1.json", b" " * (1 << 20) + b"{}"), ("1.txt", b"txt")])
    found = read(tmp_path)
    assert "larger than 1,048,576 bytes" in found.problems[0].reason


def test_tars_are_recognised_and_folders_of_videos_are_not(tmp_path: Path) -> None:
    folder, mixed = tmp_path / "shards", tmp_path / "mixed"
    for one in (folder, mixed):
        one.mkdir()
        write_tar(one / "a.tar", [("1.mp4", VIDEO)])
    (mixed / "holiday.mp4").write_bytes(b"x")
    (tmp_path / "text.tar").write_bytes(b"no tar")
    for paths in ([folder], [folder / "a.tar"], [folder, folder / "a.tar"]):
        assert recognised(paths) == "webdataset"
    for path in (mixed, tmp_path / "text.tar", tmp_path, tmp_path / "never.tar"):
        assert recognised([path]) is None, path


def test_a_named_worker_goes_before_folders_that_tell_clips_apart(tmp_path: Path) -> None:
    """A folder for each clip would put one worker's clips on both sides of splits; workers may be numbers."""
    members: list[tuple[str, bytes | Path]] = []
    for clip, worker in ((1, 7), (2, 7), (3, 8)):
        said = json.dumps({"worker_id": worker}).encode()
        members += [(f"clip_{clip}/video.json", said), (f"clip_{clip}/video.mp4", VIDEO)]
    write_tar(tmp_path / "a.tar", members)
    assert [file.group for file in read(tmp_path / "a.tar").files] == ["7", "7", "8"]
