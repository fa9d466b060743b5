"""Registry of formats of export: built-in ones and those of installed packages.

Packages add theirs by an entry point of the group `handpicked.exporters` whose value is `package.module:Class`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from engine.errors import ExportError
from engine.export.formats.base import AnyExporter, Exporter
from engine.files.read_json import explain
from engine.packaged_classes import PackagedClasses

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["EXPORT_FORMATS", "exporter_with"]

EXPORT_FORMATS: PackagedClasses[AnyExporter] = PackagedClasses(
    group="handpicked.exporters",
    noun="format",
    base=Exporter,
    built_in={
        "lerobot": "engine.export.formats.lerobot:Lerobot",
        "webdataset": "engine.export.formats.webdataset:WebDataset",
        "hf": "engine.export.formats.videofolder:VideoFolder",
        "otio": "engine.export.formats.timelines:Otio",
        "edl": "engine.export.formats.edl:Edl",
        "drop-list": "engine.export.formats.drop_list:DropList",
    },
    error=ExportError,
)


def exporter_with(name: str, options: Mapping[str, object]) -> AnyExporter:
    """The exporter of a format with these options, as an export keeps them.

    Raises `ExportError` for a format that does not load, or options that its present version does not have.
    """
    found = EXPORT_FORMATS.get(name)
    try:
        return found(found.Options.model_validate(options))
    except ValidationError as error:
        raise ExportError(
            f"the options of the export do not fit the format {name!r} as it is now: {explain(error)}",
            remedy="Make the export again with options of today (`--fresh`), or install the package as it was.",
        ) from error
