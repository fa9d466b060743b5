"""What a page that Streamlit's `AppTest` ran shows."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

__all__ = ["refusals"]


def refusals(page: AppTest) -> list[str]:
    """The sentences that say what was refused and why, one for each."""
    drawn = (str(block.proto.body) for block in page.get("html"))
    return [unescape(re.sub(r"<[^>]+>", " ", body)).strip() for body in drawn if 'class="state-refused"' in body]
