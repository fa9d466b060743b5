"""Writes an export as a timeline for video editors: OpenTimelineIO, which keeps all that is known of each clip."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from engine.errors import ExportError, VideoError
from engine.export.formats.base import Exporter, ExportOptions
from engine.export.formats.card import CARD_FILE, CardSection, card
from engine.export.formats.clip_record import clip_records
from engine.files.place import place_of
from engine.video.timecode import Counting, SourceTiming, read_timing, standard_rate
from engine.video.windows import Window

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pydantic import JsonValue

    from engine.export.formats.base import ClipToExport, ExportContext, MadeClips

__all__ = ["Otio", "TimelineClip", "check_timeline", "one_line", "timeline_clips", "write_card"]

TIMELINE_FILE = "timeline.otio"
_EXTRA = "`pip install 'handpicked[otio]'` installs what it needs"
_MOST_NAMED = 5
MOST_CLIPS = 50_000
"""More make a file of half a gigabyte, which no editor opens."""
_RANKED_BY = {"composite": "composite score", "robot": "robot reward"}


@dataclass(frozen=True, kw_only=True)
class TimelineClip:
    """One clip of a timeline: its video, how that video's frames are counted, and which of them it shows."""

    path: str
    timing: SourceTiming
    window: Window
    first: int
    """Its first frame, counted from 0 at the video's first."""
    count: int
    record: Mapping[str, JsonValue]

    @property
    def reason(self) -> str:
        """Why it was chosen, in a line: `rank 3, reward 0.812 ± 0.050: pick up the cup`."""
        score, spread = self.record["score"], self.record["reward_std"]
        words = f"rank {self.record['rank']}"
        if isinstance(score, int | float):
            by = _RANKED_BY.get(str(self.record["ranked_by"]), "reward")
            words += f", {by} {score:.3f}"
            if by == "reward" and isinstance(spread, int | float):
                words += f" ± {spread:.3f}"
        words += ", simulated labels" if self.record["simulated_labels"] else ""
        words += ", synthetic" if self.record["synthetic"] else ""
        narration = one_line(str(self.record["narration"] or ""))
        return f"{words}: {narration}" if narration else words

    @property
    def file_name(self) -> str:
        """The name of its video's file."""
        return one_line(place_of(self.path).title)


class Otio(Exporter[ExportOptions]):
    """One timeline with the clips in order of rank; each points at its video's own frames."""

    name: ClassVar[str] = "otio"
    title: ClassVar[str] = "OpenTimelineIO"
    description: ClassVar[str] = "A timeline of the clips over the untouched videos, for editors and otio's tools."
    has_parts: ClassVar[bool] = False

    @classmethod
    def settled(cls, options: ExportOptions, clips: Sequence[ClipToExport]) -> tuple[ExportOptions, tuple[str, ...]]:
        """Refuse more clips than an editor opens, and where the package that writes timelines is not installed."""
        check_timeline(len(clips), "opentimelineio")
        return options, ()

    def assemble(self, clips: MadeClips, folder: Path, context: ExportContext) -> None:
        """Write the timeline and its card."""
        import opentimelineio as otio

        found, notes = timeline_clips(clips, context)
        timeline = otio.schema.Timeline(name="Handpicked")
        track = otio.schema.Track(name="Handpicked", kind=otio.schema.TrackKind.Video)
        timeline.tracks.append(track)
        track.extend([_otio_clip(clip) for clip in found])
        otio.adapters.write_to_file(timeline, str(folder / TIMELINE_FILE))
        about = (
            f"A timeline of {len(found):,} clips in order of rank (OpenTimelineIO). No video is copied: each clip "
            "points at frames of its source, counted from the source's start timecode, and keeps all that is known of "
            'it under `metadata["handpicked"]`; its marker says why it was chosen.'
        )
        write_card(folder, "Handpicked clips (OpenTimelineIO)", clips, about, notes)


