"""The manifest of a bundle as a Pydantic model, which validates every name, number and window in it."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from engine.errors import FormatError
from engine.files.lenient import valid_entries
from engine.files.names import ClockTime, Finite, Line, Name, RelativePath, Sha256, Text, fold
from engine.files.problems import shortened_sentences
from engine.files.read_json import explain, parse_json
from engine.video.windows import Window

__all__ = ["FORMAT", "BundleClip", "BundleModel", "Manifest", "Origin", "parse_manifest"]

FORMAT = "handpicked-bundle"
Origin = Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
"""How a clip was made: `annotations`, `stride`, `manual`, …"""
MOST_CLIPS = 1_000_000
"""Most clips of a bundle: more than a manifest of the largest allowed size can hold."""
_Count = Annotated[int, Field(ge=0, lt=2**53)]


class BundleClip(BaseModel):
    """One clip of a bundle: its file, and its window in the source video."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    rank: _Count
    clip_id: Line
    file: RelativePath
    sha256: Sha256
    size_bytes: _Count
    frames: _Count
    video_id: Line
    video: Text
    video_sha256: Sha256
    source: Line
    start_s: Finite
    end_s: Finite
    origin: Origin
    narration: Text | None = None
    verb: Text | None = None
    noun: Text | None = None
    tags: Annotated[tuple[Text, ...], Field(max_length=200)] = ()
    reward: Finite | None = None
    reward_std: Finite | None = None
    damaged: bool = False
    """Whether part of the clip could not be decoded, or was filled in by the decoder."""
    damage: Text = ""
    """Damage of the source, in words; empty where none is known."""

    @model_validator(mode="after")
    def _is_a_window(self) -> Self:
        Window(self.start_s, self.end_s)
        return self


class BundleModel(BaseModel):
    """The reward model that ranked a bundle."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    model_id: Name
    name: Line
    created_at: ClockTime
    seed: Annotated[int, Field(ge=-(2**31), lt=2**31)]
    settings: dict[str, Any]
    metrics: dict[str, Any]


class Manifest(BaseModel):
    """The content, origin and settings of a bundle."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: Literal["handpicked-bundle"] = "handpicked-bundle"
    version: Literal[1] = 1
    export_id: Name
    created_at: Line
    app_version: Line
    settings: dict[str, Any]
    model: BundleModel | None = None
    """The model that ranked the clips; None for the composite score."""
    embedding_model: Line | None = None
    simulated_labels: _Count = 0
    """Labels in `data/labels.parquet` that a simulated annotator gave."""
    model_labels: _Count = 0
    """Labels in `data/labels.parquet` that are a model's judgement."""
    synthetic_clips: _Count = 0
    """Clips of rendered sample videos."""
    clips: tuple[BundleClip, ...]
    failed: tuple[dict[str, Text], ...] = ()
    """Clips that could not be cut, and why."""
    files: dict[RelativePath, Sha256] = {}
    """Every other file → its SHA-256."""
    listed: Annotated[_Count, Field(exclude=True)] = 0
    """Number of clips listed, including those left out: its tables may have a row for each."""

    @property
    def most_rows(self) -> int:
        """The largest number of rows that a table about its clips may have."""
        return max(self.listed, len(self.clips))


class _NamedFile(BaseModel):
    path: RelativePath
    sha256: Sha256


def parse_manifest(content: bytes, *, max_bytes: int) -> tuple[Manifest, tuple[str, ...]]:
    """Parse a manifest; clips that are invalid are left out, one by one, and reported.

    Raises `FormatError` where it is not a manifest, or no clip is valid.
    """
    raw = parse_json(content, max_bytes=max_bytes)
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        raise FormatError("its manifest is none of a bundle")
    if not isinstance(raw.get("clips"), list):
        raise FormatError("its manifest can't be understood (clips: they are no list)")
    clips, problems = valid_entries(raw.get("clips"), BundleClip, "Clip")
    if problems and not clips:
        raise FormatError(f"no clip of it can be used. {problems[0]}")
    clips, twice = _without_duplicates(clips)
    model, no_model = _model(raw.get("model"))
    files, odd_files = _files(raw.get("files", {}))
    listed = min(len(raw["clips"]), MOST_CLIPS)
    checked = {**raw, "clips": clips, "model": model, "files": files, "listed": listed}
    try:
        manifest = Manifest.model_validate(checked)
    except ValidationError as error:
        raise FormatError(f"its manifest can't be understood ({explain(error)})") from error
    return manifest, shortened_sentences([*problems, *twice, *no_model, *odd_files])


def _without_duplicates(clips: list[BundleClip]) -> tuple[list[BundleClip], list[str]]:
    """The clips without those whose name or file an earlier one has."""
    names: set[str] = set()
    kept, problems = [], []
    for clip in clips:
        both = {f"clip {clip.clip_id}", f"file {fold(clip.file)}"}
        if both & names:
            problems.append(f"{clip.clip_id} is left out: an earlier clip has its name or its file.")
            continue
        names |= both
        kept.append(clip)
    return kept, problems


def _model(raw: Any) -> tuple[BundleModel | None, list[str]]:
    if raw is None:
        return None, []
    found, problems = valid_entries([raw], BundleModel, "Model")
    return (found[0] if found else None), problems


def _files(raw: Any) -> tuple[dict[str, str], list[str]]:
    if not isinstance(raw, dict):
        return {}, ["Its list of files can't be understood."]
    listed = [{"path": path, "sha256": sha256} for path, sha256 in raw.items()]
    found, problems = valid_entries(listed, _NamedFile, "File")
    return {file.path: file.sha256 for file in found}, problems
