"""What a source of videos is: how the files below some paths become videos, segments and scores."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, get_args

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from engine.files.problems import Problem
    from engine.sources.types import Segment

__all__ = ["AnySource", "DataSource", "KnownScore", "ListedFile", "SourceListing", "SourceOptions"]


class SourceOptions(BaseModel):
    """Options of a source; each has a default."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, kw_only=True)
class ListedFile:
    """A video that a source names.

    `path` is a file, or the address of a member of a tar (`engine/files/place.py`). `name` is what people call the
    video; empty for the file's own name. `group` keeps clips of one worker, scene or recording on one side of splits;
    `chapter` counts the files of one recording from 1. `source` is that of the pictures where the data set states one
    that goes on holding (`engine/sources/origin.py`); empty where it does not.
    """

    path: str
    name: str = ""
    group: str = ""
    chapter: int | None = None
    source: str = ""
    size_bytes: int = 0
    named: bool = False
    """Whether a person named this very file: it is tried whatever it looks like."""


@dataclass(frozen=True, kw_only=True)
class KnownScore:
    """A score that a data set states for one of its windows, by which model, and from whose labels.

    `video_path`, `start_s`, `end_s` and `file` are those of the window; its scores are finite.
    """

    video_path: str
    start_s: float
    end_s: float
    reward: float
    reward_std: float
    file: str
    model_name: str = ""
    settings_hash: str = ""
    simulated: bool = False


@dataclass(frozen=True, kw_only=True)
class SourceListing:
    """What a source found below some paths.

    `segments` are windows that the data set names: its clips, taken as they are. Their `video_name` is the `path` of a
    listed file, `file` the data set, `row` the number there. One that ends at infinity ends with its video.
    """

    files: tuple[ListedFile, ...]
    segments: tuple[Segment, ...] = ()
    scores: tuple[KnownScore, ...] = ()
    problems: tuple[Problem, ...] = ()
    """What could not be used: a broken shard, an episode without its file."""
    notes: tuple[str, ...] = ()
    """What a person should know: which camera was chosen."""


O = TypeVar("O", bound=SourceOptions)  # noqa: E741 - as in every generic of this kind


class DataSource(ABC, Generic[O]):
    """One layout of data sets that can be imported.

    `class Lerobot(DataSource[LerobotOptions])` declares the model of its options, which stands in `Options`.
    """

    name: ClassVar[str]
    """As in `handpicked import --source`."""
    title: ClassVar[str]
    description: ClassVar[str]
    """What it looks like on disk, in a sentence or two; Markdown."""
    has_windows: ClassVar[bool] = False
    """Whether its data sets name windows of their videos: those are the clips, unless a person asks for others."""
    Options: ClassVar[type[SourceOptions]] = SourceOptions

    def __init_subclass__(cls) -> None:
        """Read off which model of options was declared."""
        super().__init_subclass__()
        for base in cls.__dict__.get("__orig_bases__", ()):
            for model in get_args(base):
                if isinstance(model, type) and issubclass(model, SourceOptions):
                    cls.Options = model

    def __init__(self, options: O) -> None:
        self.options = options

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """Whether `path` is certainly of this layout. A look at one or two names, and at most one small file."""
        return False

    @abstractmethod
    def listing(self, paths: Sequence[Path]) -> SourceListing:
        """What there is below `paths`. Opens no video. Raises `SourceError` where nothing can be used."""


AnySource = DataSource[Any]
