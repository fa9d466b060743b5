"""Reading a reward model that somebody exported: numbers and JSON, never code."""

from __future__ import annotations

import hashlib
import json
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from app.workflows.reward_data import clip_table
from app.workflows.rewarding import checked_name
from engine.errors import RewardError
from engine.reward.checkpoint import ABOUT_FILE, NUMBERS_FILE, load_reward
from storage.rewards import RewardModel

if TYPE_CHECKING:
    from pathlib import Path

    from engine.reward.fit import Reward
    from storage import Workspace

__all__ = ["FILES", "REPORT_FILE", "ImportedModel", "import_model"]

REPORT_FILE = "report.json"
FILES = (NUMBERS_FILE, ABOUT_FILE, REPORT_FILE)
"""What `models export` writes; the report may be absent."""
LARGEST_BYTES = 1_000_000_000
LARGEST_REPORT_BYTES = 16_000_000


class ImportedModel:
    """A model that was taken in, and what a person should know of it."""

    def __init__(self, model: RewardModel, notes: tuple[str, ...], *, new: bool) -> None:
        self.model, self.notes, self.new = model, notes, new


def import_model(workspace: Workspace, path: Path, *, name: str | None = None) -> ImportedModel:
    """Take in the checkpoint in the folder `path`, or beside the file `path`.

    It becomes the current model only where there was none; the very same checkpoint twice is one model. Raises
    `RewardError` that names what does not fit: a file that is none of ours, numbers that do not have the shapes that
    the settings give, features or embeddings that no clip here has.
    """
    folder = path if path.is_dir() else path.parent
    numbers = folder / NUMBERS_FILE
    if not numbers.is_file() or not (folder / ABOUT_FILE).is_file():
        msg = f"{folder}: there is no {NUMBERS_FILE} with a {ABOUT_FILE} beside it"
        raise RewardError(msg, remedy="Name the folder that `handpicked models export` wrote.")
    if numbers.stat().st_size > LARGEST_BYTES:
        msg = f"{NUMBERS_FILE}: it is far too large for a reward"
        raise RewardError(msg, remedy="Name the folder that `handpicked models export` wrote.")
    reward = load_reward(folder)
    fits(workspace, reward)
    model_id = f"imported-{digest(folder)[:16]}"
    known = workspace.rewards.get(model_id)
    if known is not None:
        return ImportedModel(known, (f"It is here already, as {known.name!r}.",), new=False)
    metrics, notes = report_of(folder)
    said = json.loads((folder / ABOUT_FILE).read_text(encoding="utf-8")).get("name")
    called = checked_name(name or f"{said if isinstance(said, str) else folder.name} (imported)"[-80:])
    settings = {"model": reward.model.model_dump(mode="json"), "training": reward.training.model_dump(mode="json")}
    model = RewardModel(model_id, called, datetime.now(UTC), reward.seed, settings, metrics)
    own = workspace.paths.model(model_id)
    own.mkdir(parents=True, exist_ok=True)
    for file in (NUMBERS_FILE, ABOUT_FILE):
        shutil.copyfile(folder / file, own / file)
    before = workspace.rewards.current()
    workspace.rewards.add(model)
    if before is not None:
        workspace.rewards.make_current(before.model_id)
    return ImportedModel(model, notes, new=True)


def fits(workspace: Workspace, reward: Reward) -> None:
    """Raises `RewardError` where no clip here has the features or the embedding that a model needs."""
    clips = clip_table(workspace)
    components = reward.layout.components
    if components is not None and clips.embedding is not None:
        theirs, ours = components.axes.shape[1], clips.embedding.shape[1]
        if theirs != ours and clips.embedding_model == reward.layout.embedding_model:
            msg = f"the model's embedding has {theirs} numbers, those here have {ours}"
            raise RewardError(msg, remedy="Extract the embedding that it was trained on.")
    if len(clips) and clips.columns:
        reward.layout.raw(clips)


def digest(folder: Path) -> str:
    """The name of a checkpoint by its content."""
    both = hashlib.sha256()
    for file in (NUMBERS_FILE, ABOUT_FILE):
        both.update(hashlib.sha256((folder / file).read_bytes()).digest())
    return both.hexdigest()


# --- the report ------------------------------------------------------------------------------------------------------


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="allow", allow_inf_nan=False)


class _Measure(_Lenient):
    value: float | None
    low: float | None
    high: float | None


class _Judge(_Lenient):
    key: str
    title: str
    kind: str
    accuracy: _Measure
    auc: _Measure
    log_loss: _Measure
    calibration_error: _Measure
    kendall: _Measure


class _Curve(_Lenient):
    epochs: list[int]
    train: list[float]
    held_out: list[float]


class _Report(_Lenient):
    """As much of a report as the pages rely on."""

    simulated: bool
    labels: int
    clips: int
    sources: int
    seconds: float
    epochs: int
    curve: _Curve
    judges: list[_Judge]


def report_of(folder: Path) -> tuple[dict[str, Any], tuple[str, ...]]:
    """`(metrics, notes)`: the report that came along, without what speaks of clips elsewhere; empty where none fits."""
    path = folder / REPORT_FILE
    without = "It came without a report: whose labels it learned from, and how good it is, are not known here."
    if not path.is_file():
        return {}, (without,)
    try:
        if path.stat().st_size > LARGEST_REPORT_BYTES:
            raise ValueError("it is far too large")
        said = json.loads(path.read_text(encoding="utf-8"))
        _Report.model_validate(said)
    except (OSError, ValueError, RecursionError, ValidationError) as error:
        return {}, (f"Its report was left out: {str(error).splitlines()[0]}.", without)
    elsewhere = ("mistakes", "gain_sources")
    metrics = {key: value for key, value in said.items() if key not in elsewhere}
    return {**metrics, "imported": True}, (
        "Its report speaks of the clips and labels that it was trained on elsewhere.",
    )
