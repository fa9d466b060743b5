"""Ego4D annotation files: narrations, moments and goal steps, and the list of videos.

Schemas: ego4d-data.org/docs/data/annotations-schemas and github.com/facebookresearch/ego4d-goalstep.

    narration.json        videos: {uid: {narration_pass_1|2: {narrations: [{timestamp_sec, narration_text}]}}}
                          (or the same without `videos` around it)
    moments_*.json        videos: [{video_uid, clips: [{annotations: [{labels: [{label, video_start_time,
                          video_end_time}]}]}]}]
    goalstep_*.json       videos: [{video_uid, goal_description, segments: [{start_time, end_time,
                          step_description, segments: [...]}]}]
    ego4d.json            videos: [{video_uid, duration_sec, video_metadata: {fps}, origin_video_id}]
    manifest.csv          video_uid, duration_sec, origin_video_id, ...

A narration is an instant. Its window reaches from halfway to the narration before it to halfway to the one after, of
the same pass: the action described lies around that moment, and consecutive windows meet without overlap. Each
side is kept between NARRATION_MIN_SIDE_S and NARRATION_MAX_SIDE_S, so that windows of dense narrations
are not too short and a lone one does not cover minutes. (EgoVLP, arXiv 2206.01670, also scales its windows by the
gaps, to about 1 s.)

A file is read whole: narration.json is some hundreds of MB, and takes several times that in memory while it is read. So
there are limits, MAX_BYTES and _MAX_VALUES, which it stays within. `known_json.py` tells the files apart, and names
similar files that are not supported.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from engine.errors import FormatError, SourceError
from engine.files.problems import Problems
from engine.files.read_csv import read_bytes, read_table
from engine.files.read_json import parse_json
from engine.files.values import clean_id, clean_text, shown
from engine.sources.known_json import Kind, json_kind
from engine.sources.times import BadValueError, check_window, parse_time_s
from engine.sources.types import Annotations, ListedVideo, Segment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

__all__ = [
    "NARRATION_MAX_SIDE_S",
    "NARRATION_MIN_SIDE_S",
    "from_bytes",
    "narration_windows",
    "read_ego4d",
    "read_manifest",
]

NARRATION_MIN_SIDE_S = 0.5
NARRATION_MAX_SIDE_S = 4.0

MAX_BYTES = 1 << 30
_MAX_VALUES = 40_000_000
"""All narrations of Ego4D come to some 20 million; a value takes up to 200 bytes of memory."""

_PASSES = ("narration_pass_1", "narration_pass_2")


def read_ego4d(path: str | Path) -> Annotations:
    """The segments of an Ego4D JSON of any of the three kinds. Raises SourceError when it can't be used at all."""
    return from_bytes(path, read_bytes(path, MAX_BYTES))


def from_bytes(path: str | Path, content: bytes) -> Annotations:
    """Like `read_ego4d`, from the content of the file."""
    document = _load(path, content)
    videos = document.get("videos", document) if isinstance(document, dict) else document
    kind = json_kind(path, document, videos)
    collector = _Collector(str(path))
    _READERS[kind](videos, collector)
    if not collector.count:
        collector.problems.report(None, "the file holds no annotations (test files have none)")
    return Annotations(
        path=str(path),
        source="ego4d",
        format=kind.value,
        segments=tuple(collector.segments),
        problems=collector.problems.listed(),
    )


def read_manifest(path: str | Path) -> dict[str, ListedVideo]:
    """ego4d.json or manifest.csv: length and original name by video_uid. Raises SourceError for anything else.

    Entries that can't be used are left out.
    """
    content = read_bytes(path, MAX_BYTES)
    if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] != b"{":
        table = read_table(path, content)
        if "video_uid" not in table.columns:
            raise SourceError(
                f"{str(path)!r} is no Ego4D manifest: it lacks video_uid.", remedy="Take Ego4D's manifest.csv."
            )
        entries: Iterable[object] = (row.cells for row in table.rows())
    else:
        document = _load(path, content)
        videos = document.get("videos") if isinstance(document, dict) else None
        if not isinstance(videos, list):
            raise SourceError(
                f"{str(path)!r} is no Ego4D manifest: it has no list `videos`.", remedy="Take Ego4D's ego4d.json."
            )
        entries = videos
    listed = (_info(entry) for entry in entries if isinstance(entry, dict))
    return {video.video_name: video for video in listed if video is not None}


