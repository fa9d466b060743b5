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
the same pass: what a narrator describes lies around the moment, and consecutive windows meet without overlap. Each
side is kept between NARRATION_MIN_SIDE_S and NARRATION_MAX_SIDE_S, so that dense narrations leave something
to see and a lone one does not swallow minutes. (EgoVLP, arXiv 2206.01670,
also scales its windows by the gaps, to about 1 s.)

A file is read whole: narration.json is some hundreds of MB, and takes several times that in memory while it is read.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from engine.errors import SourceError
from engine.sources.epic import clean_name
from engine.sources.rows import read_bytes, read_table
from engine.sources.times import BadValueError, check_window, parse_time_s
from engine.sources.types import Annotations, ListedVideo, Problem, Segment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
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

_PASSES = ("narration_pass_1", "narration_pass_2")
_OTHER_KINDS = {
    "language_queries": "natural-language queries",
    "query_sets": "visual queries",
    "annotated_intervals": "hands and objects",
}


def read_ego4d(path: str | Path) -> Annotations:
    """The segments of an Ego4D JSON of any of the three kinds. Raises SourceError when it can't be used at all."""
    return from_bytes(path, read_bytes(path))


def from_bytes(path: str | Path, content: bytes) -> Annotations:
    """As read_ego4d, from the content of the file."""
    document = _load(path, content)
    kind, read = _kind_of(path, document)
    collector = _Collector(str(path))
    read(document, collector)
    if not collector.count:
        collector.problems.append(Problem(str(path), None, "the file holds no annotations (test files have none)"))
    return Annotations(str(path), "ego4d", kind, tuple(collector.segments), tuple(collector.problems))


