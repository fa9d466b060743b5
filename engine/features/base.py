"""Base classes of feature extractors, which turn the frames of a clip into numbers, a vector, or a track.

An extractor is one file in this folder (or in somebody else's package): a settings model, the columns, and an
accumulator that sees the samples of one clip in order. Its numbers may depend on that clip and on the settings alone:
not on which clips or extractors run beside it, on batch sizes, or on how the frames were reached.

Nothing here loads a heavy library, and an extractor's module must not either: the app reads names, columns and
settings from it. Import cv2, torch and the like in `prepare` or in the functions that use them.
"""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

from pydantic import Field

from engine.features.device import device_name, takes_device_frames
from engine.features.resources import Resources
from engine.settings_model import SettingsModel

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from engine.features.shared import Shared
    from engine.video.types import DeviceSample, FrameRequest, Sample
    from engine.video.windows import Window

__all__ = [
    "COLOR_SHORT_SIDE_PX",
    "GREY_SHORT_SIDE_PX",
    "Accumulator",
    "Clip",
    "ClipResult",
    "Column",
    "DeviceAccumulator",
    "Extractor",
    "Pending",
    "added_later",
    "no_effect",
]

GREY_SHORT_SIDE_PX = 320
COLOR_SHORT_SIDE_PX = 360
"""Built-in extractors share these two sizes, and rates that divide 10 Hz: a frame is converted twice at most."""

S_co = TypeVar("S_co", bound=SettingsModel, covariant=True)


@dataclass(frozen=True, slots=True)
class Column:
    """One number about a clip. The app and `clip_features` call it `<extractor>_<name>`."""

    name: str
    unit: str
    """As printed after the number: `grey levels`, `deg/s`; empty for a share or another bare number."""
    description: str
    title: str = ""
    """What people call it, in two or three words; empty: the name, with its underscores as spaces."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip to measure: its key and its window in the video."""

    key: Hashable
    window: Window


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipResult:
    """Result of one extractor for one clip. A missing number is `None`, and `note` gives the reason."""

    values: Mapping[str, float | None]
    vector: NDArray[np.float32] | None = None
    model: str = ""
    """The model of the vector. Vectors of different models are never compared."""
    track: Mapping[str, NDArray[Any]] | None = None
    """Time series that are stored in full, as arrays by name."""
    note: str = ""


class Pending(Protocol):
    """A result that waits for a batch to fill."""

    def ready(self) -> bool:
        """Whether `result` would return at once."""

    def result(self) -> ClipResult:
        """The result, computed now if need be. Raises what the computation raised."""


class Accumulator(Protocol):
    """Takes in the samples of one clip, in presentation order."""

    def add(self, sample: Sample) -> None:
        """Process one frame of one of the extractor's requests. The image is shared: it must not be written to."""

    def finish(self) -> ClipResult | Pending:
        """Compute the numbers, after the last sample. Raises EngineError where the clip can't be measured."""


class DeviceAccumulator(Accumulator, Protocol):
    """Takes in tensors too: what an extractor gives that asks for frames `on_device`."""

    def add_on_device(self, sample: DeviceSample) -> None:
        """Process one frame of a request with `on_device`. It is shared: it must not be written to."""


class Extractor(ABC, Generic[S_co]):
    """Base of all extractors. One object serves all the videos of a job.

    It is used from one thread at a time, unless it is `for_several_videos` and frames go to a device.
    """

    name: ClassVar[str]
    version: ClassVar[int] = 1
    """Increase it when the same settings would give other numbers: clips are then measured again."""
    changes: ClassVar[Mapping[int, str]] = {}
    """Version → one sentence for a person: why numbers of earlier versions are measured again."""
    title: ClassVar[str]
    description: ClassVar[str]
    columns: ClassVar[tuple[Column, ...]]
    settings_model: ClassVar[type[SettingsModel]] = SettingsModel
    track_table: ClassVar[str] = ""
    """The database table of its tracks; empty where it has none."""
    for_several_videos: ClassVar[bool] = False
    """Whether one object may measure several videos at the same time, each from a thread of its own."""
    has_vector: ClassVar[bool] = False
    """Whether it gives each clip a vector besides its numbers."""

    def __init__(self, settings: SettingsModel | None = None, resources: Resources | None = None) -> None:
        self.settings: S_co = settings if settings is not None else self.settings_model()  # type: ignore[assignment]
        self.resources = resources or Resources()

    @classmethod
    def why_again(cls, held: int, now: int | None = None) -> str:
        """Why version `now` (the current one) differs from version `held`; empty where no change is stated."""
        since = [version for version in cls.changes if held < version <= (cls.version if now is None else now)]
        return " ".join(cls.changes[version] for version in sorted(since))

    @abstractmethod
    def requests(self) -> tuple[FrameRequest, ...]:
        """The frames that it needs of every clip."""

    @abstractmethod
    def begin(self, clip: Clip, shared: Shared) -> Accumulator:
        """A new accumulator. `shared` caches what other extractors computed on the same frames of the video."""

    @cached_property
    def on_device(self) -> bool:
        """Whether frames go to the device as tensors, for extractors that can take them there."""
        return takes_device_frames(self.resources)

    @cached_property
    def measured_on(self) -> str:
        """What is recorded beside the numbers: `cpu`, or the name of the card that the frames go to.

        Both give the same numbers within the tolerances of docs/features.md, so that neither makes the other's stale.
        """
        return device_name(self.resources) if self.asks_for_device_frames else "cpu"

    @property
    def asks_for_device_frames(self) -> bool:
        """Whether any of its frames go to the device."""
        return any(request.on_device for request in self.requests())

    def prepare(self) -> None:
        """Load models. Raises EngineError where a model is missing and can't be fetched."""

    def flush(self) -> None:
        """Finish pending results: this video has no more frames."""

    def weights_identity(self) -> str:
        """Identifies the model files that the numbers depend on; empty without any. Must load nothing heavy."""
        return ""

    def settings_hash(self) -> str:
        """Hash of the settings and weights: 16 hexadecimal digits, the same on every machine."""
        fields = type(self.settings).model_fields
        settings = {name: value for name, value in self.settings.model_dump(mode="json").items() if name in fields}
        settings = {name: value for name, value in settings.items() if not _leaves_numbers(fields[name], value)}
        text = json.dumps([self.name, settings, self.weights_identity()], sort_keys=True)
        return hashlib.blake2s(text.encode(), digest_size=8).hexdigest()


def no_effect(default: Any, **options: Any) -> Any:
    """A settings field that affects speed and not results: changing it does not make numbers stale."""
    return Field(default=default, json_schema_extra={"no_effect": True}, **options)


def added_later(default: Any, **options: Any) -> Any:
    """A settings field that came after numbers had been measured. Its default measures as before: they stay valid."""
    return Field(default=default, json_schema_extra={"added_later": True}, **options)


def _leaves_numbers(info: Any, value: Any) -> bool:
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    return bool(extra.get("no_effect")) or (bool(extra.get("added_later")) and value == info.default)
