"""Where videos and annotations come from: folders, EPIC-KITCHENS, Ego4D, GoPro cards and plain CSV files.

base      DataSource: what a source of videos is, and what it lists
registry  sources by name, built-in ones and those of packages
video_files  folders, EPIC-KITCHENS, Ego4D, GoPro: plain files below some paths
lerobot/  LeRobot data sets
types     Segment, Problem, Annotations, ListedVideo, FolderListing, Chapter, Recording
read      read_annotations: one annotation file of any kind
known     which data set a CSV file is of, by its header; known_json the same of a JSON document
epic      EPIC-KITCHENS-100, -55 and EPIC-SOUNDS CSV files, and the lists of video lengths
dataset_index  the data set's own list of videos, beside an annotation file
ego4d     Ego4D narration, moments and goalstep JSON, and the manifest
table     a plain CSV: video, start_s, end_s, label; EgoExoLearn's and EgoClip's in the same way
folder    list_files: every candidate file under paths and folders
gopro     group_chapters: the chapter files of a recording, in order
length    check_against_length: segments that lie beyond their video's end
names     match_key: which video a name in an annotation file means
times     parse_time_s, format_time
"""

from engine.sources.folder import list_files
from engine.sources.gopro import group_chapters
from engine.sources.length import check_against_length
from engine.sources.names import match_key
from engine.sources.read import read_annotations
from engine.sources.types import (
    Annotations,
    Chapter,
    FolderListing,
    LengthCheck,
    ListedVideo,
    Problem,
    Recording,
    Segment,
    Source,
)

__all__ = [
    "Annotations",
    "Chapter",
    "FolderListing",
    "LengthCheck",
    "ListedVideo",
    "Problem",
    "Recording",
    "Segment",
    "Source",
    "check_against_length",
    "group_chapters",
    "list_files",
    "match_key",
    "read_annotations",
]
