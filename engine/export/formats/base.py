"""What a format of export is: its options, what each clip contributes, and how the data set is put together.

An export in a format runs as two jobs. The first makes what each clip contributes, clips side by side in workers; the
second puts the data set together in one worker, in a folder of its own that gets the asked name when it is whole.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar, get_args

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa

__all__ = [
    "AnyExporter",
    "ClipToExport",
    "ExportContext",
    "ExportFacts",
    "ExportOptions",
    "Exporter",
    "MadeClips",
]


class ExportOptions(BaseModel):
    """Options of a format. Each has a default; what depends on the whole selection is filled in by `settled`.

    A person sets those that are switches, numbers, texts or a `Literal`; `title` and `description` of the field say
    what they are. The app fills in an option called `weights_folders` (where model files are looked for) and one whose
    type is the settings of an extractor, from the workspace.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)


class ExportContext(Protocol):
    """What a format may call while it works; a step's context is one."""

    def progress(self, fraction: float, note: str = "") -> None:
        """Report how much is done, in [0, 1]. A cancel takes effect here: call it every second or so."""

    def is_cancelled(self) -> bool:
        """Whether the work was cancelled."""

    def warn(self, text: str, /) -> None:
        """Tell people of something that does not stop the export."""


class ClipToExport(BaseModel):
    """One clip of an export, with what is known of its video; sizes as shown, after rotation."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rank: int
    """From 1, the best first."""
    clip_id: str
    path: str
    """Of its video."""
    start_s: float
    end_s: float
    fps: float
    """Of its video: frames per second, on average."""
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class ExportFacts:
    """How the clips of an export were chosen, and what their readers must know: the content of its card."""

    export_id: str
    created_at: str
    app_version: str
    chosen: tuple[str, ...]
    """The settings of the selection, in words."""
    ranked_by: str
    model_name: str | None
    seed: int | None
    settings_hash: str
    threshold: float | None
    labels_by: str | None
    """Whose labels the model learned from: `people`, `simulated`, `model`, or None where it is not known."""
    notes: tuple[str, ...]
    synthetic: int
    """How many clips are of rendered sample videos."""
    sources: Mapping[str, int]
    """Source of the videos (`epic`, `folder`, …) → how many clips; together, all clips of the data set."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Chosen clip that could not be made → why."""


class MadeClips(Protocol):
    """The clips of an export that could be made, in order of rank."""

    @property
    def table(self) -> pa.Table:
        """One row a clip, with the columns of the ranked list (`handpicked rank --out`) and its video's `path`, `fps`,
        `width`, `height`, `duration_s` as `video_path`, `video_fps`, `video_width`, `video_height`,
        `video_duration_s`."""

    @property
    def facts(self) -> ExportFacts:
        """The content of the card."""

    def part(self, clip_id: str) -> Path:
        """The folder with what `make_part` wrote for this clip."""

    def embedding(self, clip_id: str) -> Any:
        """The clip's vector, `(n,) float32`, or None where it has none."""


O = TypeVar("O", bound=ExportOptions)  # noqa: E741 - as in every generic of this kind


class Exporter(ABC, Generic[O]):
    """One format of export. Made anew in each worker, with the options of the export.

    `class Lerobot(Exporter[LerobotOptions])` declares the model of its options, which stands in `Options`. Whatever
    it writes must be the same bytes each time for the same clips and options.
    """

    name: ClassVar[str]
    """As in `handpicked export --format`."""
    title: ClassVar[str]
    description: ClassVar[str]
    """One sentence: what it is, and who reads it."""
    has_parts: ClassVar[bool] = True
    """Whether each clip contributes files; a list of clips has none."""
    Options: ClassVar[type[ExportOptions]] = ExportOptions

    def __init_subclass__(cls) -> None:
        """Read off which model of options was declared."""
        super().__init_subclass__()
        for base in cls.__dict__.get("__orig_bases__", ()):
            for model in get_args(base):
                if isinstance(model, type) and issubclass(model, ExportOptions):
                    cls.Options = model

    def __init__(self, options: O) -> None:
        self.options = options

    @classmethod
    def settled(cls, options: O, clips: Sequence[ClipToExport]) -> tuple[O, tuple[str, ...]]:
        """The options with all that depends on the whole selection filled in (a common rate, a common size), and what
        a person should know of it. Runs in the app: it opens no video. Raises `ExportError` for what can't be made."""
        return options, ()

    def make_part(self, clip: ClipToExport, folder: Path, context: ExportContext) -> None:
        """Write what one clip contributes into `folder`, which is empty and its own. Raises `VideoError`."""

    @abstractmethod
    def assemble(self, clips: MadeClips, folder: Path, context: ExportContext) -> None:
        """Write the data set, its card (README.md) included, into `folder`, which is empty and its own.

        Raises `ExportError`.
        """


AnyExporter = Exporter[Any]
