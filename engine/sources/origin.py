"""Where the pictures of an export's clips come from, as the export states it, kept where it is imported again.

Rendered clips stay synthetic, and clips of a data set with a licence stay under it, whatever layout they came in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["LASTING", "SYNTHETIC", "lasting_source"]

SYNTHETIC: Final = "sample"
"""The source of videos that Handpicked rendered."""
LASTING: Final = (SYNTHETIC, "ego4d", "epic")
"""Sources that go on holding, the one with the gravest consequence first."""


def lasting_source(stated: Iterable[object]) -> str:
    """The source of a file that holds clips of all these; empty where none of them goes on holding.

    A file that holds clips of several takes the first of `LASTING`: rather all of it synthetic than a part unmarked.
    """
    found = {one for one in stated if isinstance(one, str)}
    return next((source for source in LASTING if source in found), "")
