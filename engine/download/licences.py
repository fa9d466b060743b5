"""The terms under which each source may be used, shown before its first download."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Licence", "licence_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """A source's terms in brief. The text at `url` is what binds."""

    source: str
    title: str
    name: str
    url: str
    summary: str


_LICENCES = {
    "epic": Licence(
        source="epic",
        title="EPIC-KITCHENS",
        name="Creative Commons Attribution-NonCommercial 4.0 International (CC BY-NC 4.0)",
        url="https://creativecommons.org/licenses/by-nc/4.0/",
        summary=(
            "The videos and annotations are copyright of the EPIC-KITCHENS team. You must give appropriate credit, "
            "link to the licence and say whether you made changes, in no way that suggests they endorse you or your "
            "use. You may not use the material for commercial purposes."
        ),
    ),
    "ego4d": Licence(
        source="ego4d",
        title="Ego4D",
        name="Ego4D License Agreement",
        url="https://ego4ddataset.com/ego4d-license/",
        summary=(
            "Ego4D is given only to those who have signed its licence agreement, which sets out what the data may be "
            "used for and forbids passing it on or trying to identify people. After approval, which takes about two "
            "days, you are sent AWS credentials of your own; they expire and must not be shared."
        ),
    ),
}


def licence_of(source: str) -> Licence | None:
    """The terms of a downloadable source, or None for other sources, such as your own recordings."""
    return _LICENCES.get(source)