def narration_windows(timestamps_s: list[float]) -> list[tuple[float, float]]:
    """A window `[start_s, end_s)` around each instant of one pass, in the order given (see the module's docstring)."""
    instants = sorted(set(timestamps_s))
    windows = {}
    for i, instant_s in enumerate(instants):
        before_s = (instant_s - instants[i - 1]) / 2 if i else NARRATION_MAX_SIDE_S
        after_s = (instants[i + 1] - instant_s) / 2 if i + 1 < len(instants) else NARRATION_MAX_SIDE_S
        start_s = instant_s - min(max(before_s, NARRATION_MIN_SIDE_S), NARRATION_MAX_SIDE_S)
        end_s = instant_s + min(max(after_s, NARRATION_MIN_SIDE_S), NARRATION_MAX_SIDE_S)
        windows[instant_s] = (max(0.0, start_s), end_s)
    return [windows[instant_s] for instant_s in timestamps_s]


class _Collector:
    """Gathers segments and problems; an annotation that can't be used is left out and reported."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.count = 0
        self.segments: list[Segment] = []
        self.problems = Problems(path)

    def report(self, where: str, reason: str) -> None:
        self.problems.report(None, f"{where}: {reason}")

    def add(self, where: str, make: Callable[[int], Segment]) -> None:
        self.count += 1
        try:
            segment = make(self.count)
            check_window(segment.start_s, segment.end_s)
        except BadValueError as error:
            self.report(where, str(error))
        else:
            self.segments.append(segment)

    def items(self, value: object, where: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """The objects in a list, each with its place; entries that are not objects are reported."""
        if value is None:
            return
        if not isinstance(value, list):
            self.report(where, "it is not a list")
            return
        for i, item in enumerate(value):
            if isinstance(item, dict):
                yield f"{where}[{i}]", item
            else:
                self.count += 1
                self.report(f"{where}[{i}]", "it is not an object")


def _load(path: str | Path, content: bytes) -> Any:
    try:
        # Only the values that become segments are checked, one by one: the file may have a gigabyte.
        return parse_json(content, max_bytes=MAX_BYTES, max_values=_MAX_VALUES, each_apart=True)
    except FormatError as error:
        raise SourceError(
            f"{str(path)!r} can't be read: {error.message}.", remedy="The file may be cut short: download it again."
        ) from error


def _read_narrations(videos: Any, collector: _Collector) -> None:
    for uid, video in videos.items():
        if not isinstance(video, dict):
            continue
        for name in _PASSES:
            one_pass = video.get(name)
            narrations = one_pass.get("narrations") if isinstance(one_pass, dict) else None
            _read_pass(uid, name, collector.items(narrations, f"{_printed(uid)}.{name}"), collector)


def _read_pass(uid: str, name: str, items: Iterator[tuple[str, dict[str, Any]]], collector: _Collector) -> None:
    sound: list[tuple[str, str, float]] = []
    for where, item in items:
        try:
            instant_s = _number(item, "timestamp_sec")
            check_window(instant_s, instant_s + NARRATION_MIN_SIDE_S)
            text = _text(item, "narration_text")
        except BadValueError as error:
            collector.count += 1
            collector.report(where, str(error))
        else:
            sound.append((where, text, instant_s))
    windows = narration_windows([instant_s for _, _, instant_s in sound])
    for (where, text, instant_s), (start_s, end_s) in zip(sound, windows, strict=True):
        extra = {"pass": name.removeprefix("narration_pass_"), "timestamp_s": f"{instant_s:.3f}"}
        collector.add(where, _maker(uid, start_s, end_s, text, extra))


def _read_moments(videos: Any, collector: _Collector) -> None:
    for where, video in collector.items(videos, "videos"):
        for in_clip, clip in collector.items(video.get("clips"), f"{where}.clips"):
            for in_annotation, annotation in collector.items(clip.get("annotations"), f"{in_clip}.annotations"):
                for place, label in collector.items(annotation.get("labels"), f"{in_annotation}.labels"):
                    collector.add(place, partial(_moment, video, label, annotation))


def _moment(video: dict[str, Any], label: dict[str, Any], annotation: dict[str, Any], row: int) -> Segment:
    start_s, end_s = _number(label, "video_start_time"), _number(label, "video_end_time")
    extra = {"annotator": _text(annotation, "annotator_uid"), "primary": str(bool(label.get("primary"))).lower()}
    narration = _text(label, "label").replace("_", " ")
    return _maker(_text(video, "video_uid"), start_s, end_s, narration, extra)(row)


def _read_goalstep(videos: Any, collector: _Collector) -> None:
    for where, video in collector.items(videos, "videos"):
        stack = [(f"{where}.segments", video.get("segments"), 1)]
        while stack:
            place, segments, level = stack.pop()
            for inner, item in collector.items(segments, place):
                collector.add(inner, partial(_step, video, item, level))
                stack.append((f"{inner}.segments", item.get("segments"), level + 1))


def _step(video: dict[str, Any], item: dict[str, Any], level: int, row: int) -> Segment:
    start_s, end_s = _number(item, "start_time"), _number(item, "end_time")
    extra = {
        "level": "step" if level == 1 else "substep",
        "category": _text(item, "step_category"),
        "goal": _text(video, "goal_description"),
    }
    narration = _text(item, "step_description") or extra["category"]
    return _maker(_text(video, "video_uid"), start_s, end_s, narration, extra)(row)


def _maker(uid: str, start_s: float, end_s: float, narration: str, extra: dict[str, str]) -> Callable[[int], Segment]:
    def make(row: int) -> Segment:
        return Segment(
            video_name=clean_id(uid, "video's name"),
            start_s=start_s,
            end_s=end_s,
            narration=narration,
            row=row,
            extra=extra,
        )

    return make


def _number(item: dict[str, Any], key: str) -> float:
    value = item.get(key)
    if value is None:
        raise BadValueError(f"{key} is missing")
    if isinstance(value, str):
        raise BadValueError(f"{key} is {shown(value)}, not a number")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadValueError(f"{key} is {_kind_of_value(value)}, not a number")
    try:
        return float(value)
    except OverflowError as error:
        raise BadValueError(f"{key} is far too large") from error


def _text(item: dict[str, Any], key: str) -> str:
    value = item.get(key)
    if value is None:
        return ""
    if isinstance(value, bool | dict | list):
        raise BadValueError(f"{key} is {_kind_of_value(value)}, not a text")
    return clean_text(value, key) if isinstance(value, str) else f"{_number(item, key):g}"


def _kind_of_value(value: object) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return str(value).lower()


def _printed(name: str) -> str:
    """A key of the document for a message: shortened, with escapes for unprintable characters."""
    return shown(name)[1:-1]


def _info(values: dict[Any, Any]) -> ListedVideo | None:
    metadata = values.get("video_metadata")
    fps = metadata.get("fps") if isinstance(metadata, dict) else values.get("fps")
    try:
        name = clean_id(_text(values, "video_uid"), "video's name")
        return ListedVideo(name, _seconds(values.get("duration_sec")), _seconds(fps), _text(values, "origin_video_id"))
    except BadValueError:
        return None


def _seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        return parse_time_s(value if isinstance(value, str) else repr(float(value)))
    except (BadValueError, OverflowError):
        return None


_READERS: dict[Kind, Callable[[Any, _Collector], None]] = {
    Kind.NARRATIONS: _read_narrations,
    Kind.MOMENTS: _read_moments,
    Kind.GOAL_STEPS: _read_goalstep,
}
