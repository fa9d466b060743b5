"""Writes an export as edit decision lists (CMX3600), which practically every video editor reads."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from engine.errors import ExportError
from engine.export.formats.base import Exporter, ExportOptions
from engine.export.formats.timelines import check_timeline, one_line, timeline_clips, write_card
from engine.files.place import place_of
from engine.video.timecode import Counting, standard_rate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from engine.export.formats.base import ClipToExport, ExportContext, MadeClips
    from engine.export.formats.timelines import TimelineClip

__all__ = ["Edl", "EdlOptions", "reel_names"]

MOST_EVENTS = 999
"""Events of one list: their number has three digits."""
_DAY_S = 86_400
_REEL_LETTERS = 8
_RESERVED_REELS = frozenset({"AX", "BL", "BLACK"})
"""Names that mean something in a list: no reel, black."""
_RATES = tuple(Fraction(rate) for rate in (24, 25, 30, 48, 50, 60)) + tuple(
    Fraction(rate * 1000, 1001) for rate in (24, 30, 48, 60)
)
"""Rates that timecode has numbers for, the commonest first."""


class EdlOptions(ExportOptions):
    """How the lists count, and for which editor."""

    rate: float | None = Field(
        default=None,
        gt=0,
        le=60,
        title="Frames a second",
        description="Frames a second of the lists; else that of most of the clips.",
    )
    style: Literal["avid", "nucoda", "premiere"] = Field(
        default="avid",
        title="Editor",
        description="How the file of a clip is named: as Avid, Nucoda or Premiere read it.",
    )


class Edl(Exporter[EdlOptions]):
    """Lists of at most 999 events each, at one frame rate, with a reel name of eight letters for each video."""

    name: ClassVar[str] = "edl"
    title: ClassVar[str] = "Edit decision lists (CMX3600)"
    description: ClassVar[str] = "Lists of the clips over the untouched videos, which nearly every video editor opens."
    has_parts: ClassVar[bool] = False

    @classmethod
    def settled(cls, options: EdlOptions, clips: Sequence[ClipToExport]) -> tuple[EdlOptions, tuple[str, ...]]:
        """Refuse a rate without timecode, too many clips, and where the packages that write lists are not installed."""
        check_timeline(len(clips), "opentimelineio", "otio_cmx3600_adapter")
        if options.rate is not None and standard_rate(options.rate) not in _RATES:
            known = ", ".join(f"{float(rate):.5g}" for rate in sorted(_RATES))
            raise ExportError(
                f"an edit decision list can't count {options.rate:g} frames a second", remedy=f"Choose one of {known}."
            )
        return options, ()

    def assemble(self, clips: MadeClips, folder: Path, context: ExportContext) -> None:
        """Write the lists and their card."""
        found, notes = timeline_clips(clips, context)
        counting = _common_counting(found, self.options.rate)
        for note in (own := _counting_notes(found, counting)):
            context.warn(note)
        reels = reel_names(clip.path for clip in found)
        lists = list(_lists(found, counting))
        for number, some in enumerate(lists, start=1):
            text = _edl(some, counting, reels, f"Handpicked {number}", self.options.style)
            (folder / f"edl-{number:03d}.edl").write_text(text, encoding="utf-8", newline="\r\n")
        counted = "drop-frame" if counting.drop_frame else "non-drop-frame"
        files = "one list" if len(lists) == 1 else f"{len(lists):,} lists of at most {MOST_EVENTS} events"
        about = (
            f"{len(found):,} clips in order of rank: {files} (CMX3600) at {float(counting.rate):.5g} frames a second, "
            f"{counted}. No video is copied: events are frames of the sources, counted from their start timecode."
        )
        write_card(folder, "Handpicked clips (edit decision lists)", clips, about, [*notes, *own])


def reel_names(paths: Iterable[str]) -> dict[str, str]:
    """Each video's reel name: at most eight capitals and digits of its file's name, made unique by a number."""
    found: dict[str, str] = {}
    taken = set(_RESERVED_REELS)
    for path in dict.fromkeys(paths):
        stem = re.sub(r"[^A-Z0-9]", "", place_of(path).stem.upper()) or "REEL"
        reel, number = stem[:_REEL_LETTERS], 1
        while reel in taken:
            number += 1
            reel = stem[: _REEL_LETTERS - len(str(number))] + str(number)
        taken.add(reel)
        found[path] = reel
    return found


def _common_counting(clips: Sequence[TimelineClip], rate_hz: float | None) -> Counting:
    """The counting of the lists: at the rate of most clips where none is asked for, and as most of these count."""
    rates = Counter(clip.timing.counting.rate for clip in clips)
    rate = standard_rate(rate_hz) if rate_hz else _countable(rates.most_common(1)[0][0])
    counted = Counter(clip.timing.counting.drop_frame for clip in clips if clip.timing.counting.rate == rate)
    return Counting(rate, counted[True] > counted[False])


def _countable(rate: Fraction) -> Fraction:
    """The rate itself where timecode has numbers for it, else one that each frame of it falls on, else the nearest."""
    multiples = (rate * factor for factor in range(1, 11))
    parts = (rate / factor for factor in range(2, 11))
    fitting = next((one for one in (*multiples, *parts) if one in _RATES), None)
    return fitting or min(_RATES, key=lambda one: abs(one - rate))


def _counting_notes(clips: Sequence[TimelineClip], counting: Counting) -> list[str]:
    """Notes on clips whose frames or numbers are not those of their video."""
    others = sum(clip.timing.counting.rate != counting.rate for clip in clips)
    recounted = sum(
        clip.timing.timecode is not None
        and clip.timing.counting.rate == counting.rate
        and clip.timing.counting.drop_frame != counting.drop_frame
        for clip in clips
    )
    late = sum(sum(_event(clip, counting)) > _DAY_S * counting.rate for clip in clips)
    found = []
    if others:
        found.append(
            f"{others:,} of {len(clips):,} clips have another frame rate than the list's {float(counting.rate):.5g}: "
            "their frames are rounded to it."
        )
    if recounted:
        found.append(
            f"{recounted:,} of {len(clips):,} clips count {'non-drop-frame' if counting.drop_frame else 'drop-frame'} "
            "in their file, and not so in the list: the frames are the same, the numbers are others."
        )
    if late:
        found.append(f"{late:,} of {len(clips):,} clips run past 24:00:00:00, where the numbers begin again at 0.")
    return found


def _event(clip: TimelineClip, counting: Counting) -> tuple[int, int]:
    """`(first, count)` of the frames of a clip as the list counts them, the start timecode included."""
    timing = clip.timing
    if timing.counting.rate == counting.rate:
        return timing.start_frame + clip.first, clip.count
    first, count = replace(timing, counting=counting).frames_of(clip.window)
    if timing.timecode is None:
        return first, count
    frames = timing.timecode.frames * counting.nominal // timing.counting.nominal
    return replace(timing.timecode, frames=frames).frame(counting) + first, count


def _lists(clips: Sequence[TimelineClip], counting: Counting) -> Iterator[list[TimelineClip]]:
    """The clips in lists of at most 999 that last less than a day."""
    some: list[TimelineClip] = []
    frames = 0
    for clip in clips:
        _, count = _event(clip, counting)
        if some and (len(some) == MOST_EVENTS or frames + count > _DAY_S * counting.rate - 1):
            yield some
            some, frames = [], 0
        some.append(clip)
        frames += count
    if some:
        yield some


def _edl(clips: Sequence[TimelineClip], counting: Counting, reels: Mapping[str, str], title: str, style: str) -> str:
    """One list as text."""
    import opentimelineio as otio

    # The adapter counts 29.97 in drop-frame always. Numbers without drops are those of 30 frames a second.
    rate = float(counting.rate) if counting.drop_frame else float(counting.nominal)

    def span(first: int, count: int) -> Any:
        return otio.opentime.TimeRange(otio.opentime.RationalTime(first, rate), otio.opentime.RationalTime(count, rate))

    timeline = otio.schema.Timeline(name=title)
    track = otio.schema.Track(name="V", kind=otio.schema.TrackKind.Video)
    timeline.tracks.append(track)
    for clip in clips:
        first, count = _event(clip, counting)
        event = otio.schema.Clip(
            name=clip.file_name,
            media_reference=otio.schema.ExternalReference(target_url=one_line(str(place_of(clip.path)), most=1000)),
            source_range=span(first, count),
            metadata={"cmx_3600": {"reel": reels[clip.path]}},
        )
        event.markers.append(otio.schema.Marker(name=clip.reason, marked_range=span(first, 1), color="GREEN"))
        track.append(event)
    text: str = otio.adapters.write_to_string(timeline, "cmx_3600", rate=rate, style=style)
    counted = "DROP FRAME" if counting.drop_frame else "NON-DROP FRAME"
    return text.replace("\n", f"\nFCM: {counted}\n", 1)
