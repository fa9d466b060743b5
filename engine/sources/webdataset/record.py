"""What a sample's json and txt say of its videos: texts, a score, and whose clips belong together.

Handpicked's own export is recognised by its fields (`clip_id`, `video_sha256`, a window); of anyone else's json, the
usual names of a caption and of a worker are read. All of it is untrusted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from engine.errors import FormatError
from engine.files.read_json import parse_json
from engine.files.values import MAX_MAGNITUDE, BadValueError, clean_name, clean_text
from engine.sources.origin import SYNTHETIC, lasting_source

__all__ = ["MOST_TEXT_BYTES", "KnownReward", "Record", "read_record"]

MOST_TEXT_BYTES: Final = 1 << 20
_MOST_NARRATION: Final = 10_000
_CAPTIONS: Final = ("narration", "caption", "text", "description", "task", "label")
_WORKERS: Final = (("factory_id", "worker_id"), ("worker_id",), ("participant_id",), ("participant",))
_OUR_OWN: Final = ("clip_id", "video_sha256", "start_s", "end_s")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownReward:
    """A score that the export states, by which model."""

    reward: float
    reward_std: float
    model_name: str
    settings_hash: str
    simulated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is said of one video."""

    narration: str = ""
    verb: str = ""
    noun: str = ""
    group: str = ""
    """The source video of an export's clip, or the worker; empty where it is not said."""
    is_clip: bool = False
    """Whether it is a clip of Handpicked's own export."""
    source: str = ""
    """Where its pictures come from, as an export states it (`engine/sources/origin.py`)."""
    reward: KnownReward | None = None


def read_record(json_text: bytes | None, text: bytes | None) -> Record:
    """The record of a video from the content of its json and its txt, None where there is none.

    Raises `FormatError` with the reason where they can't be used.
    """
    said = parse_json(json_text, max_bytes=MOST_TEXT_BYTES, allow_nan=True) if json_text is not None else {}
    if not isinstance(said, dict):
        said = {}  # a class number, or a list of boxes: nothing that is read here
    try:
        narration = _text(next((said[name] for name in _CAPTIONS if _is_text(said.get(name))), ""), "caption")
        narration = narration or _text(_decoded(text), "txt")
        is_clip = all(name in said for name in _OUR_OWN)
        return Record(
            narration=narration,
            verb=_text(said.get("verb"), "verb") if is_clip else "",
            noun=_text(said.get("noun"), "noun") if is_clip else "",
            group=_name(said.get("video_sha256"), "SHA-256") if is_clip else _worker(said),
            is_clip=is_clip,
            source=lasting_source([said.get("source"), said.get("synthetic") is True and SYNTHETIC]) if is_clip else "",
            reward=_reward(said) if is_clip else None,
        )
    except BadValueError as error:
        raise FormatError(str(error)) from error


def _decoded(text: bytes | None) -> str:
    try:
        return (text or b"").decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise FormatError(f"its txt is no text in UTF-8 (byte {error.start})") from error


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _text(value: Any, what: str) -> str:
    text = clean_text(value.strip(), what) if isinstance(value, str) else ""
    if len(text) > _MOST_NARRATION:
        raise BadValueError(f"the {what} has {len(text):,} characters, at most {_MOST_NARRATION:,} are read")
    return text


def _name(value: Any, what: str) -> str:
    return clean_name(value, what) if _is_text(value) else ""


def _worker(said: dict[str, Any]) -> str:
    for names in _WORKERS:
        values = [_plain(said.get(name)) for name in names]
        if all(values):
            return clean_name("/".join(values), "worker")
    return ""


def _plain(value: Any) -> str:
    """A name as text; data sets also number their workers."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_MAGNITUDE:
        return str(value)
    return value.strip() if isinstance(value, str) else ""


def _reward(said: dict[str, Any]) -> KnownReward | None:
    """The score; None where there is none. Raises `BadValueError` for one without its spread, or no plain number."""
    if said.get("reward") is None:
        return None
    reward, std = (_number(said.get(name)) for name in ("reward", "reward_std"))
    if reward is None or std is None or std < 0:
        raise BadValueError("its reward and reward_std are no plain numbers")
    return KnownReward(
        reward=reward,
        reward_std=std,
        model_name=_name(said.get("model_name"), "model's name"),
        settings_hash=_name(said.get("settings_hash"), "hash of settings"),
        simulated=said.get("simulated_labels") is True or said.get("labels_by") == "simulated",
    )


def _number(value: Any) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) <= MAX_MAGNITUDE:
        return None  # NaN is not below anything either
    return float(value)
