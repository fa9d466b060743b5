"""The kinds of labels as a command's option."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Kind"]


class Kind(StrEnum):
    """Whose labels: `engine.preference.kinds.LabelKind`, as an option needs it."""

    PEOPLE = "people"
    SIMULATED = "simulated"
    MODEL = "model"
