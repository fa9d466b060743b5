"""The samples of a tar: members that stand side by side and share a key, the name up to the first dot of its last part.

Readers of WebDataset join members only while the key stays the same, so that a member that stands apart from its sample
is another sample to them, without an error. Here it is reported.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from engine.sources.names import has_video_suffix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from engine.files.place import TarMember

__all__ = ["Sample", "read_samples"]

_TEXTS = ("json", "txt")


@dataclass
class Sample:
    """Members of one key: its videos, and its texts by what stands between the key and the suffix.

    `000123.left.mp4` has the text `000123.left.json`, or else `000123.json`.
    """

    key: str
    """With its folder, as in `factory_001/workers/worker_001/000123`."""
    videos: list[TarMember] = field(default_factory=list)
    texts: dict[tuple[str, str], TarMember] = field(default_factory=dict)

    @property
    def folder(self) -> str:
        """The folder in its key; empty where there is none."""
        return self.key.rpartition("/")[0]

    def text_of(self, video: TarMember, suffix: str) -> TarMember | None:
        """The member of this suffix, `json` or `txt`, that goes with a video; None where there is none."""
        own = self.texts.get((_middle(video.name), suffix))
        return own or self.texts.get(("", suffix))


def read_samples(members: Iterable[TarMember], report: Callable[[str], None]) -> Iterator[Sample]:
    """The samples that hold a video, in the tar's order. `report` gets the end of a sentence for what is left out."""
    seen: dict[str, bool] = {}
    for key, group in groupby((one for one in members if not _is_hidden(one.name)), key=lambda one: _key(one.name)):
        sample = _sample(key, group, report)
        had_video = seen.get(key)
        if had_video is None or (sample.videos and not had_video):
            if had_video is False:
                report(f"the texts of {key!r} do not stand beside its video: they are left out")
            seen[key] = bool(sample.videos)
            if sample.videos:
                yield sample
        else:
            names = sample.videos or list(sample.texts.values())
            for one in names:
                report(f"{one.name!r} stands apart from the other members of its sample: it is left out")


def _sample(key: str, members: Iterable[TarMember], report: Callable[[str], None]) -> Sample:
    sample, names = Sample(key), set[str]()
    for member in members:
        if member.name in names:
            report(f"{member.name!r} is there twice: the second is left out")
        elif has_video_suffix(member.name):
            sample.videos.append(member)
        elif (suffix := member.name.rpartition(".")[2].lower()) in _TEXTS:
            sample.texts[_middle(member.name), suffix] = member
        names.add(member.name)
    return sample


def _key(name: str) -> str:
    folder, slash, last = name.rpartition("/")
    return folder + slash + last.partition(".")[0]


def _middle(name: str) -> str:
    """What stands between the first dot of a name's last part and its suffix; empty in `000123.mp4`."""
    return name.rpartition("/")[2].partition(".")[2].rpartition(".")[0]


def _is_hidden(name: str) -> bool:
    """Whether it is a hidden file, as macOS puts `._000123.mp4` beside `000123.mp4`."""
    return name.rpartition("/")[2].startswith(".")
