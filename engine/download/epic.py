"""URLs of EPIC-KITCHENS videos, built as the official script builds them.

The rules are those of `epic_downloader.py` in github.com/epic-kitchens/epic-kitchens-download-scripts. A video whose
number has three digits belongs to the extension of 2020: it lies at `Pxx/videos/Pxx_1yy.MP4` in the EPIC-KITCHENS-100
set. One with two digits lies at `videos/train|test/Pxx/Pxx_yy.MP4` in the EPIC-KITCHENS-55 set, by that set's split.
Both are saved at `Pxx/videos/`. The script's errata replace extracted frames and masks, never a video.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from engine.download.types import Transfer
from engine.errors import DownloadError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["BASE_URL", "epic_55_split", "transfers"]

BASE_URL = "https://data.bris.ac.uk/datasets"
_EPIC_55 = "3h91syskeag572hl6tvuovwv4d"
_EPIC_100 = "2g1n6qdydwa9u22shpxqzp0t8m"

_VIDEO_ID = re.compile(r"(P\d{2})_(\d{2,3})", re.ASCII)

# The videos of EPIC-KITCHENS-55 by participant (data/epic_55_splits.csv of the scripts).
_SPLITS: dict[str, dict[str, str]] = {
    "train": {
        "P01": "1-10 16-19",
        "P02": "1-11",
        "P03": "2-20 27-28",
        "P04": "1-23",
        "P05": "1-6 8",
        "P06": "1-3 5 7-9",
        "P07": "1-11",
        "P08": "1-8 11-13 18-28",
        "P10": "1-2 4",
        "P12": "1-2 4-7",
        "P13": "4-10",
        "P14": "1-5 7 9",
        "P15": "1-3 7-13",
        "P16": "1-3",
        "P17": "1 3-4",
        "P19": "1-4",
        "P20": "1-4",
        "P21": "1 3-4",
        "P22": "5-17",
        "P23": "1-4",
        "P24": "1-8",
        "P25": "1-5 9-12",
        "P26": "1-29",
        "P27": "1-4 6-7",
        "P28": "1-14",
        "P29": "1-4",
        "P30": "1-6 10-11",
        "P31": "1-9 13-14",
    },
    "test": {
        "P01": "11-15",
        "P02": "12-15",
        "P03": "21-26",
        "P04": "24-33",
        "P05": "7 9",
        "P06": "10-14",
        "P07": "12-18",
        "P08": "9-10 14-17",
        "P09": "1-8",
        "P10": "3",
        "P11": "1-24",
        "P12": "3 8",
        "P13": "1-3",
        "P14": "6 8",
        "P15": "4-6",
        "P16": "4",
        "P17": "2",
        "P18": "1-12",
        "P19": "5-6",
        "P20": "5-7",
        "P21": "2",
        "P22": "1-4",
        "P23": "5",
        "P24": "9",
        "P25": "6-8",
        "P26": "30-41",
        "P27": "5",
        "P28": "15-26",
        "P29": "5-6",
        "P30": "7-9",
        "P31": "10-12",
        "P32": "1-10",
    },
}


def _numbers(text: str) -> list[int]:
    """`1-3 7` as [1, 2, 3, 7]."""
    numbers: list[int] = []
    for part in text.split():
        first, _, last = part.partition("-")
        numbers += range(int(first), int(last or first) + 1)
    return numbers


SPLIT_OF = {
    f"{participant}_{number:02d}": split
    for split, participants in _SPLITS.items()
    for participant, text in participants.items()
    for number in _numbers(text)
}


def epic_55_split(video_id: str) -> Literal["train", "test"] | None:
    """The split of an EPIC-KITCHENS-55 video, or None for any other."""
    split = SPLIT_OF.get(video_id)
    return None if split is None else "train" if split == "train" else "test"


def transfers(
    video_ids: Iterable[str], *, base_url: str = BASE_URL, checksums: Mapping[str, str] | None = None
) -> list[Transfer]:
    """The transfers for some videos, each once, in the order given.

    `checksums` holds MD5s by path in the data set (as in the official md5.csv) or by file name (as md5sum writes).
    Raises DownloadError for an unknown id, before anything is downloaded.
    """
    base_url = _checked(base_url)
    sums = checksums or {}
    by_name = {path.rpartition("/")[2]: md5 for path, md5 in sums.items()}
    made = []
    for video_id in dict.fromkeys(text.strip() for text in video_ids):
        set_id, path = _remote(video_id)
        file_name = f"{video_id}.MP4"
        local_path = f"{video_id.partition('_')[0]}/videos/{file_name}"
        md5 = sums.get(path) or by_name.get(file_name)
        made.append(Transfer(video_id, f"{base_url}/{set_id}/{path}", local_path, md5))
    return made


def _remote(video_id: str) -> tuple[str, str]:
    """Data set and path of a video."""
    match = _VIDEO_ID.fullmatch(video_id)
    if match is None:
        raise DownloadError(
            f"{video_id[:60]!r} is not the id of an EPIC-KITCHENS video.", remedy="Ids look like P01_01 or P01_101."
        )
    participant, number = match.groups()
    if len(number) == 3:
        return _EPIC_100, f"{participant}/videos/{video_id}.MP4"
    split = epic_55_split(video_id)
    if split is None:
        raise DownloadError(
            f"EPIC-KITCHENS has no video {video_id}.", remedy="Check the id against EPIC_100_video_info.csv."
        )
    return _EPIC_55, f"videos/{split}/{participant}/{video_id}.MP4"


def _checked(base_url: str) -> str:
    if not re.match(r"https?://[^/\s]", base_url):
        raise DownloadError(
            f"{base_url!r} is not the address of a server.", remedy="It begins with https:// or http://."
        )
    return base_url.rstrip("/")
