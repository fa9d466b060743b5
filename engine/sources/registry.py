"""Registry of sources of videos: built-in ones and those of installed packages.

Packages add theirs by an entry point of the group `handpicked.sources` whose value is `package.module:Class`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from engine.errors import SourceError
from engine.files.read_json import explain
from engine.packaged_classes import PackagedClasses
from engine.sources.base import AnySource, DataSource

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["SOURCES", "make_source", "recognised"]

SOURCES: PackagedClasses[AnySource] = PackagedClasses(
    group="handpicked.sources",
    noun="source",
    base=DataSource,
    built_in={
        "folder": "engine.sources.video_files:Folder",
        "epic": "engine.sources.video_files:EpicKitchens",
        "ego4d": "engine.sources.video_files:Ego4d",
        "gopro": "engine.sources.video_files:GoPro",
        "lerobot": "engine.sources.lerobot.source:Lerobot",
        "webdataset": "engine.sources.webdataset.source:WebDatasetSource",
    },
    error=SourceError,
)


def make_source(name: str, values: Mapping[str, object]) -> AnySource:
    """The source with these options; texts are read as what the option takes. Raises `SourceError`."""
    source = SOURCES.get(name)
    known = source.Options.model_fields
    if unknown := [option for option in values if option not in known]:
        takes = f"It takes {', '.join(known)}." if known else "It takes none."
        raise SourceError(f"The source {name!r} has no option {unknown[0][:60]!r}.", remedy=takes)
    try:
        return source(source.Options.model_validate(dict(values)))
    except ValidationError as error:
        raise SourceError(f"The source {name!r} can't be used so: {explain(error)}.") from error


def recognised(paths: Iterable[Path]) -> str | None:
    """The built-in source whose layout every one of `paths` certainly has; None where there is none."""
    listed = list(paths)
    for name in SOURCES.built_in if listed else ():
        if all(map(SOURCES.get(name).recognises, listed)):
            return name
    return None
