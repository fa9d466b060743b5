"""A bucket whose server or whose other users say what they like: lists, sizes, bodies and manifests without end."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from engine.errors import HandpickedError, SyncError
from storage.s3 import client as client_module
from storage.s3 import manifests as manifests_module
from storage.s3.client import list_objects
from storage.s3.manifests import read_manifests
from storage.s3.target import Target
from storage.s3.transfer import Blob, download
from tests.hostile import mutated, with_each_string

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TARGET = Target("bucket", "team")
SOUND = {
    "format": "handpicked-sync",
    "version": 1,
    "workspace_id": "ann",
    "kind": "videos",
    "created_at": "",
    "app_version": "",
    "entries": [
        {
            "sha256": "0" * 64,
            "size_bytes": 1,
            "name": "one.mp4",
            "about": {
                "video_id": "one",
                "source": "folder",
                "clips": [{"start_s": 0, "end_s": 1, "origin": "stride", "narration": "open", "tags": ["keep"]}],
                "videos": {"one": "1" * 64},
            },
        }
    ],
}


class Stranger:
    """As much of an S3 client as is used here, answering what a test wants."""

    def __init__(self, bodies: dict[str, bytes], pages: Callable[[], Iterator[Any]] | None = None) -> None:
        self._bodies, self._pages = bodies, pages
        self.given = 0

    def get_paginator(self, _name: str) -> Stranger:
        return self

    def paginate(self, **_where: object) -> Iterator[Any]:
        if self._pages is not None:
            return self._pages()
        return iter([{"Contents": [{"Key": key, "Size": len(body)} for key, body in self._bodies.items()]}])

    def get_object(self, **where: Any) -> dict[str, Any]:
        return {"Body": Endless(self) if where["Key"].endswith("endless") else io.BytesIO(self._bodies[where["Key"]])}


class Endless(io.RawIOBase):
    """A body that never ends."""

    def __init__(self, owner: Stranger) -> None:
        self._owner = owner

    def read(self, size: int = -1) -> bytes:
        assert 0 < size <= (64 << 20) + 1, "nobody asks a stranger for all that there is"
        self._owner.given += size
        return bytes(size)


def manifests(body: bytes) -> tuple[list[Any], list[str]]:
    return read_manifests(Stranger({"team/manifests/ann/videos.json": body}), TARGET, ("videos",))


def test_a_sound_manifest_is_read() -> None:
    found, problems = manifests(json.dumps(SOUND).encode())
    assert problems == []
    assert found[0].entries[0].about.clips[0].tags == ["keep"]


@pytest.mark.parametrize("page", [{}, {"Contents": []}, {"Contents": [{"Key": "team/objects/x", "Size": 1}]}])
def test_a_list_that_does_not_end_is_given_up(page: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "MAX_PAGES", 50)
    with pytest.raises(SyncError, match="does not end"):
        list_objects(Stranger({}, lambda: itertools.repeat(page)), TARGET, "objects")


@pytest.mark.parametrize("item", [{}, {"Key": "team/objects/x"}, {"Key": "team/objects/x", "Size": "many"}, "text"])
def test_a_list_that_is_none_is_refused_in_words(item: Any) -> None:
    with pytest.raises(SyncError, match="can't be understood"):
        list_objects(Stranger({}, lambda: iter([{"Contents": [item]}])), TARGET, "objects")


def test_keys_that_nobody_asked_for_are_left_out() -> None:
    keys = ["other/objects/x", "team/objects/ok", "../team/objects/x", "team/objects/negative"]
    page = {"Contents": [{"Key": key, "Size": -1 if "negative" in key else 1} for key in keys]}
    assert list_objects(Stranger({}, lambda: iter([page])), TARGET, "objects") == {"team/objects/ok": 1}


def test_a_manifest_without_end_costs_itself_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    bodies = {"team/manifests/ann/videos.json": json.dumps(SOUND).encode(), "team/manifests/bob/videos.json": b"x" * 9}
    stranger = Stranger(bodies)
    monkeypatch.setattr(manifests_module, "MAX_MANIFEST_BYTES", len(bodies["team/manifests/ann/videos.json"]))
    bodies["team/manifests/bob/videos.json"] = bytes(10_000)
    found, problems = read_manifests(stranger, TARGET, ("videos",))
    assert [manifest.workspace_id for manifest in found] == ["ann"]
    assert "larger than" in problems[0]


def test_too_many_manifests_are_refused_before_one_is_read() -> None:
    page = {"Contents": [{"Key": "team/manifests/a/videos.json", "Size": 1 << 40}]}
    with pytest.raises(SyncError, match="too many to be true"):
        read_manifests(Stranger({}, lambda: iter([page])), TARGET, ("videos",))


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("sha256", "../../../../" + "0" * 64),
        ("sha256", "0" * 64 + "\n"),
        ("size_bytes", 10**30),
        ("size_bytes", -1),
        ("about", {"export_id": "../x"}),
        ("about", {"videos": {"one": "../" + "1" * 64}}),
    ],
)
def test_a_bad_entry_costs_itself_alone(field: str, bad: Any) -> None:
    entries = [{**SOUND["entries"][0], field: bad}, {**SOUND["entries"][0], "sha256": "2" * 64}]  # type: ignore[index]
    found, problems = manifests(json.dumps({**SOUND, "entries": entries}).encode())
    if bad == 10**30:  # no JSON of ours has such numbers
        assert found == []
    else:
        assert [entry.sha256 for entry in found[0].entries] == ["2" * 64]
    assert len(problems) == 1


@pytest.mark.parametrize(("start_s", "end_s"), [(-5, 1), (0, 1e9), (2, 1), ("nan", 1), (None, 1)])
def test_a_bad_window_costs_its_clip_alone(start_s: Any, end_s: Any) -> None:
    entry = json.loads(json.dumps(SOUND["entries"][0]))  # type: ignore[index]
    entry["about"]["clips"].append({"start_s": start_s, "end_s": end_s, "origin": "stride"})
    found, problems = manifests(json.dumps({**SOUND, "entries": [entry]}).encode())
    assert len(found[0].entries[0].about.clips) == 1
    assert "Clip 2 is left out" in problems[0]


def test_whatever_a_manifest_holds_only_our_own_errors_come() -> None:
    sound = json.dumps(SOUND).encode()
    bodies = [mutated(sound, seed) for seed in range(100)]
    bodies += [json.dumps(one).encode() for name in ("../x", "\ud800", "n\0l") for one in with_each_string(SOUND, name)]
    for body in bodies:
        found, problems = manifests(body)
        assert found or problems


# --- objects ---------------------------------------------------------------------------------------------------------


def test_no_more_of_an_object_is_taken_than_was_promised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Target, "object_key", lambda _self, _sha256: "endless")
    stranger = Stranger({})
    with pytest.raises(SyncError, match="damaged"):
        download(stranger, TARGET, Blob("0" * 64, 3_000_000), tmp_path / "a.mp4")
    assert stranger.given == 3_000_000
    assert list(tmp_path.iterdir()) == []


def test_an_object_larger_than_the_disk_is_not_begun(tmp_path: Path) -> None:
    with pytest.raises(SyncError, match="free on the disk"):
        download(Stranger({}), TARGET, Blob("0" * 64, 1 << 49), tmp_path / "a.mp4")
    assert list(tmp_path.iterdir()) == []
    assert shutil.disk_usage(tmp_path).free < 1 << 49


def test_a_whole_object_still_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Target, "object_key", lambda _self, _sha256: "one")
    body = b"whole"
    blob = Blob(hashlib.sha256(body).hexdigest(), len(body))
    assert download(Stranger({"one": body}), TARGET, blob, tmp_path / "a.mp4") == 5
    assert (tmp_path / "a.mp4").read_bytes() == body


def test_our_own_errors_have_the_way_out() -> None:
    with pytest.raises(HandpickedError) as caught:
        list_objects(Stranger({}, lambda: iter([{"Contents": [{}]}])), TARGET, "objects")
    assert caught.value.remedy