def read_manifest(path: str | Path) -> dict[str, ListedVideo]:
    """ego4d.json or manifest.csv: length and original name by video_uid. Raises SourceError for anything else."""
    content = read_bytes(path)
    if content.lstrip()[:1] != b"{":
        table = read_table(path, content)
        if "video_uid" not in table.columns:
            raise SourceError(f"{str(path)!r} is no Ego4D manifest: it lacks video_uid.")
        return {row.cells["video_uid"]: _info(row.cells) for row in table.rows() if row.cells["video_uid"]}
    document = _load(path, content)
    videos = document.get("videos") if isinstance(document, dict) else None
    if not isinstance(videos, list):
        raise SourceError(f"{str(path)!r} is no Ego4D manifest: it has no list `videos`.")
    return {
        str(video["video_uid"]): _info(video) for video in videos if isinstance(video, dict) and video.get("video_uid")
    }


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
    """Gathers segments and problems; an annotation that can't be used costs only itself."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.count = 0
        self.segments: list[Segment] = []
        self.problems: list[Problem] = []

    def report(self, where: str, reason: str) -> None:
        self.problems.append(Problem(self.path, None, f"{where}: {reason}"))

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
        """The objects in a list, each with its place; whatever is no object is reported."""
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
        return json.loads(content)
    except json.JSONDecodeError as error:
        raise SourceError(
            f"{str(path)!r}, line {error.lineno}: it is not JSON ({error.msg}).",
            remedy="The file may be cut short: download it again.",
        ) from error
    except UnicodeDecodeError as error:
        raise SourceError(f"{str(path)!r} is not UTF-8 text.", remedy="Download it again.") from error
    except RecursionError as error:
        raise SourceError(f"{str(path)!r} is nested too deeply to be an annotation file.") from error


def _kind_of(path: str | Path, document: object) -> tuple[str, Callable[[Any, _Collector], None]]:
    """Which of the files this is, by what its videos hold."""
    videos = document.get("videos", document) if isinstance(document, dict) else document
    if isinstance(videos, dict) and any(
        isinstance(v, dict) and not v.keys().isdisjoint(_PASSES) for v in videos.values()
    ):
        return "Ego4D narrations", _read_narrations
    found = _keys_within(videos)
    if "segments" in found or "goal_description" in found:
        return "Ego4D goal steps", _read_goalstep
    for key, name in _OTHER_KINDS.items():
        if key in found:
            raise SourceError(
                f"{str(path)!r} holds Ego4D {name}, which are not read.",
                remedy="Use narration.json, moments_*.json or goalstep_*.json.",
            )
    if "labels" in found or "clips" in found:
        return "Ego4D moments", _read_moments
    if "duration_sec" in found or "video_metadata" in found:
        raise SourceError(
            f"{str(path)!r} is Ego4D's list of videos: it gives lengths, not segments.",
            remedy="Use narration.json, moments_*.json or goalstep_*.json.",
        )
    raise SourceError(
        f"{str(path)!r} is JSON, but no Ego4D annotation file that is known.",
        remedy="Use narration.json, moments_*.json or goalstep_*.json.",
    )


def _keys_within(videos: object) -> set[str]:
    """The keys of the videos, and of their clips and annotations, as far as the first hundred show."""
    found: set[str] = set()
    level = videos[:100] if isinstance(videos, list) else []
    for inner in ("clips", "annotations", None):
        objects = [item for item in level if isinstance(item, dict)]
        for item in objects:
            found.update(item)
        level = []
        for item in objects:
            children = item.get(inner) if inner else None
            level.extend(children[:100] if isinstance(children, list) else [])
    return found


def _read_narrations(document: dict[str, Any], collector: _Collector) -> None:
    for uid, video in document.get("videos", document).items():
        if not isinstance(video, dict):
            continue
        for name in _PASSES:
            one_pass = video.get(name)
            narrations = one_pass.get("narrations") if isinstance(one_pass, dict) else None
            _read_pass(uid, name, collector.items(narrations, f"{uid}.{name}"), collector)


def _read_pass(uid: str, name: str, items: Iterator[tuple[str, dict[str, Any]]], collector: _Collector) -> None:
    sound: list[tuple[str, dict[str, Any], float]] = []
    for where, item in items:
        try:
            instant_s = _number(item, "timestamp_sec")
            check_window(instant_s, instant_s + NARRATION_MIN_SIDE_S)
        except BadValueError as error:
            collector.count += 1
            collector.report(where, str(error))
        else:
            sound.append((where, item, instant_s))
    windows = narration_windows([instant_s for _, _, instant_s in sound])
    for (where, item, instant_s), (start_s, end_s) in zip(sound, windows, strict=True):
        extra = {"pass": name.removeprefix("narration_pass_"), "timestamp_s": f"{instant_s:.3f}"}
        text = _text(item, "narration_text")
        collector.add(where, _maker(uid, start_s, end_s, text, extra))


def _read_moments(document: dict[str, Any], collector: _Collector) -> None:
    for where, video in collector.items(document.get("videos"), "videos"):
        for in_clip, clip in collector.items(video.get("clips"), f"{where}.clips"):
            for in_annotation, annotation in collector.items(clip.get("annotations"), f"{in_clip}.annotations"):
                annotator = _text(annotation, "annotator_uid")
                for place, label in collector.items(annotation.get("labels"), f"{in_annotation}.labels"):
                    collector.add(place, partial(_moment, video, label, annotator))


def _moment(video: dict[str, Any], label: dict[str, Any], annotator: str, row: int) -> Segment:
    start_s, end_s = _number(label, "video_start_time"), _number(label, "video_end_time")
    extra = {"annotator": annotator, "primary": str(bool(label.get("primary"))).lower()}
    narration = _text(label, "label").replace("_", " ")
    return _maker(_text(video, "video_uid"), start_s, end_s, narration, extra)(row)


def _read_goalstep(document: dict[str, Any], collector: _Collector) -> None:
    for where, video in collector.items(document.get("videos"), "videos"):
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
        return Segment(clean_name(uid), start_s, end_s, narration=narration, row=row, extra=extra)

    return make


def _number(item: dict[str, Any], key: str) -> float:
    value = item.get(key)
    if value is None:
        raise BadValueError(f"{key} is missing")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadValueError(f"{key} is {str(value)[:40]!r}, not a number")
    try:
        return float(value)
    except OverflowError as error:
        raise BadValueError(f"{key} is far too large") from error


def _text(item: dict[str, Any], key: str) -> str:
    value = item.get(key)
    return value if isinstance(value, str) else "" if value is None else str(value)


def _info(values: dict[str, Any]) -> ListedVideo:
    metadata = values.get("video_metadata")
    fps = metadata.get("fps") if isinstance(metadata, dict) else values.get("fps")
    return ListedVideo(
        str(values["video_uid"]), _seconds(values.get("duration_sec")), _seconds(fps), _text(values, "origin_video_id")
    )


def _seconds(value: object) -> float | None:
    try:
        return parse_time_s(str(value)) if value is not None else None
    except BadValueError:
        return None
