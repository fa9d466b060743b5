"""Matches video names in annotation files to videos."""

from __future__ import annotations

import unicodedata

__all__ = ["has_video_suffix", "match_key"]

_SUFFIXES = """
    .360 .3gp .asf .avi .flv .insv .m2ts .m4v .mkv .mov .mp4 .mpeg .mpg .mts .ts .webm .wmv
"""
_VIDEO_SUFFIXES = frozenset(_SUFFIXES.split())


def has_video_suffix(name: str) -> bool:
    """Whether a file's name ends like a video's; nothing is opened."""
    return ("." + name.rpartition(".")[2]).lower() in _VIDEO_SUFFIXES


def match_key(name: str) -> str:
    r"""The same key for `P01_101`, `p01_101.MP4` and `C:\data\P01_101.mp4`: last part, no video suffix, case-folded.

    Other suffixes stay, so that `walk.2` and `walk.3` remain two videos.
    """
    last = name.strip().replace("\\", "/").rstrip("/").rpartition("/")[2]
    stem, dot, suffix = last.rpartition(".")
    if stem and (dot + suffix).lower() in _VIDEO_SUFFIXES:
        last = stem
    return unicodedata.normalize("NFC", last).casefold()
