"""The addresses of the official script, and the lists that go with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.download import licence_of
from engine.download.checksums import read_checksums
from engine.download.epic import SPLIT_OF, epic_55_split, transfers
from engine.download.videos import from_annotations
from engine.errors import DownloadError, SourceError
from engine.sources.epic import read_video_info

SHARED = Path(__file__).resolve().parents[4] / "shared" / "epic"
BRISTOL = "https://data.bris.ac.uk/datasets"


@pytest.mark.parametrize(
    ("video_id", "path"),
    [
        ("P01_01", "3h91syskeag572hl6tvuovwv4d/videos/train/P01/P01_01.MP4"),
        ("P01_11", "3h91syskeag572hl6tvuovwv4d/videos/test/P01/P01_11.MP4"),
        ("P32_10", "3h91syskeag572hl6tvuovwv4d/videos/test/P32/P32_10.MP4"),
        ("P26_29", "3h91syskeag572hl6tvuovwv4d/videos/train/P26/P26_29.MP4"),
        ("P01_101", "2g1n6qdydwa9u22shpxqzp0t8m/P01/videos/P01_101.MP4"),
        ("P37_103", "2g1n6qdydwa9u22shpxqzp0t8m/P37/videos/P37_103.MP4"),
    ],
)
def test_addresses_are_those_of_the_official_script(video_id: str, path: str) -> None:
    (official,) = transfers([video_id])
    (mirrored,) = transfers([video_id], base_url="http://127.0.0.1:8000/mirror/")
    assert official.url == f"{BRISTOL}/{path}"
    assert mirrored.url == f"http://127.0.0.1:8000/mirror/{path}"


def test_epic_55_has_272_training_and_160_test_videos() -> None:
    splits = [epic_55_split(video_id) for video_id in SPLIT_OF]
    assert (splits.count("train"), splits.count("test"), len(splits)) == (272, 160, 432)
    assert epic_55_split("P01_101") is None


@pytest.mark.parametrize("video_id", ["P01_99", "P06_04", "P01_1", "P01_1001", "../P01_01", "P01_0\n1", "", "p01_01"])
def test_ids_of_no_video_are_refused_before_anything_starts(video_id: str) -> None:
    with pytest.raises(DownloadError):
        transfers([video_id])


def test_transfers_are_made_once_each_with_their_checksums() -> None:
    checksums = {"videos/train/P01/P01_01.MP4": "a" * 32, "somewhere/P01_101.MP4": "b" * 32}
    made = transfers([" P01_101", "P01_01", "P01_101", "P02_01"], base_url="http://localhost", checksums=checksums)
    assert [(t.name, t.relative_path, t.md5) for t in made] == [
        ("P01_101", "P01/videos/P01_101.MP4", "b" * 32),
        ("P01_01", "P01/videos/P01_01.MP4", "a" * 32),
        ("P02_01", "P02/videos/P02_01.MP4", None),
    ]
    for base_url in ("ftp://mirror", "mirror", "https://", ""):
        with pytest.raises(DownloadError, match="address of a server"):
            transfers(["P01_01"], base_url=base_url)


def test_checksum_lists_of_all_kinds_are_read(tmp_path: Path) -> None:
    path = tmp_path / "md5"
    path.write_text(
        f"# comment\nmd5,file_remote_path,version\n{'A' * 32},P28/videos/P28_114.MP4,100\n"
        f"{'b' * 32}  ./P01/a b.MP4\n{'c' * 32} *bin.MP4\r\nMD5 (x.MP4) = {'d' * 32}\n\n"
    )
    assert read_checksums(path) == {
        "P28/videos/P28_114.MP4": "a" * 32,
        "P01/a b.MP4": "b" * 32,
        "bin.MP4": "c" * 32,
        "x.MP4": "d" * 32,
    }
    path.write_text(f"{'a' * 32}  one\n{'a' * 40}  two\n")
    with pytest.raises(DownloadError, match="line 2: this is no MD5 checksum"):
        read_checksums(path)
    with pytest.raises(DownloadError, match="can't be read"):
        read_checksums(tmp_path / "none")


def test_video_ids_come_from_annotations(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("video_id,start_timestamp,stop_timestamp\nP02_01,1,2\nP01_101,1,2\nP02_01,3,4\nP03_03,2,1\n")
    assert from_annotations(path) == ("P02_01", "P01_101")
    path.write_text("video_id,start_timestamp,stop_timestamp\nP02_01,2,1\n")
    with pytest.raises(SourceError, match=r"names no video: .*line 2"):
        from_annotations(path)


def test_licences_are_there_for_what_can_be_downloaded() -> None:
    for source in ("epic", "ego4d"):
        licence = licence_of(source)
        assert licence is not None
        assert licence.url.startswith("https://")
    assert licence_of("gopro") is None


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="the developers' EPIC-KITCHENS files are not beside the checkout")
def test_every_real_video_has_an_address() -> None:
    ids = list(read_video_info(SHARED / "EPIC_100_video_info.csv"))
    assert len(transfers(ids)) == 700
    assert {i for i in ids if len(i) == 6} == set(SPLIT_OF)
