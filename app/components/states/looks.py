"""The colour and the icon of each state, one table for badges, boxes, messages and the tray."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from storage.jobs import JobState

__all__ = ["STATE_LOOKS", "BadgeColour", "StateLook"]

BadgeColour = Literal["gray", "blue", "orange", "green", "red"]


@dataclass(frozen=True)
class StateLook:
    """How one state is marked wherever it is shown."""

    colour: BadgeColour
    icon: str

    @property
    def mark(self) -> str:
        """The icon in its colour, as Markdown."""
        return f":{self.colour}[{self.icon}]"


STATE_LOOKS: dict[JobState, StateLook] = {
    "queued": StateLook("gray", ":material/schedule:"),
    "running": StateLook("blue", ":material/play_circle:"),
    "cancelling": StateLook("orange", ":material/stop_circle:"),
    "cancelled": StateLook("orange", ":material/stop_circle:"),
    "done": StateLook("green", ":material/check_circle:"),
    "failed": StateLook("red", ":material/error:"),
    "interrupted": StateLook("orange", ":material/pause_circle:"),
}
