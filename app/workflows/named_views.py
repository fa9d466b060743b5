"""The library view that a person names: a saved view, or filters written as an address."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from engine.errors import SettingsError
from storage.library.view import ClipView, view_from_params

if TYPE_CHECKING:
    from storage import Workspace

__all__ = ["view_called"]


def view_called(workspace: Workspace, text: str) -> ClipView:
    """The view called by a saved view's name or written as an address. Raises `SettingsError` for other text."""
    saved = workspace.library.saved_views()
    if text in saved:
        return view_from_params(parse_qs(saved[text]))
    if text and "=" not in text:
        raise SettingsError(
            f"there is no saved view {text!r}",
            remedy=f"Saved: {', '.join(saved) or 'none'}. Or write filters, as in source=epic or tag=keep.",
        )
    return view_from_params(parse_qs(text))
