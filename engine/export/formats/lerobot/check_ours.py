"""Rules of what Handpicked adds to a LeRobot data set: pseudo-actions, rewards, weights, where clips are from, the
card."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from engine.errors import FormatError
from engine.export.formats.card import CARD_FILE
from engine.export.formats.lerobot import layout
from engine.export.formats.lerobot.about import files_said, mode_said
from engine.export.formats.lerobot.reading import table_within
from engine.files.problems import Problem
from engine.files.read_json import read_within

if TYPE_CHECKING:
    from pathlib import Path

    from engine.export.formats.lerobot.declared import Declared
    from engine.export.formats.lerobot.ledger import Episodes, Frames
    from engine.files.problems import Problems

__all__ = ["check_card", "check_clips", "check_weights"]

_NEAR = 1e-4


def check_clips(folder: Path, episodes: Episodes, frames: Frames, problems: Problems) -> None:
    """meta/handpicked.parquet: one row an episode, with the rewards that the frames have."""
    path = layout.HANDPICKED_FILE
    number, text, real = pa.int64(), pa.string(), pa.float64()
    needed = {"episode_index": number, "clip_id": text, "frames": number, "simulated": pa.bool_(), "weight": real}
    optional = {"reward": real, "reward_std": real}
    table = table_within(folder, path, needed, optional)
    n = len(episodes)
    if table.column("episode_index").to_pylist() != list(range(n)):
        problems.add(Problem(path, None, "it must have one row an episode, in order"))
        return
    clip_ids = table.column("clip_id").to_pylist()
    if None in clip_ids or len(set(clip_ids)) < n:
        problems.add(Problem(path, None, "each episode must have a clip of its own"))
    if table.column("frames").to_pylist() != episodes.length.tolist():
        problems.add(Problem(path, None, "frames must be the episodes' lengths"))
    for name, values in (("reward", frames.reward), ("reward_std", frames.std)):
        stated = np.full(n, np.nan)
        if name in table.column_names:
            stated = table.column(name).to_pandas().to_numpy(np.float64, na_value=np.nan)
        if not np.allclose(np.nan_to_num(stated), values, rtol=_NEAR, atol=_NEAR):
            problems.add(Problem(path, None, f"{name} is not that of the episodes' frames"))
        if name == "reward" and (np.isfinite(stated) != (frames.known == 1)).any():
            problems.add(Problem(path, None, f"{layout.REWARD_KNOWN} must be 1 just where there is a reward"))


def check_weights(folder: Path, declared: Declared, frames: Frames, episodes: Episodes, problems: Problems) -> None:
    """sample_weights.parquet: one weight a frame, at least 0, the same for all frames of an episode."""
    path = layout.WEIGHTS_FILE
    table = table_within(folder, path, {"index": pa.int64(), "weight": pa.float32()})
    weight = table.column("weight").to_pandas().to_numpy(np.float64, na_value=np.nan)
    index = table.column("index").to_pandas().to_numpy()
    if len(index) != declared.frames or (index != np.arange(declared.frames)).any():
        problems.add(Problem(path, None, "index must name every frame once, in order"))
        return
    if not np.isfinite(weight).all() or (weight < 0).any():
        problems.add(Problem(path, None, "each weight must be a finite number, 0 or more"))
        return
    starts = episodes.first
    if not np.allclose(weight, np.repeat(weight[starts], episodes.length)):
        problems.add(Problem(path, None, "the frames of one episode must weigh the same"))
    order = np.argsort(np.where(frames.known == 1, frames.reward, -np.inf))[int((frames.known != 1).sum()) :]
    if (np.diff(weight[starts][order]) < -_NEAR).any():
        problems.add(Problem(path, None, "a clip of a higher reward must not weigh less"))


def check_card(folder: Path, declared: Declared, files: int, problems: Problems) -> None:
    """The card says what the actions are, and warns of more than one video file."""
    try:
        text = read_within(folder / CARD_FILE, 1 << 20).decode(errors="replace")
    except FormatError as error:
        problems.add(Problem(CARD_FILE, None, error.message))
        return
    if mode_said(declared.actions) not in text:
        problems.add(Problem(CARD_FILE, None, "it must say what the actions are, and what they are not"))
    if files > 1 and files_said(files) not in text:
        problems.add(Problem(CARD_FILE, None, "it must warn that there are several video files"))
    for heading in ("## Sources and licences", "## How the clips were chosen"):
        if heading not in text:
            problems.add(Problem(CARD_FILE, None, f"the section {heading.removeprefix('## ')} is missing"))
