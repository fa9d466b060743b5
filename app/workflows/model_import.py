"""Imports a reward model that somebody exported: reads numbers and JSON, never runs its code."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.workflows.clips_at_hand import pool_head
from app.workflows.model_report import read_report
from app.workflows.reward_data import clip_table
from app.workflows.rewarding import checked_name
from engine.errors import RewardError
from engine.files.replace_whole import copy_whole
from engine.reward.checkpoint import ABOUT_FILE, NUMBERS_FILE, load_reward, reward_name
from storage.rewards import IMPORTED, RewardModel

if TYPE_CHECKING:
    from pathlib import Path

    from engine.reward.fit import Reward
    from storage import Workspace

__all__ = ["FILES", "REPORT_FILE", "ImportedModel", "import_model"]

REPORT_FILE = "report.json"
FILES = (NUMBERS_FILE, ABOUT_FILE, REPORT_FILE)
"""The files that `models export` writes; the report may be absent."""


class ImportedModel:
    """An imported model, and notes about it."""

    def __init__(self, model: RewardModel, notes: tuple[str, ...], *, new: bool) -> None:
        self.model, self.notes, self.new = model, notes, new


def import_model(workspace: Workspace, path: Path, *, name: str | None = None) -> ImportedModel:
    """Import the checkpoint in the folder `path`, or beside the file `path`.

    It becomes the current model only where there was none; the same checkpoint twice is one model. Raises
    `RewardError` that names what does not fit: a file of another format, arrays whose shapes do not match the
    settings, features or embeddings that no clip here has.
    """
    folder = path if path.is_dir() else path.parent
    numbers = folder / NUMBERS_FILE
    if not numbers.is_file() or not (folder / ABOUT_FILE).is_file():
        raise RewardError(
            f"{folder}: there is no {NUMBERS_FILE} with a {ABOUT_FILE} beside it",
            remedy="Name the folder that `handpicked models export` wrote.",
        )
    reward = load_reward(folder)
    fits(workspace, reward)
    model_id = f"{IMPORTED}{digest(folder)[:16]}"
    known = workspace.rewards.get(model_id)
    if known is not None:
        return ImportedModel(known, (f"It is here already, as {known.name!r}.",), new=False)
    report, notes = read_report(folder / REPORT_FILE)
    called = checked_name(name or f"{reward_name(folder) or folder.name} (imported)"[-80:])
    settings = {"model": reward.model.model_dump(mode="json"), "training": reward.training.model_dump(mode="json")}
    model = RewardModel(
        model_id=model_id,
        name=called,
        created_at=datetime.now(UTC),
        seed=reward.seed,
        settings=settings,
        report=report,
    )
    own = workspace.paths.model(model_id)
    own.mkdir(parents=True, exist_ok=True)
    for file in (NUMBERS_FILE, ABOUT_FILE):
        copy_whole(folder / file, own / file)
    before = workspace.rewards.current()
    workspace.rewards.add(model)
    if before is not None:
        workspace.rewards.make_current(before.model_id)
    return ImportedModel(model, notes, new=True)


def fits(workspace: Workspace, reward: Reward) -> None:
    """Check that some clip here has the features and the embedding that a model needs. Raises `RewardError`."""
    clips = clip_table(workspace, among=pool_head(workspace, 1))  # all have the same columns
    components = reward.layout.components
    if components is not None and clips.embedding is not None:
        theirs, ours = components.axes.shape[1], clips.embedding.shape[1]
        if theirs != ours and clips.embedding_model == reward.layout.embedding_model:
            raise RewardError(
                f"the model's embedding has {theirs} numbers, those here have {ours}",
                remedy="Extract the embedding that it was trained on.",
            )
    if len(clips) and clips.columns:
        reward.layout.raw(clips)


def digest(folder: Path) -> str:
    """A digest of a checkpoint's content, for its id."""
    both = hashlib.sha256()
    for file in (NUMBERS_FILE, ABOUT_FILE):
        both.update(hashlib.sha256((folder / file).read_bytes()).digest())
    return both.hexdigest()
