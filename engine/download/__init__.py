"""Downloads public data sets. The modules that do the work (`http`, `ego4d`) are imported by name, not from here.

types      Transfer, Progress, DownloadReport
licences   licence_of: the terms that are shown before the first download
epic       transfers: EPIC-KITCHENS videos to fetch, with the official script's addresses
checksums  read_checksums: MD5 lists
http       download_all: resumable transfers, several at once
ego4d      download: drives the official `ego4d` command
videos     from_annotations: the videos that an annotation file mentions
"""

from engine.download.licences import Licence, licence_of
from engine.download.types import DownloadReport, FailedTransfer, FinishedTransfer, Progress, Transfer

__all__ = [
    "DownloadReport",
    "FailedTransfer",
    "FinishedTransfer",
    "Licence",
    "Progress",
    "Transfer",
    "licence_of",
]