def _otio_clip(clip: TimelineClip) -> Any:
    import opentimelineio as otio

    rate, start = float(clip.timing.counting.rate), clip.timing.start_frame

    def span(first: int, count: int) -> Any:
        return otio.opentime.TimeRange(
            otio.opentime.RationalTime(start + first, rate), otio.opentime.RationalTime(count, rate)
        )

    made = otio.schema.Clip(
        name=f"{clip.record['rank']} {clip.file_name}",
        media_reference=otio.schema.ExternalReference(
            target_url=_url(clip.path), available_range=span(0, clip.timing.frames)
        ),
        source_range=span(clip.first, clip.count),
        metadata={"handpicked": dict(clip.record)},
    )
    made.markers.append(otio.schema.Marker(name=clip.reason, marked_range=span(clip.first, 1), color="GREEN"))
    return made


def _url(path: str) -> str:
    """Where a video lies; a member of a tar as the tar with the member's name behind `#`."""
    place = place_of(path)
    url = place.file.absolute().as_uri()
    return url if place.member is None else f"{url}#{quote(place.member.name)}"


def check_timeline(clips: int, *packages: str) -> None:
    """Raise `ExportError` for too many clips, or where one of these packages is not installed."""
    for package in packages:
        if find_spec(package) is None:
            raise ExportError(
                f"the Python package {package}, which writes this format, is not installed", remedy=f"{_EXTRA}."
            )
    if clips > MOST_CLIPS:
        raise ExportError(
            f"{clips:,} clips are more than a video editor opens", remedy=f"Choose at most {MOST_CLIPS:,} (--top)."
        )


def timeline_clips(clips: MadeClips, context: ExportContext) -> tuple[list[TimelineClip], list[str]]:
    """The clips with the frames that they show, and notes on those whose frames are not certain.

    Each video is opened once. One that can't be read any more is counted at the rate the workspace knows, from 0.
    """
    table = clips.table
    paths: list[str] = table.column("video_path").to_pylist()
    rates, lengths, starts, ends = (
        table.column(name).to_pylist() for name in ("video_fps", "video_duration_s", "start_s", "end_s")
    )
    known = dict(zip(paths, zip(rates, lengths, strict=True), strict=True))
    timings: dict[str, SourceTiming] = {}
    unread: list[str] = []
    for done, (path, (rate_hz, length_s)) in enumerate(known.items()):
        context.progress(0.95 * done / len(known), "reading timecodes")
        try:
            timings[path] = read_timing(path)
        except VideoError:
            unread.append(path)
            counting = Counting(standard_rate(rate_hz))
            frames = max(1, round(length_s * counting.rate))
            timings[path] = SourceTiming(counting=counting, timecode=None, frames=frames, is_variable=False)
    found = []
    for path, start_s, end_s, record in zip(paths, starts, ends, clip_records(table), strict=True):
        window = Window(start_s, end_s)
        first, count = timings[path].frames_of(window)
        found.append(
            TimelineClip(path=path, timing=timings[path], window=window, first=first, count=count, record=record)
        )
    varying = [path for path, timing in timings.items() if timing.is_variable]
    packed = [path for path in timings if place_of(path).member is not None]
    notes = [
        *_note(packed, "video lies in a tar", "videos lie in tars", "editors can't open them there: export the clips"),
        *_note(varying, "video varies in its rate", "videos vary in their rate", "frames are counted at the average"),
        *_note(unread, "video can't be read", "videos can't be read", "frames are counted from 0, without a timecode"),
    ]
    for note in notes:
        context.warn(note)
    return found, notes


def _note(paths: Sequence[str], one: str, many: str, so: str) -> list[str]:
    """A sentence about some videos, where there are any; the first few by name."""
    if not paths:
        return []
    names = ", ".join(one_line(place_of(path).title) for path in paths[:_MOST_NAMED])
    more = f" and {len(paths) - _MOST_NAMED:,} more" if len(paths) > _MOST_NAMED else ""
    return [f"{len(paths):,} {one if len(paths) == 1 else many}: {so} ({names}{more})."]


def one_line(text: str, most: int = 200) -> str:
    """Text from data as one short line without control characters."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:most]


def write_card(folder: Path, title: str, clips: MadeClips, about: str, notes: Sequence[str]) -> None:
    """Write the card of a timeline, with the notes on frames that are not certain."""
    sections = [CardSection("Frames", "\n".join(f"- {note}" for note in notes))] if notes else []
    (folder / CARD_FILE).write_text(card(title, clips.facts, about=about, sections=sections), encoding="utf-8")
